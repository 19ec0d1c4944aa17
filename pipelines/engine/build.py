"""A build: the Plan as a Beam graph, and what it leaves behind.

    shards -> pass 0 -> runs by bucket -> decide -> drop lists by shard -> pass 1 -> ... -> ledger and manifest

The elements are shards, hash runs and masks, never documents. The graph has one end.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam.pvalue import PCollection

from corpus.errors import BuildError
from corpus.ledger import Ledger
from corpus.manifest import code_digest, versions
from corpus.output.lineage import MADE_OF
from corpus.output.lock import locked
from corpus.output.manifest import (
    BUILD,
    DATA,
    EVIDENCE,
    FAILED,
    FINISHED,
    OutputFile,
    files_of,
    read_manifest,
    write_manifest,
)
from corpus.output.read import damaged, open_listed
from corpus.output.run_record import note_run, run_or
from corpus.output.write import Writing, sweep
from corpus.passing import retry
from corpus.progress import work
from corpus.readers.base import InputSplit
from corpus.recipe import Cited
from corpus.stores.addresses import storage_of
from pipelines.engine.attempts import step
from pipelines.engine.dataflow import hints, name_job
from pipelines.engine.dedup.base import Barrier, DedupStage
from pipelines.engine.dedup.wire import sent_runs
from pipelines.engine.engines import require_engine
from pipelines.engine.explain import explain
from pipelines.engine.files import Blob
from pipelines.engine.finish import LEDGER, Finish, Sum
from pipelines.engine.kept import keep_work, note_plan, noted_inputs, noted_shards
from pipelines.engine.layout import Done, Plan
from pipelines.engine.passes import run_pass
from pipelines.engine.plan import Planned, files_named, plan_build
from pipelines.engine.progress import shard_bytes, watching
from pipelines.engine.runner import is_local, pipeline_options, run_pipeline
from pipelines.engine.scored import SCORES
from pipelines.engine.shards import unpack_shards
from pipelines.engine.stages import Source
from pipelines.engine.states import noted, states_folder
from pipelines.engine.step_costs import order_of, pass_step
from pipelines.engine.streams import DOCUMENT
from pipelines.engine.workers import Room, running, states_in, with_new_workers

SHARD_FILES = [f"{folder}*-?????-of-?????.parquet" for folder in (f"{DATA}/", f"{EVIDENCE}/", "")]
"""The files of a build's shards: documents; dropped and unreadable ones, side tables; both, by earlier versions."""
REPORT = "report.html"
_SHARD_OF = re.compile(r"-(\d{5})-of-\d{5}\.parquet$")

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
    """(shard number, shard and its drop lists from the dedup before) -> (shard number, Done), and the shard's runs.

    A run is an element of its own, (bucket, (shard number, run)), so that none lists or carries all runs of a shard.
    """

    def __init__(self, plan: Plan, index: int) -> None:
        self._plan, self._index = plan, index
        self._told = states_folder(plan.work) if plan.inline else ""

    def setup(self) -> None:
        freeze_heap()

    def process(self, element: tuple[int, Any]) -> Iterator[Keyed]:
        number, value = element
        first = isinstance(value, InputSplit)
        split, drops = (value, []) if first else (value["shard"][0], sorted(value["drops"]))
        step, key = pass_step(self._index), str(split.number)
        with noted(f"pass {self._index}, shard {split.number}", _files_of(split), step, key, self._told) as hand:
            done = retry(lambda: run_pass(self._plan, self._index, split, drops, hand), split.path, hand.pauses)
        yield number, done
        if done.runs.length:
            for bucket, run in sent_runs(done.runs, self._plan.inline):
                yield bucket, (number, run)


def _files_of(split: InputSplit) -> str:
    return ", ".join((split.path, *split.more_paths)) + (f"#{split.part}" if split.part else "")


def graph(pipeline: beam.Pipeline, planned: Planned, source: Source, only: set[int] | None = None) -> None:
    """Lay the build out in a Beam pipeline.

    only: numbers of the shards that the last pass is to do, of a build that has its manifest; None for all.
    """
    plan = planned.plan
    # The shards stand in a file: a graph that held those of a dump would be 30 MB, and no runner takes it.
    noted = pipeline | "noted shards" >> beam.Create([tuple(some) for some in noted_shards(planned)])
    shards = noted | "shards" >> step(_shards_of, "the list of shards", planned.plan.work)
    if source.prepare and planned.plan.reader.unit != DOCUMENT:
        shards = source.prepare(planned, shards)
    shards = shards | "deal shards" >> beam.Reshuffle()
    for one in plan.passes:
        if only is not None and one.collects is None:
            shards = shards | "damaged shards" >> beam.Filter(_is_among, only)
        run = beam.ParDo(RunPass(plan, one.number)).with_output_types(tuple[int, Any])
        shards = shards | f"pass {one.number}" >> run.with_resource_hints(**hints(pipeline.options, plan, one))
        if one.collects:
            shards = _barrier(shards, one.collects, plan.barrier(one.number))
    if only is not None:
        return
    _ = shards | "add up" >> beam.CombineGlobally(Sum()) | "finish" >> beam.ParDo(_finish(planned, source))


def _finish(planned: Planned, source: Source) -> Finish:
    manifest, listed = _manifest(planned, source), noted_inputs(planned)
    return Finish(planned.plan, planned.files, manifest, _beside(planned), listed)


def _shards_of(noted: tuple[str, int, int]) -> Iterator[Keyed]:
    yield from unpack_shards(Blob(*noted))


def _beside(planned: Planned) -> list[str]:
    """The ledgers that companions' shards may leave."""
    plan = planned.plan
    return [plan.companion_ledger(name, one.number) for name, some in planned.companions.items() for one in some]


def _barrier(done: PCollection[Keyed], dedup: DedupStage, barrier: Barrier) -> Any:
    """What a dedup tells every shard: {"shard": [shard], "drops": [blobs]} by shard number."""
    runs = done | f"{dedup.name}: runs" >> beam.Filter(_is_run).with_output_types(tuple[int, Any])
    drops = dedup.decide(runs, barrier)
    shards = done | f"{dedup.name}: shards" >> beam.FlatMapTuple(_shard_alone).with_output_types(tuple[int, Any])
    return {"shard": shards, "drops": drops} | f"{dedup.name}: by shard" >> beam.CoGroupByKey()


def _is_run(passed: Keyed) -> bool:
    return not isinstance(passed[1], Done)


def _is_among(numbered: Keyed, only: set[int]) -> bool:
    return numbered[0] in only


def _shard_alone(number: int, done: Any) -> Iterator[tuple[int, InputSplit]]:
    if isinstance(done, Done):
        yield number, done.shard


def _manifest(planned: Planned, source: Source) -> dict[str, Any]:
    return {
        "source": source.name,
        "preset": planned.preset,
        "recipe": {name: _stated(number) for name, number in planned.recipe.items()},
        "share": source.share and _stated(source.share),
        "stages": [stage.name for one in planned.plan.passes for stage in (one.applies, *one.stages) if stage],
        SCORES: planned.scores,
        **({MADE_OF: planned.made_of} if planned.made_of else {}),
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
) -> Built:
    """Build one source: dumps in, documents out.

    Args:
        inputs: files, folders or globs, or one of the source's origins.
        output: the build is written to output/SOURCE.
        settings: name -> text, as `--set` gives them.
        from_scored: the inputs are earlier builds, of which documents enter (kept, and scored ones that were dropped):
            only scores that they lack are computed, and the limits in force are applied again.
        beam_arguments: options of Beam, as after `--`.

    Raises:
        UsageError: recipe, preset or stage unknown; InputError: nothing to read. Both before anything runs.
        BuildError: it ran, and must not be trusted.
    """
    options = pipeline_options(beam_arguments or [], 1)
    require_engine(options)
    inline = not is_local(options)
    words = command_words(source, inputs, output, preset, settings or {}, stop_after, from_scored, beam_arguments or [])
    inputs = files_named(source, inputs, preset, settings or {}, options, run=True)
    with work.step("plan"):
        planned = plan_build(source, inputs, output, preset, settings or {}, stop_after, from_scored, inline)
    folder = planned.plan.output
    with run_or(words), locked(folder, storage_of(folder)), running(folder) as room:
        damage = _damage(planned)
        if damage is None or damage:
            options = pipeline_options(beam_arguments or [], max(1, len(planned.shards)))
            run = partial(_run, planned, source, options, room)
            note_plan(planned)
            if not (damage and _mended(planned, damage, run)):
                _begin(planned)
                run(None)
            note_run(folder, storage_of(folder))
        with work.step("finish"):
            built = _restated(_built(folder), planned, source)
            keep_work(planned)
            sweep(folder, files_of(built.manifest), storage_of(folder))
    return built


def run_planned(planned: Planned, source: Source, beam_arguments: list[str]) -> None:
    """Run a plan to its end, whatever it leaves: of a trial, whose ledger does not add up where shards were left out.

    Raises:
        BuildError: the pipeline did not come to its end.
    """
    folder = planned.plan.output
    with locked(folder, storage_of(folder)), running(folder) as room:
        note_plan(planned)
        _begin(planned)
        options = pipeline_options(beam_arguments, max(1, len(planned.shards)))
        _run(planned, source, options, room, None)


def command_words(
    source: Source, inputs: list[str], output: str, preset: str, settings: Mapping[str, str], stop_after: str,
    from_scored: bool, beam_arguments: list[str],
) -> list[str]:  # fmt: skip
    """The words of the command that builds the same, less the name of the program."""
    words = ["build", source.name, "--from-scored" if from_scored else "--input", *inputs, "--output", output]
    words += ["--preset", preset] if preset != "paper" else []
    words += ["--set", *(f"{name}={text}" for name, text in settings.items())] if settings else []
    words += ["--stop-after", stop_after] if stop_after else []
    return words + (["--", *beam_arguments] if beam_arguments else [])


def explain_build(
    source: Source,
    inputs: list[str],
    output: str,
    preset: str = "paper",
    settings: Mapping[str, str] | None = None,
    stop_after: str = "",
    from_scored: bool = False,
    beam_arguments: list[str] | None = None,
) -> list[str]:
    """Lines that say what `build` would do with the same arguments, and why; nothing is done."""
    options = pipeline_options(beam_arguments or [], 1)
    inline = not is_local(options)
    inputs = files_named(source, inputs, preset, settings or {}, options, run=False)
    planned = plan_build(source, inputs, output, preset, settings or {}, stop_after, from_scored, inline)
    return explain(planned)


def _restated(built: Built, planned: Planned, source: Source) -> Built:
    """The build with what its manifest says and no document depends on: the share, and where the inputs lie now."""
    stated: dict[str, Any] = {"share": source.share and _stated(source.share)}
    stated["inputs"] = [file._asdict() for file in planned.inputs]
    stated |= {MADE_OF: planned.made_of} if planned.made_of else {}
    if all(built.manifest[name] == value for name, value in stated.items()):
        return built
    fields = {**built.manifest, **stated}
    return built._replace(manifest=write_manifest(built.folder, fields, storage_of(built.folder)))


def _damage(planned: Planned) -> list[OutputFile] | None:
    """The files of this very build, done before, that are not what was written; None where it was not done."""
    folder = planned.plan.output
    storage = storage_of(folder)
    manifest = read_manifest(folder, storage) or {}
    if (manifest.get("state"), manifest.get("fingerprint")) != (FINISHED, planned.fingerprint):
        return None
    return list(damaged(files_of(manifest).values(), folder, storage))


def _begin(planned: Planned) -> None:
    """Say that the build is unfinished, and forget what this run counts anew."""
    plan, storage = planned.plan, storage_of(planned.plan.output)
    Writing(plan.output, BUILD, storage).begin([*SHARD_FILES, LEDGER, REPORT, *plan.whole_files()])
    storage.remove(*_beside(planned))


def _mended(planned: Planned, damage: list[OutputFile], run: Callable[[set[int]], None]) -> bool:
    """Make the damaged files of shards again; whether the build is whole then, with the same bytes as before.

    A source of one pass does the damaged shards alone; of several, all but the last pass of the others too, as every
    shard's hashes are needed to tell what is dropped.
    """
    shards = [_SHARD_OF.search(file.name) for file in damage]
    if not all(shards):
        return False
    run({int(found[1]) for found in shards if found})
    folder = planned.plan.output
    return not any(damaged(damage, folder, storage_of(folder)))


def _run(
    planned: Planned,
    source: Source,
    options: Any,
    room: Room,
    only: set[int] | None,
) -> None:
    def run(chosen: Any) -> None:
        pipeline = beam.Pipeline(options=chosen)
        graph(pipeline, planned, source, only)
        run_pipeline(pipeline)

    name_job(options, source.name)
    parts = [shard.number for shard in planned.shards if shard.part]
    order = order_of(planned.plan, shard_bytes(planned.shards, planned.inputs), options, only, parts)
    told = [states_folder(planned.plan.work)] if planned.plan.inline else []
    with watching(states_in(room, told), order):
        with_new_workers(run, options, room)


def _built(folder: str) -> Built:
    """What a build left.

    Raises:
        BuildError: it failed, or the job did not come to its end.
    """
    storage = storage_of(folder)
    manifest = read_manifest(folder, storage) or {}
    if manifest.get("state") not in (FINISHED, FAILED):
        do = "see the runner's page of the job"
        raise BuildError("the job to have written its manifest", "an unfinished one", folder, do)
    with open_listed(folder, files_of(manifest)[LEDGER], storage) as file:
        ledger = Ledger.from_parquet(file)
    if manifest["faults"]:
        raise BuildError("a sound build", manifest["faults"][0], "", f"see `corpus ledger {folder}`")
    return Built(folder, ledger, manifest)
