"""Fingerprints: all that the result of a pass depends on, by name, so that a changed part can be named.

The parts of a pass are `kind name -> value`: the values of the recipe that it uses, its steps, the code that these
reach, the libraries which that code imports, the digests of its models, and the version of the engine. A shard's own
fingerprint adds what comes into the pass: files of the dump, or what the pass before left and a mask drops.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from corpus.code import Reached, reached_by
from corpus.manifest import digest, versions
from corpus.readers.base import Reader
from corpus.recipe import Cited, shown
from corpus.writers import LINE
from pipelines.engine.dedup.base import DedupStage
from pipelines.engine.layout import Pass
from pipelines.engine.stages import Score, Stage, Table, Values, functions_of, numbers_of

ENGINE = 4
"""The version of the engine: of all code in pipelines/engine and of corpus/writers.py that shapes what a pass leaves.

tests/pipelines/engine/test_engine_version.py compares the bytes of small builds with those that this version made.
"""

LIBRARIES = ("pyarrow", "xxhash")
"""Libraries by which every pass writes its files and ranks documents."""

INERT = ("typing_extensions",)
"""Libraries that are imported for types alone."""

_EVERY_PASS = ("dropped_texts", "dropped_text_chars", "worker_memory_bytes", "file_bytes")
_WITH_RUNS = ("run_bytes",)
_WITH_LINES = ("duplicate_of_lines",)
_WITH_SCORES = ("keep_scored",)
_OWN_FILE = re.compile(r"^(source_file_.+)_[0-9a-f]{8}(?=:|$)")

Parts = dict[str, str]


def parts_of(
    one: Pass, reader: Reader, tables: Mapping[str, Table], values: Values, models: Values, bits: int
) -> Parts:
    """What the result of a pass depends on beside what comes into it.

    Args:
        one: the pass.
        reader: of the dump; the first pass depends on it, and on the tables.
        tables: side tables, by name.
        values: the recipe's numbers in force.
        models: the digest of each model in force, by the number that names it.
        bits: runs fall into 2**bits buckets.
    """
    first = one.applies is None
    functions: list[Callable[..., Any]] = [reader.read, reader.parts] if first else []
    functions += [table.rows for table in tables.values()] if first else []
    for stage in one.stages:
        functions += [type(stage), *shaping(stage)]
    numbers = {number.name for stage in one.stages for number in numbers_of(stage)} | set(_engine_numbers(one))
    numbers |= {number.name for number in reader.limits.values()} if first else set()
    if one.collects:
        gathering = one.collects.gathering()
        functions += [type(one.collects), *gathering.functions]
        numbers |= {number.name for number in gathering.numbers}
    parts = {"engine": str(ENGINE), "python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    parts |= {f"stage {stage.name}": described(stage) for stage in (*one.stages, one.collects) if stage}
    parts |= {f"drops of {one.applies.name}": f"{one.applies.reason}, by {one.applies.unit}"} if one.applies else {}
    parts |= {f"value {name}": shown(values[name]) for name in numbers - models.keys()}
    parts |= {f"model {name}": str(models[name]) for name in numbers & models.keys()}
    parts |= {"buckets": str(2**bits)} if one.collects else {}
    parts |= {f"read {name}": "" for name in ([reader.unit, *tables] if first else [])}
    return dict(sorted((parts | code_of(functions)).items()))


def decision_parts(stage: DedupStage, values: Values) -> Parts:
    """What the decision of a dedup depends on beside what the pass before it gathered.

    They are no parts of a pass: a decision is made again in every build, and what it drops of a shard comes into the
    next pass as a mask.
    """
    parts = {"engine": str(ENGINE), f"stage {stage.name}": described(stage)}
    parts |= {f"value {number.name}": shown(values[number.name]) for number in numbers_of(stage)}
    return dict(sorted((parts | code_of([type(stage), *shaping(stage)])).items()))


def _engine_numbers(one: Pass) -> Iterator[str]:
    """The engine's own numbers that shape what a pass leaves."""
    yield from _EVERY_PASS
    yield from _WITH_RUNS if one.collects else ()
    yield from _WITH_LINES if any(stage and stage.unit == LINE for stage in (one.applies, one.collects)) else ()
    yield from _WITH_SCORES if any(isinstance(stage, Score) for stage in one.stages) else ()


def shaping(stage: Stage) -> list[Callable[..., Any]]:
    """The functions of a stage that shape documents: all but the search for a model, which is known by its digest."""
    locate = stage.locate if isinstance(stage, Score) else None
    return [function for function in functions_of(stage) if function is not locate]


def code_of(functions: list[Callable[..., Any]]) -> Parts:
    """The code that functions reach, and libraries, as parts."""
    return _code(reached_by(functions))


def _code(reached: Reached) -> Parts:
    """Code and libraries as parts; of a source that is a file, under a name without the digest of that file."""
    code = {f"code {_plain_name(place)}": tree for place, tree in reached.definitions.items()}
    libraries = {name: version for name, version in reached.libraries.items() if name not in INERT}
    return code | {f"library {name}": version for name, version in (libraries | versions(LIBRARIES)).items()}


def _plain_name(place: str) -> str:
    """The name of a module, or of what it defines; of a source that is a file without the digest of that file."""
    return _OWN_FILE.sub(r"\1", place)


def described(value: Any) -> str:
    """A stage as text: the order and kind of its steps, the functions and numbers of each by name."""
    return digest(_description(value))


def _description(value: Any) -> Any:
    if isinstance(value, Cited):
        return ["number", value.name] if value.name else ["number", shown(value.value)]
    if is_dataclass(value) and not isinstance(value, type):
        stated = {field.name: _description(getattr(value, field.name)) for field in fields(value)}
        return [type(value).__qualname__, stated]
    if isinstance(value, Mapping):
        return {str(key): _description(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_description(each) for each in value]
    if isinstance(value, partial):
        return ["partial", _description(value.func), _description(value.args), _description(value.keywords)]
    if callable(value):
        module = _plain_name(getattr(value, "__module__", None) or "")
        return ["function", module, getattr(value, "__qualname__", type(value).__qualname__)]
    return value


def changes(before: Parts, after: Parts) -> list[str]:
    """What differs between the parts of two fingerprints, in words."""
    said = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind, _, _rest = name.partition(" ")
        if old is None or new is None:
            said.append(f"{name} is {'no longer' if new is None else 'now'} used")
        elif kind in ("code", "model", "stage", "read"):
            said.append(f"{name} changed")
        else:
            said.append(f"{name} {old} -> {new}")
    return said
