"""Zips whose directory is damaged, cut off or false, and members of every method, as far as their size says."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from random import Random

import pytest

from corpus.errors import RecordError
from corpus.readers.books.zip_directory import open_zip
from corpus.readers.books.zip_file import read_member, read_named
from corpus.readers.pieces import DamagedError

BOOKS = {f"{number}.txt": Random(number).randbytes(3000) + b"words " * 500 for number in range(6)}
METHODS = {"stored": 0, "deflate": 8, "bzip2": 12, "lzma": 14}


class Pipe(io.RawIOBase):
    """A file that cannot be sought in: zipfile then writes sizes behind a member's data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def zipped(method: int = 8, piped: bool = False, books: dict[str, bytes] = BOOKS) -> bytes:
    file = Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in books.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return bytes(file.data) if isinstance(file, Pipe) else file.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    """The members that can be read."""
    archive, found = open_zip(io.BytesIO(data)), {}
    for entry in archive.entries:
        try:
            found[entry.name] = read_member(archive, entry, 1 << 20)
        except RecordError:
            continue
    return found


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method: str) -> None:
    assert read(zipped(METHODS[method])) == BOOKS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("piped", [False, True], ids=["", "sizes behind"])
def test_without_its_directory_a_zip_is_walked(method: str, piped: bool) -> None:
    data = zipped(METHODS[method], piped)
    directory = data.index(b"PK\x01\x02")
    archive = open_zip(io.BytesIO(data[:directory]))
    assert archive.fault == "expected a zip's directory, got File is not a zip file"
    if piped and method in ("stored", "lzma"):  # where such a member ends, nothing says
        return
    assert read(data[:directory]) == BOOKS
    assert read(data[: directory + 30]) == BOOKS
    assert list(read(data[: directory - 2000])) == list(BOOKS)[:-1]


def test_a_wrong_bit_in_the_directory_costs_one_member_at_most() -> None:
    data = zipped()
    directory = data.index(b"PK\x01\x02")
    for at in range(directory, len(data), 7):
        damaged = bytearray(data)
        damaged[at] ^= 4
        found = read(bytes(damaged))
        assert len(found) >= len(BOOKS) - 1
        assert all(BOOKS.get(name, text) == text for name, text in found.items())


def test_a_name_that_differs_from_the_members_own_is_a_fault() -> None:
    data = zipped()
    at = data.index(b"3.txt", data.index(b"PK\x01\x02"))
    damaged = data[:at] + b"3.tpt" + data[at + 5 :]
    (entry,) = (entry for entry in open_zip(io.BytesIO(damaged)).entries if entry.fault)
    assert entry.fault == "expected the header of 3.tpt, got that of 3.txt"


def test_bytes_taken_out_of_the_middle_cost_the_members_they_are_of() -> None:
    data = zipped()
    at = data.index(b"PK\x03\x04", 5000)
    found = read(data[: at - 700] + data[at - 200 :])
    assert len(found) == len(BOOKS) - 1


def test_nothing_of_a_zip() -> None:
    with pytest.raises(RecordError, match="expected a zip archive"):
        open_zip(io.BytesIO(b"PK\x03\x04 nothing"))
    with pytest.raises(RecordError, match="expected a member of the archive, got none of that name"):
        read_named(open_zip(io.BytesIO(zipped())), "7.txt", 100)


@pytest.mark.parametrize("method", ["deflate", "bzip2", "lzma"])
def test_a_member_unpacks_no_further_than_its_size_says(method: str) -> None:
    data = zipped(METHODS[method], books={"a.txt": bytes(60 << 20)})
    header, directory = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    said = (1000).to_bytes(4, "little")
    data = data[: header + 22] + said + data[header + 26 : directory + 24] + said + data[directory + 28 :]
    archive = open_zip(io.BytesIO(data))
    tracemalloc.start()
    with pytest.raises(DamagedError, match="a member that unpacks"):
        read_member(archive, archive.entries[0], 1 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20
