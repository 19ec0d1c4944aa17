"""The steps of a build from what its workers say."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.progress.steps import Step
from corpus.readers.base import InputFile, InputSplit
from pipelines.engine.hand import Counts, Ended, Moving
from pipelines.engine.progress import Between, Part, Parted, Watched, counted_step, shard_bytes, span
from pipelines.engine.states import States

SIZES = {"0": 100.0, "1": 50.0, "2": 50.0}


def ended(key: str, found: bool = False, step: str = "pass 0", seconds: float = 10.0) -> Ended:
    return Ended(step, key, found, seconds, Counts(0, 0, 8, 4))


def moving(key: str, read: int, of: int = 0, step: str = "pass 0", began: float = 1000.0) -> Moving:
    return Moving(step, key, f"{step}, shard {key}", began, Counts(read, of, 6, 3))


def states(*said: Ended | Moving) -> States:
    done: dict[str, dict[str, Ended]] = {}
    for one in said:
        if isinstance(one, Ended):
            done.setdefault(one.step, {})[one.key] = one
    return States(done, [one for one in said if isinstance(one, Moving)])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], {"left": 100.0}),
        ([moving("0", 25)], {"done": 25.0, "left": 100.0, "busy": 8.0, "entered": 6, "kept": 3}),
        ([moving("0", 3, of=4)], {"done": 75.0, "left": 75.0, "busy": 8.0, "entered": 6, "kept": 3}),
        ([moving("0", 4000)], {"done": 98.0, "left": 52.0, "busy": 8.0, "entered": 6, "kept": 3}),
        ([ended("1"), moving("0", 50)], {"done": 100.0, "left": 50.0, "busy": 18.0, "entered": 14, "kept": 7}),
        ([ended("0", found=True)], {"found": 100.0, "left": 50.0}),
        ([ended(key) for key in SIZES], {"done": 200.0, "left": 0.0, "busy": 30.0, "entered": 24, "kept": 12}),
        ([moving("7", 4)], {"left": 100.0, "busy": 8.0, "entered": 6, "kept": 3}),
    ],
    ids=["nothing yet", "bytes of a shard", "rows of a shard", "more than it has", "one done, one in hand",
         "found done", "all done", "a shard that nobody knows"],
)  # fmt: skip
def test_how_much_of_a_pass_is_done(said: list[Any], expected: dict[str, Any]) -> None:
    parted = Parted("pass 1 of 2", "pass 0", SIZES, 2.0)
    found = counted_step(parted, states(*said), workers=2, now=1008.0)
    assert found == Step("pass 1 of 2", total=200.0, cost=2.0, drops=True, **{"busy": 0.0, **expected})


@pytest.mark.parametrize(
    ("sizes", "begun", "workers", "units"),
    [
        ([], [], 2, 0.0),
        ([10, 10], [], 2, 10.0),
        ([100, 10, 10], [], 2, 100.0),
        ([10] * 9, [], 2, 50.0),
        ([10] * 4, [40], 2, 40.0),
        ([10] * 4, [40], 1, 80.0),
        ([], [40, 30], 4, 40.0),
        ([1.0] * 5000, [], 2, 2500.0),
        ([9000.0] + [1.0] * 5000, [], 2, 9000.0),
    ],
    ids=["none", "one each", "one huge", "nine small", "small ones beside a huge one", "one worker", "all in hand",
         "very many", "very many and one huge"],
)  # fmt: skip
def test_what_the_busiest_worker_has_before_it(
    sizes: list[float], begun: list[float], workers: int, units: float
) -> None:
    parts = [Part(size) for size in sizes] + [Part(size * 2, moving=moving("0", 1, of=2)) for size in begun]
    assert span(parts, workers) == units


class Said:
    def __init__(self) -> None:
        self.states = states()

    def look(self) -> States:
        return self.states


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_steps_begin_and_end_as_workers_say() -> None:
    said, clock = Said(), Clock()
    order = [
        Between("start", 1.0), Parted("pass 1", "pass 0", {"0": 10.0}, 1.0), Between("compare", 2.0),
        Parted("pass 2", "pass 1", {"0": 10.0}, 1.0), Between("add up", 0.0),
    ]  # fmt: skip
    watched = Watched(said, order, clock, lambda: 1000.0 + clock.now)
    seen = []
    for now, looks in enumerate((
        states(), states(moving("0", 5)), states(ended("0")), states(ended("0"), moving("0", 1, 2, "pass 1")),
        states(ended("0"), ended("0", step="pass 1")),
    )):  # fmt: skip
        said.states, clock.now = looks, float(now)
        steps = watched.steps()
        seen.append("".join("e" if step.ended else "b" if step.begun else "-" for step in steps))
    assert seen == ["b----", "eb---", "eeb--", "eeeb-", "eeeeb"]
    assert [step.seconds for step in steps] == [1.0, 1.0, 1.0, 1.0, 0.0]


def test_hands_in_words() -> None:
    said = Said()
    said.states = states(moving("0", 45), moving("1", 0))
    watched = Watched(said, [Parted("pass 1", "pass 0", SIZES, 1.0)], lambda: 0.0, lambda: 1007.4)
    assert watched.hands() == ["pass 0, shard 0, 45%, 7 s", "pass 0, shard 1, 7 s"]


def test_adding_up_very_many_shards_waits_for_its_turn() -> None:
    said, clock = Said(), Clock()
    watched = Watched(said, [Parted("pass 1", "pass 0", SIZES, 1.0)], clock, lambda: 1000.0)
    watched.steps()
    watched._again = 5.0
    said.states = states(ended("0"))
    assert watched.steps()[0].done == 0
    clock.now = 6.0
    assert watched.steps()[0].done == 100.0


def test_the_bytes_of_shards() -> None:
    inputs = [InputFile("a", 90, 0.0), InputFile("b", 7, 0.0), InputFile("c", 3, 0.0)]
    shards = [InputSplit(0, 3, "a", "0-45"), InputSplit(1, 3, "a", "45-90"), InputSplit(2, 3, "b", more_paths=("c",))]
    assert shard_bytes(shards, inputs) == {"0": 45.0, "1": 45.0, "2": 10.0}
