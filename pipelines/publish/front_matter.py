"""The metadata at the head of a card, as the Hugging Face hub reads it: licence, languages, size, configs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipelines.publish.facts import Facts
from pipelines.publish.markdown import yaml

ALL = "all"
"""The config with all sources, which is loaded where none is named."""
LICENCE_FILE = "LICENSE.md"
_CODE = re.compile(r"[a-z]{2,3}|code")
"""A language as the hub takes it: ISO 639, or `code`."""
_SIZES = ((10**3, "1K"), (10**4, "10K"), (10**5, "100K"), (10**6, "1M"), (10**7, "10M"), (10**8, "100M"),
          (10**9, "1B"), (10**10, "10B"), (10**11, "100B"), (10**12, "1T"))  # fmt: skip
_TAGS = ("llama", "pretraining", "llama-corpus", "croissant")


def front_matter(name: str, builds: Sequence[Facts]) -> str:
    """The block between two lines of three dashes, with these."""
    languages = languages_of(builds)
    fields: dict[str, Any] = {
        "pretty_name": name,
        **licence_of(builds),
        "language": languages,
        "multilinguality": ["multilingual" if len(set(languages) - {"code"}) > 1 else "monolingual"],
        "size_categories": [size_category(sum(one.documents for one in builds))],
        "annotations_creators": ["no-annotation"],
        "language_creators": ["found"],
        "task_categories": ["text-generation"],
        "task_ids": ["language-modeling"],
        "tags": [*_TAGS, *(one.source for one in builds)],
        "configs": [_config(ALL, "*", {"default": True}), *(_config(one.source, one.source) for one in builds)],
    }
    return f"---\n{yaml({key: value for key, value in fields.items() if value})}\n---"


def _config(name: str, folder: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
    paths = [{"split": "train", "path": f"data/{folder}/*.parquet"}]
    return {"config_name": name, **(more or {}), "data_files": paths}


def licence_of(builds: Sequence[Facts]) -> dict[str, Any]:
    """The hub's ids where one source has them all; else `other`, which leads to the file with the terms of each."""
    licences = [one.terms.licences for one in builds]
    if len(licences) == 1 and licences[0] and all(one.hub for one in licences[0]):
        return {"license": [one.hub for one in licences[0]]}
    return {"license": "other", "license_name": "per-source", "license_link": LICENCE_FILE}


def languages_of(builds: Sequence[Facts]) -> list[str]:
    """Codes of languages, of most documents first: those that documents state, or that the source keeps alone."""
    counts = Counter[str]()
    for one in builds:
        counts.update({code: n for code, n in one.languages.items() if _CODE.fullmatch(code)})
        if not any(one.languages.keys() - {""}):
            counts.update(dict.fromkeys(one.terms.language, one.documents))
    return sorted(counts, key=lambda code: (-counts[code], code))


def size_category(documents: int) -> str:
    """A number of documents as one of the hub's classes: `10K<n<100K`."""
    before = ""
    for most, word in _SIZES:
        if documents < most:
            return f"{before}<n<{word}" if before else f"n<{word}"
        before = word
    return f"n>{before}"
