"""Documents to token shards: one file of documents in, its shards out, as Beam elements that are only names.

OUTPUT/github/tokens-00000-of-00008-000.{tokens,index.npz,crc32,json}   one document file, cut at the shard size
OUTPUT/github/manifest.json                                             those of one build, written last

A piece that a manifest, or a note of an interrupted run in OUTPUT/github/.work, lists with its fingerprint, and whose
files are what was written, is not encoded again (pieces.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow.parquet as pq

from corpus.code import reached_by
from corpus.errors import BuildError, InputError
from corpus.manifest import digest
from corpus.output.lineage import MADE_OF, origin
from corpus.output.lock import locked
from corpus.output.manifest import FINISHED, TOKENIZER, TOKENS, OutputFile, files_of, read_manifest
from corpus.output.read import Output, alike, damaged, open_listed, require_listed, sizes_below
from corpus.output.run_record import note_run
from corpus.output.write import Writing, finish, sweep
from corpus.passing import retry
from corpus.progress.work import step
from corpus.recipe import Cited
from corpus.storage import WORK, NewFile
from corpus.stores.addresses import is_local, storage_of
from corpus.stores.copies import local_copy
from pipelines.documents import find_builds
from pipelines.engine import files
from pipelines.engine.dataflow import name_job
from pipelines.engine.engines import require_engine
from pipelines.engine.hand import Hand
from pipelines.engine.progress import Between, Parted, watching
from pipelines.engine.runner import is_local as is_local_run
from pipelines.engine.runner import pipeline_options, run_pipeline
from pipelines.engine.states import noted as in_hand_told
from pipelines.engine.states import states_folder
from pipelines.engine.step_costs import ADD_UP_SECONDS, start_seconds
from pipelines.engine.workers import running, states_in, with_new_workers
from pipelines.pieces import Encoded, Piece, kept, noted, pieces_of, taken_over, to_json
from pipelines.shares import SHARES, stated_by
from tokenizer.encode import Encoder, load_encoder
from tokenizer.settings import RECIPE, Policy, policy_of
from tokenizer.write_shards import Row, rows_of, write_shards

OWNS = ["tokens-*"]
ENCODE, ENCODE_SECONDS = "encode", 150e-9
"""The step of the workers, and what it is expected to take for each byte of a packed file of documents."""


class Tokens(NamedTuple):
    """How much of one source there is in token shards."""

    documents: int
    tokens: int
    shards: int


class EncodePiece(beam.DoFn):
    """Piece -> (its folder, (its stem, Encoded)); one that is there whole is not encoded again."""

    def __init__(self, tokenizer: str, policy: Policy, tells: bool = False) -> None:
        self._tokenizer, self._policy, self._tells = tokenizer, policy, tells

    def process(self, piece: Piece) -> Iterator[tuple[str, tuple[str, Encoded]]]:
        told = states_folder(_work(piece.folder)) if self._tells else ""
        with in_hand_told("tokens", f"{piece.build}/{piece.file.name}", ENCODE, piece.name, told) as hand:
            encoded = retry(lambda: self._encoded(piece, hand), piece.name, hand.pauses)
        yield piece.folder, (piece.stem, encoded)

    def _encoded(self, piece: Piece, hand: Hand) -> Encoded:
        """What an earlier run made, whole; else what that made of the same documents elsewhere; else made now."""
        encoded = piece.before or noted(piece)
        hand.found = encoded is not None
        if encoded is None or any(damaged(encoded.files, piece.folder, storage_of(piece.folder))):
            encoded = taken_over(piece)
            hand.found = encoded is not None
            encoded = encoded or encode_piece(piece, _encoder(self._tokenizer), self._policy, hand)
            files.write_sealed(piece.note, {"fingerprint": piece.fingerprint, **to_json(encoded)})
        return encoded


@lru_cache(maxsize=1)
def _encoder(path: str) -> Encoder:
    """The encoder, once per process."""
    return load_encoder(local_copy(path))


def encode_piece(piece: Piece, encoder: Encoder, policy: Policy, hand: Hand | None = None) -> Encoded:
    """Encode one file of documents into shards; hand notes how far it is.

    Raises:
        UnsoundError: the file is not what its build wrote.
        BuildError: the number of documents in the shards differs from that of the input.
    """
    written: dict[str, OutputFile] = {}

    @contextmanager
    def create(path: str) -> Iterator[NewFile]:
        with files.create(path) as new:
            yield new
        name = path[len(piece.folder) + 1 :]
        written[name] = OutputFile(name, new.bytes, new.digest)

    with open_listed(piece.build, piece.file, storage_of(piece.build)) as file:
        entered = pq.ParquetFile(file).metadata.num_rows
        file.seek(0)
        rows = _counted(rows_of(file, piece.name), entered, hand or Hand(None))
        infos = write_shards(rows, encoder, f"{piece.folder}/{piece.stem}", policy, create)
    documents = sum(info.documents for info in infos)
    if documents != entered:
        raise BuildError(f"{entered} documents in the shards of {piece.name}", str(documents))
    tokens = sum(info.tokens for info in infos)
    return Encoded(piece.name.split("/")[0], documents, tokens, len(infos), tuple(sorted(written.values())))


def _counted(rows: Iterable[Row], entered: int, hand: Hand) -> Iterator[Row]:
    """The same rows, of which the worker's note says how many have come."""
    hand.expects(entered)
    for row in rows:
        hand.enters()
        hand.reads(1)
        yield row


class Finish(beam.DoFn):
    """Writes a folder's manifest once all its pieces are encoded; manifests are its fields, by folder."""

    def __init__(self, manifests: Mapping[str, dict[str, Any]]) -> None:
        self._manifests = manifests

    def process(self, group: tuple[str, Iterable[tuple[str, Encoded]]]) -> Iterator[str]:
        folder, pieces = group[0], dict(group[1])
        stated = {stem: _stated(pieces[stem], self._manifests[folder]["pieces"][stem]) for stem in sorted(pieces)}
        fields = {**self._manifests[folder], "pieces": stated, **_total(pieces.values())._asdict()}
        finish(folder, TOKENS, [file for one in pieces.values() for file in one.files], fields, storage_of(folder))
        yield folder


def _stated(encoded: Encoded, digests: Mapping[str, str]) -> dict[str, Any]:
    """A piece as the manifest states it: its files by name, as their digests are listed already."""
    return {**encoded._asdict(), "files": [file.name for file in encoded.files], **digests}


def _total(pieces: Iterable[Encoded]) -> Tokens:
    return Tokens(*map(sum, zip(*((one.documents, one.tokens, one.shards) for one in pieces), strict=True)))


def tokenize(
    inputs: list[str],
    tokenizer: str,
    output: str,
    recipe: Mapping[str, Cited] = RECIPE,
    beam_arguments: list[str] | None = None,
) -> dict[str, Tokens]:
    """Encode the documents of builds into token shards; how much there is of each build, by its folder's name.

    Args:
        inputs: folders of builds, or of several builds.
        tokenizer: a SentencePiece model file.
        output: shards of each build are written to output/SOURCE.

    Raises:
        InputError: no build there; UnsoundError: one that must not be read; ModelError: no tokenizer there.
        OutputError: another writer is at it.
        BuildError: it ran, and failed.
    """
    require_engine(pipeline_options(beam_arguments or [], 1))
    with step("load"):
        builds = by_folder(find_builds(inputs), output.rstrip("/"))
        require_listed(tokenizer, storage_of(tokenizer), TOKENIZER)
        encoder = _encoder(tokenizer)
    shaping = {name: recipe[name].value for name in ("bos", "eos", "shard_bytes", "shuffle")}
    policy = policy_of(recipe, digest(shaping))
    reached = reached_by([write_shards, rows_of, load_encoder])
    shared = {
        "tokenizer": encoder.model.digest,
        "vocab_size": encoder.vocab_size,
        "engine": encoder.engine,
        "recipe": shaping,
        "code": digest(reached.definitions),
        "versions": reached.libraries,
    }
    fingerprint = digest([reached, encoder.model.digest, shaping])
    pieces = {folder: pieces_of(build, folder, fingerprint) for folder, build in builds.items()}
    manifests = {folder: {**shared, **_of_build(builds[folder], folder, pieces[folder])} for folder in builds}
    with ExitStack() as stack:
        for folder in sorted(builds):
            stack.enter_context(locked(folder, storage_of(folder)))
        room = stack.enter_context(running(output))
        left = [folder for folder in sorted(builds) if not _is_done(folder, manifests[folder])]
        todo = [piece for folder in left for piece in _begin(folder, pieces[folder])]
        if todo:
            options = pipeline_options(beam_arguments or [], len(todo))
            name_job(options, "tokenize")
            tells = not is_local_run(options)
            run = partial(_run, todo, tokenizer, policy, manifests, tells)
            told = [states_folder(_work(folder)) for folder in left] if tells else []
            with watching(states_in(room, told), order_of(todo, options)):
                with_new_workers(run, options, room)
        for folder in left:
            note_run(folder, storage_of(folder))
        return {folder.rpartition("/")[2]: _end(folder) for folder in sorted(builds)}


def order_of(pieces: list[Piece], options: Any) -> list[Between | Parted]:
    """The steps of tokenizing: until workers start, the pieces, and their manifests."""
    sizes = {piece.name: float(piece.file.bytes) for piece in pieces}
    return [
        Between("start", start_seconds(options)),
        Parted("encode", ENCODE, sizes, ENCODE_SECONDS, drops=False),
        Between("finish", ADD_UP_SECONDS),
    ]


def _of_build(build: Output, folder: str, pieces: list[Piece]) -> dict[str, Any]:
    """What the manifest of a folder of shards says of the build they are made of."""
    return {
        SHARES: stated_by([build]),
        MADE_OF: [origin(build.folder, build.manifest, folder)],
        "pieces": {piece.stem: {"fingerprint": piece.fingerprint, "content": piece.content} for piece in pieces},
    }


def _run(
    pieces: list[Piece],
    tokenizer: str,
    policy: Policy,
    manifests: Mapping[str, dict[str, Any]],
    tells: bool,
    options: Any,
) -> None:
    pipeline = beam.Pipeline(options=options)
    _ = (
        pipeline
        | "pieces" >> beam.Create(pieces)
        | "deal pieces" >> beam.Reshuffle()
        | "encode" >> beam.ParDo(EncodePiece(tokenizer, policy, tells)).with_output_types(tuple[str, Any])
        | "all pieces of a folder" >> beam.GroupByKey()
        | "finish" >> beam.ParDo(Finish(manifests))
    )
    run_pipeline(pipeline)


def by_folder(builds: list[Output], output: str) -> dict[str, Output]:
    """The builds by the folder that their shards are written to, named like the build's own.

    Raises:
        InputError: two builds have a folder of one name, so that their shards would meet.
    """
    found: dict[str, Output] = {}
    for build in builds:
        whole = os.path.abspath(build.folder) if is_local(build.folder) else build.folder
        folder = f"{output}/{whole.rpartition('/')[2]}"
        if folder in found:
            raise InputError("builds of different sources", f"{found[folder].folder} and {build.folder}", "--input")
        found[folder] = build
    return found


def _is_done(folder: str, fields: Mapping[str, Any]) -> bool:
    """Whether a folder has all this already, byte for byte, and nothing else."""
    storage = storage_of(folder)
    before = read_manifest(folder, storage) or {}
    stated = {stem: piece["fingerprint"] for stem, piece in before.get("pieces", {}).items()}
    wanted = {stem: piece["fingerprint"] for stem, piece in fields["pieces"].items()}
    same = all(before.get(name) == value for name, value in fields.items() if name != "pieces")
    if before.get("state") != FINISHED or stated != wanted or not same:
        return False
    listed = files_of(before)
    return not any(damaged(listed.values(), folder, storage)) and not alike(listed, sizes_below(folder, storage))


def _begin(folder: str, pieces: list[Piece]) -> list[Piece]:
    """Say that a folder is unfinished; what earlier runs made of these pieces stays listed. The pieces."""
    storage = storage_of(folder)
    before = read_manifest(folder, storage) or {}
    earlier = dict(kept(pieces))
    keep = {file.name for made in earlier.values() for file in made.files}
    stated = {stem: before["pieces"][stem] for stem in earlier}
    Writing(folder, TOKENS, storage).begin(OWNS, keep=keep, pieces=stated)
    return pieces


def _end(folder: str) -> Tokens:
    """Delete what is left of earlier runs; how much a folder holds.

    Raises:
        BuildError: the job did not come to its end.
    """
    storage = storage_of(folder)
    manifest = read_manifest(folder, storage) or {}
    if manifest.get("state") != FINISHED:
        do = "see the runner's page of the job"
        raise BuildError("the job to have written its manifest", f"one that is {manifest.get('state')}", folder, do)
    files.remove_folder(_work(folder))
    sweep(folder, files_of(manifest), storage)
    return Tokens(*(manifest[name] for name in Tokens._fields))


def _work(folder: str) -> str:
    return f"{folder}/{WORK}"
