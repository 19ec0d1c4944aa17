"""Comments out, so that TeX reads the same."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Document, Outcome
from corpus.readers.arxiv.project import LatexProject
from filters.arxiv.comments import remove_comments
from filters.arxiv.paper import drop_comments, expand_macros

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


def project(main: str, **files: str) -> Document:
    return Document("x", main, "arxiv", payload=LatexProject({f"{stem}.tex": text for stem, text in files.items()}))


FILES = {
    "every file loses its comments": (project("a % b\n", one="c % d\n"), project("a\n", one="c\n")),
    "a comment ends with its file": (project("a%\n", one="b%\n", two="c"), project("a", one="b", two="c")),
    "what one file comments out is out in all": (
        project("\\begin{aside}x\\end{aside}\ny", one="\\excludecomment{aside}\n"),
        project("y", one="\\excludecomment{aside}\n"),
    ),
    "what one file makes verbatim is verbatim in all": (
        project("\\newverbatim{code}", one="\\begin{code}\n% kept\n\\end{code}\n% dropped\n"),
        project("\\newverbatim{code}", one="\\begin{code}\n% kept\n\\end{code}\n"),
    ),
    "verbatim text that is not closed ends with its file": (
        project("\\begin{verbatim}\n% a\n", one="% b\n\\end{verbatim}\n"),
        project("\\begin{verbatim}\n", one="\\end{verbatim}\n"),
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_comments_of_all_files(name: str) -> None:
    before, after = FILES[name]
    assert drop_comments(before) == Outcome(after)


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
    expanded = expand_macros(Document("x", ours, "arxiv", payload=LatexProject({})), **budget).document.text
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
