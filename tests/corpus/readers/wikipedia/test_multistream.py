"""A bzip2 dump cut into parts holds every page once, wherever its streams begin."""

from __future__ import annotations

import bz2
import io
from itertools import chain, pairwise
from random import Random

import pytest

from corpus.readers.bzip2 import blocks
from corpus.readers.wikipedia.mediawiki_xml import cut_pages
from corpus.readers.wikipedia.multistream import cut

HEAD, END = b"<mediawiki>\n<siteinfo/>\n", b"</mediawiki>"
PAGES = [b"<page>%d %s</page>" % (n, Random(n).randbytes(3000).hex().encode()) for n in range(60)]
DUMP = HEAD + b"\n".join(PAGES) + END


def streams(data: bytes, cuts: list[int]) -> bytes:
    """A bzip2 file whose streams begin at these places of the data."""
    edges = [0, *cuts, len(data)]
    return b"".join(bz2.compress(data[a:b]) for a, b in pairwise(edges))


def pages_by_part(packed: bytes, parts: list[str]) -> list[list[bytes]]:
    found = []
    for part in parts:
        start, end = map(int, part.split("-"))
        pieces = blocks(io.BytesIO(packed), start)
        raw = list(cut_pages(pieces, 1 << 20, to_the_end=end == len(packed), start=start, end=end))
        assert [page.fault for page in raw if page.fault] == []
        found.append([page.data for page in raw])
    return found


def test_a_multistream_dump_is_cut_near_the_size_asked_for() -> None:
    page_ends = [DUMP.index(page) for page in PAGES[10::10]]
    packed = streams(DUMP, page_ends)
    parts = cut(io.BytesIO(packed), len(packed), len(packed) // 3, 1 << 20)
    assert len(parts) == 3
    assert [part.partition("-")[0] for part in parts[1:]] == [part.partition("-")[2] for part in parts[:-1]]
    by_part = pages_by_part(packed, parts)
    assert list(chain(*by_part)) == PAGES
    assert all(by_part)


@pytest.mark.parametrize("seed", range(20))
def test_streams_may_begin_anywhere(seed: int) -> None:
    """pbzip2 cuts where it likes: inside a page, inside a tag."""
    random = Random(seed)
    cuts = sorted(random.sample(range(1, len(DUMP)), 12))
    packed = streams(DUMP, cuts)
    parts = cut(io.BytesIO(packed), len(packed), len(packed) // 8, 1 << 20)
    assert len(parts) > 2
    assert list(chain(*pages_by_part(packed, parts))) == PAGES


@pytest.mark.parametrize("inside", range(1, 6))
def test_a_stream_may_begin_inside_a_page_tag(inside: int) -> None:
    at = DUMP.index(PAGES[30]) + inside
    packed = streams(DUMP, [at])
    start = len(bz2.compress(DUMP[:at]))
    parts = [f"0-{start}", f"{start}-{len(packed)}"]
    assert [len(found) for found in pages_by_part(packed, parts)] == [31, 29]


def test_a_file_of_one_stream_is_not_cut() -> None:
    packed = bz2.compress(DUMP)
    assert cut(io.BytesIO(packed), len(packed), len(packed) // 4, 1 << 20) == [""]


def test_no_search_beyond_its_limit() -> None:
    packed = streams(DUMP, [len(DUMP) // 2])
    wanted = len(packed) // 4
    begins = len(bz2.compress(DUMP[: len(DUMP) // 2]))
    assert len(cut(io.BytesIO(packed), len(packed), wanted, (1 << 20))) == 2
    assert begins - wanted > 0
    assert cut(io.BytesIO(packed), len(packed), wanted, 0) == [""]
