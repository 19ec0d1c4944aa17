"""arXiv: LaTeX sources, cut down to the text of the paper.

Following Lewkowycz et al., everything before the first section is dropped, and so is the bibliography. Comments are
removed, and the macros that the authors defined are expanded where they are called, so that papers look more alike. The
text stays LaTeX. A paper without a section keeps what follows its title and abstract; appendices and captions stay.
"""

from corpus.mixture import SHARES
from corpus.readers.arxiv.read import READER
from corpus.recipe import Recipe, cited
from filters.arxiv.paper import drop_comments, expand_macros, keep_text
from pipelines.engine.dedup.keys import repeated_ids
from pipelines.engine.stages import EachDocument, Source, transform

_PAPER = "LLaMA, section 2.1, ArXiv"
_REDPAJAMA = "RedPajama v1, data_prep/arxiv/arxiv_cleaner.py"
_EVERY_HEADING = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")

RECIPE = Recipe(
    "arxiv",
    {
        "redpajama": {
            "section_commands": cited(_EVERY_HEADING, f"{_REDPAJAMA}, clean_tex_files", basis="peer"),
            "no_section": cited("drop", f"{_REDPAJAMA}: no heading, no text", basis="peer"),
            "packages": cited("none", f"{_REDPAJAMA}: .tex files only", basis="peer"),
            "bibliography_titles": cited((), f"{_REDPAJAMA}: only its commands are known", basis="peer"),
        }
    },
    part_bytes=cited(64 << 20, "a bulk tar of 500 MB makes eight shards", "bytes"),
    packed_bytes=cited(100 << 20, "twice what arXiv takes in one submission, 50 MB", "bytes"),
    submission_bytes=cited(1 << 30, "ten times the largest packed submission: figures of text pack well", "bytes"),
    file_bytes=cited(16 << 20, "some fifty times a long paper in one file", "bytes"),
    most_files=cited(10_000, "papers have tens of files, some hundreds", "files"),
    packages=cited(
        "plain", "an author's abbreviations are macros too where they stand in a .sty", choices=("plain", "none")
    ),
    call_chars=cited(1_000_000, "the most one call may read and write: ten long papers' text", "chars"),
    paper_chars=cited(2_000_000, "the most a paper's calls may, a fifth of a second's work", "chars"),
    paper_chars_per_char=cited(2, "and for each character of a paper: real ones need 2 at most in all", "chars"),
    section_commands=cited(("part", "chapter", "section"), f"{_PAPER}: the first section", basis="paper"),
    no_section=cited("keep", "a letter without sections is a paper too", choices=("keep", "drop")),
    bibliography_titles=cited(
        ("references", "bibliography", "references and notes", "literature cited", "literature", "works cited"),
        "a list set by hand is a bibliography too; after expansion, by its title",
    ),
)

SOURCE = Source(
    "arxiv",
    reader=READER.with_limits(
        part_bytes=RECIPE.part_bytes, packed_bytes=RECIPE.packed_bytes, submission_bytes=RECIPE.submission_bytes,
        file_bytes=RECIPE.file_bytes, most_files=RECIPE.most_files,
    ),
    recipe=RECIPE,
    share=SHARES.arxiv,
    stages=(
        EachDocument(
            "latex",
            transform("comments", drop_comments),
            transform(
                "macros", expand_macros, packages=RECIPE.packages,
                call_chars=RECIPE.call_chars, paper_chars=RECIPE.paper_chars,
                paper_chars_per_char=RECIPE.paper_chars_per_char,
            ),
            transform(
                "text", keep_text,
                section_commands=RECIPE.section_commands, bibliography_titles=RECIPE.bibliography_titles,
                no_section=RECIPE.no_section,
            ),
        ),
        repeated_ids(),
    ),
)  # fmt: skip
