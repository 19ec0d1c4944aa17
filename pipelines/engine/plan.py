"""From a command to a Plan: which files, cut into which shards, through which passes, with which numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from apache_beam.options.pipeline_options import PipelineOptions

from corpus.errors import InputError, ModelError, UsageError
from corpus.ledger import BYTE, ENTERED, KEPT_ROW, Ledger
from corpus.manifest import digest
from corpus.output.lineage import origin
from corpus.readers import documents
from corpus.readers.base import InputFile, InputSplit, Reader
from corpus.recipe import Cited, Recipe, Value, cited, nearest
from corpus.stores.addresses import require_writable
from pipelines.engine import files
from pipelines.engine.checks import require_sound
from pipelines.engine.contents import Contents, once
from pipelines.engine.inputs import each_of, find_inputs
from pipelines.engine.layout import Plan, cut
from pipelines.engine.pinned import model_here, pinned
from pipelines.engine.prints import Parts, decision_parts, parts_of
from pipelines.engine.scored import refuse_other_scores, scored_builds, scored_by, scored_files
from pipelines.engine.shards import bucket_bits, shards_of
from pipelines.engine.stages import Score, Source, Stage, Variant, in_force, valued
from pipelines.engine.streams import loaded

BUILD = Recipe(
    "build",
    shard_bytes=cited(64 << 20, "small files make a shard together up to here; resuming loses a minute", "bytes"),
    shards_least=cited(16, "files are put together only while 16 shards remain, so that every core has work", "shards"),
    file_bytes=cited(256 << 20, "a shard with more documents has several files: what readers fetch at once", "bytes"),
    run_bytes=cited(16 << 20, "a run of hashes travels as one element, which runners want small", "bytes"),
    bucket_bytes=cited(
        64 << 20, "rows of a bucket sorted in memory, at about five times their size; others wait on disk", "bytes"
    ),
    bucket_input_bytes=cited(64 << 20, "its hashes are sorted in memory at once", "bytes"),
    buckets_least=cited(16, "every core has a bucket to decide", "buckets"),
    blob_input_bytes=cited(
        96 << 10,
        "a thousand lines: to send them to their bucket costs 2 % of reading them",
        "bytes",
    ),
    dropped_texts=cited(20, "enough to read: the texts kept of each shard and reason", "documents"),
    dropped_text_chars=cited(10_000, "some pages of a book are enough to see what it is", "chars"),
    duplicate_of_lines=cited(
        50, "for this many dropped lines of a shard the document with the same line is looked up", "lines"
    ),
    keep_scored=cited(True, "documents that a score dropped are kept aside, for --from-scored"),
    kept_work_bytes=cited(16 << 30, "what passes left, for a later build to start from; 0 keeps nothing", "bytes"),
    worker_memory_bytes=cited(
        8 << 30, "for a shard, beside what its process had: eight times arXiv's largest submission; 0 is none", "bytes"
    ),
    unreadable_share=cited(0.05, "a dump with more broken records is probably not the file that was meant", "share"),
    unreadable_least=cited(20, "fewer broken records do not fail a small build", "records"),
    skipped_share=cited(0.05, "as of records: one damaged place may cost a whole file of a dump", "share"),
    skipped_least_bytes=cited(1 << 20, "fewer skipped bytes do not fail a small build", "bytes"),
)

NOT_OURS, COMPANION, REPEATED, UNUSABLE = "not_of_this_source", "companion", "repeated_file", "unusable_file"
JUDGED = ("unreadable_share", "unreadable_least", "skipped_share", "skipped_least_bytes")
"""Numbers by which a build is judged once all is done: no pass depends on them."""
VERSIONS = "inputs.json"
"""The digests of a build's inputs, in its work folder (see contents.py)."""


class Inputs(NamedTuple):
    """The files of a dump as they were found.

    documents and companions (by name) are read; others hold nothing of this source; repeated hold the same as the file
    that stands beside them; unusable are no files (path, and what it is); cuts are the parts of documents' files.
    """

    documents: list[InputFile]
    companions: dict[str, list[InputFile]]
    others: list[InputFile]
    repeated: list[tuple[InputFile, InputFile]]
    unusable: list[tuple[str, str]]
    cuts: list[list[str]]

    def read(self) -> list[InputFile]:
        """All that a build reads."""
        return [*self.documents, *(file for group in self.companions.values() for file in group)]


class Planned(NamedTuple):
    """A build before it runs.

    plan; shards of the dump and of its companions; recipe: numbers in force; files: ledger of the input files; inputs:
    all of these; parts[p]: what pass p depends on; decisions: what each dedup's decision does, by the name of the
    stage; scores: by what each stage scores; made_of: the builds whose scores are compared again; versions: digests of
    files, for the next time.
    """

    plan: Plan
    shards: list[InputSplit]
    companions: dict[str, list[InputSplit]]
    recipe: dict[str, Cited]
    files: Ledger
    inputs: list[InputFile]
    fingerprint: str
    preset: str
    parts: tuple[Parts, ...]
    decisions: Mapping[str, Parts]
    scores: Mapping[str, Parts]
    made_of: list[dict[str, str]]
    versions: Mapping[str, str]


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


def find_dump(
    reader: Reader, patterns: list[str], output: str, contents: Contents, limits: Mapping[str, Any]
) -> Inputs:
    """The files that inputs name, by what they hold, each content once; limits are the reader's, by value.

    Raises:
        InputError: none of them holds documents of this source.
    """
    found, unusable = find_inputs(patterns, output)
    looks = each_of(partial(look, reader, limits), found)
    kinds = sorted_by_kind(reader, found, [kind for kind, _cut in looks])
    cuts = {file.path: cut for file, (_kind, cut) in zip(found, looks, strict=True)}
    others = kinds.pop(NOT_OURS)
    read = {kind: once(contents.digested(some)) for kind, some in kinds.items()}
    kept = {kind: unique for kind, (unique, _repeated) in read.items()}
    repeated = [pair for _unique, some in read.values() for pair in some]
    documents = kept.pop("")
    return Inputs(documents, kept, others, repeated, unusable, [cuts[file.path] for file in documents])


def by_kind(reader: Reader, found: list[InputFile]) -> dict[str, list[InputFile]]:
    """Files by what they hold: "" for documents of this source, the name of a companion, or NOT_OURS.

    Raises:
        InputError: none of them holds documents of this source.
    """
    return sorted_by_kind(reader, found, each_of(lambda file: _kind(reader, file.path, files.head(file.path)), found))


def sorted_by_kind(reader: Reader, found: list[InputFile], kinds_of: list[str]) -> dict[str, list[InputFile]]:
    """Files by their kinds.

    Raises:
        InputError: none of them holds documents of this source.
    """
    kinds: dict[str, list[InputFile]] = {name: [] for name in ("", NOT_OURS, *reader.companions)}
    for file, kind in zip(found, kinds_of, strict=True):
        kinds[kind].append(file)
    if not kinds[""]:
        some = ", ".join(file.path for file in found[:3]) + (", ..." if len(found) > 3 else "")
        raise InputError(f"files that hold {reader.unit}s of this source", some or "none", "--input")
    return kinds


def _kind(reader: Reader, path: str, first: bytes) -> str:
    """The companion that a file is; "" for one with documents."""
    companion = next((name for name, accepts in reader.companions.items() if accepts(path, first)), "")
    return companion or ("" if reader.accepts(path, first) else NOT_OURS)


def look(reader: Reader, limits: Mapping[str, Any], file: InputFile) -> tuple[str, list[str]]:
    """The kind of a file, and the parts of one with documents: what one look at it shows."""
    first, open_file = files.look(file.path)
    kind = _kind(reader, file.path, first)
    return kind, [] if kind else reader.parts(file, open_file, limits)


def files_named(
    source: Source, inputs: list[str], preset: str, settings: Mapping[str, str], options: PipelineOptions, run: bool
) -> list[str]:
    """The inputs; for one of the source's origins the files that stand for it.

    Args:
        run: whether what costs may run to make them.

    Raises:
        UsageError, InputError: as the origin says.
    """
    named = [word for word in inputs if word in source.origins]
    if not named:
        return inputs
    if len(inputs) > 1:
        raise UsageError(f"{named[0]} alone, or files", f"{len(inputs)} inputs", "--input")
    origin = source.origins[named[0]]
    values = {name: number.value for name, number in numbers(source, preset, settings).items()}
    return origin.files(values, options, run)


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

    from_scored: the inputs are earlier builds, whose documents enter at the first Score.

    Raises:
        UsageError: the recipe, a preset or a stage is unknown.
        InputError: the inputs hold nothing of this source.
        ModelError: a model is missing or damaged.
    """
    require_sound(source)
    require_writable(output)
    recipe = numbers(source, preset, settings)
    values: dict[str, Value] = {name: number.value for name, number in recipe.items()}
    reader, stages = _variant(source, preset, stop_after, from_scored, values)
    values |= locate_models(stages, values)
    folder = f"{output.rstrip('/')}/{source.name}"
    scored = scored_builds(inputs) if from_scored else []
    inputs = [build.path(file) for build in scored for file in scored_files(build)] or inputs
    contents = Contents(files.read_sealed(f"{folder}/.work/{VERSIONS}") or {})
    found = find_dump(reader, inputs, folder, contents, valued(reader.limits, values))
    shards = shards_of(reader, found.documents, values, contents, found.cuts)
    bits = bucket_bits(len(shards), sum(file.size for file in (*found.read(), *found.others)), values)
    passes, tables = cut(stages), {} if from_scored else source.tables
    models = model_digests(stages, values, contents)
    scores = scored_by(stages, values, models)
    for build in scored:
        refuse_other_scores(build, source.name, scores)
    parts = tuple(parts_of(one, reader, tables, values, models, bits) for one in passes)
    decisions = {one.collects.name: decision_parts(one.collects, values) for one in passes if one.collects}
    keys = [shard.key for shard in shards]
    names = f"{folder}/.work/names-{digest(keys)}.json"
    prints = tuple(digest(some) for some in parts)
    plan = Plan(source.name, reader, passes, tables, values, prints, folder, f"{folder}/.work", bits, inline, names)
    ledger = file_ledger(source.name, found)
    companions = {name: _companion_splits(group) for name, group in found.companions.items()}
    fingerprint = _fingerprint_of(plan, preset, decisions, keys, companions, ledger)
    return Planned(
        plan, shards, companions, recipe, ledger, [*found.read(), *found.others], fingerprint, preset, parts,
        decisions, scores, [origin(build.folder, build.manifest, folder) for build in scored], contents.versions,
    )  # fmt: skip


def _fingerprint_of(
    plan: Plan, preset: str, decisions: Mapping[str, Parts], entered: list[str],
    companions: Mapping[str, list[InputSplit]], ledger: Ledger,
) -> str:  # fmt: skip
    """What all that a build leaves depends on; entered: the shards by their keys."""
    held = [split.key for group in companions.values() for split in group]
    judged = {name: plan.values[name] for name in JUDGED}
    return digest([plan.source, preset, plan.fingerprints, decisions, entered, held, judged, ledger.to_json()])


def _variant(source: Source, preset: str, stop_after: str, from_scored: bool, values: Mapping[str, Value]) -> Variant:
    """The reader and the stages in force."""
    reader, stages = source.variant(preset)
    stages = stages_until(stages, stop_after)
    if from_scored:
        reader, stages = documents.READER, _from_first_score(source.name, stages)
    return Variant(reader, in_force(stages, values))


def _companion_splits(group: list[InputFile]) -> list[InputSplit]:
    return [
        InputSplit(at, len(group), file.path, names=(file.name,), key=digest([file.name, file.size, file.digest]))
        for at, file in enumerate(group)
    ]


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
        name = str(values[stage.model.name])
        located[stage.model.name] = pinned(name, _located(stage, name))
        loaded(stage.load, located[stage.model.name], tuple(valued(stage.limits, values).items()))
    return located


def _located(stage: Score, name: str) -> str:
    """Where a model lies; one that is nowhere is told with the option that names it and the one that does without."""
    try:
        return str(stage.locate(name))
    except ModelError as error:
        option = f"--set {stage.model.name}"
        do = "; ".join(
            filter(None, [error.do, f"name yours with {option}=..., or leave `{stage.name}` out with {option}="])
        )
        raise ModelError(error.expected, error.got, error.where, do) from error


def model_digests(stages: tuple[Stage, ...], values: Mapping[str, Any], contents: Contents) -> dict[str, str]:
    """A digest of every model file that a stage loads, by the number that names it."""
    named = [(stage.model.name, str(values[stage.model.name])) for stage in stages if isinstance(stage, Score)]
    here = [(name, model_here(path)) for name, path in named if path]
    found = [(name, files.find([path])) for name, path in here if files.exists(path)]
    return {name: digest([file.digest for file in contents.digested(model)]) for name, model in found}


def file_ledger(source: str, inputs: Inputs) -> Ledger:
    """How many files were given, and how many of them hold something of this source."""
    ledger = Ledger(source)
    companions = [file for group in inputs.companions.values() for file in group]
    read, repeated = len(inputs.documents) + len(companions), [file for file, _same in inputs.repeated]
    ledger.add("input", "file", ENTERED, read + len(inputs.others) + len(repeated) + len(inputs.unusable))
    ledger.add("input", "file", KEPT_ROW, read)
    if inputs.others:
        ledger.add("input", "file", NOT_OURS, len(inputs.others))
    for file, same in inputs.repeated:
        ledger.add_broken("input", "file", file.name, f"the same bytes as {same.name}, which is read", REPEATED)
    for path, what in inputs.unusable:
        ledger.add_broken("input", "file", path.rpartition("/")[2], what, UNUSABLE)
    sizes = {KEPT_ROW: inputs.documents, COMPANION: companions, NOT_OURS: inputs.others, REPEATED: repeated}
    for reason, files_of in sizes.items():
        if size := sum(file.size for file in files_of):
            ledger.add("input", BYTE, ENTERED, size)
            ledger.add("input", BYTE, reason, size)
    return ledger
