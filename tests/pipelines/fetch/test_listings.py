"""What each source's listing makes of the pages of its servers, and what it says when they are other pages."""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
from collections.abc import Iterator
from itertools import pairwise

import pytest
from faulty_server import FaultyServer, serving

from corpus.errors import InputError, MissingExtraError, UsageError
from corpus.transfer.client import Client
from pipelines.fetch import arxiv, books, c4, commoncrawl, stackexchange, wikipedia
from pipelines.fetch.listing import Listing, chosen, share_of


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving() as running:
        yield running


def listed(module: object, *words: str) -> Listing:
    parser = argparse.ArgumentParser()
    module.arguments(parser)  # type: ignore[attr-defined]
    found: Listing = module.listing(parser.parse_args(words), Client(sleep=lambda _: None))  # type: ignore[attr-defined]
    return found


def status(wiki: str, day: str, done: str, names: list[str]) -> bytes:
    files = {
        name: {"size": 10 + at, "sha1": f"{at:040d}", "url": f"/{wiki}/{day}/{name}"} for at, name in enumerate(names)
    }
    single = {f"{wiki}-{day}-pages-articles.xml.bz2": {"size": 5, "sha1": "a" * 40, "url": "/"}}
    jobs = {
        "articlesmultistreamdump": {"status": done, "files": files},
        "articlesdump": {"status": done, "files": single},
    }
    return json.dumps({"jobs": jobs}).encode()


def test_wikipedia_takes_the_parts_with_many_streams_and_no_index(server: FaultyServer) -> None:
    names = [
        "bgwiki-20220801-pages-articles-multistream1.xml-p1p100.bz2",
        "bgwiki-20220801-pages-articles-multistream-index1.txt-p1p100.bz2",
        "bgwiki-20220801-pages-articles-multistream2.xml-p101p900.bz2",
    ]
    server.files["/bgwiki/20220801/dumpstatus.json"] = status("bgwiki", "20220801", "done", names)
    found = listed(wikipedia, "--date", "20220801", "--languages", "bg", "--mirror", f"{server.url}/")
    assert [(file.name, file.size, file.checksum) for file in found.files] == [
        (names[0], 10, ("sha1", f"{0:040d}")),
        (names[2], 12, ("sha1", f"{2:040d}")),
    ]
    assert found.files[0].url == f"{server.url}/bgwiki/20220801/{names[0]}"


def test_wikipedia_latest_is_the_newest_that_is_done(server: FaultyServer) -> None:
    server.files["/slwiki/"] = b'<a href="20220801/">1</a> <a href="20220820/">2</a> <a href="latest/">latest</a>'
    for day, done in (("20220801", "done"), ("20220820", "waiting")):
        name = f"slwiki-{day}-pages-articles-multistream.xml.bz2"
        server.files[f"/slwiki/{day}/dumpstatus.json"] = status("slwiki", day, done, [name])
    found = listed(wikipedia, "--date", "latest", "--languages", "sl", "--mirror", server.url)
    assert [file.name for file in found.files] == ["slwiki-20220801-pages-articles-multistream.xml.bz2"]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        pytest.param(["articles-multistream.xml.bz2", "articles.xml.bz2"], [0], id="streams"),
        pytest.param(["articles-multistream.xml.bz2", "articles-multistream1.xml-p1p9.bz2"], [1], id="parts"),
        pytest.param(["articles.xml.bz2", "meta-current.xml.bz2"], [0], id="one_stream"),
        pytest.param(["articles-multistream-index.txt.bz2", "articles.xml.bz2"], [1], id="no_index"),
    ],
)
def test_wikipedia_of_a_mirror_without_status(server: FaultyServer, names: list[str], taken: list[int]) -> None:
    full = [f"uzwiki-20220801-pages-{name}" for name in names]
    sums = "".join(f"{at:040d}  {name}\n" for at, name in enumerate(full))
    server.files["/uzwiki/20220801/uzwiki-20220801-sha1sums.txt"] = sums.encode()
    found = listed(wikipedia, "--date", "20220801", "--languages", "uz", "--mirror", server.url)
    assert [(file.name, file.size, file.checksum) for file in found.files] == [
        (full[at], None, ("sha1", f"{at:040d}")) for at in taken
    ]


def test_wikipedia_without_such_a_dump_says_so(server: FaultyServer) -> None:
    with pytest.raises(InputError, match=r"zuwiki-20220801-sha1sums\.txt: expected the server to have the file"):
        listed(wikipedia, "--date", "20220801", "--languages", "zu", "--mirror", server.url)
    server.files["/zuwiki/"] = b"an empty page"
    with pytest.raises(InputError, match="expected a finished dump, got none"):
        listed(wikipedia, "--date", "latest", "--languages", "zu", "--mirror", server.url)


def test_commoncrawl_draws_the_same_files_every_time(server: FaultyServer) -> None:
    paths = [f"crawl-data/CC-MAIN-2019-35/segments/1/wet/{number:05d}.warc.wet.gz" for number in range(2000)]
    server.files["/crawl-data/CC-MAIN-2019-35/wet.paths.gz"] = gzip.compress("\n".join(paths).encode())
    words = ("--crawl", "CC-MAIN-2019-35", "--mirror", server.url)
    tenth = listed(commoncrawl, *words, "--share", "1/10")
    assert tenth == listed(commoncrawl, *words, "--share", "10%")
    assert (len(tenth.files), tenth.notes) == (200, ("200 of 2,000 WET files of CC-MAIN-2019-35",))
    assert [file.url for file in tenth.files] == sorted(file.url for file in tenth.files)
    few = listed(commoncrawl, *words, "--files", "3")
    assert set(few.files) < set(tenth.files)
    assert few.files[0].url.startswith(f"{server.url}/crawl-data/CC-MAIN-2019-35/segments/1/wet/")
    assert few.files[0].name == few.files[0].url.rpartition("/")[2]
    assert len(listed(commoncrawl, *words, "--share", "1").files) == 2000


@pytest.mark.parametrize("data", [b"no gzip", gzip.compress(b""), gzip.compress(b"x" * 100)[:-9]])
def test_commoncrawl_refuses_another_list(server: FaultyServer, data: bytes) -> None:
    server.files["/crawl-data/X/wet.paths.gz"] = data
    with pytest.raises(InputError, match="expected a list of paths"):
        listed(commoncrawl, "--crawl", "X", "--files", "1", "--mirror", server.url)


def test_c4_has_the_digests_of_the_hub(server: FaultyServer) -> None:
    entries = [
        {"path": f"en/c4-train.{at:05d}-of-01024.json.gz", "size": 100 + at, "lfs": {"oid": f"{at:064d}"}}
        for at in range(5)
    ]
    entries.append({"path": "en/c4-validation.00000-of-00008.json.gz", "size": 7, "lfs": {"oid": "b" * 64}})
    server.files["/api/datasets/allenai/c4/tree/main/en"] = json.dumps(entries).encode()
    found = listed(c4, "--share", "1", "--mirror", server.url)
    assert [file.name for file in found.files] == [f"c4-train.{at:05d}-of-01024.json.gz" for at in range(5)]
    assert found.files[3].checksum == ("sha256", f"{3:064d}")
    assert found.files[3].size == 103
    assert found.files[3].url == f"{server.url}/datasets/allenai/c4/resolve/main/en/c4-train.00003-of-01024.json.gz"
    server.files["/api/datasets/allenai/c4/tree/main/en"] = b'{"error": "no such folder"}'
    with pytest.raises(InputError, match="expected a list of files"):
        listed(c4, "--files", "1", "--mirror", server.url)


def test_stackexchange_takes_posts_and_the_largest_archives(server: FaultyServer) -> None:
    sizes = {
        "beer.stackexchange.com.7z": 5, "math.stackexchange.com.7z": 900, "stackoverflow.com-Posts.7z": 5000,
        "stackoverflow.com-PostHistory.7z": 9000, "stackoverflow.com-Votes.7z": 8000, "sites.xml": 99999,
        "a.b-c.com.7z": 7,
    }  # fmt: skip
    files = [{"name": name, "size": str(size), "sha1": f"{size:040d}"} for name, size in sizes.items()]
    server.files["/metadata/stackexchange"] = json.dumps({"files": files}).encode()
    found = listed(stackexchange, "--largest", "3", "--mirror", server.url)
    assert [file.name for file in found.files] == [
        "stackoverflow.com-Posts.7z",
        "math.stackexchange.com.7z",
        "a.b-c.com.7z",
    ]
    assert found.files[0] == (
        f"{server.url}/download/stackexchange/stackoverflow.com-Posts.7z", "stackoverflow.com-Posts.7z", 5000,
        ("sha1", f"{5000:040d}"), False,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"did you mean beer\.stackexchange\.com"):
        listed(stackexchange, "--sites", "bear.stackexchange.com", "--mirror", server.url)


def catalogue(rows: list[tuple[str, str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Text#", "Type", "Issued", "Title", "Language", "Authors"])
    writer.writerows(
        [number, kind, "2001-01-01", "A title,\nof two lines", language, ""] for number, kind, language in rows
    )
    return gzip.compress(out.getvalue().encode())


def test_books_are_texts_in_the_languages_that_are_asked_for(server: FaultyServer) -> None:
    rows = [("12", "Text", "en"), ("7", "Text", "de; en"), ("9", "Sound", "en"), ("10", "Text", "fr")]
    server.files["/pg_catalog.csv.gz"] = catalogue(rows)
    words = ("--catalogue", f"{server.url}/pg_catalog.csv.gz", "--mirror", server.url)
    found = listed(books, *words, "--languages", "en", "fr")
    assert [file.name for file in found.files] == ["pg_catalog.csv.gz", "pg7.txt", "pg10.txt", "pg12.txt"]
    assert found.files[1].url == f"{server.url}/cache/epub/7/pg7.txt"
    assert [file.may_be_absent for file in found.files] == [False, True, True, True]
    assert found.notes == ("3 of 3 books",)
    assert len(listed(books, *words, "--most", "1").files) == 2


@pytest.mark.parametrize(
    "data",
    [b"no gzip", gzip.compress(b"a,b\n1,2\n"), catalogue([("../1", "Text", "en")])],
    ids=["plain", "columns", "number"],
)
def test_books_refuse_another_catalogue(server: FaultyServer, data: bytes) -> None:
    server.files["/pg_catalog.csv.gz"] = data
    with pytest.raises(InputError, match=r"/pg_catalog\.csv\.gz: expected"):
        listed(books, "--catalogue", f"{server.url}/pg_catalog.csv.gz")


MANIFEST = b"""<?xml version='1.0' standalone='yes'?>
<arXivSRC>
  <file><filename>src/arXiv_src_2201_001.tar</filename><md5sum>aa</md5sum><size>500000000</size><yymm>2201</yymm></file>
  <file><filename>src/arXiv_src_2202_001.tar</filename><md5sum>bb</md5sum><size>700000000</size><yymm>2202</yymm></file>
  <timestamp>Mon Aug  1 2022</timestamp>
</arXivSRC>"""


def test_arxiv_knows_months_sizes_and_cost(server: FaultyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/src/arXiv_src_manifest.xml"] = MANIFEST
    found = listed(arxiv, "--months", "2202", "--mirror", server.url)
    assert found.files == [
        (f"{server.url}/src/arXiv_src_2202_001.tar", "arXiv_src_2202_001.tar", 700_000_000, ("md5", "bb"), False)
    ]
    assert found.dollars is None
    monkeypatch.setattr(
        Client, "get", lambda _self, url: MANIFEST if url == "s3://arxiv/src/arXiv_src_manifest.xml" else b""
    )
    assert listed(arxiv).dollars == pytest.approx(1.2 * 0.09, abs=0.01)
    with pytest.raises(InputError, match="expected months of the archive, got 2203"):
        listed(arxiv, "--months", "2203")


@pytest.mark.parametrize("data", [b"<a>", b"<a><file><filename>x</filename></file></a>", b""])
def test_arxiv_refuses_another_manifest(server: FaultyServer, data: bytes) -> None:
    server.files["/src/arXiv_src_manifest.xml"] = data
    with pytest.raises(InputError, match="expected arXiv's manifest in XML"):
        listed(arxiv, "--mirror", server.url)


def test_arxiv_needs_boto3_or_keys() -> None:
    try:
        import boto3
    except ImportError:
        with pytest.raises(MissingExtraError, match=r"pip install 'llama-corpus\[s3\]'"):
            arxiv.sign("s3://arxiv/src/x.tar")
    else:
        assert boto3


@pytest.mark.parametrize(("text", "share"), [("1/4", 0.25), ("0.5", 0.5), ("10%", 0.1), ("1", 1.0)])
def test_shares(text: str, share: float) -> None:
    assert share_of(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["", "0", "2", "1/0", "-1", "a/b", "nan", "1/"])
def test_no_shares(text: str) -> None:
    with pytest.raises(UsageError, match="a share above 0 and at most 1"):
        share_of(text)


def test_a_larger_draw_holds_the_smaller_one() -> None:
    names = [f"{number}" for number in range(100)]
    draws = [chosen(names, count, None) for count in (1, 10, 50, 100, 200)]
    assert [len(draw) for draw in draws] == [1, 10, 50, 100, 100]
    assert all(set(small) <= set(large) for small, large in pairwise(draws))
    assert len(chosen(names, None, "1/1000")) == 1
