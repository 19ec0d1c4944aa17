"""Token shards, tokenizer and mixture in a published folder: each an output as before, that names no other folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from corpus.amounts import of
from corpus.errors import UsageError
from corpus.output.lineage import seen_from
from corpus.output.manifest import FORMAT, MANIFEST, OutputFile, sealed
from corpus.output.read import Output
from corpus.output.write import Writing
from corpus.stores.addresses import is_local
from pipelines.publish.markdown import code, table
from pipelines.publish.parts import Parts
from pipelines.publish.place import place_file
from pipelines.publish.shareable import shareable
from pipelines.report.amounts import full
from tokenizer.mixture import NAME, Mixture, ShardEntry, Source, read_mixture, within
from tokenizer.shards import ShardInfo, find_shards, read_info

TOKENIZER_FOLDER, MIXTURE_FOLDER, TOKENS_FOLDER = "tokenizer", "mixture", "tokens"


class TokenFacts(NamedTuple):
    """What a card says of tokens: shards by the name of their folder, whether a tokenizer is there, the mixture."""

    shards: Mapping[str, tuple[ShardInfo, ...]]
    has_tokenizer: bool = False
    mixture: Mixture | None = None


def place_outputs(parts: Parts, out: Writing) -> TokenFacts:
    """Put the outputs beside the documents in their places; the facts about them.

    Raises:
        UnsoundError: a file of theirs is not what was written. ShardError: a shard is damaged.
        UsageError: the mixture draws from shards that are not among those published.
    """
    shards = {}
    for one in parts.tokens:
        _place(one, f"{TOKENS_FOLDER}/{one.name}", out)
        shards[one.name] = tuple(read_info(path) for path in find_shards(one.folder))
    if parts.tokenizer:
        _place(parts.tokenizer, TOKENIZER_FOLDER, out)
    mixture = _place_mixture(parts, parts.mixture, out) if parts.mixture else None
    return TokenFacts(shards, parts.tokenizer is not None, mixture)


def _place(one: Output, folder: str, out: Writing) -> None:
    """An output with all its files, its manifest last."""
    for file in one.files.values():
        with one.open(file) as opened:
            place_file(out, f"{folder}/{file.name}", one, file, opened)
    _write_manifest(one, folder, list(one.files.values()), out)


def _write_manifest(one: Output, folder: str, files: list[OutputFile], out: Writing) -> None:
    """A manifest as the output's own, less what tells of the machine that made it."""
    fields = {**shareable(one.manifest), "files": [file.to_json() for file in sorted(files)]}
    with out.create(f"{folder}/{MANIFEST}") as file:
        file.write(sealed({**fields, "format": FORMAT}))


def _place_mixture(parts: Parts, one: Output, out: Writing) -> Mixture:
    """The mixture over the shards as they lie in the published folder."""
    mixture = read_mixture(one.folder)
    folders = {_real(tokens.folder): tokens.name for tokens in parts.tokens}

    def moved(entry: ShardEntry) -> ShardEntry:
        folder, _, name = _real(within(mixture.folder, entry.path)).rpartition("/")
        if folder not in folders:
            do = "give the folder of its token shards too, or leave the mixture out"
            raise UsageError("a mixture over the token shards that are published", folder, one.folder, do)
        there = f"{out.folder}/{TOKENS_FOLDER}/{folders[folder]}/{name}"
        return entry._replace(path=seen_from(f"{out.folder}/{MIXTURE_FOLDER}", there))

    sources = {
        name: Source(source.share, source.tokens, tuple(map(moved, source.shards)))
        for name, source in mixture.sources.items()
    }
    with out.create(f"{MIXTURE_FOLDER}/{NAME}") as file:
        file.write(mixture._replace(sources=sources).to_json())
    written = out.files[f"{MIXTURE_FOLDER}/{NAME}"]
    _write_manifest(one, MIXTURE_FOLDER, [written._replace(name=NAME)], out)
    return mixture


def _real(path: str) -> str:
    return os.path.realpath(path) if is_local(path) else posixpath.normpath(path).replace(":/", "://", 1)


def tokens_section(facts: TokenFacts) -> Iterator[str]:
    """What the card says of tokens; nothing where there are none."""
    if not (facts.shards or facts.has_tokenizer or facts.mixture):
        return
    yield "## Tokens"
    if facts.has_tokenizer:
        yield (
            f"`{TOKENIZER_FOLDER}/tokenizer.model` is a SentencePiece model; `{TOKENIZER_FOLDER}/card.md` says how it "
            "was trained, and its tokens per word by source and language."
        )
    if facts.shards:
        yield _shards(facts.shards)
    if facts.mixture:
        yield _mixture(facts.mixture)


def _shards(shards: Mapping[str, tuple[ShardInfo, ...]]) -> str:
    """Each folder of shards, with what a reader has to know of it."""
    rows = [
        (code(f"{TOKENS_FOLDER}/{name}/"), full(sum(one.tokens for one in infos)),
         full(sum(one.documents for one in infos)), full(len(infos)), code(infos[0].dtype), full(infos[0].vocab_size))
        for name, infos in shards.items() if infos
    ]  # fmt: skip
    head = ("folder", "tokens", "documents", "shards", "type of a token", "vocabulary")
    digests = {one.tokenizer for infos in shards.values() for one in infos}
    by = f"The tokenizer has the SHA-256 {', '.join(code(one) for one in sorted(digests))}. " if digests else ""
    text = "Token shards: `NAME.tokens` holds ids alone, flat, little-endian; `NAME.index.npz` where documents begin. "
    return f"{(text + by).strip()}\n\n{table(head, rows, numbers=[1, 2, 3, 5])}"


def _mixture(mixture: Mixture) -> str:
    rows = [
        (code(name), f"{one.share:.2%}", full(one.tokens))
        for name, one in sorted(mixture.sources.items(), key=lambda item: (-item[1].share, item[0]))
    ]
    shards = of(sum(len(one.shards) for one in mixture.sources.values()), "shard")
    text = f"`{MIXTURE_FOLDER}/{NAME}` is a mixture over {shards}: the share of training tokens of each source."
    return f"{text}\n\n{table(('source', 'share', 'tokens at hand'), rows, numbers=[1, 2])}"
