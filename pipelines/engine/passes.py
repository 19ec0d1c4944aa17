"""One pass over one shard: plain functions between files, which a runner only calls.

A pass streams its shard through the stages up to the next Dedup, and leaves in the work folder

    documents-00003.arrow   what it kept (the last pass: the Parquet file of the build instead)
    runs-00003.bin          what the dedup that follows compares, and what repeats within a document
    lines-00003.arrow       for a dedup of lines: which line belongs to which document
    dropped-00003.parquet   what it dropped
    done-00003.json         written last: fingerprint, ledger, and where the rest is

What the last pass leaves, and side tables, go to the build's own folder. A shard whose `done` has the same fingerprint,
and whose files are what it says, byte for byte, is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from corpus import writers
from corpus.containment import failed
from corpus.document import Document
from corpus.errors import BuildError
from corpus.ledger import Ledger
from corpus.manifest import digest
from corpus.readers.base import InputSplit, Reader
from corpus.storage import NewFile
from corpus.writers import DocumentWriter
from pipelines.engine import files
from pipelines.engine.dedup.apply import Mask, mask_of, masked
from pipelines.engine.dedup.base import Barrier, DedupStage, Gathered, Gatherer
from pipelines.engine.dedup.wire import Sent, pack_drops, pack_index
from pipelines.engine.files import NOTHING, Blob, BlobFile
from pipelines.engine.hand import Hand
from pipelines.engine.stages import EachDocument, Score, Stage, Table, Values, numbers_of
from pipelines.engine.streams import READ, Documents, PassLog, read_documents, stage_documents


class Pass(NamedTuple):
    """The stages between two dedups: `applies` masks the documents that come in, `collects` gathers the kept ones."""

    number: int
    applies: DedupStage | None
    stages: tuple[EachDocument | Score, ...]
    collects: DedupStage | None


@dataclass(frozen=True)
class Plan:
    """All that a worker must know of a build.

    values are the recipe's numbers in force; fingerprints[p] covers everything that shapes the result of pass p except
    the shard itself; output and work are folders; runs fall into 2**bits buckets; inline: blobs travel with their
    bytes.
    """

    source: str
    reader: Reader
    passes: tuple[Pass, ...]
    tables: Mapping[str, Table]
    values: Values
    fingerprints: tuple[str, ...]
    output: str
    work: str
    bits: int = 0
    inline: bool = False

    def pass_file(self, index: int, kind: str, shard: int) -> str:
        """A file that pass `index` leaves in the work folder, such as `done-00003.json`."""
        return files.shard_file(self.pass_folder(index), kind, shard)

    def pass_folder(self, index: int) -> str:
        """The work folder of pass `index`."""
        return f"{self.work}/pass-{index}"

    def barrier(self, index: int) -> Barrier:
        """What the dedup after pass `index` must know."""
        return Barrier(self.values, self.bits, self.inline, self.pass_folder(index), self.output)

    def output_file(self, kind: str, shard: InputSplit) -> str:
        """A file of the build itself, such as `documents-00003-of-00008.parquet`."""
        return f"{self.output}/{kind}-{shard.number:05d}-of-{shard.total:05d}.parquet"

    def whole_files(self) -> list[str]:
        """Names of the build's files that are no shard's."""
        return [name for one in self.passes if one.collects for name in one.collects.leaves]

    def companion_ledger(self, name: str, shard: int) -> str:
        """The ledger of a companion's shard, which the build adds to its own."""
        return f"{self.work}/ledger-{name}-{shard:05d}.json"

    def number(self, name: str) -> int:
        """A whole number of the recipe."""
        return int(self.values[name])  # type: ignore[arg-type]


DOCUMENTS = "documents"
"""The kind of the files with the documents of a build."""


class Left(NamedTuple):
    """A file that a pass left in the build's folder: its kind (see Plan.output_file), size in bytes, SHA-256."""

    kind: str
    bytes: int
    sha256: str


class Done(NamedTuple):
    """A shard that a pass is through with: where its runs for the next barrier are listed, documents kept, ledger and
    files so far."""

    shard: InputSplit
    runs: Blob
    documents: int
    ledger: dict[str, Any]
    left: list[Left]


def cut(stages: tuple[Stage, ...]) -> tuple[Pass, ...]:
    """The passes of a source: per-document stages fuse, each dedup is the barrier between two."""
    passes: list[Pass] = []
    applies: DedupStage | None = None
    fused: list[EachDocument | Score] = []
    for stage in stages:
        if isinstance(stage, DedupStage):
            passes.append(Pass(len(passes), applies, tuple(fused), stage))
            applies, fused = stage, []
        else:
            fused.append(stage)
    return (*passes, Pass(len(passes), applies, tuple(fused), None))


def fingerprints(reader: Reader, passes: tuple[Pass, ...], values: Values, code: Any, dump: Any) -> tuple[str, ...]:
    """For each pass a digest of its stages, those before, and their numbers.

    code: digests of the program and its models. dump: the digest of all inputs, on which a pass after a dedup depends.
    """
    # One list that grows with the passes: the digest of a pass covers all before it, so a changed early stage makes
    # every later pass stale, and a changed last one the last pass only.
    parts: list[Any] = [code, reader.unit, {number.name: values[number.name] for number in reader.limits.values()}]
    digests = []
    for each in passes:
        parts += [dump] if each.applies else []
        stages = [stage for stage in (each.applies, *each.stages, each.collects) if stage]
        parts += [[stage.name, {n.name: values[n.name] for n in numbers_of(stage)}] for stage in stages]
        digests.append(digest(parts))
    return tuple(digests)


def run_pass(plan: Plan, index: int, shard: InputSplit, drops: Iterable[Sent] = (), hand: Hand | None = None) -> Done:
    """Do one pass over one shard, or find it done. drops: the shard's drop lists from the dedup before the pass."""
    bits = plan.bits if plan.passes[index].collects else 0
    fingerprint = digest([plan.fingerprints[index], list(shard), bits])
    path = plan.pass_file(index, "done.json", shard.number)
    done = files.read_sealed(path)
    if done is None or done["fingerprint"] != fingerprint or not _are_whole(plan, shard, done):
        done = _Work(plan, plan.passes[index], shard, hand).done(drops) | {"fingerprint": fingerprint}
        files.write_sealed(path, done)
    left = [Left(*each) for each in (*done["left_before"], *done["left"])]
    return Done(shard, Blob(*done["runs"]), done["documents"], done["ledger"], left)


def _are_whole(plan: Plan, shard: InputSplit, done: Mapping[str, Any]) -> bool:
    """Whether the files of a pass that was done before are still what it wrote."""
    left = ((plan.output_file(kind, shard), *rest, "sha256") for kind, *rest in done["left"])
    return all(files.is_whole(*file) for file in (*done["files"], *left))


class _Work:
    """One pass over one shard while it runs: its books and the files it leaves.

    files are those of the work folder: (path, bytes, digest); left those of the build, left_before of earlier passes.
    """

    def __init__(self, plan: Plan, this: Pass, shard: InputSplit, hand: Hand | None = None) -> None:
        self.plan, self.this, self.shard = plan, this, shard
        self.log = PassLog(plan.source, plan.number("dropped_texts"), plan.number("dropped_text_chars"), hand)
        self.files: list[tuple[str, int, str]] = []
        self.left: list[Left] = []
        self.left_before: list[Left] = []

    def done(self, drops: Iterable[Sent]) -> dict[str, Any]:
        """Stream the shard through; what `done.json` says, less the fingerprint."""
        with ExitStack() as stack:
            if self._only_drops():
                left = self._keep_last(self._batches(stack, drops), DocumentWriter.write_batch)
            else:
                left = self._stream(stack, drops)
        self._leave_dropped()
        self._leave_broken()
        return {
            **left, "files": self.files, "left": self.left, "left_before": self.left_before,
            "ledger": self.log.ledger.to_json(),
        }  # fmt: skip

    @contextmanager
    def _output(self, kind: str) -> Iterator[NewFile]:
        """A new file of the build."""
        with files.create(self.plan.output_file(kind, self.shard)) as file:
            yield file
        self.left.append(Left(kind, file.bytes, file.digest))

    @contextmanager
    def _scratch(self, path: str) -> Iterator[NewFile]:
        """A new file of the work folder."""
        with files.create_scratch(path) as file:
            yield file
        self.files.append((path, file.bytes, file.digest))

    def _only_drops(self) -> bool:
        """Whether the pass has nothing to do but to mask."""
        return self.this.applies is not None and not self.this.stages and self.this.collects is None

    def _stream(self, stack: ExitStack, drops: Iterable[Sent]) -> dict[str, Any]:
        self._keep_scored(stack)
        documents = self._documents(stack, drops)
        for stage in self.this.stages:
            documents = stage_documents(stage, self.plan.values, documents, self.log)
        if self.this.collects is None:
            return self._keep_last(documents, DocumentWriter.write)
        return self._keep(self.this.collects, documents)

    def _documents(self, stack: ExitStack, drops: Iterable[Sent]) -> Documents:
        """What comes in: the dump, or what the pass before left, masked."""
        if self.this.applies is None:
            return self._tabled(read_documents(self.plan.reader, self.plan.values, self.shard, self.log))
        return (document for batch in self._batches(stack, drops) for document in writers.documents_of(batch))

    def _batches(self, stack: ExitStack, drops: Iterable[Sent]) -> Iterator[pa.RecordBatch]:
        """What the pass before left, masked; its ledger is added to this one."""
        assert self.this.applies is not None
        done = files.read_sealed(self._before("done.json"))
        if done is None:
            raise BuildError("what the pass before left", "nothing whole", self._before("done.json"), "run it again")
        self.log.ledger.merge(Ledger.from_json(done["ledger"]))
        self.left_before = [Left(*each) for each in (*done["left_before"], *done["left"])]
        file = stack.enter_context(files.open_file(self._before("documents.arrow")))
        return masked(self.this.applies, self._mask(drops, done), writers.read_batches(file), self.log)

    def _keep_scored(self, stack: ExitStack) -> None:
        """Keep the documents that go on account of a score, so that its limit can be changed later."""
        if self.plan.values["keep_scored"] and any(
            isinstance(stage, Score) and stage.steps for stage in self.this.stages
        ):
            writer = DocumentWriter(stack.enter_context(self._output(f"scored-{self.this.number}")), parquet=True)
            stack.callback(writer.close)
            self.log.keep_scored = writer.write

    def _pass_file(self, kind: str) -> str:
        return self.plan.pass_file(self.this.number, kind, self.shard.number)

    def _before(self, kind: str) -> str:
        return self.plan.pass_file(self.this.number - 1, kind, self.shard.number)

    def _mask(self, drops: Iterable[Sent], done: dict[str, Any]) -> Mask:
        repeats, own = np.frombuffer(Blob(*done["repeats"]).load(), np.int64), Blob(*done["drops"])
        lines_file = f"{self.plan.pass_folder(self.this.number - 1)}/lines-{{:05d}}.arrow"
        return mask_of(drops, own, repeats, done["units"], lines_file, self.plan.number("duplicate_of_lines"))

    def _tabled(self, documents: Documents) -> Documents:
        """The documents as they were read, and the side tables and unreadable records of the shard after them."""
        rows: dict[str, list[Any]] = {name: [] for name in self.plan.tables}
        for document in documents:
            for name, table in self.plan.tables.items():
                rows[name] += self._rows(name, table, document)
            yield document
        for name, table in self.plan.tables.items():
            with self._output(name) as file:
                writers.write_table(file, writers.rows_table(rows[name], table.schema))

    def _rows(self, name: str, table: Table, document: Document) -> list[tuple[Any, ...]]:
        """A document's rows of a side table; where making them fails the document stays, and the ledger says so."""
        try:
            return table.rows(document)
        except Exception as error:
            self.log.set_aside(READ, name, failed(document.source, document.id, error))
            return []

    def _keep(self, collects: DedupStage, documents: Documents) -> dict[str, Any]:
        """Write the documents for the next pass, and what the dedup gathers of them."""
        barrier, path = self.plan.barrier(self.this.number), self._pass_file("documents.arrow")
        runs_file = barrier.runs_file(self.shard.number)
        with self._scratch(path) as file, self._scratch(runs_file) as blobs:
            out = BlobFile(runs_file, blobs)
            gatherer = collects.gatherer(barrier, self.shard.number, out)
            writer = DocumentWriter(file, parquet=False)
            for document in documents:
                if self._gather(collects.name, gatherer, document):
                    writer.write(document)
            writer.close()
            gathered = gatherer.close()
            repeats = out.add(gathered.repeats.tobytes())
            drops = out.add(b"" if gathered.drops is None else pack_drops(gathered.drops))
            runs = out.add(pack_index(gathered.runs))
        self._leave_lines(gathered)
        places = {"runs": runs, "repeats": repeats, "drops": drops}
        return {"documents": writer.documents, "units": gathered.units, **places}

    def _gather(self, name: str, gatherer: Gatherer, document: Document) -> bool:
        """Whether a dedup could take a document; where it raised, the document is dropped for it."""
        try:
            gatherer.add(document)
        except Exception as error:
            self.log.enter(name, document)
            self.log.fail(name, document, error)
            return False
        return True

    def _keep_last(self, kept: Iterator[Any], write: Callable[[DocumentWriter, Any], None]) -> dict[str, Any]:
        """Write the documents of the build, given one by one or in batches."""
        with self._output(DOCUMENTS) as file, closing(DocumentWriter(file, parquet=True)) as writer:
            for one in kept:
                write(writer, one)
        return {"documents": writer.documents, "runs": NOTHING}

    def _leave_broken(self) -> None:
        """The records that could not be read, or on which a stage of this pass failed, with their bytes."""
        if self.log.broken:
            kind = f"unreadable-{self.this.number}" if self.this.number else "unreadable"
            with self._output(kind) as file:
                writers.write_table(file, writers.rows_table(self.log.broken, writers.UNREADABLE_SCHEMA))

    def _leave_lines(self, gathered: Gathered) -> None:
        """For a dedup of lines, which document each line belongs to."""
        if gathered.lines is None:
            return
        with (
            self._scratch(self._pass_file("lines.arrow")) as file,
            pa.ipc.new_stream(file, gathered.lines.schema) as writer,
        ):
            writer.write_table(gathered.lines)

    def _leave_dropped(self) -> None:
        """What this pass dropped; the last pass puts those of all passes together."""
        table = writers.rows_table(self.log.dropped.rows(), writers.DROPPED_SCHEMA)
        if self.this.collects is not None:
            with self._scratch(self._pass_file("dropped.parquet")) as file:
                writers.write_table(file, table)
            return
        earlier = [
            self.plan.pass_file(index, "dropped.parquet", self.shard.number) for index in range(self.this.number)
        ]
        with self._output("dropped") as file:
            writers.write_table(file, pa.concat_tables([*map(_table, earlier), table]))


def _table(path: str) -> pa.Table:
    with files.open_file(path) as file:
        return writers.read_table(file)
