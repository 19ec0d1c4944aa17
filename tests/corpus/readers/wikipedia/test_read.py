"""Wikipedia's dumps: every page accounted for, in every packing, in language and name its own."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import BinaryIO

import py7zr
import pytest
import zstandard

from corpus.document import KEPT, UNREADABLE, Outcome
from corpus.readers.base import InputFile, InputSplit, Seen
from corpus.readers.wikipedia.mediawiki_xml import Site
from corpus.readers.wikipedia.names import WikiNames
from corpus.readers.wikipedia.read import accepts, language_of, parts, read
from pipelines.engine.files import open_file

SITE = (
    '<mediawiki xml:lang="pl"><siteinfo><dbname>plwiki</dbname><base>https://pl.wikipedia.org/wiki/Strona</base>'
    "<namespaces>"
    '<namespace key="-2">Media</namespace><namespace key="0" /><namespace key="1">Dyskusja</namespace>'
    '<namespace key="6">Plik</namespace><namespace key="14">Kategoria</namespace></namespaces></siteinfo>'
)


def page(number: int, title: str, text: str, ns: str = "<ns>0</ns>", more: str = "", model: str = "wikitext") -> str:
    return (
        f"<page><title>{title}</title>{ns}<id>{number}</id>{more}<revision><id>{number}0</id><model>{model}</model>"
        f"<text>{text}</text></revision></page>"
    )


DUMP = "".join((
    SITE, page(1, "Most Lipowy", "'''Most'''"), page(2, "Dyskusja:Most", "x", "<ns>1</ns>"),
    page(3, "M", "#PATRZ [[Most]]", more='<redirect title="Most"/>'), page(4, "Mapa", "{}", model="json"),
    page(5, "Nic", " "),
    page(6, "Zły", "&lt;").replace("</title>", ""), page(7, "Łódź/Most", "tekst"), "</mediawiki>",
)).encode()  # fmt: skip
REASONS = [KEPT, "not_an_article", "redirect", "not_wikitext", "no_text", UNREADABLE, KEPT]


def outcomes(data: bytes, path: str = "plwiki-20220601-pages-articles.xml", part: str = "") -> list[Outcome]:
    seen = Seen()
    open_file = seen.counting(lambda _: io.BytesIO(data), path)
    found = list(read(open_file, InputSplit(0, 1, path, part), seen, page_bytes=1 << 20))
    assert sum(outcome.records for outcome in found) == seen.records
    seen.add_up()
    assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered > 0
    return found


def seven_zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w") as archive:
        archive.writestr(data, "plwiki.xml")
    return file.getvalue()


PACKINGS = {
    "plain": DUMP,
    "utf-16": DUMP.decode().encode("utf-16"),
    "utf-8 with its mark": b"\xef\xbb\xbf" + DUMP,
    "bzip2": bz2.compress(DUMP),
    "gzip": gzip.compress(DUMP),
    "xz": lzma.compress(DUMP),
    "zstd": zstandard.compress(DUMP),
    "7z": seven_zip(DUMP),
}


@pytest.mark.parametrize("data", PACKINGS.values(), ids=PACKINGS.keys())
def test_every_page_is_accounted_for(data: bytes) -> None:
    assert [outcome.reason for outcome in outcomes(data)] == REASONS


def test_document() -> None:
    document = outcomes(DUMP)[6].document
    assert (document.id, document.text, document.source) == ("wikipedia:pl/7", "tekst", "wikipedia")
    assert document.meta == {
        "language": "pl", "title": "Łódź/Most", "page_id": "7", "revision": "70",
        "url": "https://pl.wikipedia.org/wiki/%C5%81%C3%B3d%C5%BA/Most",
    }  # fmt: skip
    assert document.payload == WikiNames(frozenset({"media", "plik"}), frozenset({"kategoria"}))
    assert document.chars == len("tekst")


def test_an_unreadable_page_has_its_place_and_bytes() -> None:
    (broken,) = [outcome for outcome in outcomes(DUMP) if outcome.reason == UNREADABLE]
    at = DUMP.index(b"<page><title>Z")
    assert broken.document.id == f"plwiki-20220601-pages-articles.xml#{at}"
    assert broken.raw.startswith(b"<page><title>Z")
    assert "mismatched tag" in broken.detail


def test_schema_without_namespaces_or_redirects() -> None:
    old = SITE + page(1, "A", "b", "") + page(2, "Dyskusja:A", "b", "") + page(3, "C", "#przekieruj [[A]]", "")
    found = outcomes((old + page(4, "D: E", "# [[list]]", "") + "</mediawiki>").encode())
    assert [outcome.reason for outcome in found] == [KEPT, "not_an_article", "redirect", KEPT]


def test_a_file_that_breaks_off_gives_its_whole_pages() -> None:
    pages = "".join(page(n, f"T{n}", Random(n).randbytes(4000).hex()) for n in range(1, 400))
    packed = bz2.compress((SITE + pages + "</mediawiki>").encode(), 1)
    cut = len(packed) * 3 // 4
    *whole, last = outcomes(packed[:cut])
    assert [outcome.reason for outcome in whole] == [KEPT] * len(whole)
    assert [outcome.document.meta["page_id"] for outcome in whole] == [str(n + 1) for n in range(len(whole))]
    assert len(whole) > 250
    assert last.reason == UNREADABLE
    assert last.document.id.endswith(f"-{cut}")
    assert last.detail == "expected a bzip2 block whose checksum is right, got the end of the file"


def test_a_damaged_block_costs_its_pages_and_no_other() -> None:
    pages = [page(n, f"T{n}", Random(n).randbytes(4000).hex()) for n in range(1, 400)]
    packed = bytearray(bz2.compress((SITE + "".join(pages) + "</mediawiki>").encode(), 1))
    whole = outcomes(bytes(packed))
    packed[len(packed) // 2] ^= 1
    found = outcomes(bytes(packed))
    assert Counter(outcome.reason for outcome in found)[UNREADABLE] == 1
    kept = [outcome for outcome in found if outcome.kept]
    assert len(kept) > len(whole) - 16
    assert [outcome for outcome in whole if outcome in kept] == kept


def test_a_dump_of_one_gzip_member_is_read_when_its_checksum_is_right() -> None:
    packed = gzip.compress(DUMP)
    (broken,) = outcomes(packed[:-9])
    assert (broken.reason, broken.document.id.partition("#")[2]) == (UNREADABLE, f"0-{len(packed) - 9}")


LONG = Random(1).randbytes(1 << 20).hex().encode()
PAGES = [b"<page><title>T%d</title><id>%d</id><revision><id>1</id><text>%s</text></revision></page>"
         % (n, n + 1, LONG[n * 41 % 9000 : n * 41 % 9000 + n % 17 * 1900]) for n in range(150)]  # fmt: skip
LONG_DUMP = SITE.encode() + b"\n".join(PAGES) + b"</mediawiki>"
ONE_STREAM = bz2.compress(LONG_DUMP, 1)
"""Some twenty blocks of 100,000 bytes."""


def cut(packed: bytes, part_bytes: int) -> list[str]:
    return parts(InputFile("x.xml.bz2", len(packed), 0), lambda _: io.BytesIO(packed), {"part_bytes": part_bytes})


def in_parts(packed: bytes, part_bytes: int) -> list[Outcome]:
    """All outcomes, part by part; every byte is one part's."""
    cuts = cut(packed, part_bytes)
    assert len(cuts) == -(-len(packed) // part_bytes)
    counted = 0
    found = []
    for part in cuts:
        seen = Seen()
        open_file = seen.counting(lambda _: io.BytesIO(packed), "plwiki-1-pages-articles.xml.bz2")
        shard = InputSplit(0, 1, "plwiki-1-pages-articles.xml.bz2", part)
        found += read(open_file, shard, seen, page_bytes=1 << 20)
        seen.add_up()
        assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered
        counted += seen.bytes.entered
    assert counted == len(packed)
    return found


def streams(data: bytes, cuts: list[int]) -> bytes:
    """A bzip2 file whose streams begin at these places of the data."""
    return b"".join(bz2.compress(data[a:b], 1) for a, b in pairwise([0, *cuts, len(data)]))


def whole(packed: bytes) -> list[Outcome]:
    return outcomes(packed, "plwiki-1-pages-articles.xml.bz2")


def shown(found: list[Outcome]) -> list[tuple[str, str, str]]:
    """Outcomes without the places of faults, which are counted from the part's start."""
    return [(each.document.id if each.kept else "", each.reason, each.document.text) for each in found]


@pytest.mark.parametrize("part_bytes", [len(ONE_STREAM) // 2, len(ONE_STREAM) // 9, 30_000])
def test_parts_of_a_dump_of_one_stream_hold_every_page_once(part_bytes: int) -> None:
    found = in_parts(ONE_STREAM, part_bytes)
    assert len(found) == len(PAGES)
    assert found == whole(ONE_STREAM)


@pytest.mark.parametrize("seed", range(3))
def test_streams_may_begin_anywhere(seed: int) -> None:
    """pbzip2 cuts where it likes: inside a page, inside a tag."""
    random = Random(seed)
    end = len(LONG_DUMP)
    packed = streams(LONG_DUMP, sorted({*random.sample(range(1, end), 12), end - random.randrange(1, 14)}))
    assert in_parts(packed, 30_000) == whole(packed)


@pytest.mark.parametrize("inside", [1, 5])
def test_a_stream_may_begin_inside_a_page_tag(inside: int) -> None:
    packed = streams(LONG_DUMP, [LONG_DUMP.index(PAGES[30]) + inside])
    assert in_parts(packed, 1 << 14) == whole(packed)


@pytest.mark.parametrize("at", [0.02, 0.5, 0.97])
def test_damage_of_a_part_costs_what_it_costs_in_one(at: float) -> None:
    place = int(len(ONE_STREAM) * at)
    packed = ONE_STREAM[:place] + bytes([ONE_STREAM[place] ^ 4]) + ONE_STREAM[place + 1 :]
    expected = whole(packed)
    assert sum(outcome.reason == UNREADABLE for outcome in expected) == 1
    for part_bytes in (len(packed) // 2 + 1, len(packed) // 7):
        assert shown(in_parts(packed, part_bytes)) == shown(expected)


def test_a_dump_that_breaks_off_says_so_once() -> None:
    packed = bz2.compress(LONG_DUMP.removesuffix(b"</mediawiki>"), 1)
    expected = whole(packed)
    assert sum(outcome.reason == UNREADABLE for outcome in expected) == 1
    assert shown(in_parts(packed, 20_000)) == shown(expected)


def test_utf16_is_read_whole() -> None:
    assert cut(bz2.compress(DUMP.decode().encode("utf-16")), 100) == [""]


def test_small_and_other_files_are_read_whole() -> None:
    def opened(_: str) -> BinaryIO:
        return io.BytesIO(DUMP)

    assert parts(InputFile("x.xml", 99, 0), opened, {"part_bytes": 99}) == [""]
    assert parts(InputFile("x.xml", 100, 0), opened, {"part_bytes": 99}) == [""]


ACCEPTED = {
    "enwiki-20220601-pages-articles.xml.bz2": b"BZh9",
    "enwiki-latest-pages-articles-multistream1.xml-p1p41242.bz2": b"BZh9",
    "x/plwiki-excerpt.xml.gz": b"\x1f\x8b",
    "itwiki.xml.7z": b"7z\xbc\xaf\x27\x1c",
    "a.xml.xz": b"\xfd7zXZ\x00",
    "a.xml": b"<mediawiki",
    "elwiki-20110803.bz2": b"BZh9",
    "pages-articles.gz": b"\x1f\x8b",
    "b.xml": "\ufeff<?xml version='1.0'?>\n<mediawiki ".encode("utf-16-le"),
}
REFUSED = {
    "enwiki-20220601-pages-articles-multistream-index.txt.bz2": b"BZh9",
    "enwiki-20220601-stub-articles.xml.gz": b"\x1f\x8b",
    "enwiki-20220601-abstract.xml.gz": b"\x1f\x8b",
    "enwiki-20220601-pagelinks.sql.gz": b"\x1f\x8b",
    "README.md": b"# a",
    "a.xml": b"PK\x03\x04",
    "Posts.xml": b'<?xml version="1.0"?><posts>',
    "enwiki-wikitext-pages.tar.gz": b"\x1f\x8b",
    "enwiki-20220601-cirrussearch-content.json.gz": b"\x1f\x8b",
    "pages.tar.gz": b"\x1f\x8b",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_dumps_are_accepted(name: str) -> None:
    assert accepts(f"/data/{name}", ACCEPTED[name] + bytes(60))


@pytest.mark.parametrize("name", REFUSED)
def test_other_files_are_refused(name: str) -> None:
    assert not accepts(f"/data/{name}", REFUSED[name] + bytes(60))


LANGUAGE = {
    "siteinfo": (Site("plwiki", "https://pl.wikipedia.org/wiki/S"), "dump.xml", "pl"),
    "an address without a database": (Site("", "http://sr.wikipedia.org/wiki/A"), "dump.xml", "sr"),
    "a foreign head": (Site("enwiki", "https://en.wikipedia.org/wiki/M"), "in/itwiki-minidump.xml.bz2", "it"),
    "a name that is no dump's": (Site("ltgwiki"), "tinywiki-pages.xml.bz2", "ltg"),
    "a code of two words": (Site("zh_min_nanwiki"), "dump.xml", "zh-min-nan"),
    "no siteinfo": (Site("", "", "ca"), "dump.xml", "ca"),
    "nothing": (Site(), "dump.xml", ""),
}


@pytest.mark.parametrize(("site", "path", "expected"), LANGUAGE.values(), ids=LANGUAGE.keys())
def test_language(site: Site, path: str, expected: str) -> None:
    assert language_of(site, path) == expected


REAL = {
    "bgwiki-latest-pages-articles-shortened.xml.bz2": {KEPT: 1, "not_an_article": 2},
    "ltgwiki-smallwiki-pages-articles.xml.bz2": {KEPT: 903, "redirect": 147, "not_an_article": 954},
    "tinywiki-pages-articles.xml.bz2": {KEPT: 7, "redirect": 1},
    "ukwiki-20230501-truncated-100k-lines.xml.xz": {KEPT: 512, "redirect": 13, "not_an_article": 7, UNREADABLE: 1},
    "enwiki-table-markup.xml.bz2": {KEPT: 5},
    "minidumps/frwiki-minidump.xml.bz2": {KEPT: 3},
}


@pytest.mark.parametrize("name", REAL)
def test_real_dump(shared_data: Path, name: str) -> None:
    seen = Seen()
    path = str(shared_data / "wikipedia" / name)
    found = list(read(open_file, InputSplit(0, 1, path), seen, page_bytes=64 << 20))
    assert Counter(outcome.reason for outcome in found) == REAL[name]
    assert seen.records == len(found)
    languages = {outcome.document.meta["language"] for outcome in found if outcome.kept}
    assert languages == {Path(name).name.partition("wiki")[0].replace("tiny", "ltg")}
