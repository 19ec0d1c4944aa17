"""The metadata of a card: classes of size at both sides of their limits, languages, licences, configs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import yaml

from corpus.ledger import Ledger
from pipelines.publish.facts import Facts
from pipelines.publish.front_matter import front_matter, languages_of, licence_of, size_category


def facts(source: str, documents: int = 1, languages: dict[str, int] | None = None) -> Facts:
    manifest: dict[str, Any] = {"source": source, "preset": "paper", "documents": documents}
    return Facts(manifest, Ledger(source), (), Counter(), Counter(languages or {"": documents}), ())


@pytest.mark.parametrize(
    ("documents", "category"),
    [
        (1, "n<1K"), (999, "n<1K"), (1000, "1K<n<10K"), (9_999, "1K<n<10K"), (10_000, "10K<n<100K"),
        (10**6 - 1, "100K<n<1M"), (10**6, "1M<n<10M"), (10**9, "1B<n<10B"), (10**12 - 1, "100B<n<1T"), (10**12, "n>1T"),
    ],
)  # fmt: skip
def test_sizes(documents: int, category: str) -> None:
    assert size_category(documents) == category


@pytest.mark.parametrize(
    ("builds", "languages"),
    [
        ([facts("wikipedia", 5, {"de": 3, "en": 2})], ["de", "en"]),
        ([facts("c4", 5), facts("wikipedia", 3, {"de": 3})], ["en", "de"]),
        ([facts("github", 9)], ["code"]),
        ([facts("books", 9, {"": 5, "English": 2, "de": 1, "grc": 1})], ["de", "grc"]),
        ([facts("arxiv", 9)], []),
    ],
    ids=["stated", "of the source", "code", "no code of a language", "none"],
)
def test_languages(builds: list[Facts], languages: list[str]) -> None:
    assert languages_of(builds) == languages


OTHER = {"license": "other", "license_name": "per-source", "license_link": "LICENSE.md"}


@pytest.mark.parametrize(
    ("sources", "licence"),
    [
        (["wikipedia"], {"license": ["cc-by-sa-4.0", "cc-by-sa-3.0", "gfdl"]}),
        (["c4"], OTHER),
        (["wikipedia", "stackexchange"], OTHER),
        (["recipes"], OTHER),
    ],
    ids=["one with ids of the hub", "one without", "several", "not known"],
)
def test_licences(sources: list[str], licence: dict[str, Any]) -> None:
    assert licence_of([facts(source) for source in sources]) == licence


def test_the_whole_block() -> None:
    text = front_matter('A "name": with signs', [facts("github", 1500), facts("wikipedia", 600, {"en": 600})])
    assert text.startswith("---\n")
    assert text.endswith("\n---")
    assert yaml.safe_load(text.strip("-")) == {
        "pretty_name": 'A "name": with signs',
        **OTHER,
        "language": ["code", "en"],
        "multilinguality": ["monolingual"],
        "size_categories": ["1K<n<10K"],
        "annotations_creators": ["no-annotation"],
        "language_creators": ["found"],
        "task_categories": ["text-generation"],
        "task_ids": ["language-modeling"],
        "tags": ["llama", "pretraining", "llama-corpus", "croissant", "github", "wikipedia"],
        "configs": [
            {"config_name": "all", "default": True, "data_files": [{"split": "train", "path": "data/*/*.parquet"}]},
            {"config_name": "github", "data_files": [{"split": "train", "path": "data/github/*.parquet"}]},
            {"config_name": "wikipedia", "data_files": [{"split": "train", "path": "data/wikipedia/*.parquet"}]},
        ],
    }


def test_without_a_language_the_block_says_none() -> None:
    assert "language" not in yaml.safe_load(front_matter("Papers", [facts("arxiv")]).strip("-"))
