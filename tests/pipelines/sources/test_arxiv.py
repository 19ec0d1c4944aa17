"""arXiv from its dump to documents: the demo tar, exactly; the real papers, by an independent count."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from built_files import built_rows

from corpus.readers.arxiv.project import LatexProject
from corpus.readers.arxiv.read import read
from corpus.readers.base import InputSplit, Seen
from filters.arxiv.paper import drop_comments, expand_macros, keep_text
from pipelines.demo import arxiv as demo
from pipelines.engine.build import Built, build
from pipelines.engine.files import open_file
from pipelines.sources import find_source
from pipelines.sources.arxiv import RECIPE

DIARY = r"""\section{The diary}
Every morning the mate wrote down how far the slipway stood under water. Of 14,610 days, 212 are missing; most of them fall on the first of January.

The entries are rounded to a hand's breadth, which is about \(0.1\,\mathrm{m}\).
\section{One constant}
We fit \ensuremath{\mathsf{M}_2} alone:
\begin{equation}
  h_{0}(t) = a\cos(\omega_{\ensuremath{\mathsf{M}_2}} t + \varphi).
\end{equation}
The residual h_{1}(s) has no period that a year of mornings could show.
\begin{figure}\includegraphics{slipway}\caption{The slipway at \ensuremath{\mathsf{M}_2}.}\end{figure}
"""  # noqa: E501
BELLS = """\\section{Glocken über Köln}
Die Glocken von Köln\\ schlagen nie zugleich. Wir hörten ein Jahr lang zu und fanden keine Stunde, in der nicht eine von
ihnen zu spät kam.
"""


def built(folder: Path, **options: object) -> Built:
    demo.write(folder / "dump")
    inputs = [str(folder / "dump" / demo.TAR)]
    return build(
        find_source("arxiv"), inputs, str(folder / "out"), beam_arguments=["--direct_num_workers=1"], **options
    )


def texts(result: Built) -> dict[str, str]:
    rows = built_rows(result.folder, "documents")
    return {row["id"].removeprefix("arxiv:"): row["text"] for row in rows}


def test_the_demo_tar(tmp_path: Path) -> None:
    result = built(tmp_path)
    found = texts(result)
    assert list(found) == [
        *(f"0704.{number:04}" for number in range(1, 5)), "hep-th/9901001", "0704.0005", "0704.0006", "0704.0007",
        "0704.0007#supplement.tex", "0704.0008",
    ]  # fmt: skip
    assert found["0704.0001"] == DIARY
    assert found["0704.0004"] == BELLS
    counts = {(stage, unit): reasons for stage, unit, reasons in result.ledger.tallies()}
    assert counts["read", "submission"] == {
        "entered": 16, "kept": 10, "pdf_only": 1, "postscript_only": 1, "withdrawn": 1, "unsafe_or_large_files": 1,
        "not_tex": 1, "unreadable": 1,
    }  # fmt: skip
    assert counts["latex", "document"] == {"entered": 11, "kept": 10, "no_text": 1}


def test_a_peers_rules(tmp_path: Path) -> None:
    """RedPajama's: a paper without any heading is lost."""
    found = texts(built(tmp_path, preset="redpajama"))
    assert "0704.0003" not in found
    assert "hep-th/9901001" not in found
    assert found["0704.0001"] == DIARY


NAMES = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|NewDocumentCommand"
    r"|DeclarePairedDelimiter)\*?\s*\{?\s*\\([a-zA-Z@]+)|\\(?:[gex]?def|let)\s*\\([a-zA-Z@]+)"
)
VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting)\}.*?\\end\{\1\}|\\verb(\W).*?\2|\\lstinline(\W).*?\3", re.DOTALL)


def calls(text: str, names: set[str]) -> list[str]:
    """The calls of the author's macros outside verbatim text."""
    return [name for name in re.findall(r"\\([a-zA-Z@]+)", VERBATIM.sub("", text)) if name in names]


@pytest.fixture(scope="module")
def real_papers(shared_data: Path) -> dict[str, tuple[str, str]]:
    """The LaTeX of each real paper, its packages apart, and its text."""
    limits = {name: number.value for name, number in RECIPE.items()}
    shard = InputSplit(0, 1, str(shared_data / "arxiv" / "arXiv_src_repack_001.tar"))
    reading = {
        name: limits[name] for name in ("part_bytes", "packed_bytes", "file_bytes", "submission_bytes", "most_files")
    }
    spending = {name: limits[name] for name in ("packages", "call_chars", "paper_chars", "paper_chars_per_char")}
    keeping = {name: limits[name] for name in ("section_commands", "bibliography_titles", "no_section")}
    papers = {}
    for outcome in read(open_file, shard, Seen(), **reading):
        paper = outcome.document
        assert isinstance(paper.payload, LatexProject)
        source = "".join(text for name, text in paper.payload.files.items() if not name.endswith(".sty")) + paper.text
        expanded = expand_macros(drop_comments(paper).document, **spending)
        papers[paper.id] = source, keep_text(expanded.document, **keeping).document.text
    return papers


def test_no_call_is_left(real_papers: dict[str, tuple[str, str]]) -> None:
    before, left = 0, []
    for source, text in real_papers.values():
        bare = re.sub(r"(?<!\\)%.*", "", source)
        names = {name or other for name, other in NAMES.findall(bare)}
        before += len(calls(bare, names))
        left += calls(text, names)
    assert before > 20_000
    assert left == []


def test_the_count_finds_a_call_that_is_left() -> None:
    assert calls(r"\a \b \verb|\a| \begin{verbatim}\a\end{verbatim}", {"a"}) == ["a"]


@pytest.mark.parametrize(
    "pattern", [r"^[ \t]*%", r"\\bibitem\b", r"\\begin\{document\}"], ids=["comment", "entry", "begin"]
)
def test_nothing_of_the_kind_is_left(real_papers: dict[str, tuple[str, str]], pattern: str) -> None:
    assert [
        id_ for id_, (_, text) in real_papers.items() if re.search(pattern, VERBATIM.sub("", text), re.MULTILINE)
    ] == []


def test_every_real_paper_has_text_and_its_paragraphs(real_papers: dict[str, tuple[str, str]]) -> None:
    assert len(real_papers) == 78
    assert all(text.strip() for _, text in real_papers.values())
    assert sum(text.count("\n\n") for _, text in real_papers.values()) > 5_000
