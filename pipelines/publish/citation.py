"""How to cite a published dataset, and the paper whose recipe it follows: CITATION.cff, and BibTeX for people."""

from __future__ import annotations

import re
from typing import Any

from pipelines.publish.markdown import yaml

UNNAMED = "the publisher of this dataset"
_PAPER_TITLE = "LLaMA: Open and Efficient Foundation Language Models"
_PAPER_AUTHORS = (
    ("Touvron", "Hugo"), ("Lavril", "Thibaut"), ("Izacard", "Gautier"), ("Martinet", "Xavier"),
    ("Lachaux", "Marie-Anne"), ("Lacroix", "Timothée"), ("Rozière", "Baptiste"), ("Goyal", "Naman"),
    ("Hambro", "Eric"), ("Azhar", "Faisal"), ("Rodriguez", "Aurelien"), ("Joulin", "Armand"), ("Grave", "Edouard"),
    ("Lample", "Guillaume"),
)  # fmt: skip
_PAPER_DOI, _PAPER_URL, _PAPER_YEAR = "10.48550/arXiv.2302.13971", "https://arxiv.org/abs/2302.13971", 2023


def citation_file(name: str, url: str, publisher: str, day: str) -> str:
    """The text of CITATION.cff (Citation File Format 1.2.0).

    Args:
        url: where the dataset is published; "" for nowhere yet.
        publisher: who publishes it; "" where nobody was named.
        day: when it was published, as 2026-01-31.
    """
    fields: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it, and its sources where their terms ask for it.",
        "type": "dataset",
        "title": name,
        "authors": [{"name": publisher or UNNAMED}],
        "date-released": day,
        **({"url": url} if url else {}),
        "references": [
            {
                "type": "article",
                "title": _PAPER_TITLE,
                "authors": [{"family-names": family, "given-names": given} for family, given in _PAPER_AUTHORS],
                "year": _PAPER_YEAR,
                "doi": _PAPER_DOI,
                "url": _PAPER_URL,
            },
            {"type": "software", "title": "llama-corpus", "authors": [{"name": "llama-corpus contributors"}]},
        ],
    }
    return yaml(fields) + "\n"


def bibtex(name: str, url: str, publisher: str, day: str) -> str:
    """The entries of the dataset and of the paper."""
    key = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "dataset"
    title, author = _escaped(name), _escaped(publisher or UNNAMED)
    dataset = [f"title = {{{{{title}}}}}", f"author = {{{{{author}}}}}", f"year = {{{day[:4]}}}"]
    dataset += [f"url = {{{url}}}"] if url else []
    authors = " and ".join(f"{family}, {given}" for family, given in _PAPER_AUTHORS)
    paper = [
        f"title = {{{{{_PAPER_TITLE}}}}}", f"author = {{{authors}}}", f"year = {{{_PAPER_YEAR}}}",
        "eprint = {2302.13971}", "archivePrefix = {arXiv}", f"url = {{{_PAPER_URL}}}",
    ]  # fmt: skip
    return f"{_entry('misc', key, dataset)}\n\n{_entry('misc', 'touvron2023llama', paper)}"


def _entry(kind: str, key: str, fields: list[str]) -> str:
    lines = "".join(f"  {field},\n" for field in fields)
    return f"@{kind}{{{key},\n{lines}}}"


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)
