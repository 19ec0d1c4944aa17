"""7z archives of every method: members, checksums, what a decoder may ask for, and decoders that die."""

from __future__ import annotations

import io
import lzma
from random import Random
from typing import Any

import py7zr
import pytest

from corpus.errors import RecordError
from corpus.readers import members, seven_zip
from corpus.readers.base import Seen
from corpus.readers.pieces import Piece

WORDS = Random(1).randbytes(150_000) + b"the end " * 20_000
FILES = {"a.txt": b"short", "Posts.xml": WORDS, "empty": b"", "z.txt": WORDS[7:]}
HERE: dict[str, list[dict[str, Any]]] = {
    "lzma": [{"id": py7zr.FILTER_LZMA}],
    "lzma2": [{"id": py7zr.FILTER_LZMA2}],
    "x86, lzma2": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2}],
    "delta, lzma2": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "not packed": [{"id": py7zr.FILTER_COPY}],
}
PPMD = [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}]


def archive(filters: list[dict[str, Any]], files: dict[str, bytes] = FILES) -> bytes:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w", filters=filters) as opened:
        for name, data in files.items():
            opened.writestr(data, name)
    return packed.getvalue()


def read(data: bytes, wanted: str = "") -> list[Piece]:
    return list(seven_zip.pieces(io.BytesIO(data), Seen(), wanted))


def texts(pieces: list[Piece]) -> bytes:
    return b"".join(piece.data for piece in pieces)


@pytest.mark.parametrize("method", HERE)
@pytest.mark.parametrize("wanted", ["", "a.txt", "Posts.xml", "empty", "z.txt"])
def test_wanted_members_of_every_method(method: str, wanted: str) -> None:
    found = read(archive(HERE[method]), wanted)
    assert texts(found) == (FILES[wanted] if wanted else b"".join(FILES.values()))
    assert not [piece for piece in found if piece.fault]


@pytest.mark.parametrize("method", HERE)
def test_no_wrong_bit_gives_other_bytes(method: str) -> None:
    packed = archive(HERE[method], {"Posts.xml": WORDS})
    draw = Random(method)
    for _ in range(12):
        damaged = bytearray(packed)
        damaged[draw.randrange(len(packed))] ^= 1 << draw.randrange(8)
        found = read(bytes(damaged), "Posts.xml")
        assert WORDS.startswith(texts(found)) or method == "bzip2"
        assert texts(found) == WORDS or any(piece.fault for piece in found)


def test_a_large_member_is_compared_before_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seven_zip, "HELD_BYTES", 1 << 16)
    packed = archive(HERE["not packed"], {"Posts.xml": WORDS})
    assert texts(read(packed)) == WORDS
    damaged = bytearray(packed)
    damaged[32 + len(WORDS) - 1] ^= 1
    (fault,) = read(bytes(damaged))
    assert (fault.data, fault.start, fault.end) == (b"", 32, 32 + len(WORDS))
    assert "Posts.xml whose checksum is right" in fault.fault


def test_damage_after_a_member_does_not_cost_it() -> None:
    packed = bytearray(archive(HERE["lzma2"], {"Posts.xml": WORDS[:70_000], "z.txt": Random(8).randbytes(400_000)}))
    packed[300_000] ^= 1
    assert texts(read(bytes(packed), "Posts.xml")) == WORDS[:70_000]
    (fault,) = read(bytes(packed), "z.txt")
    assert fault.fault.startswith("expected z.txt whose checksum is right, got another")


def test_another_method_is_unpacked_by_a_child_that_may_die() -> None:
    packed = archive(PPMD, {"Posts.xml": WORDS[140_000:], "z.txt": b"after"})
    assert texts(read(packed, "Posts.xml")) == WORDS[140_000:]
    damaged = bytearray(packed)
    damaged[40] ^= 64
    (fault,) = read(bytes(damaged), "Posts.xml")
    assert fault.fault.startswith("expected ")


def test_a_dictionary_of_four_gigabytes_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    coder = {"method": b"\x21", "numinstreams": 1, "numoutstreams": 1, "properties": b"\x24"}  # 2 ** 29 + 2 ** 28
    folder = seven_zip.Folder(0, 1, [coder], [seven_zip.Member("a", 1, 0, True)], 1)
    (fault,) = seven_zip._verified(io.BytesIO(b"x"), folder)
    assert fault.fault == f"expected a dictionary of at most {1 << 28} bytes, got a larger one"
    assert filters[0]["dict_size"] > seven_zip.LARGEST_DICTIONARY_BYTES.value


def test_a_size_that_is_false_is_a_fault() -> None:
    coder = {"method": b"\x00", "numinstreams": 1, "numoutstreams": 1, "properties": None}
    folder = seven_zip.Folder(0, 5, [coder], [seven_zip.Member("a", 1 << 50, None, True)], 1)
    (fault,) = seven_zip._verified(io.BytesIO(b"12345"), folder)
    assert fault.fault.startswith("expected a whole .7z archive, got ")
    assert members.HELD_BYTES == seven_zip.HELD_BYTES


def test_sizes_and_names() -> None:
    packed = archive(HERE["lzma2"], {"site/Posts.xml": WORDS, "other": b"12"})
    assert seven_zip.unpacked_bytes(io.BytesIO(packed), "Posts.xml") == len(WORDS)
    (fault,) = read(packed, "Users.xml")
    assert fault.fault == "expected an archive that holds Users.xml, got site/Posts.xml, other"


@pytest.mark.parametrize(
    "coder",
    [
        {"method": b"\x04\xf7\x11\x04", "properties": None},
        {"method": b"\x03\x01\x01", "properties": b"\xff" * 5},
        {"method": b"\x21", "properties": b"\xff"},
    ],
    ids=["LZ4", "LZMA of wrong properties", "LZMA2 of a wrong dictionary"],
)
def test_a_coder_that_nothing_unpacks_is_refused(coder: dict[str, object]) -> None:
    packed = {**coder, "numinstreams": 1, "numoutstreams": 1}
    with pytest.raises(RecordError):
        seven_zip._unpacker(seven_zip.Folder(0, 1, [packed], [], 1))
