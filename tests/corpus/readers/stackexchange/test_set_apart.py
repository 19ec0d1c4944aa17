"""A Posts.xml in parts gives what it gives in one: the same documents, reasons, faults, records and bytes."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_posts import METHODS, NUMBERED, answer, damaged, post, posts_xml, seven_zip

from corpus.document import Outcome
from corpus.readers.base import InputFile, InputSplit, Seen
from corpus.readers.ranges import ByteTally
from corpus.readers.stackexchange.gathered import Saved, gathered
from corpus.readers.stackexchange.read import READER, read, site_of
from corpus.readers.stackexchange.set_apart import SetApart, set_apart

LONGEST = 1 << 20
PATH = "dump/site.example.com/Posts.xml"


class Store:
    """Files by name, of which one is a dump that is read in parts."""

    def __init__(self, path: str, data: bytes, longest: int = LONGEST) -> None:
        self.files, self.path, self.longest = {path: data}, path, longest
        self.written: list[int] = []

    def open(self, name: str) -> io.BytesIO:
        return io.BytesIO(self.files[name])

    @contextmanager
    def create(self, number: int) -> Iterator[io.BytesIO]:
        file = io.BytesIO()
        yield file
        self.files[f"work/{number}.bin"] = file.getvalue()
        self.written.append(number)

    def set_apart(self, part: str, done: tuple[int, ...] = ()) -> list[SetApart]:
        shard = InputSplit(0, 1, self.path, part)
        return list(set_apart(self.open, shard, self.create, done, longest_row_bytes=self.longest))

    def outcomes(self, parts: list[str], *, kept: bool = True) -> tuple[list[Outcome], int, ByteTally]:
        last = {stretch.number: stretch for part in parts for stretch in self.set_apart(part)}
        stretches = [last[number] for number in range(len(parts))]
        saved = [Saved(f"{n}.bin", len(self.files[f"work/{n}.bin"]), "") for n in range(len(parts))]
        found, records, counted = [], 0, ByteTally()
        for part, joined in zip(parts, gathered(list(zip(stretches, saved, strict=True))), strict=True):
            sites = [site_of(self.path)] if kept else []
            self.files["work/sidecar"] = json.dumps({"sites": sites, "part": joined}).encode()
            more = self.read(InputSplit(0, 1, self.path, part, sidecar="work/sidecar"))
            found, records, counted = found + more[0], records + more[1], counted + more[2]
        return found, records, counted

    def read(self, shard: InputSplit) -> tuple[list[Outcome], int, ByteTally]:
        seen = Seen()
        limits = {"longest_row_bytes": self.longest, "partition_bytes": 1 << 22}
        found = list(read(seen.counting(self.open, self.path), shard, seen, **limits))
        seen.add_up()
        assert sum(outcome.records for outcome in found) == seen.records
        return found, seen.records, seen.bytes


def as_one(data: bytes, path: str = PATH, longest: int = LONGEST, *, kept: bool = True) -> tuple[object, ...]:
    store = Store(path, data, longest)
    store.files["none"] = b'{"sites": []}'
    found, records, counted = store.read(InputSplit(0, 1, path, sidecar="" if kept else "none"))
    return multiset(found), records, counted


def in_parts(
    data: bytes, count: int, path: str = PATH, longest: int = LONGEST, *, kept: bool = True
) -> tuple[object, ...]:
    parts = [f"{number}/{count}" for number in range(count)]
    found, records, counted = Store(path, data, longest).outcomes(parts, kept=kept)
    return multiset(found), records, counted


def multiset(outcomes: list[Outcome]) -> Counter[str]:
    """Outcomes without their order; of those not among the largest, the number of posts."""
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found[repr(outcome._replace(records=1))] += outcome.records
    return found


MIXED = [
    *(post(n, Title=f"t{n}", Body="b" * (n * 37 % 90)) for n in range(1, 40)),
    *(answer(100 + n, 1 + n * 7 % 44, n % 5, Body="a" * (n * 53 % 120)) for n in range(60)),
    post(3), "<other/>", "words", post(500, 4), post(501, 99), answer(7, 7, Body="ü" * 30),
]  # fmt: skip
WHOLE = posts_xml(*MIXED)


@pytest.mark.parametrize("count", [2, 3, 7, 29, 100])
def test_a_plain_file_in_parts(count):
    assert in_parts(WHOLE, count) == as_one(WHOLE)


def test_each_byte_of_a_row_may_be_the_border():
    for blanks in range(70):
        data = posts_xml(post(1, Body="one"), " " * blanks, post("x"), answer(3, 1), post(4))
        assert in_parts(data, 5) == as_one(data), blanks


BROKEN = {
    "a row cut off in the midst": WHOLE[:3000] + b"<row Id=" + WHOLE[3100:],
    "bytes that are no UTF-8": WHOLE[:2000] + b"\xff\xfe\x80" + WHOLE[2003:5000] + b"\xff" + WHOLE[5001:],
    "zeros": WHOLE[:2500] + bytes(800) + WHOLE[3300:],
    "broken off in a row": WHOLE[:-70],
    "broken off after a row": WHOLE[: WHOLE.rindex(b"</posts>")],
    "closed in the midst": posts_xml(*MIXED[:30]) + WHOLE,
    "no head": WHOLE.removeprefix(b"<posts>"),
    "a declaration": b"<!DOCTYPE posts []>" + WHOLE,
    "no row": b"<posts>" + b" " * 900 + b"</posts>",
    "no row and no end": b"<posts>" + b" " * 900,
    "another file": b"words and more words " * 50,
    "blanks at the end": WHOLE + b"\n" * 700,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_damaged_file_in_parts(name):
    expected = as_one(BROKEN[name])
    for count in (2, 5, 13, 64):
        assert in_parts(BROKEN[name], count) == expected, count


def test_every_place_of_a_damage_and_every_border():
    data = posts_xml(*MIXED[:3], answer(9, 2), post(10))
    for at in range(0, len(data) - 3, 7):
        broken = data[:at] + b"\xff<&" + data[at + 3 :]
        expected = as_one(broken)
        for count in (2, 3, 11, 40):
            assert in_parts(broken, count) == expected, (at, count)


def test_rows_that_are_too_long_reach_over_many_parts():
    long = [post(1, Body="x" * 700_000), *MIXED[:20], post(2000, Body="y" * 400_000), answer(3000, 5)]
    for rows in (long, [*long, post(4000, Body="z" * 800_000)]):
        for data in (posts_xml(*rows), posts_xml(*rows)[:-20]):
            expected = as_one(data, longest=2_000)
            for count in (2, 9, 50):
                assert in_parts(data, count, longest=2_000) == expected, count


@pytest.mark.parametrize("count", [2, 5, 40])
def test_parts_of_a_site_that_is_not_kept(count):
    assert in_parts(WHOLE, count, kept=False) == as_one(WHOLE, kept=False)


NUMBERED_XML = posts_xml(*(row.replace("/>", ' AnswerCount="0"/>') for row in NUMBERED), post(1))
BLOCKS = seven_zip({"Posts.xml": NUMBERED_XML}, "bzip2")
"""Three blocks of 900,000 bytes."""


@pytest.mark.parametrize("method", METHODS)
def test_an_archive_in_parts(method):
    data = seven_zip({"Users.xml": b"<users/>" * 99, "Posts.xml": posts_xml(*NUMBERED[:200], *MIXED)}, method)
    assert in_parts(data, 7, "a.7z") == as_one(data, "a.7z")


@pytest.mark.parametrize("count", [2, 5])
def test_blocks_of_bzip2_in_parts(count):
    assert in_parts(BLOCKS, count, "a.7z") == as_one(BLOCKS, "a.7z")


def test_blocks_of_bzip2_of_a_site_that_is_not_kept():
    assert in_parts(BLOCKS, 4, "a.7z", kept=False) == as_one(BLOCKS, "a.7z", kept=False)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


@pytest.mark.parametrize("share", [0.01, 0.5, 0.93])
def test_damaged_blocks_of_bzip2_in_parts(share):
    data = flipped(BLOCKS, int(len(BLOCKS) * share))
    expected = as_one(data, "a.7z")
    for count in (2, 5):
        assert in_parts(data, count, "a.7z") == expected, count


@pytest.mark.parametrize("method", ["LZMA2", "stored", "PPMd"])
def test_an_archive_with_another_checksum_leaves_one_fault(method):
    data = damaged(seven_zip({"Posts.xml": posts_xml(*NUMBERED[:400])}, method))
    assert in_parts(data, 4, "a.7z") == as_one(data, "a.7z")


def test_what_was_set_apart_is_not_written_again():
    store = Store("a.7z", seven_zip({"Posts.xml": posts_xml(*NUMBERED[:400])}, "LZMA2"))
    whole = store.set_apart("0/5")
    assert [stretch.number for stretch in whole] == store.written == [0, 1, 2, 3, 4]
    first = dict(store.files)
    store.written.clear()
    assert store.set_apart("0/5", (0, 1, 2)) == whole[3:]
    assert (store.written, store.files) == ([3, 4], first)
    assert store.set_apart("0/5", (0, 1, 2, 3, 4)) == store.set_apart("3/5") == []


def test_a_stretch_of_a_plain_file_reads_itself_and_the_end_of_its_last_row():
    store = Store(PATH, posts_xml(*NUMBERED))
    read_bytes: list[int] = []

    class Counted(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            read_bytes.append(len(data))
            return data

    store.open = lambda name: Counted(store.files[name])  # type: ignore[method-assign]
    (stretch,) = store.set_apart("1/3")
    size = len(store.files[PATH])
    assert stretch.bytes == (size // 3, size // 3, 0)
    assert sum(read_bytes) < size // 3 + (1 << 20) + 100
    assert (stretch.posts, store.set_apart("1/3", (1,))) == (sum(stretch.rows), [])


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        (PATH, WHOLE, len(WHOLE) // 1000 + 1),
        ("a.7z", seven_zip({"Posts.xml": WHOLE}, "bzip2"), len(WHOLE) // 1000 + 1),
        ("a.7z", seven_zip({"Posts.xml": WHOLE, "b/Posts.xml": WHOLE}, "LZMA2"), 2 * len(WHOLE) // 1000 + 1),
        ("a.7z", seven_zip({"Posts.xml": WHOLE})[:-1], 1),
        (PATH, WHOLE[:900], 1),
    ],
    ids=["plain", "archive", "two members", "broken archive", "small"],
)
def test_parts(path: str, data: bytes, expected: int):
    file = InputFile(path, len(data), 0.0)
    opened: Callable[[str], io.BytesIO] = lambda name: io.BytesIO(data)  # noqa: E731
    parts = READER.parts(file, opened, {"partition_bytes": 1000})
    assert parts == ([f"{n}/{expected}" for n in range(expected)] if expected > 1 else [""])


REAL = ["beer.meta.stackexchange.com", "beer.stackexchange.com", "coffee.stackexchange.com", "genai.stackexchange.com"]


@pytest.mark.parametrize("site", REAL)
def test_real_sites_in_parts(shared_data: Path, site):
    path = shared_data / "stackexchange" / f"{site}.7z"
    data = path.read_bytes()
    expected = as_one(data, path.name)
    assert sum(expected[0].values()) > 70
    for count in (2, 13):
        assert in_parts(data, count, path.name) == expected
