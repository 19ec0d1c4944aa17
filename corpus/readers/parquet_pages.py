"""How large the pages of a Parquet column chunk are when unpacked, by their headers, before any is unpacked.

A page header is a Thrift struct in the compact protocol: its fields follow one another as (difference to the id
before, type, value). Of a PageHeader fields 2 and 3 are wanted, the page's bytes unpacked and packed; others are passed
over.
Source: apache/parquet-format, parquet.thrift; apache/thrift, thrift-compact-protocol.md.
"""

from __future__ import annotations

from typing import BinaryIO

from corpus.errors import RecordError

_HEADER_BYTES = (1 << 13, 1 << 16, 1 << 20)  # read at a time: statistics in it may hold a value or two
_UNPACKED_BYTES, _PACKED_BYTES = 2, 3
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 0, 1, 2, 3, 7, 8, 12
_WHOLE_NUMBERS = (4, 5, 6)
_LISTS = (9, 10)
_DEEPEST = 8


def largest_page(file: BinaryIO, start: int, end: int) -> int:
    """The bytes of the largest page between two bytes of the file, unpacked.

    Raises:
        RecordError: what stands there are no pages.
    """
    largest = 0
    while start < end:
        header_bytes, unpacked, packed = _page(file, start)
        largest = max(largest, unpacked)
        start += header_bytes + packed
    return largest


def _page(file: BinaryIO, start: int) -> tuple[int, int, int]:
    """The bytes of a header, and those of its page, unpacked and packed."""
    for size in _HEADER_BYTES:
        file.seek(start)
        fields = _Fields(file.read(size))
        try:
            found = fields.struct(0)
            unpacked, packed = found[_UNPACKED_BYTES], found[_PACKED_BYTES]
        except IndexError:  # the header goes on
            continue
        except (KeyError, ValueError):
            break
        if unpacked >= 0 and packed >= 0:
            return fields.at, unpacked, packed
        break
    raise RecordError("the header of a Parquet page", "other bytes", f"byte {start}")


class _Fields:
    """Thrift values in bytes, read from `at` on. Raises IndexError past their end, ValueError where there are none."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def struct(self, depth: int) -> dict[int, int]:
        """The whole numbers of a struct by field id; its other fields are passed over."""
        if depth > _DEEPEST:
            raise ValueError(depth)
        found: dict[int, int] = {}
        field = 0
        # A field's first byte: its type in the lower four bits, in the upper ones by how much its id is larger than the
        # last one's; 0 there says that the id follows as a number. True and false are types, without a value.
        while (head := self._byte()) & 15 != _STOP:
            field = field + (head >> 4) if head >> 4 else self._whole_number()
            if head & 15 in _WHOLE_NUMBERS:
                found[field] = self._whole_number()
            else:
                self._pass_over(head & 15, depth)
        return found

    def _pass_over(self, kind: int, depth: int) -> None:
        if kind in _WHOLE_NUMBERS:
            self._whole_number()
        elif kind == _STRUCT:
            self.struct(depth + 1)
        elif kind == _BINARY:
            self._skip(self._number())
        elif kind in _LISTS:
            head = self._byte()
            count = self._number() if head >> 4 == 15 else head >> 4
            for _ in range(count):
                self._pass_over(head & 15, depth)
        elif kind in (_BYTE, _DOUBLE):
            self._skip(1 if kind == _BYTE else 8)
        elif kind not in (_TRUE, _FALSE):
            raise ValueError(kind)

    def _byte(self) -> int:
        self.at += 1
        return self._data[self.at - 1]

    def _skip(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise IndexError(self.at)

    def _number(self) -> int:
        """A number of seven bits a byte, the lowest first (LEB128)."""
        value = shift = 0
        while (byte := self._byte()) & 128:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError(value)
        return value | byte << shift

    def _whole_number(self) -> int:
        """A number that may be negative (zigzag)."""
        value = self._number()  # the lowest bit is the sign: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4
        return value >> 1 ^ -(value & 1)
