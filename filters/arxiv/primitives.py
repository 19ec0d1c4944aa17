"""The few commands of TeX and LaTeX that decide what is read next, and those whose text is not TeX."""

from __future__ import annotations

import re

from filters.arxiv.macros import Alias, Macro, apart
from filters.arxiv.source import MissingArgumentError
from filters.arxiv.table import Expander, Primitive
from filters.arxiv.tokens import LONGEST_ADDRESS_CHARS, group_end
from filters.arxiv.words import EMPTY

_OPTIONS = re.compile(r"\s*(?:\[[^\]]{0,999}\])?\s*")
_ENDCSNAME = re.compile(r"\\endcsname(?![a-zA-Z])[ \t]*")
_NEXT_CONTROL = re.compile(r"[ \t]*(\\(?:[a-zA-Z@]+|.))", re.DOTALL)


def copy_environment(expander: Expander, token: str) -> None:
    """A verbatim environment, as it stands."""
    frame = expander.source.frames[-1]
    close = token.replace("begin", "end", 1)
    end = frame.text.find(close, frame.pos)
    if end < 0:
        expander.source.read_chars += len(frame.text) - frame.pos
        raise MissingArgumentError
    expander.writer.emit_raw(token + frame.text[frame.pos : end + len(close)])
    frame.pos = end + len(close)


def copy_verb(expander: Expander, token: str) -> None:
    """`\\verb|...|` and its like, as it stands: the text ends with the character it began with."""
    frame = expander.source.frames[-1]
    end = verb_end(frame.text, frame.pos, token)
    if end < 0:
        expander.source.read_chars += len(frame.text) - frame.pos if frame.text.startswith("{", frame.pos) else 0
        raise MissingArgumentError
    expander.writer.emit_raw(token + frame.text[frame.pos : end])
    frame.pos = end


def verb_end(text: str, pos: int, token: str) -> int:
    """Where the verbatim argument of a command that has just been read ends; -1 where it does not on its line."""
    if token == r"\verb":
        pos += text.startswith("*", pos)
    elif match := _OPTIONS.match(text, pos):
        pos = match.end()
    if token in (r"\mint", r"\mintinline"):
        pos = max(pos, group_end(text, pos))
    if text.startswith("{", pos) and token != r"\verb":
        return group_end(text, pos)
    line_end = text.find("\n", pos, pos + LONGEST_ADDRESS_CHARS.value)
    line_end = line_end if line_end >= 0 else pos + LONGEST_ADDRESS_CHARS.value
    return text.find(text[pos : pos + 1] or "\n", pos + 1, line_end) + 1 or -1


def copy_group(expander: Expander, token: str) -> None:
    """A command with its argument as it stands (an address)."""
    frame = expander.source.top()
    match = _OPTIONS.match(frame.text, frame.pos)
    start = match.end() if match else frame.pos
    end = group_end(frame.text, start) if frame.text[start : start + 1] == "{" else -1
    if end < 0:
        expander.source.read_chars += len(frame.text) - start
        raise MissingArgumentError
    expander.writer.emit_raw(token + frame.text[frame.pos : end])
    frame.pos = end


def copy_token(expander: Expander, token: str) -> None:
    """A command with the token after it, which is not expanded (\\string, \\noexpand)."""
    following = expander.source.token()
    if token != r"\noexpand":
        expander.writer.emit(token)
    expander.writer.emit(following)


def set_letter(expander: Expander, token: str) -> None:
    """\\makeatletter and \\makeatother."""
    expander.source.at_is_letter = token == r"\makeatletter"
    expander.source.skip_after_word(token)


def unprotect(expander: Expander, token: str) -> None:
    """\\protect has nothing left to protect before a call of the author's."""
    frame = expander.source.top()
    match = _NEXT_CONTROL.match(frame.text, frame.pos)
    if match and isinstance(expander.table.get(match[1]), Macro):
        frame.pos = match.start(1)
    else:
        expander.writer.emit(token)


def xspace(expander: Expander, token: str) -> None:
    """A blank, unless punctuation or a group's brace follows (the xspace package's list)."""
    following = expander.source.next_here()
    expander.writer.emit("" if following in "{}.,'/?;:!~-) \n\t" else " ")


def control_name(expander: Expander) -> str:
    """The control sequence that `\\csname ...\\endcsname` names; its first word has been read."""
    text = expander.source.until(_ENDCSNAME)
    return "\\" + expander.expand_now(text, at=True).strip()


def csname(expander: Expander, token: str) -> None:
    """A call by name."""
    name = control_name(expander)
    meaning = expander.table.get(name)
    if meaning is None:
        expander.writer.emit(rf"\csname {name[1:]}\endcsname")
    else:
        expander.obey(meaning, name)


def name_use(expander: Expander, token: str) -> None:
    """\\@nameuse: a call by name."""
    expander.source.push(rf"\csname {expander.source.argument()}\endcsname")


def expandafter(expander: Expander, token: str) -> None:
    """The token after next is expanded once, then the next one is read before what came of it."""
    first = expander.source.token()
    frame = expander.source.top()
    match = _NEXT_CONTROL.match(frame.text, frame.pos)
    if match:
        frame.pos = match.end()
        expander.source.skip_after_word(match[1])
        _open(expander, match[1])
    frame = expander.source.top()
    rest = frame.text[frame.pos :]
    expander.source.read_chars += len(rest)
    frame.text, frame.pos = first + apart(first, rest) + rest, 0


def _open(expander: Expander, control: str) -> None:
    """Put what a control sequence expands to, in one step, before what is read next; itself if it does not expand."""
    meaning = expander.table.get(control)
    if isinstance(meaning, Macro):
        text = meaning.fill(meaning.arguments(expander.source))
    elif control == r"\csname":
        text = control_name(expander)
        text = text if text[1:].isalpha() else rf"\csname {text[1:]}\endcsname"
    elif control == r"\expandafter":
        expandafter(expander, control)
        return
    else:
        text = control
    frame = expander.source.top()
    rest = frame.text[frame.pos :]
    expander.source.read_chars += len(rest)
    frame.text, frame.pos = text + apart(text, rest) + rest, 0


def if_next_char(expander: Expander, token: str) -> None:
    """\\@ifnextchar X{yes}{no}, \\@ifstar{yes}{no}."""
    wanted = "*" if token == r"\@ifstar" else expander.source.token()
    yes, no = expander.source.argument(), expander.source.argument()
    found = expander.source.next_char() == wanted
    if found and token == r"\@ifstar":
        expander.source.take("*")
    expander.source.push(yes if found else no, at=True)


def in_place(expander: Expander, token: str) -> None:
    """\\AtBeginDocument: what it holds is obeyed at once."""
    expander.source.push(expander.source.argument())


_LOOSE_NAME = re.compile(r"[ \t\n]+(\{[^{}\\]*\})")


def loose_begin(expander: Expander, token: str) -> None:
    """`\\begin {x}` with a blank: as `\\begin{x}`."""
    frame = expander.source.top()
    match = _LOOSE_NAME.match(frame.text, frame.pos)
    if match is None:
        expander.writer.emit(token)
        return
    frame.pos = match.end()
    meaning = expander.table.get(token + match[1])
    if meaning is None:
        expander.writer.emit(token + match[1])
    else:
        expander.obey(meaning, token + match[1])


PRIMITIVES: dict[str, Primitive] = {
    **dict.fromkeys((r"\verb", r"\lstinline", r"\mint", r"\mintinline", r"\Verb"), copy_verb),
    **dict.fromkeys((r"\url", r"\path", r"\nolinkurl", r"\href", r"\detokenize"), copy_group),
    **dict.fromkeys((r"\string", r"\noexpand", r"\meaning"), copy_token),
    **dict.fromkeys((r"\makeatletter", r"\makeatother"), set_letter),
    **dict.fromkeys((r"\@ifnextchar", r"\@ifstar"), if_next_char),
    **dict.fromkeys((r"\AtBeginDocument", r"\AtEndOfPackage"), in_place),
    **dict.fromkeys((r"\begin", r"\end"), loose_begin),
    r"\protect": unprotect,
    r"\xspace": xspace,
    r"\csname": csname,
    r"\@nameuse": name_use,
    r"\expandafter": expandafter,
}


def nothing(expander: Expander, token: str) -> None:
    """A control sequence that stands for nothing."""
    expander.source.skip_after_word(token)


def alias_of(token: str) -> Alias | Primitive:
    """What \\let makes of a token that is LaTeX's own."""
    return nothing if token in EMPTY else Alias(token)
