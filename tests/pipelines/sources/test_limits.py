"""Both sides of the limits that decide most texts, through the sources' own stages."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpus.document import Document
from corpus.readers.wikipedia.names import WikiNames
from pipelines.engine.build import Built, build
from pipelines.engine.plan import numbers
from pipelines.engine.stages import EachDocument, bind
from pipelines.sources import find_source

IN_PROCESS = ["--direct_num_workers=1"]


def through(name: str, text: str, stages: tuple[str, ...] = (), **meta: str) -> tuple[str, str]:
    """(text, reason) of a document after the steps of a source's stages on single documents, those named or all."""
    source = find_source(name)
    values = {number.name: number.value for number in numbers(source, "paper", {}).values()}
    payload = WikiNames() if name == "wikipedia" else None
    document = Document(f"{name}:1", text, name, meta, payload=payload)
    for stage in source.stages:
        if isinstance(stage, EachDocument) and (not stages or stage.name in stages):
            for step in stage.steps:
                outcome = bind(step, values)(document)
                document = outcome.document
                if outcome.reason:
                    return document.text, outcome.reason
    return document.text, ""


def build_of(name: str, dump: Path, output: Path) -> Built:
    return build(find_source(name), [str(dump)], str(output), beam_arguments=IN_PROCESS)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([*["a" * 99] * 9, "a" * 100], ""),
        ([*["a" * 99] * 9, "a" * 101], "lines_too_long"),
        (["a" * 1000, *["a"] * 90], ""),
        (["a" * 1001, *["a"] * 90], "line_too_long"),
        (["aa------"], ""),
        (["aa-------"], "too_few_alphanumerics"),
    ],
    ids=["mean of 100", "over 100", "a line of 1,000", "over 1,000", "a quarter alphanumeric", "less than a quarter"],
)
def test_github_lines(lines: list[str], reason: str) -> None:
    assert through("github", "\n".join(lines), ("quality",), path="a.py")[1] == reason


@pytest.mark.parametrize(("note_chars", "stays"), [(39, False), (40, True)])
def test_wikipedia_keeps_an_entry_of_links_that_says_enough(note_chars: int, stays: bool) -> None:
    bullet = "* "  # is one of the characters beside the link
    note = f" {'w' * (note_chars - len(bullet) - 1)}"
    page = f"A river.\n\n== External links ==\n{bullet}[http://example.org Map]{note}"
    text, reason = through("wikipedia", page, language="en", title="River")
    assert (note in text, reason) == (stays, "")


def words_of(count: int, seed: int) -> list[str]:
    """Made-up words in an order that no other seed has."""
    letters = "bcdfghjklm"
    return ["w" + "".join(letters[int(digit)] for digit in f"{seed}{number:05d}") for number in range(count)]


def test_books_that_share_more_than_nine_words_in_ten_are_one(tmp_path: Path) -> None:
    shared = words_of(9001, 1)
    books = {
        "whole.txt": shared + words_of(2000, 2),
        "at the limit.txt": shared[:9000] + words_of(1000, 3),
        "over it.txt": shared[:9001] + words_of(999, 4),
    }
    (tmp_path / "dump").mkdir()
    for name, words in books.items():
        (tmp_path / "dump" / name).write_text(" ".join(words))
    matches = pq.read_table(
        Path(build_of("books", tmp_path / "dump", tmp_path / "out").folder) / "evidence/matches.parquet"
    )
    found = [(row["dropped"], row["kept"], round(row["coverage"], 4)) for row in matches.to_pylist()]
    assert found == [("books:over it.txt", "books:whole.txt", 0.9001)]


POST = '<row Id="{0}" PostTypeId="1" CreationDate="2020-01-01T00:00:00.000" Score="1" Title="Q{0}" Body="B{0}" />'


@pytest.mark.parametrize(("sites", "dropped"), [(28, set()), (29, {"site28"})])
def test_stack_exchange_keeps_the_28_sites_with_the_most_posts(tmp_path: Path, sites: int, dropped: set[str]) -> None:
    for site in range(sites):
        folder = tmp_path / "dump" / f"site{site:02d}"
        folder.mkdir(parents=True)
        posts = "\n".join(POST.format(number) for number in range(1, sites - site + 1))
        (folder / "Posts.xml").write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<posts>\n{posts}\n</posts>\n')
    folder = Path(build_of("stackexchange", tmp_path / "dump", tmp_path / "out").folder)
    ids = [identity for path in folder.glob("data/documents-*") for identity in pq.read_table(path)["id"].to_pylist()]
    kept = {identity.split(":")[1].split("/")[0] for identity in ids}
    assert {f"site{site:02d}" for site in range(sites)} - kept == dropped
