"""Steps that a command counts while it does them."""

from __future__ import annotations

import pytest

from corpus.progress import work
from corpus.progress.steps import DOCUMENT, Step


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_steps_in_their_order_with_their_times() -> None:
    clock = Clock()
    watched = work.Work(clock)
    watched.expect("report", cost=2.0)
    with watched.step("read", 10) as counter:
        clock.now = 3.0
        counter.add(4, documents=2)
        running = watched.steps()
    with watched.step("report"):
        clock.now = 7.0
    assert running == [
        Step("read", total=10, done=4, seconds=3.0, begun=True, entered=2),
        Step("report", cost=2.0),
    ]
    assert [(step.name, step.seconds, step.ended) for step in watched.steps()] == [
        ("read", 3.0, True),
        ("report", 4.0, True),
    ]


def test_a_step_expected_in_seconds_may_count_units() -> None:
    watched = work.Work(lambda: 0.0)
    watched.expect("report", cost=2.0)
    with watched.step("report", 100):
        assert watched.steps()[0][:2] == ("report", "byte")
        assert (watched.steps()[0].total, watched.steps()[0].cost) == (100, 0.02)


def test_what_is_counted_belongs_to_the_innermost_step_of_that_unit() -> None:
    with work.begun(work.Work(lambda: 0.0)) as watched, work.step("outer", 9), work.step("inner", 3, DOCUMENT):
        work.add(5)
        assert list(work.counted("abc")) == ["a", "b", "c"]
        assert [(step.name, step.done) for step in watched.steps()] == [("outer", 0), ("inner", 3)]


def test_steps_of_workers_stand_where_they_are_done_and_stay() -> None:
    watched = work.Work(lambda: 0.0)
    watched.expect(work.WORKERS)
    watched.expect("report")
    with watched.step("plan"):
        pass
    assert [step.name for step in watched.steps()] == ["plan", "workers", "report"]
    with watched.watched(lambda: [Step("pass 1", begun=True)], lambda: ["shard 3"]):
        assert [step.name for step in watched.steps()] == ["plan", "pass 1", "report"]
        assert watched.hands() == ["shard 3"]
    assert watched.steps()[1] == Step("pass 1", begun=True, ended=True)
    assert watched.hands() == ()


def test_a_step_ends_where_its_block_raises() -> None:
    watched = work.Work(lambda: 0.0)
    with pytest.raises(ValueError, match="broken"), watched.step("read"):
        raise ValueError("broken")
    assert watched.steps()[0].ended


def test_nothing_is_kept_where_nobody_watches() -> None:
    before = work.current()
    with work.step("read"):
        before.note("something")
    before.expect("report")
    assert (before.steps(), before.take_notes()) == ([], [])
