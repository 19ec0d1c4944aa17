"""The share of each source at hand: Table 1's, and what a source of others states itself.

A build keeps its source's share in its manifest, and token shards take it over, so that a mixture needs no source.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from corpus.mixture import table_shares
from corpus.readers.base import InputFile
from pipelines.engine import files

SHARES = "shares"
"""The field of TOKENS/manifest.json: percent of training tokens by source."""


def stated_by_builds(documents: Iterable[InputFile]) -> dict[str, float]:
    """Percent of training tokens by source, as the manifests beside files of documents state it."""
    folders = sorted({posixpath.dirname(file.path) for file in documents})
    manifests = [files.read_json(f"{folder}/manifest.json") or {} for folder in folders]
    return {manifest["source"]: manifest["share"]["value"] for manifest in manifests if manifest.get("share")}


def shares_of_builds(documents: Iterable[InputFile]) -> dict[str, float]:
    """Shares (0 to 1) by source: Table 1's and those of builds."""
    return _with_table(stated_by_builds(documents))


def shares_of_tokens(folders: Iterable[str]) -> dict[str, float]:
    """Shares (0 to 1) by source: Table 1's and those of folders of token shards, or of folders within one."""
    stated: dict[str, float] = {}
    for folder in folders:
        for place in (posixpath.dirname(folder.rstrip("/")) or ".", folder.rstrip("/")):
            manifest: Any = files.read_json(f"{place}/manifest.json")
            stated |= manifest.get(SHARES, {}) if isinstance(manifest, dict) else {}
    return _with_table(stated)


def _with_table(percent: Mapping[str, float]) -> dict[str, float]:
    return {source: value / 100 for source, value in percent.items()} | table_shares()
