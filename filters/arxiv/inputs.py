"""\\input and its kin: the files of a paper, those it was sent with and those in its `filecontents` environments."""

from __future__ import annotations

import posixpath
import re

from corpus.recipe import cited
from filters.arxiv.source import Frame, MissingArgumentError
from filters.arxiv.table import Expander, Primitive

_FILE = re.compile(r"\\begin\{filecontents\*?\}(?:\[[^\]]{0,999}\])?\{([^{}]{0,999})\}[^\n]*+(?:\n|\Z)")
_FILE_ENDS = re.compile(r"\\end\{filecontents\*?\}[ \t]*\n?")
_BARE_NAME = re.compile(r"[ \t]*([^\s{}\\%]+)[ \t]?")
FILE_COST_CHARS = cited(400, "opening a file takes about as long as reading this many characters", "chars")
_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)


def split_filecontents(text: str) -> tuple[dict[str, str], str]:
    """The files that an author wrote into `filecontents` environments of a text, and the text without them."""
    if "filecontents" not in text:
        return {}, text
    files: dict[str, str] = {}
    rest, pos = [], 0
    while (match := _FILE.search(text, pos)) and (end := _FILE_ENDS.search(text, match.end())):
        files[match[1].strip()] = text[match.end() : end.start()]
        rest.append(text[pos : match.start()])
        pos = end.end()
    return files, "".join([*rest, text[pos:]])


def find(expander: Expander, name: str) -> str:
    """The path by which a paper has a file: as given, beside the file that asks for it, or above.

    Raises:
        MissingArgumentError: the paper does not have it.
    """
    folder = next((posixpath.dirname(frame.file) for frame in reversed(expander.source.frames) if frame.file), "")
    name = name.strip().strip('"')
    for path in (name, posixpath.join(folder, name), re.sub(r"^(\.?\.?/)+", "", name)):
        for suffix in ("", ".tex"):
            known = posixpath.normpath(path + suffix)
            if known in expander.files:
                return known
    raise MissingArgumentError


def read_file(expander: Expander, name: str, paragraph: bool = False, body: bool = False) -> None:
    """Go on in a file; one that is being read already is not read again inside itself."""
    path = find(expander, name)
    if any(frame.file == path for frame in expander.source.frames):
        return
    text = expander.files[path]
    if body and (match := _BODY.search(text)):
        text = match[1]
    expander.spend_input(len(text) + FILE_COST_CHARS.value)
    below = expander.source.frames[-1]
    if below.text[below.pos : below.pos + 1] in ("", "\n"):
        text = text.removesuffix("\n")
    expander.source.frames.append(Frame(f"\n\n{text}\n\n" if paragraph else text, file=path))


def file_argument(expander: Expander) -> str:
    """A file's name, in braces or up to the next blank, its macros expanded."""
    if expander.source.next_char() == "{":
        name = expander.source.argument()
        return expander.expand_now(name, at=False) if "\\" in name else name
    frame = expander.source.top()
    match = _BARE_NAME.match(frame.text, frame.pos)
    if match is None:
        raise MissingArgumentError
    frame.pos = match.end()
    return match[1]


def input_file(expander: Expander, token: str) -> None:
    """\\input{x} or \\input x."""
    read_file(expander, file_argument(expander))


def include(expander: Expander, token: str) -> None:
    """\\include{x}, which starts a page, so a paragraph."""
    read_file(expander, file_argument(expander), paragraph=True)


def subfile(expander: Expander, token: str) -> None:
    """\\subfile{x}: the text between \\begin{document} and \\end{document}."""
    read_file(expander, file_argument(expander), body=True)


def import_file(expander: Expander, token: str) -> None:
    """\\import{folder}{x} and \\subimport."""
    folder, name = file_argument(expander), file_argument(expander)
    read_file(expander, posixpath.join(folder, name))


def if_file_exists(expander: Expander, token: str) -> None:
    """\\IfFileExists{x}{yes}{no}, \\InputIfFileExists: decided for the files the paper has."""
    name = file_argument(expander)
    find(expander, name)
    yes, _ = expander.source.argument(), expander.source.argument()
    if token == r"\InputIfFileExists":
        read_file(expander, name)
    expander.source.push(yes)  # read before the file is


def end_input(expander: Expander, token: str) -> None:
    """\\endinput: the file ends with this line."""
    frame = next(frame for frame in reversed(expander.source.frames) if frame.file is not None)
    end = frame.text.find("\n", frame.pos)
    expander.source.read_chars += (end if end >= 0 else len(frame.text)) - frame.pos
    if end >= 0:
        frame.text = frame.text[:end]


INPUTS: dict[str, Primitive] = {
    r"\input": input_file,
    r"\@input": input_file,
    r"\include": include,
    r"\subfile": subfile,
    **dict.fromkeys((r"\import", r"\subimport", r"\inputfrom", r"\includefrom", r"\subinputfrom"), import_file),
    **dict.fromkeys((r"\IfFileExists", r"\InputIfFileExists"), if_file_exists),
    r"\endinput": end_input,
}
