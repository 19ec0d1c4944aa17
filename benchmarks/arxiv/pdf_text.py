"""Expansion against TeX itself: is the text of the PDF the same before and after?

Each paper is typeset twice by pdflatex, as it is and with its comments taken out, its inputs read in and its macros
expanded (the preamble stays in both, so that class and packages are the same); pdftotext of the two must be equal, line
ends and hyphenation apart. A paper that pdflatex cannot typeset as it is (a class or a file that is not there) is not
counted. `moved` has the same characters in another order: a page broke elsewhere. What `moved` and `DIFFER` show on the
real papers is one thing: definitions that only set LaTeX's own look (\\arraystretch, \\thepage, \\thesection) go too.

Needs pdflatex (Debian: texlive-latex-extra texlive-science texlive-publishers) and pdftotext (poppler-utils); minutes.
"""

from __future__ import annotations

import argparse
import gzip
import io
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from corpus.document import Document
from corpus.readers.arxiv.read import READER
from corpus.readers.base import InputSplit, Seen
from filters.arxiv.paper import drop_comments, expand_macros
from pipelines.engine.files import open_file
from pipelines.sources.arxiv import RECIPE

BULK = "arxiv/arXiv_src_repack_001.tar"
PASSES = 2
SECONDS = 60


def values(*names: str) -> dict[str, int]:
    return {name: RECIPE[name].value for name in names}  # type: ignore[misc]


def read_papers(path: Path) -> list[Document]:
    limits = values("part_bytes", "packed_bytes", "submission_bytes", "file_bytes", "most_files")
    outcomes = READER.read(open_file, InputSplit(0, 1, str(path)), Seen(), **limits)
    return [outcome.document for outcome in outcomes if outcome.kept]


def unpack(bulk: Path, member: str, folder: Path, main: str) -> None:
    with tarfile.open(bulk) as tar:
        data = gzip.decompress(tar.extractfile(member).read())  # type: ignore[union-attr]
    if data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as inner:
            inner.extractall(folder, filter="data")
    else:
        (folder / main).write_bytes(data)


def typeset(folder: Path, main: str) -> str:
    """The text of the PDF; empty where there is none."""
    command = ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "-jobname=paper", main]
    for _ in range(PASSES):
        try:
            subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return ""
    pdf = folder / "paper.pdf"
    if not pdf.exists():
        return ""
    shown = subprocess.run(["pdftotext", str(pdf), "-"], capture_output=True, check=True).stdout.decode(
        "utf-8", "replace"
    )
    return re.sub(r"\s+|\f", "", re.sub(r"[-\u00ad]\s*\n", "", shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--papers", type=int, default=78, help="how many papers to try")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the two texts of a paper that differs")
    options = parser.parse_args()
    if not (shutil.which("pdflatex") and shutil.which("pdftotext")):
        raise SystemExit("needs pdflatex and pdftotext")
    bulk = options.data / BULK
    equal = moved = typeset_papers = 0
    for paper in read_papers(bulk)[: options.papers]:
        with tempfile.TemporaryDirectory() as temporary:
            as_is, expanded = Path(temporary, "as_is"), Path(temporary, "expanded")
            as_is.mkdir()
            unpack(bulk, paper.meta["member"], as_is, paper.meta["main"])
            shutil.copytree(as_is, expanded)
            before = typeset(as_is, paper.meta["main"])
            if not before:
                print(f"  -      {paper.id}: no PDF of the paper as it is")
                continue
            (expanded / "expanded_paper.tex").write_text(expanded_source(paper, as_is))
            after = typeset(expanded, "expanded_paper.tex")
        typeset_papers += 1
        equal += before == after
        moved += before != after and sorted(before) == sorted(after)
        outcome = "equal" if before == after else "moved" if sorted(before) == sorted(after) else "DIFFER"
        print(f"  {outcome:6} {paper.id}: {len(before)} characters", flush=True)
        if before != after and options.keep:
            options.keep.mkdir(exist_ok=True)
            name = paper.id.replace("/", "_")
            (options.keep / f"{name}.before").write_text(before)
            (options.keep / f"{name}.after").write_text(after)
    print(f"of {typeset_papers} papers typeset: equal text {equal}, equal but for the order {moved}")


def expanded_source(paper: Document, folder: Path) -> str:
    """The paper's own preamble, unexpanded, and the expanded body."""
    expanded = expand_macros(
        drop_comments(paper).document, **values("packages", "call_chars", "paper_chars", "paper_chars_per_char")
    ).document.text
    original = (folder / paper.meta["main"]).read_bytes().decode("utf-8", "surrogateescape")
    begin = re.search(r"^[^%\n]*\\begin\{document\}", original, re.MULTILINE)
    assert begin is not None
    return original[: begin.end()] + expanded.partition(r"\begin{document}")[2]


if __name__ == "__main__":
    main()
