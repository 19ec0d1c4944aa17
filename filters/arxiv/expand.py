"""Macro expansion: the author's definitions are obeyed and their calls replaced, in the order TeX would."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from typing import NamedTuple, cast

from corpus.recipe import cited
from filters.arxiv.conditionals import CONDITIONALS, begin_flag
from filters.arxiv.definitions import DEFINITIONS
from filters.arxiv.ifthen import IFTHEN
from filters.arxiv.inputs import INPUTS
from filters.arxiv.macros import Alias, Environment, Flag, Macro
from filters.arxiv.primitives import PRIMITIVES, copy_environment
from filters.arxiv.source import Frame, MissingArgumentError, Source, TooDeepError
from filters.arxiv.table import Meaning, Primitive, Table
from filters.arxiv.tokens import (
    AFTER_WORD,
    CONTROL,
    CONTROL_AT,
    GROUPS,
    GROUPS_AT,
    REST_OF_LINE,
    group_step,
    is_word,
    last_word,
)
from filters.arxiv.words import TAKES_ARGUMENT, TEX_CONDITIONALS
from filters.arxiv.writer import Writer

CALL_COST_CHARS = cited(40, "a call takes about as long as reading this many characters", "chars")
SIMPLE_COST_CHARS = cited(10, "and one whose body needs no reading as long as this many", "chars")
PRIMITIVE_COST_CHARS = cited(100, "and a definition or a condition as long as this many", "chars")
DEEPEST_EDEF = cited(20, "\\edef within \\edef: papers nest two or three", "levels")
GIVEN_UP_PART = cited(4, "a call that was given up counts as a quarter of a call's budget at least", "parts")
TAIL_CHARS = cited(60, "a command's name and the blanks after it, before a call", "chars")
NUMERATOR_PIECES = cited(8, "the pieces that a numerator may have been written in", "pieces")
NUMERATOR_CHARS = cited(200, "the longest numerator whose denominator is put in braces", "chars")


class Budget(NamedTuple):
    """How much one call in a paper's text, and a whole paper, may have read and written (characters)."""

    call_chars: int
    paper_chars: int


class BombError(Exception):
    """A call that exceeds its budget."""


Found = tuple[re.Match[str], Meaning]
Places = list[tuple[Frame, str, int]]


Call = tuple[str, Places, int, int]
"""The call under way in a file: its token, where to go on without it, the pieces and the work before it."""


def commands(verbatim: Collection[str]) -> dict[str, Primitive]:
    """The commands that an expander obeys, with the environments that are copied as they stand."""
    environments = {rf"\begin{{{name}}}": copy_environment for name in verbatim}
    return {**PRIMITIVES, **DEFINITIONS, **CONDITIONALS, **IFTHEN, **INPUTS, **environments}


class PaperExpander:
    """Reads the files of a paper and writes their text with the author's macros expanded; an Expander."""

    def __init__(self, files: Mapping[str, str], commands: Mapping[str, Primitive], budget: Budget) -> None:
        self.source, self.writer = Source(), Writer()
        self.table = Table(self.writer)
        self.table.meanings.update(commands)
        self.files, self.budget = files, budget
        self.file_names = frozenset(map(posixpath.basename, files))
        self.conditionals: list[bool] = []
        self.environments: list[list[str]] = []  # the arguments of the open environments of the author
        self.unexpanded: dict[str, bool] = {}  # calls that exceeded their budget, in order
        self.work = self.input_chars = 0
        self._call: Call | None = None
        self._edefs = 0

    def run(self, text: str, file: str) -> str:
        """The text of a file, expanded."""
        self.source.frames.append(Frame(text, file=file))
        while self.source.frames:
            try:
                self._scan()
            except (BombError, TooDeepError, RecursionError):  # the last: conditions or expandafters in a row
                self._give_up()
        return self.writer.written()

    def expand_now(self, text: str, at: bool) -> str:
        """A text expanded on its own, as \\edef does with its body."""
        if self._edefs >= DEEPEST_EDEF.value:
            raise BombError
        source, writer, table = self.source, self.writer, self.table
        frames, written, groups = source.frames, writer.begin_apart(), table.begin_apart()
        source.frames = [Frame(text, at)]
        self._edefs += 1
        try:
            while source.frames:
                self._scan()
            return "".join(writer.out)
        finally:
            self._edefs -= 1
            source.frames = frames
            writer.resume(written)
            table.resume(groups)

    def read_definitions(self, text: str, commands: Mapping[str, Primitive]) -> dict[str, Meaning]:
        """What a text defines when only these commands are obeyed in it; nothing of it is written."""
        reader = PaperExpander({}, commands, self.budget)
        reader.source.at_is_letter = True
        reader.run(text, "")
        self.work += reader.work + reader.source.read_chars + len(text)
        return reader.table.meanings

    def _scan(self) -> None:
        """Copy the top frame up to the next control sequence that means something here, and obey that."""
        source, writer, table = self.source, self.writer, self.table
        frame = source.frames[-1]
        text, start = frame.text, frame.pos
        if (start or frame.file is None) and text[start : start + 1] in (" ", "\t", "\n"):
            start = self._after_emptied_line(text, start)
        scoped = bool(table.scoped)
        start, found = (self._copy_in_scope if scoped else self._copy)(frame, start)
        writer.emit(text[start : found[0].start()] if found else text[start:])
        if scoped:
            table.mark_counted()
        if found is None:
            source.frames.pop()
            return
        match, meaning = found
        frame.pos = match.end()
        if frame.file is not None:
            self._call = (match[0], self._places(), len(writer.out), self.work + source.read_chars)
        self.obey(meaning, match[0])

    def _copy(self, frame: Frame, start: int) -> tuple[int, Found | None]:
        """Copy text and the calls of simple macros; where the text not copied yet starts, and what ended it."""
        text, get, emit = frame.text, self.table.meanings.get, self.writer.emit
        for match in (CONTROL_AT if frame.at or self.source.at_is_letter else CONTROL).finditer(text, start):
            meaning = get(match[0])
            if meaning is None:
                continue
            if type(meaning) is not Macro or not meaning.simple or not self._is_final(meaning) or not is_word(match[0]):
                return start, (match, meaning)
            emit(text[start : match.start()])
            if self._is_argument(meaning.body):
                return match.start(), (match, meaning)
            frame.pos = match.start()
            self._count(len(meaning.body) + SIMPLE_COST_CHARS.value)
            emit(meaning.body)
            after = AFTER_WORD.match(text, match.end())
            start = after.end() if after else match.end()
        return start, None

    def _copy_in_scope(self, frame: Frame, start: int) -> tuple[int, Found | None]:
        """Step in and out of the groups up to the next control sequence that means something."""
        table = self.table
        for match in (GROUPS_AT if frame.at or self.source.at_is_letter else GROUPS).finditer(frame.text, start):
            meaning = table.meanings.get(match[0])
            if meaning is not None:
                return start, (match, meaning)
            if step := group_step(match[0]):
                table.step(step)
        return start, None

    def _after_emptied_line(self, text: str, start: int) -> int:
        """Past the line end when all that stood on the line has been read away: an empty line would be a paragraph."""
        match = REST_OF_LINE.match(text, start)
        return match.end() if match and self.writer.at_line_start() else start

    def obey(self, meaning: Meaning, token: str) -> None:
        """Do what a control sequence means; its token has been read."""
        if type(meaning) is Macro:
            self._expand(meaning, token)
        elif type(meaning) is Alias:
            self.source.skip_after_word(token)
            self.writer.emit(meaning.token)
        elif type(meaning) is Environment:
            (self._end if token.startswith(r"\end") else self._begin)(meaning, token)
        else:
            self._obey_primitive(begin_flag if type(meaning) is Flag else cast(Primitive, meaning), token)

    def _obey_primitive(self, primitive: Primitive, token: str) -> None:
        """Obey a command, or leave it in the text where what it asks for is not there."""
        places = self._places()
        try:
            primitive(self, token)
        except MissingArgumentError:
            self._return_to(places)
            self.writer.emit(token)
            if token in TEX_CONDITIONALS or primitive is begin_flag:
                self.conditionals.append(False)
        self.spend(PRIMITIVE_COST_CHARS.value)

    def _places(self) -> Places:
        frames = self.source.frames
        if len(frames) == 1:  # mostly: the main file alone
            return [(frames[0], frames[0].text, frames[0].pos)]
        return [(frame, frame.text, frame.pos) for frame in frames]

    def _return_to(self, places: Places) -> None:
        self.source.frames = [frame for frame, _, _ in places]
        for frame, text, pos in places:
            frame.text, frame.pos = text, pos

    def _expand(self, macro: Macro, token: str) -> None:
        """Put the body of a macro, its arguments filled in, in the place of its call."""
        self.source.skip_after_word(token)
        text, starts_blank = macro.body, macro.body[:1] in (" ", "\t", "\n")
        final = not self.table.scoped and not starts_blank and self._is_final(macro)
        if macro.parameters or macro.prefix:
            places = self._places()
            try:
                arguments = macro.arguments(self.source)
            except MissingArgumentError:
                self._return_to(places)
                self.writer.emit(token)
                self.spend(0)
                return
            text = macro.fill(arguments)
            final = final and not any("\\" in argument for argument in arguments)
        elif "#" in text:
            text = macro.fill(())
        self.spend(len(text) + CALL_COST_CHARS.value)
        if self._is_argument(text):
            text = "{" + text + "}"
        elif text[:1] in ("[", "*", "$") and self._looks_ahead(text[0]):
            text = "{}" + text
        if final:
            self.writer.emit(text)
        else:
            self.source.push(text, macro.at)

    def _is_final(self, macro: Macro) -> bool:
        """Whether nothing in the body means anything here, so that it need not be read again."""
        # Remembered with the number of changes of the table: valid until the next definition, then asked again.
        state, final = macro.known_final
        table = self.table
        if state != table.state:
            final = table.meanings.keys().isdisjoint(macro.controls)
            macro.known_final = table.state, final
        return final

    def _is_argument(self, text: str) -> bool:
        """Whether LaTeX's own command before this call takes the call as its argument, which then needs braces."""
        out = self.writer.out
        if len(text) == 1 or not out:
            return False
        last = out[-1][-1]
        if last not in " }" and not last.isalpha():
            return False
        tail = out[-1][-TAIL_CHARS.value :].rstrip(" ")
        if tail[-1:].isalpha():
            return last_word(tail) in TAKES_ARGUMENT
        before = "".join(out[-NUMERATOR_PIECES.value :])[-NUMERATOR_CHARS.value :]
        return tail[-1:] == "}" and bool(_NUMERATOR.search(before))

    def _looks_ahead(self, first: str) -> bool:
        """Whether what stands before this call looks at the next character: `\\\\` for a bracket or star, $ for a $."""
        out = self.writer.out
        if first == "$":
            return bool(out) and out[-1][-1] == "$"
        tail = "".join(out[-2:])[-TAIL_CHARS.value :].rstrip()
        return tail.endswith("\\\\") or bool(last_word(tail))

    def _begin(self, environment: Environment, token: str) -> None:
        places = self._places()
        try:
            arguments = environment.begin.arguments(self.source)
            if environment.collects:
                arguments.append(self.source.until(re.compile(re.escape(token.replace("begin", "end", 1)))))
        except MissingArgumentError:
            self._return_to(places)
            self.writer.emit(token)
            self.table.step(1 if self.table.scoped else 0)
            self.spend(0)
            return
        text = environment.begin.fill(arguments)
        self.spend(len(text) + CALL_COST_CHARS.value)
        if environment.collects:
            text += environment.end.body + "}" * (not environment.grouped)
        else:
            self.environments.append(arguments)
        self.source.push(text if environment.grouped else "{" + text, environment.begin.at)

    def _end(self, environment: Environment, token: str) -> None:
        text = environment.end.fill(self.environments.pop() if self.environments else [])
        self.spend(len(text) + CALL_COST_CHARS.value)
        self.source.push(text if environment.grouped else text + "}", environment.end.at)

    def spend(self, chars: int) -> None:
        """Account for work done.

        Raises:
            BombError: the call under way, or the paper, has had more than its budget.
        """
        self.work += chars
        work = self.work + self.source.read_chars
        before = self._call[3] if self._call else 0
        if work - before > self.budget.call_chars or work > self.budget.paper_chars:
            raise BombError

    def spend_input(self, chars: int) -> None:
        """Account for a file that is read, in characters.

        Raises:
            MissingArgumentError: the paper's files have had more than its budget.
        """
        self.input_chars += chars
        if self.input_chars > self.budget.paper_chars:
            raise MissingArgumentError

    def _count(self, chars: int) -> None:
        """Account for work done in copying, which no one call is to blame for."""
        self.work += chars
        if self.work + self.source.read_chars > self.budget.paper_chars:
            self._call = None
            raise BombError

    def _give_up(self) -> None:
        """Leave the call under way as it stands, and its macro alone from now on; after the paper's budget, all."""
        # Back to the state before the call in the file: frames to their places, pieces written since taken back. The
        # macro is then LaTeX's own (defined as None), so that the same call is not tried again.
        call = self._call
        if call is not None:
            token, places, pieces, _ = call
            self._return_to(places)
            self.writer.unwrite(pieces)
            self.table.forget_groups()
            self.writer.emit(token)
            if isinstance(self.table.get(token), Macro | Environment):
                self.table.define(token, None, everywhere=True)
            self.unexpanded[token] = True
            self.work += self.budget.call_chars // GIVEN_UP_PART.value
        if call is None or self.work + self.source.read_chars > self.budget.paper_chars:
            while self.source.frames:
                frame = self.source.frames.pop()
                self.writer.emit(frame.text[frame.pos :])


_NUMERATOR = re.compile(r"\\(?:[dtc]?frac|[dt]?binom|stackrel|overset|underset)\s*\{[^{}]*\}\s*\Z")
