"""How fast a core cleans LaTeX, against gzip -6 on the same text in the same run; the slowest paper, and the bombs.

Claims: at least 10 MB/s of LaTeX a core for comments, expansion and bounds together; no paper over 2 s, no bomb over
0.5 s. CPU time, for each paper the best of some rounds (the machine's other work only ever adds).
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from corpus.document import Document
from corpus.readers.arxiv.project import LatexProject
from corpus.readers.arxiv.read import READER
from corpus.readers.base import InputSplit, Seen
from filters.arxiv.paper import drop_comments, expand_macros, keep_text
from pipelines.engine.files import open_file
from pipelines.sources.arxiv import RECIPE

LETTERS = "abcdefghijklmnopqrstuvwxyz"
BOMBS = {
    "calls itself": r"\def\a{\a}\a",
    "calls itself twice": r"\def\a{\a\a}\a",
    "doubles its argument": r"\def\a#1{\a{#1#1}}\a{x}",
    "doubles 24 times": "".join(rf"\def\{a}{{\{b}\{b}}}" for a, b in pairwise(LETTERS)) + r"\a",
    "600 of them": "".join(rf"\def\x{a}{b}{{\x{a}{b}\x{a}{b}}}\x{a}{b} " for a in LETTERS[:24] for b in LETTERS[:25]),
    "30,000 deep": r"\newcommand{\a}[1]{#1}" + r"\a{" * 30_000 + "}" * 30_000,
    "20,000 unclosed definitions": r"\newcommand{\a}{" * 20_000,
    "20,000 unclosed conditionals": r"\iffalse " * 20_000,
    "20,000 unclosed comments": r"\begin{comment}" * 20_000,
    "20,000 unclosed sections": r"\section{" * 20_000,
    "20,000 optional arguments": r"\newcommand{\a}[1][]{}" + r"\a[" * 20_000,
    "a loop without end": r"\whiledo{1=1}{x}",
    "files that read each other twice": "".join(
        f"\\begin{{filecontents*}}{{f{n}.tex}}\n\\input{{f{n + 1}}}\\input{{f{n + 1}}}\n\\end{{filecontents*}}\n"
        for n in range(40)
    )
    + r"\input{f0}",
}


def limits(*names: str) -> dict[str, object]:
    return {name: RECIPE[name].value for name in names}


EXPANDING = limits("packages", "call_chars", "paper_chars", "paper_chars_per_char")
KEEPING = limits("section_commands", "bibliography_titles", "no_section")


def clean(paper: Document) -> Document:
    """The three steps of the recipe."""
    return keep_text(expand_macros(drop_comments(paper).document, **EXPANDING).document, **KEEPING).document  # type: ignore[arg-type]


def latex_of(paper: Document) -> bytes:
    """All the LaTeX of a paper, file after file."""
    assert isinstance(paper.payload, LatexProject)
    return "".join([*paper.payload.files.values(), paper.text]).encode()


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def fastest(papers: list[Document], rounds: int, work: Callable[[Document], object]) -> list[float]:
    """For each paper the least time of all rounds."""
    return [
        min(times)
        for times in zip(*([seconds(partial(work, paper)) for paper in papers] for _ in range(rounds)), strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    reading = limits("part_bytes", "packed_bytes", "submission_bytes", "file_bytes", "most_files")
    shard = InputSplit(0, 1, str(options.data / "arxiv" / "arXiv_src_repack_001.tar"))
    papers = [outcome.document for outcome in READER.read(open_file, shard, Seen(), **reading)]
    size = sum(len(latex_of(paper)) for paper in papers) / 1e6
    cleaning = fastest(papers, options.rounds, clean)
    packing = fastest(papers, options.rounds, lambda paper: zlib.compress(latex_of(paper), 6))
    best, gzip = sum(cleaning), sum(packing)
    reader = min(seconds(lambda: list(READER.read(open_file, shard, Seen(), **reading))) for _ in range(2))
    print(f"{len(papers)} papers, {size:.1f} MB of LaTeX")
    print(f"comments, macros, bounds: {size / best:.1f} MB/s a core, {gzip / best:.2f} times gzip -6")
    print(f"gzip -6, the floor: {size / gzip:.1f} MB/s")
    print(f"reading the tar: {size / reader:.1f} MB/s of LaTeX; both {size / (best + reader):.1f} MB/s")
    print(f"slowest paper: {max(cleaning):.3f} s")
    bombs = {
        name: min(seconds(partial(clean, Document("x", text, "arxiv", payload=LatexProject({})))) for _ in range(2))
        for name, text in BOMBS.items()
    }
    for name, taken in bombs.items():
        print(f"bomb, {name}: {taken:.3f} s")
    print(f"slowest bomb: {max(bombs.values()):.3f} s")


if __name__ == "__main__":
    main()
