"""The end of a build: the shards' ledgers added up and checked, their files listed, the manifest written last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import apache_beam as beam

from corpus.amounts import of
from corpus.document import FAILED, UNREADABLE
from corpus.errors import LedgerError
from corpus.ledger import BYTE, ENTERED, KEPT_ROW, SKIPPED, Ledger
from corpus.manifest import file_digest
from corpus.output.manifest import BUILD, OutputFile
from corpus.output.write import finish
from corpus.passing import retry
from corpus.storage import LOCAL, measure
from corpus.stores.addresses import is_local, storage_of
from corpus.writers import write_table
from pipelines.engine import files
from pipelines.engine.hand import in_hand
from pipelines.engine.layout import Done, Plan, is_documents, output_name
from pipelines.engine.streams import READ

LEDGER = "ledger.parquet"
MOST_NAMED = 5
"""Reasons that the error names where nothing is left of a dump."""


class ShardFiles(NamedTuple):
    """What a shard left in the build's folder: its number of how many, documents in each file of them, and all files.

    A file is (kind, bytes, digest).

    A digest is its 32 bytes: a dump of 90,000 shards travels to the end of the graph in one element of 14 MB.
    """

    number: int
    total: int
    documents: tuple[int, ...]
    files: tuple[tuple[str, int, bytes], ...]


def shard_files(done: Done) -> ShardFiles:
    """The files of a shard that is through with the last pass."""
    left = tuple((kind, size, bytes.fromhex(sha256)) for kind, size, sha256 in done.left)
    return ShardFiles(done.shard.number, done.shard.total, done.counts or (done.documents,), left)


Counted = dict[str, Any]
"""A ledger as JSON values."""
Sums = tuple[list[Counted], list[ShardFiles]]
LEDGERS_AT_ONCE = 256


class Sum(beam.CombineFn):
    """Adds up the ledgers of shards, and lists what they left: (ledger, [ShardFiles] by number)."""

    def create_accumulator(self) -> tuple[list[Counted], list[ShardFiles]]:
        return [], []

    def add_input(self, sums: Sums, done: tuple[int, Done]) -> Sums:
        # In place, and ledgers many at a time: 90,000 shards one by one would each copy and sort all before them.
        ledgers, shards = sums
        ledgers.append(done[1].ledger)
        shards.append(shard_files(done[1]))
        if len(ledgers) > LEDGERS_AT_ONCE:
            ledgers[:] = added_up(ledgers)
        return sums

    def merge_accumulators(self, several: Iterable[Sums]) -> Sums:
        pairs = list(several)
        return added_up(each for ledgers, _ in pairs for each in ledgers), [
            each for _, shards in pairs for each in shards
        ]

    def extract_output(self, sums: Sums) -> tuple[Counted | None, list[ShardFiles]]:
        ledgers, shards = sums
        return next(iter(added_up(ledgers)), None), sorted(shards)


def added_up(counted: Iterable[Counted | None]) -> list[Counted]:
    """Ledgers as JSON values, in one; none of none."""
    ledger: Ledger | None = None
    for value in counted:
        if value is not None:
            ledger = ledger or Ledger(value["source"])
            ledger.merge(Ledger.from_json(value))
    return [ledger.to_json()] if ledger else []


class Finish(beam.DoFn):
    """Writes ledger and manifest: the last thing a build does, wherever it runs.

    Args:
        plan: the build's.
        ledger: of its input files.
        manifest: what its manifest says beside what is found at the end.
        companions: the ledgers of companions' shards.
        listed: the file of its inputs, which are too many to travel.
    """

    def __init__(
        self, plan: Plan, ledger: Ledger, manifest: dict[str, Any], companions: list[str], listed: str
    ) -> None:
        self._plan, self._ledger, self._manifest, self._companions = plan, ledger, manifest, companions
        self._listed_inputs = listed

    def process(self, sums: tuple[dict[str, Any] | None, list[ShardFiles]]) -> Iterator[str]:
        with in_hand("ledger and manifest"):
            retry(lambda: self._finish(*sums), self._plan.output)
        yield self._plan.output

    def _finish(self, counted: dict[str, Any] | None, shards: list[ShardFiles]) -> None:
        ledger = self._whole_ledger(counted)
        documents = sum(sum(shard.documents) for shard in shards)
        inputs = files.read_json(self._listed_inputs)
        faults = faults_of(self._plan, ledger, documents) + changed_inputs(self._plan.source, inputs)
        listed = [*self._listed(shards), *self._left_by_dedups(), self._write_ledger(ledger)]
        fields = {**self._manifest, "inputs": inputs, "documents": documents, "faults": faults}
        folder = self._plan.output
        finish(folder, BUILD, listed, fields, storage_of(folder))

    def _whole_ledger(self, counted: dict[str, Any] | None) -> Ledger:
        """The ledgers of files, companions and shards in one."""
        ledger = Ledger.from_json(self._ledger.to_json())
        beside = [files.read_json(path) for path in self._companions]
        for value in (*beside, counted):
            if value is not None:
                ledger.merge(Ledger.from_json(value))
        return ledger

    def _listed(self, shards: list[ShardFiles]) -> Iterator[OutputFile]:
        for number, total, documents, left in shards:
            counts = iter(documents)
            for kind, size, sha256 in left:
                count = next(counts) if is_documents(kind) else None
                yield OutputFile(output_name(kind, number, total), size, sha256.hex(), count)

    def _left_by_dedups(self) -> Iterator[OutputFile]:
        for name in self._plan.whole_files():
            with files.open_file(f"{self._plan.output}/{name}") as file:
                yield OutputFile(name, *measure(file))

    def _write_ledger(self, ledger: Ledger) -> OutputFile:
        with files.create(f"{self._plan.output}/{LEDGER}") as file:
            write_table(file, ledger.table(["input", READ, *self._manifest["stages"]]))
        return OutputFile(LEDGER, file.bytes, file.digest)


def changed_inputs(source: str, inputs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The local files of a dump that hold something else than when the build began, a line each."""
    found = []
    for one in inputs:
        if "digest" not in one or not is_local(one["path"]):
            continue
        stored = LOCAL.stat(one["path"])
        if stored and (stored.bytes, stored.changed) == (one["size"], one["changed"]):
            continue
        if stored is None or file_digest(one["path"]) != one["digest"]:
            got = "another" if stored else "none"
            do = "run the same command again"
            found.append(f"{source}, {one['path']}: expected the file that was there at the start, got {got}; {do}")
    return found


def faults_of(plan: Plan, ledger: Ledger, documents: int) -> list[str]:
    """Why a build must not be trusted, a line each; none when it may."""
    found = []
    stages = [READ] + [stage.name for one in plan.passes for stage in (one.applies, *one.stages) if stage]
    try:
        ledger.check()
        ledger.check_chain(stages)
        if ledger.count("input", BYTE, KEPT_ROW):
            ledger.check_chain(["input", READ], BYTE)
        kept = ledger.count(stages[-1], "document", "kept") if len(stages) > 1 else documents
        if kept != documents:
            raise LedgerError(f"{of(kept, 'document')} kept by {stages[-1]} in the files", str(documents), plan.source)
    except LedgerError as error:
        found.append(str(error))
    found += [*_too_much_broken(plan, ledger), *_too_much_skipped(plan, ledger)]
    return found or _nothing_kept(plan, ledger, documents)


def _nothing_kept(plan: Plan, ledger: Ledger, documents: int) -> list[str]:
    """Whether no document is left, which nobody wants: an input that is no such dump, or a limit that drops all."""
    if documents:
        return []
    drops = sorted((-n, f"{stage}: {of(n, unit)} {reason}") for stage, unit, tally in ledger.tallies()
                   for reason, n in tally.items() if reason not in (ENTERED, KEPT_ROW) and unit != BYTE)  # fmt: skip
    why = ", ".join(said for _n, said in drops[:MOST_NAMED]) or f"the input has no {plan.reader.unit}"
    return [f"{plan.source}: expected a document at least, got none ({why})"]


def _too_much_broken(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """The stages at which a larger share than the recipe admits could not be read, or failed."""
    least, share = plan.number("unreadable_least"), plan.values["unreadable_share"]
    assert isinstance(share, float)
    for stage, unit, tally in ledger.tallies():
        entered, broken = tally[ENTERED], tally.get(UNREADABLE, 0) + tally.get(FAILED, 0)
        if broken and (broken >= entered or (broken >= least and broken > share * entered)):
            first = next(row for row in ledger.broken if (row.stage, row.unit) == (stage, unit))
            yield (
                f"{plan.source}, stage {stage}: expected at most {share:.0%} of {of(entered, unit)} unreadable"
                f" or failed, got {broken}; the first: {first.locator}: {first.detail}"
            )


def _too_much_skipped(plan: Plan, ledger: Ledger) -> list[str]:
    """Whether a larger share of the dump's bytes than the recipe admits was skipped as damaged."""
    least, share = plan.number("skipped_least_bytes"), plan.values["skipped_share"]
    assert isinstance(share, float)
    skipped, entered = ledger.count(READ, BYTE, SKIPPED), ledger.count(READ, BYTE, ENTERED)
    if not skipped or (skipped < entered and (skipped < least or skipped <= share * entered)):
        return []
    first = next((f"; the first: {row.locator}: {row.detail}" for row in ledger.broken if row.stage == READ), "")
    said = f"expected at most {share:.0%} of {of(entered, 'byte')} skipped, got {skipped}"
    return [f"{plan.source}, stage {READ}: {said}{first}"]
