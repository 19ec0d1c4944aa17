"""The ledger says of every dump what counters that share no code with it say; and a wrong one is found."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import tarfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from reliability.ledger_truth import DUMPS, counted, differences, in_ledger

QUICK = ("stackexchange", "github", "c4")
WIKI = """<mediawiki xml:lang="en"><siteinfo><dbname>enwiki</dbname></siteinfo>
<page><title>A</title><ns>0</ns><id>1</id><revision><text>One.</text></revision></page>
<page><title>B</title><ns>0</ns><id>2</id><redirect title="A"/><revision><text>#REDIRECT [[A]]</text></revision></page>
<page><title>T</title><ns>10</ns><id>3</id><revision><text>a template</text></revision></page></mediawiki>"""
PAGES = [
    {"url": f"https://example.org/{n}", "text": f"Page {n} says this.", "timestamp": "2019-04-25T12:57:54Z"}
    for n in range(3)
]


def _paper(folder: Path) -> None:
    paper = gzip.compress(b"\\documentclass{article}\\begin{document}One.\\end{document}")
    with tarfile.open(folder / "arXiv_src_0704_001.tar", "w") as tar:
        for number in range(2):
            member = tarfile.TarInfo(f"0704/0704.000{number}.gz")
            member.size = len(paper)
            tar.addfile(member, io.BytesIO(paper))


WRITERS: dict[str, Callable[[Path], object]] = {
    "wikipedia": lambda folder: (folder / "enwiki.xml.bz2").write_bytes(bz2.compress(WIKI.encode())),
    "c4": lambda folder: (folder / "c4.json.gz").write_bytes(
        gzip.compress("".join(json.dumps(page) + "\n" for page in PAGES).encode())
    ),
    "arxiv": _paper,
}


def of(source: str, folder: Path) -> list[str]:
    theirs = counted(source, folder)
    assert theirs["records"] > 1
    assert theirs["bytes"] == theirs["bytes_read"] > 100
    return differences(in_ledger(source, folder), theirs)


@pytest.mark.parametrize("source", WRITERS)
def test_the_ledger_of_small_dumps_is_true(source: str, tmp_path: Path) -> None:
    WRITERS[source](tmp_path)
    assert of(source, tmp_path) == []


@pytest.mark.parametrize(
    "source", [pytest.param(name, marks=() if name in QUICK else pytest.mark.soak) for name in DUMPS]
)
def test_the_ledger_of_real_dumps_is_true(source: str, shared_data: Path) -> None:
    assert of(source, shared_data / DUMPS[source].folder) == []


def test_a_ledger_that_is_not_true_is_found(tmp_path: Path) -> None:
    WRITERS["c4"](tmp_path)
    theirs = counted("c4", tmp_path)
    wrong = in_ledger("c4", tmp_path) + Counter(records=1)
    assert differences(wrong, theirs) == ["records: ledger 4, counted 3"]
