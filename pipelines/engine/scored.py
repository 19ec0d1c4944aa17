"""Builds whose scores are compared with other limits (`--from-scored`): which documents, and by what they were scored.

A build's manifest states by what each of its stages scored: the model by digest, the values that it was loaded with,
the code and its libraries. Scores of another model or of other code are refused: limits would mean something else.
"""

from __future__ import annotations

from collections.abc import Mapping

from corpus.errors import InputError, UnsoundError
from corpus.manifest import digest
from corpus.output.manifest import BUILD, DOCUMENT_FILES, EVIDENCE, OutputFile
from corpus.output.read import Output, damaged, read_output
from corpus.recipe import shown
from corpus.stores.addresses import storage_of
from pipelines.engine.prints import Parts, changes, code_of
from pipelines.engine.stages import Score, Stage, Values

SCORES = "scores"
"""The field of a manifest that states by what each stage scored."""
_DO = "state what it was made with (--set), or build again from the dump"


def scored_by(stages: tuple[Stage, ...], values: Values, models: Mapping[str, str]) -> dict[str, Parts]:
    """By what each stage in force scores, by its name; limits that scores are compared with are no part of it."""
    return {stage.name: _parts(stage, values, models) for stage in stages if isinstance(stage, Score)}


def _parts(stage: Score, values: Values, models: Mapping[str, str]) -> Parts:
    parts = {f"value {number.name}": shown(values[number.name]) for number in stage.limits.values()}
    parts |= {f"model {stage.model.name}": models.get(stage.model.name, "")}
    reached = code_of([stage.load])
    parts |= {name: version for name, version in reached.items() if name.startswith("library ")}
    return parts | {"code": digest({name: tree for name, tree in reached.items() if name.startswith("code ")})}


def scored_builds(folders: list[str]) -> list[Output]:
    """The builds in some folders, with the documents that their scores dropped, each file compared with its digest.

    Raises:
        InputError: no build; UnsoundError: one that must not be read.
    """
    builds = [read_output(folder, BUILD, storage_of(folder)) for folder in folders]
    for build in builds:
        for file in damaged(scored_files(build), build.folder, build.storage):
            build.open(file).close()  # says what is wrong with it
    return builds


def scored_files(build: Output) -> list[OutputFile]:
    """Its files of documents: those it kept, and those that its scores dropped."""
    return [*build.listed(DOCUMENT_FILES), *build.listed(f"{EVIDENCE}/scored-*.parquet")]


def refuse_other_scores(build: Output, source: str, scores: Mapping[str, Parts]) -> None:
    """Refuse a build of another source, or one that was scored by something else than would score now.

    Raises:
        InputError: of another source.
        UnsoundError: what a stage scored by has changed since; what of it is said.
    """
    if build.manifest["source"] != source:
        raise InputError(f"a build of {source}", f"one of {build.manifest['source']}", build.folder, "choose another")
    before = build.manifest.get(SCORES)
    if before is None:
        expected = "a build that states by what its documents were scored"
        raise UnsoundError(expected, "one of an earlier version", build.folder, "build again from the dump")
    for name, now in scores.items():
        if name in before and (said := changes(before[name], now)):
            raise UnsoundError(f"scores of the stage {name} as they are made now", "; ".join(said), build.folder, _DO)
