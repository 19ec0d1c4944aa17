"""How many tokens of each source there are in token shards."""

from __future__ import annotations

from tokenizer.shards import read_info, shards_by_source


def tokens_by_source(folder: str) -> dict[str, int]:
    """Tokens by source, from what the shards below a folder say of themselves.

    Raises:
        InputError: no shard; ShardError: a damaged one.
    """
    return {source: sum(read_info(path).tokens for path in paths) for source, paths in shards_by_source(folder).items()}
