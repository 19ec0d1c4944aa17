"""What `corpus plan corpus.yaml` says: each build before it runs, every step, and the sums."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from corpus.amounts import bytes_of, of, time_of
from corpus.errors import CorpusError
from corpus.output.manifest import read_manifest
from corpus.stores.addresses import storage_of
from pipelines.project.forecast import TO_BE_TRAINED, Forecast, forecast
from pipelines.project.project import Project, read_project
from pipelines.project.steps import Step, steps_of
from pipelines.project.trial import Trial, takes_as, try_build


class Planned(NamedTuple):
    """A step of a project: what stands in its output, and of a build what it takes, or why that cannot be said."""

    step: Step
    state: str
    forecast: Forecast | None = None
    trial: Trial | None = None
    fault: str = ""


class Outlook(NamedTuple):
    """The plan of a project."""

    project: Project
    cores: int
    planned: list[Planned]

    @property
    def wrong(self) -> list[str]:
        """Why the project cannot run as it is: inputs that hold nothing, models that are missing."""
        faults = [one.fault for one in self.planned if one.fault]
        missing = [
            f"{one.step.title}: {model.said}"
            for one in self.planned
            for model in (one.forecast.models if one.forecast else ())
            if model.state == "missing"
        ]
        return list(dict.fromkeys(faults + missing))


def outlook(path: str, cores: int, trial: float | None) -> Outlook:
    """The plan of the project in a file.

    Args:
        trial: the share of each dump (0 to 1) that is built first; None for measured costs alone.

    Raises:
        UsageError: a fault of the file.
    """
    project = read_project(path)
    return Outlook(project, cores, [_planned(step, trial) for step in steps_of(project)])


def _planned(step: Step, share: float | None) -> Planned:
    state = (read_manifest(step.output, storage_of(step.output)) or {}).get("state", "to do")
    if step.build is None:
        return Planned(step, state)
    try:
        found = forecast(step.build, step.output)
        if share is None or any(model.state in ("missing", TO_BE_TRAINED) for model in found.models):
            return Planned(step, state, found)
        trial = try_build(step.build, found.outline, share)
    except CorpusError as error:
        return Planned(step, state, fault=f"{step.title}: {error}")
    return Planned(step, state, found._replace(takes=takes_as(trial, found.outline, found.takes)), trial)


def lines_of(found: Outlook) -> Iterator[str]:
    """The plan as people read it."""
    project = found.project
    steps = of(len(found.planned), "step")
    yield f"{project.file}: {of(len(project.builds), 'source')}, {steps}; output {project.output}"
    for one in found.planned:
        if one.forecast or one.fault:
            yield ""
            yield from _of_build(one, found.cores)
    yield "\nsteps, in order"
    for number, one in enumerate(found.planned, 1):
        yield f"  {number:>2} {one.state:<10} corpus {shlex.join(one.step.words)}"
    yield from _sums(found)
    for fault in found.wrong:
        yield f"cannot run: {fault}"


def _of_build(one: Planned, cores: int) -> Iterator[str]:
    assert one.step.build
    yield one.step.title + (f" --stop-after {one.step.build.stop_after}" if one.step.build.stop_after else "")
    if one.fault or one.forecast is None:
        yield f"  {one.fault}"
        return
    outline, took = one.forecast.outline, one.forecast.takes
    files = len(outline.documents) + len(outline.companions)
    more = f"; {of(len(outline.others), 'file')} beside them not of this source" if outline.others else ""
    yield f"  input      {of(files, 'file')}, {bytes_of(outline.read_bytes)}{more}"
    passes = " | ".join(", ".join(names) or "read" for names in one.forecast.passes)
    yield f"  work       {of(len(outline.shards), 'shard')}, {of(len(one.forecast.passes), 'pass')}: {passes}"
    for model in one.forecast.models:
        yield f"  model      {model.stage}: {model.state}, {model.said}"
    if took is None:
        yield "  time       not known: nobody measured this source; --trial 1% does"
        return
    if one.trial:
        tried = f"{of(one.trial.shards, 'shard')} of {len(outline.shards):,}, {bytes_of(one.trial.input_bytes)}"
        yield f"  trial      {tried}: {one.trial.cpu_seconds:,.1f} s of CPU time"
    one_core = time_of(took.core_hours * 3600)
    yield f"  time       {time_of(took.seconds(cores))} on {of(cores, 'core')}, {one_core} of one"
    yield f"  disk       {bytes_of(took.disk_bytes)} at most; output {bytes_of(took.output_bytes)}"
    yield f"  memory     {bytes_of(took.memory_mb * 1e6)} per worker"
    yield f"  Dataflow   ${took.dollars(cores):,.2f}; {took.elements:,.0f} elements, {bytes_of(took.sent_bytes)} travel"


def _sums(found: Outlook) -> Iterator[str]:
    known = [one.forecast for one in found.planned if one.forecast and one.forecast.takes]
    takes = [one.takes for one in known if one.takes]
    if not takes:
        return
    seconds = sum(one.seconds(found.cores) for one in known)
    kept = sum(one.output_bytes for one in takes)
    disk = kept + max(one.disk_bytes - one.output_bytes for one in takes)
    memory = max(one.memory_mb for one in takes) * 1e6 * min(found.cores, max(one.shards for one in takes))
    dollars = sum(one.dollars(found.cores) for one in takes)
    yield (
        f"\nbuilds together: {time_of(seconds)} on {of(found.cores, 'core')}, {bytes_of(disk)} of disk,"
        f" {bytes_of(memory)} of memory; on Dataflow ${dollars:,.2f}"
    )
    rest = [one.step.title for one in found.planned if one.step.build is None]
    if rest:
        yield f"not forecast: {', '.join(rest)}"
