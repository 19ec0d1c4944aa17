"""What the expander still has to read: the open files, and the bodies of the macros being expanded on top of them."""

from __future__ import annotations

import re

from corpus.recipe import cited
from filters.arxiv.tokens import AFTER_WORD, BLANKS, GROUP, READ_BLANK, group_end, is_word


class MissingArgumentError(Exception):
    """A macro's call does not have the arguments its definition asks for."""


class TooDeepError(Exception):
    """Calls nested deeper than TeX's own stack would be of use for."""


DEEPEST_FRAMES = cited(
    200, "calls within calls: papers nest ten or twenty, and Python's stack bears this many", "frames"
)
STEP_COST = cited(8, "a character read token by token takes as long as this many read at once", "chars")
TOKEN_COST = cited(20, "and a token that is read as an argument as long as this many", "chars")
COMPILE_COST = cited(2000, "a delimiter that is met for the first time takes as long to compile as this many", "chars")
_PATTERNS_KEPT = 500


class Frame:
    """A stretch of text with the place reached in it. file is its name where it is a file, at whether @ is a letter."""

    __slots__ = ("at", "file", "pos", "text")

    def __init__(self, text: str, at: bool = False, file: str | None = None) -> None:
        self.text, self.at, self.file = text, at, file
        self.pos = 0


_TOKEN = re.compile(r"\\(?:[a-zA-Z]+|.)|.", re.DOTALL)
_TOKEN_AT = re.compile(r"\\(?:[a-zA-Z@]+|.)|.", re.DOTALL)
_GROUP_AFTER_BLANKS = re.compile(rf"[ \t{READ_BLANK}]*+(?:\n[ \t]*+)?{GROUP.pattern}", re.DOTALL)


class Source:
    """A stack of frames read as one text, the top one first."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.at_is_letter = False
        self.read_chars = 0

    def push(self, text: str, at: bool = False) -> None:
        """Read text next. Bodies read to their end make room first, so that a last call nests no deeper.

        Raises:
            TooDeepError: calls are nested past any use.
        """
        frames = self.frames
        while frames and frames[-1].file is None and frames[-1].pos >= len(frames[-1].text):
            frames.pop()
        if len(frames) >= DEEPEST_FRAMES.value:
            raise TooDeepError
        frames.append(Frame(text, at))

    def top(self) -> Frame:
        """The frame that has the next character; frames read to their end go."""
        frames = self.frames
        while frames and frames[-1].pos >= len(frames[-1].text):
            frames.pop()
        if not frames:
            raise MissingArgumentError
        return frames[-1]

    @property
    def at_letter(self) -> bool:
        """Whether @ is a letter in what is read next."""
        return self.at_is_letter or bool(self.frames and self.frames[-1].at)

    def skip_blanks(self) -> None:
        """Over blanks and line ends, through the ends of frames, but not over the end of a paragraph."""
        while True:
            frame = self.top()
            match = BLANKS.match(frame.text, frame.pos)
            assert match is not None
            if match[0].count("\n") > 1:
                raise MissingArgumentError
            frame.pos = match.end()
            if frame.pos < len(frame.text):
                return

    def skip_after_word(self, control: str) -> None:
        """What TeX does not see after a control word."""
        if self.frames and is_word(control):
            frame = self.frames[-1]
            match = AFTER_WORD.match(frame.text, frame.pos)
            assert match is not None
            frame.pos = match.end()

    def next_char(self) -> str:
        """The character after any blanks, not read; empty at the end of the text or of a paragraph."""
        try:
            self.skip_blanks()
            frame = self.top()
        except MissingArgumentError:
            return ""
        return frame.text[frame.pos]

    def token(self) -> str:
        """The next token: a control sequence or one character; blanks before it are skipped."""
        self.skip_blanks()
        frame = self.top()
        match = (_TOKEN_AT if frame.at or self.at_is_letter else _TOKEN).match(frame.text, frame.pos)
        assert match is not None
        frame.pos = match.end()
        self.read_chars += TOKEN_COST.value
        if match[0][0] == "\\":
            self.skip_after_word(match[0])
        return match[0]

    def next_here(self) -> str:
        """The next character, a blank too, not read; empty at the end of the text."""
        frames = self.frames
        while frames and frames[-1].pos >= len(frames[-1].text):
            frames.pop()
        return frames[-1].text[frames[-1].pos] if frames else ""

    def take(self, char: str) -> bool:
        """Read char if it comes next (after blanks)."""
        start = self.frames[-1] if self.frames else None
        pos = start.pos if start else 0
        if self.next_char() == char:
            self.frames[-1].pos += 1
            return True
        if start and self.frames and self.frames[-1] is start:
            start.pos = pos
        return False

    def argument(self) -> str:
        """The next undelimited argument: a group without its braces, or one token."""
        if self.frames:
            frame = self.frames[-1]
            if match := _GROUP_AFTER_BLANKS.match(frame.text, frame.pos):
                frame.pos = match.end()
                self.read_chars += match.end() - match.start()
                return match[1]
        self.skip_blanks()
        char = self.next_char()
        if char == "{":
            return self.group()
        if char in ("}", ""):
            raise MissingArgumentError
        return self.token()

    def group(self) -> str:
        """The group that opens here, without its braces."""
        frame = self.top()
        end = group_end(frame.text, frame.pos)
        self.read_chars += (end if end >= 0 else len(frame.text)) - frame.pos
        if end < 0:
            raise MissingArgumentError
        inside = frame.text[frame.pos + 1 : end - 1]
        frame.pos = end
        return inside

    def optional(self) -> str | None:
        """The argument in brackets, if one comes next."""
        return self.until(re.compile(r"\]")) if self.take("[") else None

    def until(self, delimiter: re.Pattern[str]) -> str:
        """What stands before the delimiter, which is read too; groups are stepped over."""
        frame = self.top()
        if delimiter.pattern not in _STEPS:
            self.read_chars += COMPILE_COST.value + STEP_COST.value * len(delimiter.pattern)
        found = _find_outside_groups(frame.text, frame.pos, delimiter)
        self.read_chars += STEP_COST.value * ((found.end() if found else len(frame.text)) - frame.pos)
        if found is None:
            frame, found = self._joined(delimiter)
        text = frame.text[frame.pos : found.start()]
        frame.pos = found.end()
        return text

    def _joined(self, delimiter: re.Pattern[str]) -> tuple[Frame, re.Match[str]]:
        """The open macro bodies and the file below them as one frame, with the delimiter found in it."""
        # TeX reads on through the end of a macro's body into the text after its call. So the bodies still open are put
        # before the rest of the file, as one text; only here, as joining costs their length.
        below = len(self.frames) - 1
        while below and self.frames[below].file is None:
            below -= 1
        text = "".join(frame.text[frame.pos :] for frame in reversed(self.frames[below:]))
        found = _find_outside_groups(text, 0, delimiter) if below < len(self.frames) - 1 else None
        self.read_chars += STEP_COST.value * len(text)
        if found is None:
            raise MissingArgumentError
        del self.frames[below + 1 :]
        frame = self.frames[below]
        frame.text, frame.pos = text, 0
        return frame, found


def _find_outside_groups(text: str, pos: int, delimiter: re.Pattern[str]) -> re.Match[str] | None:
    # One alternation finds the delimiter, a control sequence (which may hold an escaped brace) or a brace, whichever
    # comes first; a group is passed over by its end, so that a delimiter inside it does not count.
    step = _stepping(delimiter.pattern)
    while match := step.search(text, pos):
        if match.lastgroup == "delimiter":
            return delimiter.match(text, match.start())
        pos = match.end()
        if match[0] == "{":
            pos = group_end(text, match.start())
        if match[0] == "}" or pos < 0:
            return None
    return None


_STEPS: dict[str, re.Pattern[str]] = {}  # by delimiter: a cache that only saves compiling


def _stepping(delimiter: str) -> re.Pattern[str]:
    if delimiter not in _STEPS:
        if len(_STEPS) > _PATTERNS_KEPT:
            _STEPS.clear()
        _STEPS[delimiter] = re.compile(rf"(?P<delimiter>{delimiter})|\\(?:[a-zA-Z@]+|.)|[{{}}]", re.DOTALL)
    return _STEPS[delimiter]
