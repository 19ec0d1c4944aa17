"""Posts.xml of a Stack Exchange dump as a stream of rows, one bad row costing itself only.

The file is `<posts>` around one `<row .../>` a post. No `<` may stand inside an attribute, so `<row ` begins a row and
nothing else: blocks are cut there and given to expat whole, and only a block that expat refuses is tried row by row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from corpus.containment import said_of

ROW = b"<row "
BLOCK_BYTES = 1 << 18
"""Bytes parsed at once: large enough that making a parser costs nothing, small enough to stay in the cache."""
SHOWN_BYTES = 4096
"""Bytes of a bad row that are kept for people to look at."""

_ROOT, _ELEMENT = "posts", "row"
_SHOWN_CHARS = 20
_OPEN, _CLOSE = b"<posts>", b"</posts>"
_ROW_END = (b"/>", b"</row>", _CLOSE)
ParsedRow = tuple[int, dict[str, str], str]
"""The byte of its block that a row begins at, its attributes, and what is wrong with it."""
_DECLARATION = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


class Row(NamedTuple):
    """One row: where it begins and its attributes; or what is wrong with it, and its first bytes.

    where is its byte of Posts.xml; after damage `120+7`, the byte of the file at which reading resumed and the unpacked
    offset from there; of damage the range of the file that was skipped, `80-120`. is_failed says of a fault that
    parsing the row raised something.
    """

    where: int | str
    fields: dict[str, str]
    fault: str = ""
    raw: bytes = b""
    is_failed: bool = False


class PostsXml:
    """Bytes in, rows out: feed it the file in pieces of any size, then close it.

    Args:
        longest_row_bytes: a longer row is a fault and is skipped without being held; below twice BLOCK_BYTES it makes
            parsing slow.
        start: the byte of Posts.xml that comes first.
        is_inside: whether that may be any byte of a row, whose rest is passed over.

    begun counts `<row ` in what was fed.
    """

    def __init__(self, longest_row_bytes: int, start: int = 0, is_inside: bool = False) -> None:
        self._longest = longest_row_bytes
        self._held = bytearray()
        self._base, self._offset = 0, start
        self._opened = self._skipping = is_inside
        self._damaged = False
        self.begun, self._tail = 0, b""

    def feed(self, data: bytes, start: int = 0) -> Iterator[Row]:
        """The rows that `data` completes; after damage start is the byte of the file at which reading resumed."""
        if self._damaged and data:
            self._base, self._offset, self._damaged = start, 0, False
        met = self._tail + data
        self.begun += met.count(ROW)
        self._tail = met[1 - len(ROW) :]
        for start in range(0, len(data), BLOCK_BYTES):
            self._held += data[start : start + BLOCK_BYTES]
            if len(self._held) >= BLOCK_BYTES:
                yield from self._whole_rows()

    def damage(self, start: int, end: int, fault: str) -> Iterator[Row]:
        """The rows held that are whole, and one for these bytes of the file, with the rows that they cut off."""
        yield from self.cut_off()
        yield Row(f"{start}-{end}", {}, fault)
        self._held.clear()
        self._opened = self._damaged = True
        self._skipping, self._tail = False, b""

    def cut_off(self) -> Iterator[Row]:
        """The rows held that are whole, where damage follows."""
        if not self._skipping:
            held = bytes(self._held)
            last = held.rfind(ROW)
            yield from self._parse(held if held.rstrip().endswith(_ROW_END) else held[: max(last, 0)])

    @property
    def is_between(self) -> bool:
        """Whether no row has begun of which more may come: the rest of one is passed over, or was damaged."""
        return self._damaged or (self._skipping and not self._skip())

    def pause(self) -> list[Row]:
        """The rows still held, where another one follows."""
        if self.is_between:
            return []
        held = bytes(self._held)
        return [*self._opening(held), *self._parse(held)]

    def close(self) -> Iterator[Row]:
        """The rows still held, and a fault if the file broke off."""
        if self._damaged:
            return
        skipped = self._skipping and not self._skip()
        held = bytes(self._held).rstrip()
        block = held.removesuffix(_CLOSE)
        rows = [*self._opening(block), *self._parse(block)]
        if block == held and not skipped and not (rows and rows[-1].fault):
            rows.append(Row(self._where(len(self._held)), {}, "expected </posts>, got the end of the file"))
        yield from rows

    def _whole_rows(self) -> Iterator[Row]:
        if self._skipping and not self._skip():
            return
        # The last `<row ` held may be cut off, so all before it is parsed and the rest waits for the next bytes.
        cut = self._held.rfind(ROW)
        if cut > 0:
            block = bytes(self._held[:cut])
            yield from self._opening(block)
            yield from self._parse(block)
            self._drop(cut)
        if len(self._held) > self._longest + BLOCK_BYTES:
            yield Row(self._where(0), {}, self._too_long(), bytes(self._held[:SHOWN_BYTES]))
            self._opened = self._skipping = True
            self._drop(len(self._held))

    def _where(self, at: int) -> int | str:
        return f"{self._base}+{self._offset + at}" if self._base else self._offset + at

    def _drop(self, count: int) -> None:
        del self._held[:count]
        self._offset += count

    def _skip(self) -> bool:
        start = self._held.find(ROW)
        self._skipping = start < 0
        # `<row ` may be cut by the end of what is held: its first bytes stay.
        self._drop(start if start >= 0 else max(0, len(self._held) - len(ROW) + 1))
        return not self._skipping

    def _too_long(self) -> str:
        return f"expected a row of at most {self._longest} bytes"

    def _opening(self, block: bytes) -> Iterator[Row]:
        """A fault for what stands before the first row, unless it opens `<posts>` and declares nothing."""
        if self._opened:
            return
        self._opened = True
        opening = block.partition(ROW)[0]
        if _DECLARATION.search(opening):
            yield Row(self._where(0), {}, "expected no DOCTYPE, got one", opening[:SHOWN_BYTES])
        elif b"<posts" not in opening:
            yield Row(self._where(0), {}, "expected <posts>", opening[:SHOWN_BYTES])

    def _parse(self, block: bytes) -> list[Row]:
        start = block.find(ROW)
        if start < 0:
            return []
        # Many rows are parsed at once, as a parser for each would cost more than the rows. If anything in it is wrong,
        # it is parsed again, row by row: then the fault costs the row it stands in, and no other.
        if len(block) <= self._longest:
            rows, fault, _is_failed = _contained_rows(block[start:])
            if not fault:
                return self._placed(rows, start)
        return self._one_by_one(block, start)

    def _one_by_one(self, block: bytes, start: int) -> list[Row]:
        read: list[Row] = []
        while start < len(block):
            end = block.find(ROW, start + 1)
            end = len(block) if end < 0 else end
            piece = block[start:end]
            fits = len(piece.rstrip()) <= self._longest
            rows, fault, is_failed = _contained_rows(piece) if fits else ([], self._too_long(), False)
            read += self._placed(rows, start)
            if fault:
                read.append(Row(self._where(start), {}, fault, piece[:SHOWN_BYTES], is_failed))
            start = end
        return read

    def _placed(self, rows: list[ParsedRow], start: int) -> list[Row]:
        return [Row(self._where(start + offset), fields, fault) for offset, fields, fault in rows]


def _contained_rows(block: bytes) -> tuple[list[ParsedRow], str, bool]:
    """What parse_rows gives, and whether it raised something."""
    try:
        return *parse_rows(block), False
    except Exception as error:
        return [], *said_of(error)


def parse_rows(block: bytes) -> tuple[list[ParsedRow], str]:
    """The rows of a block, and what was wrong with it ("" if nothing).

    What stands between rows and is none, an element of another name or text, is a row with a fault.
    """
    rows: list[ParsedRow] = []
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def add(fields: dict[str, str], got: str) -> None:
        # expat counts from its own first byte, which is that of the root element put before the block.
        rows.append((parser.CurrentByteIndex - len(_OPEN), fields, got and f"expected <row>, got {got}"))

    def begin(name: str, fields: dict[str, str]) -> None:
        if name != _ROOT:
            add(fields if name == _ELEMENT else {}, "" if name == _ELEMENT else f"<{name[:_SHOWN_CHARS]}>")

    def text(data: str) -> None:
        if not data.isspace():
            add({}, "text")

    parser.StartElementHandler, parser.CharacterDataHandler = begin, text
    try:
        parser.Parse(_OPEN, False)
        parser.Parse(block, False)
        parser.Parse(_CLOSE, True)
    except expat.ExpatError as error:
        return rows, f"expected well-formed XML, got {expat.ErrorString(error.code)}"
    return rows, ""
