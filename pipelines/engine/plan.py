"""From a command to a Plan: which files, cut into which shards, through which passes, with which numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import compress
from typing import Any, NamedTuple

from corpus.code import PACKAGES, Reached, reached_by
from corpus.errors import InputError, UsageError
from corpus.ledger import BYTE, ENTERED, KEPT_ROW, Ledger
from corpus.manifest import code_digest, digest, file_digest, versions
from corpus.readers import documents
from corpus.readers.base import InputFile, InputSplit, Reader
from corpus.recipe import Cited, Recipe, Value, cited, nearest
from pipelines.engine import files
from pipelines.engine.checks import require_sound
from pipelines.engine.passes import Plan, cut, fingerprints
from pipelines.engine.stages import Score, Source, Stage, functions_of_source, in_force, valued
from pipelines.engine.streams import loaded

BUILD = Recipe(
    "build",
    shard_bytes=cited(64 << 20, "small files make a shard together up to here; resuming loses a minute", "bytes"),
    shards_least=cited(16, "files are put together only while 16 shards remain, so that every core has work", "shards"),
    run_bytes=cited(16 << 20, "a run of hashes travels as one element, which runners want small", "bytes"),
    bucket_bytes=cited(
        32 << 20, "rows of a bucket sorted in memory, at about five times their size; others wait on disk", "bytes"
    ),
    bucket_input_bytes=cited(64 << 20, "its hashes are sorted in memory at once", "bytes"),
    buckets_least=cited(16, "every core has a bucket to decide", "buckets"),
    blob_input_bytes=cited(
        96 << 10,
        "a thousand lines: to send them to their bucket costs 2 % of reading them",
        "bytes",
    ),
    buckets_unknown=cited(256, "of a dump whose size is unknown until it is read", "buckets"),
    dropped_texts=cited(20, "enough to read: the texts kept of each shard and reason", "documents"),
    dropped_text_chars=cited(10_000, "some pages of a book are enough to see what it is", "chars"),
    duplicate_of_lines=cited(
        50, "for this many dropped lines of a shard the document with the same line is looked up", "lines"
    ),
    keep_scored=cited(True, "documents that a score dropped are kept aside, for --from-scored"),
    unreadable_share=cited(0.05, "a dump with more broken records is probably not the file that was meant", "share"),
    unreadable_least=cited(20, "fewer broken records do not fail a small build", "records"),
    skipped_share=cited(0.05, "as of records: one damaged place may cost a whole file of a dump", "share"),
    skipped_least_bytes=cited(1 << 20, "fewer skipped bytes do not fail a small build", "bytes"),
)

NOT_OURS, COMPANION = "not_of_this_source", "companion"


class Inputs(NamedTuple):
    """The files of a dump as they were found: those with documents, companions by name, and the rest."""

    documents: list[InputFile]
    companions: dict[str, list[InputFile]]
    others: list[InputFile]


class Planned(NamedTuple):
    """A build before it runs: plan, shards of the dump, shards of its companions, numbers in force, ledger of files."""

    plan: Plan
    shards: list[InputSplit]
    companions: dict[str, list[InputSplit]]
    recipe: dict[str, Cited]
    files: Ledger
    inputs: list[InputFile]
    fingerprint: str
    preset: str


def numbers(source: Source, preset: str, settings: Mapping[str, str]) -> dict[str, Cited]:
    """Every number in force: the source's and the build's own.

    Raises:
        RecipeError: an unknown preset, name or value.
    """
    ours = {name: text for name, text in settings.items() if name in BUILD and name not in source.recipe}
    unknown = [name for name in settings if name not in source.recipe and name not in BUILD]
    if unknown:
        known = {**source.recipe, **BUILD}
        raise UsageError(f"a name of the {source.name} recipe", repr(unknown[0]), "--set", nearest(unknown[0], known))
    theirs = {name: text for name, text in settings.items() if name not in ours}
    return BUILD.resolve(settings=ours) | source.recipe.resolve(preset, theirs)


def stages_until(stages: tuple[Stage, ...], last: str) -> tuple[Stage, ...]:
    """The stages up to and with the one named; all of them for an empty name.

    Raises:
        UsageError: no stage has that name.
    """
    if not last:
        return stages
    names = [stage.name for stage in stages]
    if last not in names:
        raise UsageError("a stage of the source", repr(last), "--stop-after", nearest(last, names))
    return stages[: names.index(last) + 1]


def sort_inputs(reader: Reader, found: list[InputFile]) -> Inputs:
    """The files by what they hold.

    Raises:
        InputError: none of them holds documents of this source.
    """
    inputs = Inputs([], {name: [] for name in reader.companions}, [])
    for file in found:
        first = files.head(file.path)
        kind = next((name for name, accepts in reader.companions.items() if accepts(file.path, first)), "")
        if kind:
            inputs.companions[kind].append(file)
        else:
            (inputs.documents if reader.accepts(file.path, first) else inputs.others).append(file)
    if not inputs.documents:
        some = ", ".join(file.path for file in found[:3]) + (", ..." if len(found) > 3 else "")
        raise InputError(f"files that hold {reader.unit}s of this source", some, "--input")
    return inputs


def shards_of(reader: Reader, found: list[InputFile], values: Mapping[str, Any]) -> list[InputSplit]:
    """The shards of a dump, in the order of paths: parts of large files, or small files together."""
    limits = valued(reader.limits, values)
    most = min(values["shard_bytes"], sum(file.size for file in found) / values["shards_least"])
    groups: list[tuple[str, list[InputFile]]] = []
    room = 0.0
    for file in found:
        parts = reader.parts(file, files.open_file, limits)
        if parts == [""] and groups and groups[-1][0] == "" and file.size <= room:
            groups[-1][1].append(file)
            room -= file.size
        else:
            groups += [(part, [file]) for part in parts]
            room = most - file.size if parts == [""] else 0
    return [
        InputSplit(at, len(groups), group[0].path, part, tuple(file.path for file in group[1:]), stamp=digest(group))
        for at, (part, group) in enumerate(groups)
    ]


def bucket_bits(shards: list[InputSplit], input_bytes: int, values: Mapping[str, Any]) -> int:
    """Keys fall into 2**bits buckets: as many as the input needs, and no more than each shard has bytes for."""
    if not shards:
        return int(math.log2(values["buckets_unknown"]))
    wanted = max(values["buckets_least"], input_bytes / values["bucket_input_bytes"])
    most = max(1.0, input_bytes / len(shards) / values["blob_input_bytes"])
    return int(min(math.ceil(math.log2(wanted)), math.log2(most)))


def plan_build(
    source: Source,
    inputs: list[str],
    output: str,
    preset: str,
    settings: Mapping[str, str],
    stop_after: str,
    from_scored: bool,
    inline: bool,
) -> Planned:
    """Everything about a build that can be known, and refused, before it runs.

    from_scored: the inputs are documents of an earlier build, which enter at the first Score.

    Raises:
        UsageError: the recipe, a preset or a stage is unknown.
        InputError: the inputs hold nothing of this source.
        ModelError: a model is missing or damaged.
    """
    require_sound(source)
    recipe = numbers(source, preset, settings)
    reader, stages = source.variant(preset)
    stages = stages_until(stages, stop_after)
    if from_scored:
        reader, stages = documents.READER, _from_first_score(source.name, stages)
    values: dict[str, Value] = {name: number.value for name, number in recipe.items()}
    stages = in_force(stages, values)
    values |= locate_models(stages, values)
    found = [] if source.origins.get(inputs[0]) else files.find(inputs)
    sorted_inputs = sort_inputs(reader, found) if found else Inputs([], {}, [])
    shards = shards_of(reader, sorted_inputs.documents, values)
    companions = {
        name: [InputSplit(at, len(group), file.path, stamp=digest(file)) for at, file in enumerate(group)]
        for name, group in sorted_inputs.companions.items()
    }
    passes = cut(stages)
    dump = digest(found or inputs)
    prepared = dump if source.prepare and not from_scored else ""
    outside = code_from_outside(functions_of_source(source, reader, stages))
    code = [code_digest(), versions(), outside, source.name, preset, model_digests(stages, values), prepared]
    prints = fingerprints(reader, passes, values, code, dump)
    folder = f"{output.rstrip('/')}/{source.name}"
    bits = bucket_bits(shards, sum(file.size for file in found), values)
    tables = {} if from_scored else source.tables
    plan = Plan(source.name, reader, passes, tables, values, prints, folder, f"{folder}/.work", bits, inline)
    ledger = file_ledger(source.name, sorted_inputs)
    fingerprint = digest([prints, dump, [list(shard) for shard in shards]])
    return Planned(plan, shards, companions, recipe, ledger, found, fingerprint, preset)


def code_from_outside(functions: list[Callable[..., Any]]) -> Reached:
    """What those functions reach that are not of this project, whose own code has one digest."""
    modules = [getattr(function, "__module__", None) or "builtins" for function in functions]
    return reached_by(compress(functions, (module.partition(".")[0] not in PACKAGES for module in modules)))


def _from_first_score(name: str, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    first = next((at for at, stage in enumerate(stages) if isinstance(stage, Score)), None)
    if first is None:
        raise UsageError("a source whose documents are scored", repr(name), "--from-scored")
    return stages[first:]


def locate_models(stages: tuple[Stage, ...], values: Mapping[str, Any]) -> dict[str, Value]:
    """Where each model in force lies, by the number that names it; each is loaded once here, so that a bad one shows.

    Raises:
        ModelError: it is missing, damaged, or made for something else.
    """
    scores = [stage for stage in stages if isinstance(stage, Score) and values[stage.model.name]]
    located: dict[str, Value] = {}
    for stage in scores:
        located[stage.model.name] = str(stage.locate(str(values[stage.model.name])))
        loaded(stage.load, located[stage.model.name], tuple(valued(stage.limits, values).items()))
    return located


def model_digests(stages: tuple[Stage, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """A digest of every model file that a stage loads, by the number that names it."""
    named = [(stage.model.name, str(values[stage.model.name])) for stage in stages if isinstance(stage, Score)]
    found = [(name, files.find([path])) for name, path in named if path and files.exists(path)]
    return {name: digest([_content(file) for file in model]) for name, model in found}


def _content(file: InputFile) -> str:
    return file_digest(file.path) if files.is_local(file.path) else digest(file)


def file_ledger(source: str, inputs: Inputs) -> Ledger:
    """How many files were given, and how many of them hold something of this source."""
    ledger = Ledger(source)
    ours = len(inputs.documents) + sum(map(len, inputs.companions.values()))
    ledger.add("input", "file", ENTERED, ours + len(inputs.others))
    ledger.add("input", "file", KEPT_ROW, ours)
    if inputs.others:
        ledger.add("input", "file", NOT_OURS, len(inputs.others))
    companions = [file for group in inputs.companions.values() for file in group]
    sizes = {KEPT_ROW: inputs.documents, COMPANION: companions, NOT_OURS: inputs.others}
    for reason, files_of in sizes.items():
        if size := sum(file.size for file in files_of):
            ledger.add("input", BYTE, ENTERED, size)
            ledger.add("input", BYTE, reason, size)
    return ledger
