"""How many calls of authors' macros are left, by a count that shares no code with the expansion.

Names come from a regular expression over the sources; calls outside verbatim text are counted in the paper's text
before and after. The floor is what the usual rule does (RedPajama's, which others copied): replace calls of
argument-less \\newcommand and \\def whose definition is one line.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

from corpus.document import Document
from corpus.readers.arxiv.project import LatexProject
from corpus.readers.arxiv.read import READER
from corpus.readers.base import InputSplit, Seen
from filters.arxiv.comments import remove_comments
from filters.arxiv.paper import drop_comments, expand_macros, keep_text
from pipelines.engine.files import open_file
from pipelines.sources.arxiv import RECIPE

NAMES = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|NewDocumentCommand"
    r"|DeclarePairedDelimiter)\*?\s*\{?\s*\\([a-zA-Z@]+)\s*\}?\s*(\[\d\])?|\\(?:[gex]?def|let)\s*\\([a-zA-Z@]+)\s*(#1)?"
)
VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting)\}.*?\\end\{\1\}|\\verb(\W).*?\2|\\lstinline(\W).*?\3", re.DOTALL)
ONE_LINE = re.compile(r"^[ \t]*\\(?:newcommand\*?\{?\\(\w+)\}?|def\\(\w+))\{(.*)\}[ \t]*$", re.MULTILINE)


def source_of(paper: Document) -> str:
    """The LaTeX of a paper's files, its packages apart."""
    assert isinstance(paper.payload, LatexProject)
    return "".join(text for name, text in paper.payload.files.items() if not name.endswith(".sty")) + paper.text


def names(source: str) -> dict[str, bool]:
    """The names that a source defines, and whether with arguments."""
    bare = re.sub(r"(?<!\\)%.*", "", source)
    return {name or other: bool(count or hash_) for name, count, other, hash_ in NAMES.findall(bare)}


def calls(text: str, defined: dict[str, bool]) -> Counter[bool]:
    """How many calls there are of macros without and with arguments, outside verbatim text."""
    called = re.findall(r"\\([a-zA-Z@]+)", VERBATIM.sub("", text))
    return Counter(defined[name] for name in called if name in defined)


def usual_rule(source: str) -> str:
    """Calls of argument-less one-line macros replaced once, from the first section on."""
    bodies = {name or other: body for name, other, body in ONE_LINE.findall(source)}
    text = source[section.start() :] if (section := re.search(r"\\section", source)) else ""
    return re.sub(r"\\([a-zA-Z@]+)", lambda call: bodies.get(call[1], call[0]), text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    values = {name: number.value for name, number in RECIPE.items()}
    shard = InputSplit(0, 1, str(options.data / "arxiv" / "arXiv_src_repack_001.tar"))
    reading = {
        name: values[name] for name in ("part_bytes", "packed_bytes", "file_bytes", "submission_bytes", "most_files")
    }
    spending = {name: values[name] for name in ("packages", "call_chars", "paper_chars", "paper_chars_per_char")}
    keeping = {name: values[name] for name in ("section_commands", "bibliography_titles", "no_section")}
    before, after, floor, papers = Counter[bool](), Counter[bool](), Counter[bool](), 0
    for outcome in READER.read(open_file, shard, Seen(), **reading):
        source = source_of(outcome.document)
        cleaned = expand_macros(drop_comments(outcome.document).document, **spending)
        kept = keep_text(cleaned.document, **keeping)
        papers += kept.kept and bool(kept.document.text.strip())
        defined = names(source)
        before += calls(remove_comments(source), defined)
        floor += calls(usual_rule(remove_comments(source)), defined)
        after += calls(kept.document.text, defined)
    print(f"papers kept: {papers}")
    for title, count in (("in the sources", before), ("the usual rule, the floor", floor), ("left", after)):
        print(f"calls {title}: {count[False]} without arguments, {count[True]} with")


if __name__ == "__main__":
    main()
