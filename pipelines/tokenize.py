"""Documents to token shards: one file of documents in, its shards out, as Beam elements that are only names.

OUTPUT/github/tokens-00000-of-00008-000.{tokens,index.npz,crc32,json}   one document file, cut at the shard size
OUTPUT/github/tokens-00000-of-00008.done                                fingerprint and counts, written last
OUTPUT/manifest.json                                                    all of it added up
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow.parquet as pq

from corpus.errors import BuildError, InputError
from corpus.manifest import code_digest, digest, versions
from corpus.readers.base import InputFile
from corpus.recipe import Cited
from pipelines.engine import files
from pipelines.engine.runner import pipeline_options, run_pipeline
from pipelines.shares import SHARES, stated_by_builds
from tokenizer.encode import Encoder, load_encoder
from tokenizer.settings import RECIPE, Policy, policy_of
from tokenizer.write_shards import rows_of, write_shards

DOCUMENTS = re.compile(r"documents-(\d+-of-\d+)\.parquet$")


class Piece(NamedTuple):
    """One file of documents: its path, its name in locators, the stem of its shards, and what its shards depend on."""

    path: str
    name: str
    stem: str
    fingerprint: str


class Encoded(NamedTuple):
    """What one file of documents became."""

    source: str
    documents: int
    tokens: int
    shards: list[str]


class EncodePiece(beam.DoFn):
    """Piece -> Encoded; a piece whose `.done` has its fingerprint is not encoded again."""

    def __init__(self, tokenizer: str, policy: Policy) -> None:
        self._tokenizer, self._policy = tokenizer, policy

    def process(self, numbered: tuple[int, Piece]) -> Iterator[tuple[int, Encoded]]:
        number, piece = numbered
        done = files.read_json(f"{piece.stem}.done")
        if done is None or done.pop("fingerprint") != piece.fingerprint or not _all_there(piece, done["shards"]):
            encoded = encode_piece(piece, _encoder(self._tokenizer), self._policy)
            files.write_json(f"{piece.stem}.done", {**encoded._asdict(), "fingerprint": piece.fingerprint})
            yield number, encoded
        else:
            yield number, Encoded(**done)


def _all_there(piece: Piece, shards: list[str]) -> bool:
    folder = os.path.dirname(piece.stem)
    return all(files.exists(f"{folder}/{name}.json") for name in shards)


@lru_cache(maxsize=1)
def _encoder(path: str) -> Encoder:
    """The encoder, once a process."""
    return load_encoder(files.local_copy(path))


def encode_piece(piece: Piece, encoder: Encoder, policy: Policy) -> Encoded:
    """Encode one file of documents into shards.

    Raises:
        BuildError: the number of documents in the shards differs from that of the input.
    """
    with files.open_file(piece.path) as file:
        entered = pq.ParquetFile(file).metadata.num_rows
        file.seek(0)
        infos = write_shards(rows_of(file, piece.name), encoder, piece.stem, policy, files.create)
    documents = sum(info.documents for info in infos)
    if documents != entered:
        raise BuildError(f"{entered} documents in the shards of {piece.path}", str(documents))
    source = piece.name.split("/")[0]
    return Encoded(source, documents, sum(info.tokens for info in infos), [info.name for info in infos])


class Finish(beam.DoFn):
    """Writes OUTPUT/manifest.json once every piece is encoded."""

    def __init__(self, output: str, manifest: dict[str, Any]) -> None:
        self._output, self._manifest = output, manifest

    def process(self, group: tuple[int, Iterable[tuple[int, Encoded]]]) -> Iterator[str]:
        pieces = [encoded for _number, encoded in sorted(group[1])]
        sources: dict[str, dict[str, int]] = {}
        for piece in pieces:
            row = sources.setdefault(piece.source, {"documents": 0, "tokens": 0, "shards": 0})
            row["documents"] += piece.documents
            row["tokens"] += piece.tokens
            row["shards"] += len(piece.shards)
        files.write_json(f"{self._output}/manifest.json", {**self._manifest, "sources": sources})
        yield self._output


def tokenize(
    inputs: list[str],
    tokenizer: str,
    output: str,
    recipe: Mapping[str, Cited] = RECIPE,
    beam_arguments: list[str] | None = None,
) -> dict[str, Any]:
    """Encode the documents of builds into token shards; the manifest.

    Args:
        inputs: folders of builds, or of several builds.
        tokenizer: a SentencePiece model file.
        output: shards go to output/SOURCE.

    Raises:
        InputError: no documents there; ModelError: no tokenizer there.
        BuildError: it ran, and failed.
    """
    found = find_documents(inputs)
    encoder = _encoder(tokenizer)
    shaping = {name: recipe[name].value for name in ("bos", "eos", "shard_bytes")}
    policy = policy_of(recipe, digest(shaping))
    pieces = pieces_of(found, output.rstrip("/"), digest([code_digest(), versions(), encoder.model.digest, shaping]))
    manifest = {
        "tokenizer": encoder.model.digest,
        "vocab_size": encoder.vocab_size,
        "engine": encoder.engine,
        "recipe": shaping,
        SHARES: stated_by_builds(found),
        "code": code_digest(),
        "versions": versions(),
    }
    pipeline = beam.Pipeline(options=pipeline_options(beam_arguments or [], len(pieces)))
    _ = (
        pipeline
        | "pieces" >> beam.Create(list(enumerate(pieces)))
        | "deal pieces" >> beam.Reshuffle()
        | "encode" >> beam.ParDo(EncodePiece(tokenizer, policy)).with_output_types(tuple[int, Any])
        | "under one key" >> beam.Map(_under_one_key).with_output_types(tuple[int, Any])
        | "all pieces" >> beam.GroupByKey()
        | "finish" >> beam.ParDo(Finish(output.rstrip("/"), manifest))
    )
    run_pipeline(pipeline)
    made: dict[str, Any] = files.read_json(f"{output.rstrip('/')}/manifest.json")
    return made


def _under_one_key(encoded: tuple[int, Encoded]) -> tuple[int, tuple[int, Encoded]]:
    return 0, encoded


def find_documents(inputs: list[str]) -> list[InputFile]:
    """The files of documents in builds, or in folders of builds.

    Raises:
        InputError: an input holds none.
    """
    found: dict[str, InputFile] = {}
    for folder in inputs:
        mine = [file for file in files.find([folder]) if DOCUMENTS.search(file.path)]
        if not mine:
            raise InputError(
                "the output folder of a build", "no documents-*.parquet", folder, "run `corpus build` first"
            )
        found.update((file.path, file) for file in mine if "/.work/" not in file.path)
    return [found[path] for path in sorted(found)]


def pieces_of(found: list[InputFile], output: str, fingerprint: str) -> list[Piece]:
    """One piece for each file; its shards lie in a folder named like the file's own.

    Raises:
        InputError: two inputs have a folder of one name, so that their shards would meet.
    """
    pieces: dict[str, Piece] = {}
    for file in found:
        folder, name = file.path.split("/")[-2:]
        match = DOCUMENTS.search(name)
        assert match is not None
        stem = f"{output}/{folder}/tokens-{match.group(1)}"
        if stem in pieces:
            raise InputError("builds of different sources", f"{pieces[stem].path} and {file.path}", "--input")
        pieces[stem] = Piece(file.path, f"{folder}/{name}", stem, digest([fingerprint, file]))
    return list(pieces.values())
