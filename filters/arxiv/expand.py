"""Macro expansion: the author's definitions are obeyed and their calls replaced, in the order TeX would."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple, cast

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

CALL_COST_CHARS = 40  # a call costs about as much time as reading this many characters
SIMPLE_COST_CHARS = 10  # one whose body needs no reading
PRIMITIVE_COST_CHARS = 100  # and a definition or a condition as much as this
DEEPEST_EDEF = 20
GIVEN_UP_SHARE = 4  # a call that was given up counts as this part of a call's budget at least


class Budget(NamedTuple):
    """How much one call in a paper's text, and a whole paper, may have read and written (characters)."""

    call_chars: int
    paper_chars: int


class BombError(Exception):
    """A call that goes on past its budget."""


Found = tuple[re.Match[str], Meaning]
Places = list[tuple[Frame, str, int]]


Call = tuple[str, Places, int, int]
"""The call under way in a file: its token, where to go on without it, the pieces and the work before it."""


class Expander(Source, Table):
    """Reads the files of a paper and writes their text with the author's macros expanded."""

    def __init__(self, files: Mapping[str, str], verbatim: Collection[str], budget: Budget) -> None:
        Source.__init__(self)
        Table.__init__(self)
        self.files, self.budget = files, budget
        self.table |= {**PRIMITIVES, **DEFINITIONS, **CONDITIONALS, **IFTHEN, **INPUTS}
        self.table |= {rf"\begin{{{name}}}": copy_environment for name in verbatim}
        self.conditionals: list[bool] = []  # the open ones: whether this program decided them
        self.environments: list[list[str]] = []  # the arguments of the open environments of the author
        self.unexpanded: dict[str, bool] = {}  # calls that went past their budget, in order
        self.work = self.input_chars = 0
        self._call: Call | None = None
        self._edefs = 0

    def run(self, text: str, file: str) -> str:
        """The text of a file, expanded."""
        self.frames.append(Frame(text, file=file))
        while self.frames:
            try:
                self._scan()
            except (BombError, TooDeepError, RecursionError):  # the last: conditions or expandafters in a row
                self._give_up()
        return self.written()

    def expand_now(self, text: str, at: bool) -> str:
        """A text expanded on its own, as \\edef does with its body."""
        if self._edefs >= DEEPEST_EDEF:
            raise BombError
        frames, before = self.frames, self.write_apart()
        self.frames = [Frame(text, at)]
        self._edefs += 1
        try:
            while self.frames:
                self._scan()
            return "".join(self.out)
        finally:
            self._edefs -= 1
            self.frames = frames
            self.write_on(before)

    def _scan(self) -> None:
        """Copy the top frame up to the next control sequence that means something here, and obey that."""
        frame = self.frames[-1]
        text, start = frame.text, frame.pos
        if (start or frame.file is None) and text[start : start + 1] in (" ", "\t", "\n"):
            start = self._after_emptied_line(text, start)
        scoped = self.scoped
        start, found = (self._copy_in_scope if scoped else self._copy)(frame, start)
        self.emit(text[start : found[0].start()] if found else text[start:])
        if scoped:
            self.counted()
        if found is None:
            self.frames.pop()
            return
        match, meaning = found
        frame.pos = match.end()
        if frame.file is not None:
            self._call = (match[0], self._places(), len(self.out), self.work + self.read_chars)
        self.obey(meaning, match[0])

    def _copy(self, frame: Frame, start: int) -> tuple[int, Found | None]:
        """Copy text and the calls of simple macros; where the text not copied yet starts, and what ended it."""
        text, get = frame.text, self.table.get
        for match in (CONTROL_AT if frame.at or self.at_is_letter else CONTROL).finditer(text, start):
            meaning = get(match[0])
            if meaning is None:
                continue
            if type(meaning) is not Macro or not meaning.simple or not self._is_final(meaning) or not is_word(match[0]):
                return start, (match, meaning)
            self.emit(text[start : match.start()])
            if self._is_argument(meaning.body):
                return match.start(), (match, meaning)
            frame.pos = match.start()
            self._count(len(meaning.body) + SIMPLE_COST_CHARS)
            self.emit(meaning.body)
            after = AFTER_WORD.match(text, match.end())
            start = after.end() if after else match.end()
        return start, None

    def _copy_in_scope(self, frame: Frame, start: int) -> tuple[int, Found | None]:
        """Step in and out of the groups up to the next control sequence that means something."""
        for match in (GROUPS_AT if frame.at or self.at_is_letter else GROUPS).finditer(frame.text, start):
            meaning = self.table.get(match[0])
            if meaning is not None:
                return start, (match, meaning)
            if step := group_step(match[0]):
                self.step(step)
        return start, None

    def _after_emptied_line(self, text: str, start: int) -> int:
        """Past the line end when all that stood on the line has been read away: an empty line would be a paragraph."""
        match = REST_OF_LINE.match(text, start)
        return match.end() if match and self.at_line_start() else start

    def obey(self, meaning: Meaning, token: str) -> None:
        """Do what a control sequence means; its token has been read."""
        if type(meaning) is Macro:
            self._expand(meaning, token)
        elif type(meaning) is Alias:
            self.skip_after_word(token)
            self.emit(meaning.token)
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
            self.emit(token)
            if token in TEX_CONDITIONALS or primitive is begin_flag:
                self.conditionals.append(False)
        self.spend(PRIMITIVE_COST_CHARS)

    def _places(self) -> Places:
        frames = self.frames
        if len(frames) == 1:  # mostly: the main file alone
            return [(frames[0], frames[0].text, frames[0].pos)]
        return [(frame, frame.text, frame.pos) for frame in frames]

    def _return_to(self, places: Places) -> None:
        self.frames = [frame for frame, _, _ in places]
        for frame, text, pos in places:
            frame.text, frame.pos = text, pos

    def _expand(self, macro: Macro, token: str) -> None:
        """Put the body of a macro, its arguments filled in, in the place of its call."""
        self.skip_after_word(token)
        text, final = macro.body, not self.scoped and macro.body[:1] not in (" ", "\t", "\n") and self._is_final(macro)
        if macro.parameters or macro.prefix:
            places = self._places()
            try:
                arguments = macro.arguments(self)
            except MissingArgumentError:
                self._return_to(places)
                self.emit(token)
                self.spend(0)
                return
            text = macro.fill(arguments)
            final = final and not any("\\" in argument for argument in arguments)
        elif "#" in text:
            text = macro.fill(())
        self.spend(len(text) + CALL_COST_CHARS)
        if self._is_argument(text):
            text = "{" + text + "}"
        elif text[:1] in ("[", "*", "$") and self._looks_ahead(text[0]):
            text = "{}" + text
        if final:
            self.emit(text)
        else:
            self.push(text, macro.at)

    def _is_final(self, macro: Macro) -> bool:
        """Whether nothing in the body means anything here, so that it need not be read again."""
        state, final = macro.known_final
        if state != self.state:
            final = self.table.keys().isdisjoint(macro.controls)
            macro.known_final = self.state, final
        return final

    def _is_argument(self, text: str) -> bool:
        """Whether LaTeX's own command before this call takes the call as its argument, which then needs braces."""
        if len(text) == 1 or not self.out:
            return False
        last = self.out[-1][-1]
        if last not in " }" and not last.isalpha():
            return False
        tail = self.out[-1][-60:].rstrip(" ")
        if tail[-1:].isalpha():
            return last_word(tail) in TAKES_ARGUMENT
        return tail[-1:] == "}" and bool(_NUMERATOR.search("".join(self.out[-8:])[-200:]))

    def _looks_ahead(self, first: str) -> bool:
        """Whether what stands before this call looks at the next character: `\\\\` for a bracket or star, $ for a $."""
        if first == "$":
            return bool(self.out) and self.out[-1][-1] == "$"
        tail = "".join(self.out[-2:])[-60:].rstrip()
        return tail.endswith("\\\\") or bool(last_word(tail))

    def _begin(self, environment: Environment, token: str) -> None:
        places = self._places()
        try:
            arguments = environment.begin.arguments(self)
            if environment.collects:
                arguments.append(self.until(re.compile(re.escape(token.replace("begin", "end", 1)))))
        except MissingArgumentError:
            self._return_to(places)
            self.emit(token)
            self.step(1 if self.scoped else 0)
            self.spend(0)
            return
        text = environment.begin.fill(arguments)
        self.spend(len(text) + CALL_COST_CHARS)
        if environment.collects:
            text += "}"
        else:
            self.environments.append(arguments)
        self.push(text if environment.grouped else "{" + text, environment.begin.at)

    def _end(self, environment: Environment, token: str) -> None:
        text = environment.end.fill(self.environments.pop() if self.environments else [])
        self.spend(len(text) + CALL_COST_CHARS)
        self.push(text if environment.grouped else text + "}", environment.end.at)

    def spend(self, chars: int) -> None:
        """Account for work done.

        Raises:
            BombError: the call under way, or the paper, has had more than its budget.
        """
        self.work += chars
        work = self.work + self.read_chars
        before = self._call[3] if self._call else 0
        if work - before > self.budget.call_chars or work > self.budget.paper_chars:
            raise BombError

    def _count(self, chars: int) -> None:
        """Account for work done in copying, which no one call is to blame for."""
        self.work += chars
        if self.work + self.read_chars > self.budget.paper_chars:
            self._call = None
            raise BombError

    def _give_up(self) -> None:
        """Leave the call under way as it stands, and its macro alone from now on; after the paper's budget, all."""
        call = self._call
        if call is not None:
            token, places, pieces, _ = call
            self._return_to(places)
            self.unwrite(pieces)
            self.emit(token)
            if isinstance(self.table.get(token), Macro | Environment):
                self.define(token, None, everywhere=True)
            self.unexpanded[token] = True
            self.work += self.budget.call_chars // GIVEN_UP_SHARE
        if call is None or self.work + self.read_chars > self.budget.paper_chars:
            while self.frames:
                frame = self.frames.pop()
                self.emit(frame.text[frame.pos :])


_NUMERATOR = re.compile(r"\\(?:[dtc]?frac|[dt]?binom|stackrel|overset|underset)\s*\{[^{}]*\}\s*\Z")
