"""What a build would do and why, pass by pass, from what earlier ones noted in the work folder; nothing runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from corpus.amounts import of
from corpus.output.manifest import FINISHED, read_manifest
from corpus.readers.base import InputSplit
from corpus.stores.addresses import storage_of
from pipelines.engine import files
from pipelines.engine.kept import PLAN, parts_file
from pipelines.engine.layout import Pass
from pipelines.engine.plan import Planned
from pipelines.engine.prints import Parts, changes
from pipelines.engine.streams import READ

DONE, TO_DO, OPEN = "done", "to do", "not known yet"
MOST_REASONS = 20
"""Reasons of one pass that are printed, the most frequent first."""


class State(NamedTuple):
    """Of one shard in one pass: DONE, TO_DO, or OPEN where an earlier pass must run first; and why."""

    state: str
    reason: str = ""


class _Before(NamedTuple):
    """The build before: names and digests of the files of each shard, by its key, None where none is noted; what its
    decisions depended on, by stage."""

    shards: Mapping[str, list[tuple[str, str]]] | None
    decisions: Mapping[str, Parts]

    def digests(self) -> dict[str, str]:
        """All its files: digests by name."""
        return {name: digest for files_of in (self.shards or {}).values() for name, digest in files_of}


def explain(planned: Planned) -> list[str]:
    """Lines that say what a build would do."""
    plan = planned.plan
    storage = storage_of(plan.output)
    manifest = read_manifest(plan.output, storage) or {}
    if (manifest.get("state"), manifest.get("fingerprint")) == (FINISHED, planned.fingerprint):
        return [f"{plan.source}: nothing to do: {plan.output} is this very build (its files are still compared)"]
    noted = files.read_sealed(f"{plan.work}/{PLAN}")
    before = _Before(noted["shards"], noted.get("decisions", {})) if noted else _Before(None, {})
    lines = [f"{plan.source}: {of(len(planned.shards), 'shard')}, {of(len(plan.passes), 'pass')}"]
    states: list[State] = []
    for one in plan.passes:
        earlier = dict(zip(planned.shards, states, strict=True)) if states else {}
        states = [_state(planned, one, shard, earlier, before) for shard in planned.shards]
        lines += _pass_lines(one, states)
    return [*lines, *_gone(planned, before), "  then: ledger, manifest and report are written again"]


def _state(
    planned: Planned, one: Pass, shard: InputSplit, earlier: Mapping[InputSplit, State], before: _Before
) -> State:
    """What becomes of a shard in a pass; earlier: in the pass before, for all shards."""
    plan = planned.plan
    done = files.read_sealed(plan.pass_file(one.number, "done.json", shard))
    if done is None:
        return State(TO_DO, _newness(planned, shard, before))
    if done["parts"] != plan.fingerprints[one.number]:
        return State(TO_DO, _changed_parts(planned, one, done["parts"]))
    if done["entered"].get("number", shard.number) != shard.number:
        return State(TO_DO, f"its number changed, by which {one.collects and one.collects.name} compares")
    if earlier and earlier[shard].state != DONE:
        return State(OPEN, f"depends on what pass {one.number - 1} leaves of it")
    if one.applies and not _is_decided(planned, one.applies.name, earlier, before):
        said = changes(before.decisions.get(one.applies.name, {}), planned.decisions[one.applies.name])
        why = f": {'; '.join(said)}" if said and before.decisions else ""
        return State(OPEN, f"depends on what {one.applies.name} now drops of it{why}")
    if done["entered"].get("sidecar"):
        return State(DONE, "unless what is looked up for it in other files of the dump has changed")
    return State(DONE)


def _is_decided(planned: Planned, dedup: str, earlier: Mapping[InputSplit, State], before: _Before) -> bool:
    """Whether a dedup drops what it dropped before: it is the same, and so is all that it compares."""
    if before.shards is None or before.decisions.get(dedup) != planned.decisions[dedup]:
        return False
    same_dump = before.shards.keys() == {split.key for split in planned.shards}
    return same_dump and all(state.state == DONE for state in earlier.values())


def _newness(planned: Planned, shard: InputSplit, before: _Before) -> str:
    """Why a shard has no result: its files are new, or have changed, or are put together otherwise."""
    if before.shards is None:
        return "never done"
    known, now = before.digests(), {file.name: file.digest for file in planned.inputs}
    for name in shard.names:
        if name not in known:
            return f"new input {name}"
        if known[name] != now.get(name):
            return f"input {name} changed"
    if shard.key in before.shards:
        return "its result was not kept"
    return f"{', '.join(shard.names[:3])}: put together with other files than before"


def _changed_parts(planned: Planned, one: Pass, parts: str) -> str:
    """What differs between what a result was made by and what is now."""
    old = files.read_json(parts_file(planned.plan, one.number, parts))
    return "; ".join(changes(old, planned.parts[one.number])) if old else "made by something else, which is not noted"


def _pass_lines(one: Pass, states: list[State]) -> Iterator[str]:
    counts = Counter(state.state for state in states)
    stages = [stage.name for stage in (one.applies, *one.stages, one.collects) if stage]
    named = ", ".join([READ, *stages] if one.applies is None else stages)
    said = ", ".join(f"{counts[state]} {state}" for state in (DONE, TO_DO, OPEN) if counts[state])
    yield f"  pass {one.number} ({named}): {said}"
    reasons = Counter((state.state, state.reason) for state in states if state.reason).most_common()
    for (state, reason), number in reasons[:MOST_REASONS]:
        yield f"    {number} {state}: {reason}"
    if len(reasons) > MOST_REASONS:
        yield f"    and {len(reasons) - MOST_REASONS} more reasons"


def _gone(planned: Planned, before: _Before) -> Iterator[str]:
    """The files of the build before that are no longer read."""
    now = {name for shard in planned.shards for name in shard.names}
    removed = sorted(before.digests().keys() - now)
    if removed:
        more = f" and {len(removed) - 3} more" if len(removed) > 3 else ""
        yield f"  no longer read: {', '.join(removed[:3])}{more}"
