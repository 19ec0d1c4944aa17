"""A build: the Plan as a Beam graph, and what it leaves behind.

    shards -> pass 0 -> runs by bucket -> decide -> drop lists by shard -> pass 1 -> ... -> ledger and manifest

The elements are shards, hash runs and masks, never documents. The graph has one end.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection

from corpus.document import FAILED, UNREADABLE
from corpus.errors import BuildError, LedgerError
from corpus.ledger import ENTERED, Ledger
from corpus.manifest import code_digest, versions
from corpus.readers.base import InputSplit
from corpus.recipe import Cited
from corpus.writers import write_table
from pipelines.engine import files
from pipelines.engine.dedup.base import Barrier, DedupStage
from pipelines.engine.files import Blob
from pipelines.engine.passes import Done, Plan, run_pass
from pipelines.engine.plan import Planned, plan_build
from pipelines.engine.progress import Progress
from pipelines.engine.runner import is_local, pipeline_options, run_pipeline
from pipelines.engine.stages import Source
from pipelines.engine.streams import DOCUMENT, READ
from pipelines.engine.workers import in_hand, quiet, retry, with_new_workers

Keyed = tuple[int, Any]


class Built(NamedTuple):
    """What a build left: its folder, its ledger, and its manifest."""

    folder: str
    ledger: Ledger
    manifest: dict[str, Any]


@cache
def freeze_heap() -> None:
    """Once a process: what is loaded by now stays, so the garbage collector need not walk it again and again.

    Beam and its libraries are a million objects; walking them took a tenth of a build's time.
    """
    gc.collect()
    gc.freeze()


class RunPass(beam.DoFn):
    """(shard number, shard and its drop lists from the dedup before) -> (shard number, Done)."""

    def __init__(self, plan: Plan, index: int) -> None:
        self._plan, self._index = plan, index

    def setup(self) -> None:
        freeze_heap()

    def process(self, element: tuple[int, Any]) -> Iterator[Keyed]:
        number, value = element
        first = isinstance(value, InputSplit)
        split, drops = (value, []) if first else (value["shard"][0], sorted(value["drops"]))
        with in_hand(self._plan.work, self._index, split):
            yield number, retry(lambda: run_pass(self._plan, self._index, split, drops), split.path)


class Sum(beam.CombineFn):
    """Adds up the ledgers of shards, and lists the pieces they wrote: (ledger, [(piece number, documents)])."""

    def create_accumulator(self) -> tuple[dict[str, Any] | None, list[tuple[int, int, int]]]:
        return None, []

    def add_input(self, sums: Any, done: Keyed) -> Any:
        return self.merge_accumulators([sums, (done[1].ledger, [(done[0], done[1].shard.total, done[1].documents)])])

    def merge_accumulators(self, several: Iterable[Any]) -> Any:
        ledger, pieces = None, []
        for told, some in several:
            pieces += some
            if told is not None:
                ledger = ledger or Ledger(told["source"])
                ledger.merge(Ledger.from_json(told))
        return (ledger.to_json() if ledger else None), sorted(pieces)

    def extract_output(self, sums: Any) -> Any:
        return sums


class Finish(beam.DoFn):
    """Writes ledger and manifest: the last thing a build does, wherever it runs."""

    def __init__(self, plan: Plan, files_ledger: Ledger, manifest: dict[str, Any]) -> None:
        self._plan, self._files, self._manifest = plan, files_ledger, manifest

    def process(self, sums: tuple[dict[str, Any] | None, list[tuple[int, int, int]]]) -> Iterator[str]:
        told, pieces = sums
        ledger = Ledger.from_json(self._files.to_json())
        beside = f"{self._plan.work}/ledger-*.json"
        for file in files.find([beside]) if files.any_file(beside) else []:
            ledger.merge(Ledger.from_json(files.read_json(file.path)))
        if told:
            ledger.merge(Ledger.from_json(told))
        with files.create(f"{self._plan.output}/ledger.parquet") as out:
            write_table(out, ledger.table(["input", READ, *self._manifest["stages"]]))
        names = [f"documents-{number:05d}-of-{total:05d}.parquet" for number, total, _documents in pieces]
        counts = [documents for _number, _total, documents in pieces]
        written = [{"name": name, "documents": n} for name, n in zip(names, counts, strict=True)]
        faults = faults_of(self._plan, ledger, sum(counts))
        manifest = {**self._manifest, "documents": sum(counts), "pieces": written, "faults": faults}
        files.write_json(f"{self._plan.output}/manifest.json", manifest)
        yield self._plan.output


def faults_of(plan: Plan, ledger: Ledger, documents: int) -> list[str]:
    """Why a build must not be trusted, a line each; none when it may."""
    found = []
    stages = [READ] + [stage.name for one in plan.passes for stage in (one.applies, *one.stages) if stage]
    try:
        ledger.check()
        ledger.check_chain(stages)
        kept = ledger.count(stages[-1], "document", "kept") if len(stages) > 1 else documents
        if kept != documents:
            raise LedgerError(f"{kept} documents kept by {stages[-1]} in the files", str(documents), plan.source)
    except LedgerError as error:
        found.append(str(error))
    return found + list(_too_much_broken(plan, ledger))


def _too_much_broken(plan: Plan, ledger: Ledger) -> Iterator[str]:
    """The stages at which a larger share than the recipe admits could not be read, or failed."""
    least, share = plan.number("unreadable_least"), plan.values["unreadable_share"]
    assert isinstance(share, float)
    for stage, unit, tally in ledger.tallies():
        entered, broken = tally[ENTERED], tally.get(UNREADABLE, 0) + tally.get(FAILED, 0)
        if broken and (broken >= entered or (broken >= least and broken > share * entered)):
            first = next(row for row in ledger.broken if (row.stage, row.unit) == (stage, unit))
            yield (
                f"{plan.source}, stage {stage}: expected at most {share:.0%} of {entered} {unit}s unreadable or failed,"
                f" got {broken}; the first: {first.locator}: {first.detail}"
            )


def graph(pipeline: beam.Pipeline, planned: Planned, source: Source, inputs: list[str]) -> None:
    """Lay the build out in a Beam pipeline."""
    plan = planned.plan
    if inputs[0] in source.origins:
        shards = pipeline | inputs[0] >> source.origins[inputs[0]](plan)
    else:
        shards = pipeline | "shards" >> beam.Create([(shard.number, shard) for shard in planned.shards])
    if source.prepare and planned.plan.reader.unit != DOCUMENT:
        shards = source.prepare(planned, shards)
    shards = shards | "deal shards" >> beam.Reshuffle()
    for one in plan.passes:
        shards = shards | f"pass {one.number}" >> beam.ParDo(RunPass(plan, one.number)).with_output_types(
            tuple[int, Any]
        )
        if one.collects:
            shards = _barrier(shards, one.collects, plan.barrier(one.number))
    _ = (
        shards
        | "add up" >> beam.CombineGlobally(Sum())
        | "finish" >> beam.ParDo(Finish(plan, planned.files, _manifest(planned, source, inputs)))
    )


def _barrier(done: PCollection[Keyed], dedup: DedupStage, barrier: Barrier) -> Any:
    """What a dedup tells every shard: {"shard": [shard], "drops": [blobs]} by shard number."""
    runs = done | f"{dedup.name}: runs" >> beam.FlatMap(_runs).with_output_types(tuple[int, Any])
    drops = dedup.decide(runs, barrier)
    shards = done | f"{dedup.name}: shards" >> beam.MapTuple(_shard_alone).with_output_types(tuple[int, Any])
    return {"shard": shards, "drops": drops} | f"{dedup.name}: by shard" >> beam.CoGroupByKey()


def _runs(done: Keyed) -> Iterator[tuple[int, tuple[int, Blob]]]:
    number, (_shard, runs, *_rest) = done
    for bucket, blob in runs:
        yield bucket, (number, blob)


def _shard_alone(number: int, done: Done) -> tuple[int, InputSplit]:
    return number, done.shard


def _manifest(planned: Planned, source: Source, inputs: list[str]) -> dict[str, Any]:
    return {
        "source": source.name,
        "preset": planned.preset,
        "recipe": {name: _stated(number) for name, number in planned.recipe.items()},
        "share": source.share and _stated(source.share),
        "stages": [stage.name for one in planned.plan.passes for stage in (one.applies, *one.stages) if stage],
        "inputs": [file._asdict() for file in planned.inputs] or [{"path": name} for name in inputs],
        "code": code_digest(),
        "versions": versions(),
        "fingerprint": planned.fingerprint,
    }


def _stated(number: Cited) -> dict[str, Any]:
    return {"value": number.value, "unit": number.unit, "basis": number.basis, "citation": number.citation}


def build(
    source: Source,
    inputs: list[str],
    output: str,
    preset: str = "paper",
    settings: Mapping[str, str] | None = None,
    stop_after: str = "",
    from_scored: bool = False,
    beam_arguments: list[str] | None = None,
    progress: Progress | None = None,
) -> Built:
    """Build one source: dumps in, documents out.

    Args:
        inputs: files, folders or globs, or one of the source's origins.
        output: the build is written to output/SOURCE.
        settings: name -> text, as `--set` gives them.
        from_scored: the inputs are documents of an earlier build (kept, and scored ones that were dropped): only scores
            that they lack are computed, and the limits in force judge them again.
        beam_arguments: options of Beam, as after `--`.

    Raises:
        UsageError: recipe, preset or stage unknown; InputError: nothing to read. Both before anything runs.
        BuildError: it ran, and must not be trusted.
    """
    options = pipeline_options(beam_arguments or [], 1)
    inline = not is_local(options)
    planned = plan_build(source, inputs, output, preset, settings or {}, stop_after, from_scored, inline)
    folder = planned.plan.output
    manifest = files.read_json(f"{folder}/manifest.json")
    if not _whole(manifest, planned, folder):
        files.remove(f"{folder}/manifest.json")
        options = pipeline_options(beam_arguments or [], max(1, len(planned.shards)))
        _run(planned, source, inputs, options, progress or Progress())
        manifest = files.read_json(f"{folder}/manifest.json")
    elif manifest["share"] != (share := source.share and _stated(source.share)):  # it shapes no document
        manifest = {**manifest, "share": share}
        files.write_json(f"{folder}/manifest.json", manifest)
    return _built(folder, manifest)


def _whole(manifest: dict[str, Any] | None, planned: Planned, folder: str) -> bool:
    if manifest is None or manifest["fingerprint"] != planned.fingerprint or manifest["faults"]:
        return False
    return all(files.exists(f"{folder}/{piece['name']}") for piece in manifest["pieces"])


def _run(planned: Planned, source: Source, inputs: list[str], options: Any, progress: Progress) -> None:
    def run(chosen: Any) -> None:
        pipeline = beam.Pipeline(options=chosen)
        graph(pipeline, planned, source, inputs)
        run_pipeline(pipeline)

    with progress.watching(planned.plan, len(planned.shards)), quiet():
        with_new_workers(run, options, planned.plan.work)
    _sweep(planned)


def _sweep(planned: Planned) -> None:
    """Remove the work folder, and pieces that an earlier build of other shards left."""
    folder = planned.plan.output
    manifest = files.read_json(f"{folder}/manifest.json")
    if manifest is None or manifest["faults"]:
        return
    files.remove_folder(planned.plan.work)
    total = manifest["pieces"][0]["name"].rsplit("-", 1)[-1] if manifest["pieces"] else ""
    for file in files.find([f"{folder}/*-of-*.parquet"]) if total else []:
        if not file.path.endswith(f"-of-{total}"):
            files.remove(file.path)


def _built(folder: str, manifest: dict[str, Any] | None) -> Built:
    if manifest is None:
        raise BuildError("the job to have written manifest.json", "nothing", folder, "see the runner's page of the job")
    with files.open_file(f"{folder}/ledger.parquet") as file:
        ledger = Ledger.from_parquet(file)
    if manifest["faults"]:
        raise BuildError("a sound build", manifest["faults"][0], "", f"see {folder}/ledger.parquet")
    return Built(folder, ledger, manifest)
