"""What a build of a project will take, before it runs: from what a byte was measured to take, or from a trial."""

from __future__ import annotations

import os
from typing import NamedTuple

from corpus.errors import CorpusError, UsageError
from corpus.output.manifest import FINISHED, read_manifest
from corpus.stores.addresses import storage_of
from pipelines.engine.costs import COSTS, Takes, takes
from pipelines.engine.layout import cut
from pipelines.engine.outline import Outline, outline_of
from pipelines.engine.plan import BUILD
from pipelines.engine.scale import RECIPE
from pipelines.engine.stages import Score
from pipelines.project.project import Build
from pipelines.project.steps import Step

TO_BE_TRAINED = "to be trained"


class Model(NamedTuple):
    """A model that a stage loads: the stage, the model as named, and where it is, or what is wrong with it.

    state is `found`, TO_BE_TRAINED, `trained` or `missing`.
    """

    stage: str
    name: str
    state: str
    said: str


class Forecast(NamedTuple):
    """A build before it runs: its outline, stages by pass, models, and what it takes; None where nobody measured."""

    build: Build
    outline: Outline
    passes: list[list[str]]
    models: list[Model]
    takes: Takes | None

    def seconds(self, cores: int) -> float:
        """Seconds from start to end on one machine; 0 where not known."""
        return self.takes.seconds(cores) if self.takes else 0.0

    @property
    def disk_bytes(self) -> float:
        """The most that the build has on disk at once: its work folder and its output."""
        return self.takes.disk_bytes if self.takes else 0.0


def forecast(build: Build, output: str) -> Forecast:
    """What a build takes.

    Args:
        output: the folder of the build.

    Raises:
        InputError: its inputs hold nothing of its source.
    """
    values = build.values()
    if any(word in build.source.origins for word in build.inputs):
        raise UsageError("files of a dump", f"{build.inputs[0]}, whose size is known once it is asked", "corpus plan")
    outline = outline_of(build.source.variant(build.preset)[0], list(build.inputs), output, values)
    passes = [[stage.name for stage in (one.applies, *one.stages) if stage is not None] for one in cut(build.stages)]
    found = None
    if build.source.name in COSTS:
        numbers = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()} | values
        idle = {stage.name for stage in build.stages if isinstance(stage, Score)} - {one.name for one in _scores(build)}
        without = {stage.name for stage in build.source.stages} - {stage.name for stage in build.stages} | idle
        found = takes(build.source.name, outline.read_bytes, numbers, len(outline.shards), without)
    return Forecast(build, outline, passes, [_model(build, stage) for stage in _scores(build)], found)


def cores_of(options: int | None) -> int:
    """How many cores work: those that were asked for, or this machine's."""
    return options or os.cpu_count() or 1


def _scores(build: Build) -> list[Score]:
    values = build.values()
    return [stage for stage in build.stages if isinstance(stage, Score) and values[str(stage.model.name)]]


def _model(build: Build, stage: Score) -> Model:
    """Where the model of a stage is, or that it is missing."""
    number = str(stage.model.name)
    name = str(build.values()[number])
    if number in build.models and name == build.models[number]:
        manifest = read_manifest(name, storage_of(name)) or {}
        if manifest.get("state") == FINISHED:
            return Model(stage.name, name, "trained", name)
        if name.rpartition("/")[0].endswith("/models"):
            return Model(stage.name, name, TO_BE_TRAINED, name)
    try:
        return Model(stage.name, name, "found", str(stage.locate(name)))
    except CorpusError as error:
        return Model(stage.name, name, "missing", str(error))


def foresee(step: Step) -> Forecast | None:
    """What a step will take; None where it is no build, or one of which something was done before."""
    if step.build is None or read_manifest(step.output, storage_of(step.output)) is not None:
        return None
    try:
        return forecast(step.build, step.output)
    except CorpusError:  # the step itself says what is wrong
        return None
