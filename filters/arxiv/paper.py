"""The steps of the arXiv recipe: a submission's LaTeX to the text of the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from corpus.document import Document, Outcome
from corpus.readers.arxiv.project import LatexProject
from filters.arxiv.comments import environments_of, remove_comments
from filters.arxiv.expand import Budget, PaperExpander, commands
from filters.arxiv.inputs import split_filecontents
from filters.arxiv.packages import PACKAGES
from filters.arxiv.structure import find_end, find_start, remove_bibliography
from filters.arxiv.tokens import verbatim_environments


def drop_comments(document: Document) -> Outcome:
    """The paper without the comments of its main file and of all files that this may read."""
    files = _files(document)
    environments = environments_of(document.text, *files.values())
    project = LatexProject({name: remove_comments(text, environments) for name, text in files.items()})
    return Outcome(document._replace(text=remove_comments(document.text, environments), payload=project))


def _files(document: Document) -> Mapping[str, str]:
    assert isinstance(document.payload, LatexProject)
    return document.payload.files


def expand_macros(
    document: Document, *, packages: str, call_chars: int, paper_chars: int, paper_chars_per_char: int
) -> Outcome:
    """The paper with its files read in their places and the author's macros expanded; definitions are dropped.

    meta gets `unexpanded`, the calls that were not expanded because they exceeded their budget.

    Args:
        packages: whether the `plain` macros of packages that came with the paper are the author's, or `none`.
        call_chars: how much one call may read and write.
        paper_chars: how much a paper's calls may, at least;
        paper_chars_per_char: and for each character of the paper.
    """
    files = _files(document)
    verbatim = verbatim_environments(document.text, *files.values())
    own_files, text = split_filecontents(document.text)
    budget = Budget(call_chars, paper_chars + paper_chars_per_char * document.chars)
    obeyed = commands(verbatim) | (PACKAGES if packages == "plain" else {})
    expander = PaperExpander({**files, **own_files}, obeyed, budget)
    expanded = expander.run(text, document.meta.get("main", "main.tex"))
    meta = dict(document.meta)
    if expander.unexpanded:
        meta["unexpanded"] = " ".join(expander.unexpanded)
    return Outcome(document._replace(text=expanded, meta=meta, payload=None))


def keep_text(
    document: Document, *, section_commands: Sequence[str], bibliography_titles: Sequence[str], no_section: str
) -> Outcome:
    """The paper from its first section to its end, without the bibliography; what is dropped is counted by reason.

    meta `starts_at` says where it starts: at a section, else at the end of title or abstract, the document, the file.

    Args:
        section_commands: the commands that start a section.
        bibliography_titles: what a bibliography set by hand as a section is called.
        no_section: `keep` or `drop` a paper without a section.
    """
    text = document.text
    start = find_start(text, headings=section_commands)
    if start.what != "section" and no_section == "drop":
        return Outcome(document, "no_section")
    end = find_end(text, start.at)
    kept, bibliography = remove_bibliography(text[start.at : end], titles=bibliography_titles)
    lines = {
        reason: (dropped.count("\n") + 1, len(dropped))
        for reason, dropped in (
            ("before_first_section" if start.what == "section" else "before_text_without_section", text[: start.at]),
            ("bibliography", bibliography),
            ("after_end", text[end:]),
        )
        if dropped.strip()
    }
    kept = kept.strip()
    outcome = document._replace(text=kept + "\n" if kept else "", meta={**document.meta, "starts_at": start.what})
    return Outcome(outcome, "" if kept else "no_text", lines=lines if kept else {})
