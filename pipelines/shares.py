"""The share of each source at hand: Table 1's, and what a source of others states itself.

A build keeps its source's share in its manifest, and token shards take it over, so that a mixture needs no source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from corpus.mixture import table_shares
from corpus.output.read import Output
from tokenizer.shards import token_outputs

SHARES = "shares"
"""The field of the manifest of token shards: percent of training tokens by source."""


def stated_by(builds: Iterable[Output]) -> dict[str, float]:
    """Percent of training tokens by source, as builds state it."""
    manifests = [build.manifest for build in builds]
    return {manifest["source"]: manifest["share"]["value"] for manifest in manifests if manifest.get("share")}


def shares_of_builds(builds: Iterable[Output]) -> dict[str, float]:
    """Shares (0 to 1) by source: Table 1's and those of builds."""
    return _with_table(stated_by(builds))


def shares_of_tokens(folders: Iterable[str]) -> dict[str, float]:
    """Shares (0 to 1) by source: Table 1's and those of folders of token shards, or of folders within one."""
    stated: dict[str, float] = {}
    for folder in folders:
        for output in token_outputs(folder):
            stated |= output.manifest.get(SHARES, {})
    return _with_table(stated)


def _with_table(percent: Mapping[str, float]) -> dict[str, float]:
    return {source: value / 100 for source, value in percent.items()} | table_shares()
