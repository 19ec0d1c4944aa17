"""Comments out, so that TeX reads the same."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document
from filters.arxiv.comments import remove_comments
from filters.arxiv.paper import expand_macros

sys.path.insert(0, str(Path(__file__).parent))
from golden import read_cases

CASES = read_cases("comments.txt")


@pytest.mark.parametrize("name", CASES)
def test_comments(name: str) -> None:
    source, expected = CASES[name]
    assert remove_comments(source) == expected


def test_a_text_without_comments_is_the_same_object() -> None:
    text = r"\section{One} Two."
    assert remove_comments(text) is text


def test_arxiv_latex_cleaners_pair(shared_data: Path) -> None:
    """Its cleaned main file, line by line, but for the jobs that are not ours.

    Ours to leave: commands and environments that its options name (\\mytodo, mynote, \\red), pictures it replaces,
    unused files. Ours besides: flags are decided, `%` at a line's end goes with the line end, definitions go.
    """
    with tarfile.open(shared_data / "arxiv" / "fixture-arxiv-latex-cleaner.tar.gz") as tar:
        source, cleaned = (
            tar.extractfile(f"test_data/{folder}/main.tex").read().decode()  # type: ignore[union-attr]
            for folder in ("tex", "tex_arXiv_true")
        )
    ours = remove_comments(source)
    budget: dict[str, Any] = {
        "packages": "plain",
        "call_chars": 1000,
        "paper_chars": 100_000,
        "paper_chars_per_char": 10,
    }
    expanded = expand_macros(Document("x", ours, "arxiv"), **budget).document.text
    theirs = [line.rstrip().removesuffix("%") for line in cleaned.splitlines() if line.strip(" %")]
    not_ours = {
        "This line should not be separated",  # \mytodo was asked away
        r"\includegraphics{ext_tikz/test1.pdf}",  # a picture replaced
        r"\includegraphics{",  # kept by it over three lines, joined here
        "  images/im4_included.png", "  }",
        r"\includegraphics[width=.5\linewidth]{", "  images/im5_included.jpg}",
        r"\newif\ifvar", r"\newif  \ifvarII", r"\ifvarII asdf \fi", r"\ifvar", r"\fi",  # flags are decided
        r"\newcommand{\red}[1]{{\color{red} #1}}",
        "hello test hello", "test hello",  # \red was asked away
    }  # fmt: skip
    missing = [line for line in theirs if line not in not_ours and line not in expanded.splitlines()]
    assert missing == []
    for line in ("Whole line comment", "Inline comment", "environment comment", "not_included", "iffalse block"):
        assert line not in expanded
