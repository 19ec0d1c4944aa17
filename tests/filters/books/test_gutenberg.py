"""What Project Gutenberg puts around a book goes, in the wordings of thirty years; the book stays to the letter."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from corpus.readers.books.gutenberg import GUTENBERG, is_gutenberg
from corpus.readers.books.text import decode_book
from filters.books.gutenberg import is_blank, remove_credits, remove_licence, remove_notes

GOLDEN = Path(__file__).parents[2] / "golden" / "books"
CASES = sorted(path.stem for path in GOLDEN.glob("*.txt") if not path.stem.endswith(".kept"))
OURS = (
    "project gutenberg", "gutenberg.org", "gutenberg.net", "pglaf", "pgdp", "small print", " etext", "\netext",
    "e-text", " ebook", "\nebook", "distributed proofread", "transcriber", "*** start", "***start", "*** end", "***end",
    "at no cost and with", "the use of anyone anywhere",
)  # fmt: skip
"""Words of licence, marks, credits and notes."""


def ours(text: str) -> list[str]:
    lowered = text.lower()
    return [word for word in OURS if word in lowered]


def clean(text: str) -> str:
    """The steps of the source, in its order."""
    collection = GUTENBERG if is_gutenberg(text) else ""
    text = remove_credits(remove_licence(text), collection=collection, opening_paragraphs=12)
    return remove_notes(text, closing_share=0.1)


@pytest.mark.parametrize("case", CASES)
def test_kept_text(case: str) -> None:
    raw = (GOLDEN / f"{case}.txt").read_text(encoding="utf-8").removeprefix("\ufeff")
    assert clean(raw) == (GOLDEN / f"{case}.kept.txt").read_text(encoding="utf-8")


def test_there_are_cases() -> None:
    assert len(CASES) >= 14


def test_the_checker_finds_what_is_left() -> None:
    texts = ((GOLDEN / f"{case}.txt").read_text(encoding="utf-8") for case in CASES)
    assert [bool(ours(text)) for text in texts].count(False) == 1  # nothing_of_gutenberg


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"], ids=["CRLF", "bare CR", "LF"])
def test_any_line_ends(ends: str) -> None:
    raw = (GOLDEN / "of_2004.txt").read_text(encoding="utf-8").replace("\n", ends)
    text, _meta = decode_book(raw.encode(), 0.001)
    assert clean(text) == (GOLDEN / "of_2004.kept.txt").read_text(encoding="utf-8")


def test_only_the_opening_is_searched_for_credits() -> None:
    text = "One.\n\nTwo.\n\nProduced by hand.\n\nFour.\n"
    kept = [remove_credits(text, collection=GUTENBERG, opening_paragraphs=n) for n in (2, 3)]
    assert kept == [text, "One.\n\nTwo.\n\nFour."]


def test_other_collections_keep_their_credits() -> None:
    assert (
        remove_credits("Produced by hand.\n\nText", collection="", opening_paragraphs=12) == "Produced by hand.\n\nText"
    )


@pytest.mark.parametrize(("share", "goes"), [(0.5, True), (0.01, False)], ids=["within", "before"])
def test_only_the_last_part_is_searched_for_notes(share: float, goes: bool) -> None:
    text = "A page of the book.\n" * 20 + "\nTRANSCRIBER'S NOTES\n\nKept.\n" + "Index of names.\n" * 5
    assert ("Index" not in remove_notes(text, closing_share=share)) == goes


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 200_000, id="open brackets"),
        pytest.param("[x" * 100_000, id="open brackets and letters"),
        pytest.param(" " * 500_000, id="one line of spaces"),
        pytest.param("*" * 300_000 + "Project Gutenberg", id="one line of stars"),
        pytest.param("Project Gutenberg " * 20_000, id="one line of names"),
        pytest.param("End of Project Gutenberg\n" * 20_000, id="nothing but ends"),
        pytest.param("Note: Project Gutenberg\n  x\n\n" * 20_000, id="nothing but notes"),
        pytest.param("<<THIS ELECTRONIC VERSION " * 20_000, id="open licence blocks"),
    ],
)
def test_time_grows_with_the_text_only(text: str) -> None:
    clean(text)  # each of these takes hours where time grows with the square


@pytest.mark.parametrize(("text", "blank"), [("", True), (" \n\t", True), ("\n.\n", False)])
def test_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) == blank


def test_real_books_keep_no_word_of_ours(shared_data: Path) -> None:
    books = sorted((shared_data / "gutenberg").glob("*.txt.gz"))
    left, kept = {}, {}
    for path in books:
        text, _meta = decode_book(gzip.decompress(path.read_bytes()), 0.001)
        cleaned = clean(text)
        left[path.name] = ours(cleaned)
        kept[path.name] = len(cleaned) / len(text)
    assert len(books) == 68
    assert {name: words for name, words in left.items() if words} == {}
    assert min(kept.values()) > 0.83  # a licence is some 19,000 characters, the shortest book 139,000
