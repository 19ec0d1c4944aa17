"""One pass over one shard: plain functions between files, which a runner only calls.

A pass streams its shard through the stages up to the next Dedup, and leaves in the work folder, under the shard's key,

    documents-4f2a....arrow   what it kept (the last pass: the Parquet file of the build instead)
    runs-4f2a....bin          what the dedup that follows compares, and what repeats within a document
    lines-4f2a....arrow       for a dedup of lines: which line belongs to which document
    dropped-4f2a....parquet   what it dropped
    done-4f2a....json         written last: fingerprint, ledger, and which files there are

What the last pass leaves, and side tables, are then placed in the build's own folder, under the shard's number: as a
second name of the same file where the filesystem can give one. A shard whose `done` has the same fingerprint, and whose
files are what it says, byte for byte, is not done again. A fingerprint covers what the pass depends on (prints.py) and
what comes in: files of the dump by content, or what the pass before left and which units of it are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pyarrow as pa

from corpus import writers
from corpus.columns import documents_of
from corpus.containment import failed
from corpus.document import Document
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.manifest import digest
from corpus.memory import limited_memory
from corpus.readers.base import InputSplit
from corpus.storage import NewFile
from corpus.writers import CutWriter, DocumentWriter
from pipelines.engine import files
from pipelines.engine.arrival import LEFT, RUNS, Arrival, arrival_of, entered, published_in
from pipelines.engine.dedup.apply import masked
from pipelines.engine.dedup.base import DedupStage, Gathered, Gatherer
from pipelines.engine.dedup.wire import Sent, pack_drops, pack_index
from pipelines.engine.files import NOTHING, Blob, BlobFile
from pipelines.engine.hand import Hand
from pipelines.engine.layout import Done, Left, Pass, Plan, documents_kind
from pipelines.engine.stages import Score, Table
from pipelines.engine.streams import DOCUMENT, READ, Documents, PassLog, read_documents, stage_documents


def run_pass(plan: Plan, index: int, shard: InputSplit, drops: Iterable[Sent] = (), hand: Hand | None = None) -> Done:
    """Do one pass over one shard, or find it done. drops: the shard's drop lists from the dedup before the pass."""
    this = plan.passes[index]
    arrival = arrival_of(plan, this, shard, drops) if this.applies else None
    came = entered(plan, this, shard, arrival)
    print_of_shard = digest([plan.fingerprints[index], came])
    path = plan.pass_file(index, "done.json", shard)
    done = files.read_sealed(path)
    if done is None or done["fingerprint"] != print_of_shard or not _is_whole(plan, index, shard, done):
        with limited_memory(plan.number("worker_memory_bytes")):
            done = _Work(plan, this, shard, hand).done(arrival)
        done |= {"fingerprint": print_of_shard, "parts": plan.fingerprints[index], "entered": came}
        files.write_sealed(path, done)
    elif hand is not None:
        hand.found = True
    _place(plan, index, shard, done["left"])
    runs = Blob(plan.pass_file(index, RUNS, shard), *done["runs"])
    left = [Left(*each) for each in (*done["left_before"], *done["left"])]
    return Done(shard, runs, done["documents"], done["ledger"], left, tuple(done.get("counts", ())))


def _is_whole(plan: Plan, index: int, shard: InputSplit, done: Mapping[str, Any]) -> bool:
    """Whether the files of a pass that was done before are still what it wrote."""
    left = ((f"{kind}.{LEFT}", *rest, "sha256") for kind, *rest in done["left"])
    return all(files.is_whole(plan.pass_file(index, kind, shard), *rest) for kind, *rest in (*done["files"], *left))


def _place(plan: Plan, index: int, shard: InputSplit, left: Iterable[Any]) -> None:
    """Give files of the work folder their names in the build's own."""
    for kind, size, sha256 in left:
        made = plan.pass_file(index, f"{kind}.{LEFT}", shard)
        files.place(made, plan.output_file(kind, shard), size, sha256)


class _Work:
    """One pass over one shard while it runs: its log and the files it leaves.

    files are those for later passes: (kind, bytes, digest, its algorithm); left those of the build; left_before those
    of earlier passes.
    """

    def __init__(self, plan: Plan, this: Pass, shard: InputSplit, hand: Hand | None = None) -> None:
        self.plan, self.this, self.shard = plan, this, shard
        self.log = PassLog(plan.source, plan.number("dropped_texts"), plan.number("dropped_text_chars"), hand)
        self.files: list[tuple[str, int, str, str]] = []
        self.left: list[Left] = []
        self.left_before: list[Left] = []

    def done(self, arrival: Arrival | None) -> dict[str, Any]:
        """Stream the shard through; what `done.json` says, less the fingerprint."""
        with ExitStack() as stack:
            if arrival is not None and not self.this.stages and self.this.collects is None:
                left = self._adopted(arrival) or self._keep_last(self._batches(stack, arrival), CutWriter.write_batch)
            else:
                left = self._stream(stack, arrival)
        self._leave_dropped()
        self._leave_broken()
        return {
            **left, "files": self.files, "left": self.left, "left_before": self.left_before,
            "ledger": self.log.ledger.to_json(),
        }  # fmt: skip

    @contextmanager
    def _output(self, kind: str) -> Iterator[NewFile]:
        """A new file of the build."""
        with files.create(self._pass_file(f"{kind}.{LEFT}")) as file:
            yield file
        self.left.append(Left(kind, file.bytes, file.digest))

    @contextmanager
    def _scratch(self, kind: str) -> Iterator[NewFile]:
        """A new file for later passes."""
        with files.create_scratch(self._pass_file(kind)) as file:
            yield file
        self.files.append((kind, file.bytes, file.digest, files.SCRATCH_DIGEST))

    def _stream(self, stack: ExitStack, arrival: Arrival | None) -> dict[str, Any]:
        self._keep_scored(stack)
        documents = self._documents(stack, arrival)
        for stage in self.this.stages:
            documents = stage_documents(stage, self.plan.values, documents, self.log)
        if self.this.collects is None:
            return self._keep_last(documents, CutWriter.write)
        return self._keep(self.this.collects, documents)

    def _documents(self, stack: ExitStack, arrival: Arrival | None) -> Documents:
        """What comes in: the dump, or what the pass before left, masked."""
        if arrival is None:
            return self._tabled(read_documents(self.plan.reader, self.plan.values, self.shard, self.log))
        return (document for batch in self._batches(stack, arrival) for document in documents_of(batch))

    def _batches(self, stack: ExitStack, arrival: Arrival) -> Iterator[pa.RecordBatch]:
        """What the pass before left, masked; its ledger is added to this one."""
        assert self.this.applies is not None
        self._take_over(arrival)
        published = published_in(arrival)
        batches: Iterator[pa.RecordBatch]
        if published:
            batches = (batch for left in published for batch in self._published_batches(left))
        else:
            batches = writers.read_batches(stack.enter_context(files.open_file(self._before("documents.arrow"))))
        return masked(self.this.applies, arrival.mask, self._counted(batches, arrival), self.log)

    def _counted(self, batches: Iterator[pa.RecordBatch], arrival: Arrival) -> Iterator[pa.RecordBatch]:
        """The same batches, of which the worker's note says how many rows have come."""
        hand = self.log.hand
        hand.expects(arrival.done["documents"])
        for batch in batches:
            yield batch
            hand.enters(batch.num_rows)
            hand.reads(batch.num_rows)

    def _published_batches(self, left: Left) -> Iterator[pa.RecordBatch]:
        with files.open_file(self._before(f"{left.kind}.{LEFT}")) as file:
            yield from writers.read_parquet_batches(file)

    def _take_over(self, arrival: Arrival) -> None:
        """Add what the pass before counted and left."""
        self.log.ledger.merge(Ledger.from_json(arrival.done["ledger"]))
        self.left_before = [Left(*each) for each in (*arrival.done["left_before"], *arrival.done["left"])]

    def _adopted(self, arrival: Arrival) -> dict[str, Any] | None:
        """Take the documents of the pass before as they are, if it wrote them as published and none is dropped."""
        published = published_in(arrival)
        if not published or len(arrival.mask.positions):
            return None
        assert self.this.applies is not None
        self._take_over(arrival)
        for left in published:
            kind = f"{left.kind}.{LEFT}"
            files.place(self._before(kind), self._pass_file(kind), left.bytes, left.sha256)
            self.left.append(left)
        counts = arrival.done["documents"], arrival.done["chars"]
        self.log.hand.enters(counts[0])
        self.log.hand.keeps(counts[0])
        for row in (ENTERED, KEPT_ROW):
            self.log.ledger.add(self.this.applies.name, DOCUMENT, row, *counts)
        return {"documents": counts[0], "counts": arrival.done.get("counts", []), "runs": NOTHING[1:]}

    def _keep_scored(self, stack: ExitStack) -> None:
        """Keep the documents that go on account of a score, so that its limit can be changed later."""
        if self.plan.values["keep_scored"] and any(
            isinstance(stage, Score) and stage.steps for stage in self.this.stages
        ):
            writer = DocumentWriter(stack.enter_context(self._output(f"scored-{self.this.number}")), parquet=True)
            stack.callback(writer.close)
            self.log.keep_scored = writer.write

    def _pass_file(self, kind: str) -> str:
        return self.plan.pass_file(self.this.number, kind, self.shard)

    def _before(self, kind: str) -> str:
        return self.plan.pass_file(self.this.number - 1, kind, self.shard)

    @contextmanager
    def _for_next(self, collects: DedupStage) -> Iterator[DocumentWriter | CutWriter]:
        """A writer of the documents for the next pass; as published, if that one only drops, and seldom."""
        if not (collects.rare and self.plan.is_last(self.this.number + 1)):
            with self._scratch("documents.arrow") as file, closing(DocumentWriter(file, parquet=False)) as writer:
                yield writer
            return
        with CutWriter(self._published, self.plan.number("file_bytes")) as writer:
            yield writer

    @contextmanager
    def _published(self, number: int) -> Iterator[NewFile]:
        """A new file of documents for the next pass, as they are published."""
        kind = f"{documents_kind(number)}.{LEFT}"
        with files.create(self._pass_file(kind)) as file:
            yield file
        self.files.append((kind, file.bytes, file.digest, "sha256"))

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
        barrier = self.plan.barrier(self.this.number)
        chars = 0
        with self._for_next(collects) as writer, self._scratch(RUNS) as blobs:
            out = BlobFile(self._pass_file(RUNS), blobs)
            gatherer = collects.gatherer(barrier, self.shard.number, out)
            for document in documents:
                if self._gather(collects.name, gatherer, document):
                    writer.write(document)
                    self.log.hand.keeps()
                    chars += document.chars
            gathered = gatherer.close()
            repeats = out.add(gathered.repeats.tobytes())
            drops = out.add(b"" if gathered.drops is None else pack_drops(gathered.drops))
            runs = out.add(pack_index(gathered.runs))
        self._leave_lines(gathered)
        places = {"runs": runs[1:], "repeats": repeats[1:], "drops": drops[1:]}
        counts = writer.counts if isinstance(writer, CutWriter) else []
        return {"documents": writer.documents, "counts": counts, "chars": chars, "units": gathered.units, **places}

    def _gather(self, name: str, gatherer: Gatherer, document: Document) -> bool:
        """Whether a dedup could take a document; where it raised, the document is dropped for it."""
        try:
            gatherer.add(document)
        except Exception as error:
            self.log.enter(name, document)
            self.log.fail(name, document, error)
            return False
        return True

    def _keep_last(self, kept: Iterator[Any], write: Callable[[CutWriter, Any], None]) -> dict[str, Any]:
        """Write the documents of the build, given one by one or in batches."""
        most_bytes = self.plan.number("file_bytes")
        with CutWriter(lambda number: self._output(documents_kind(number)), most_bytes) as writer:
            for one in kept:
                write(writer, one)
                self.log.hand.keeps(one.num_rows if isinstance(one, pa.RecordBatch) else 1)
        return {"documents": writer.documents, "counts": writer.counts, "runs": NOTHING[1:]}

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
            self._scratch("lines.arrow") as file,
            pa.ipc.new_stream(file, gathered.lines.schema) as writer,
        ):
            writer.write_table(gathered.lines)

    def _leave_dropped(self) -> None:
        """What this pass dropped; the last pass puts those of all passes together."""
        table = writers.rows_table((drop.row() for drop in self.log.dropped.rows()), writers.DROPPED_SCHEMA)
        if self.this.collects is not None:
            with self._scratch("dropped.parquet") as file:
                writers.write_table(file, table)
            return
        earlier = [self.plan.pass_file(index, "dropped.parquet", self.shard) for index in range(self.this.number)]
        with self._output("dropped") as file:
            writers.write_table(file, pa.concat_tables([*map(_table, earlier), table]))


def _table(path: str) -> pa.Table:
    with files.open_file(path) as file:
        return writers.read_table(file)
