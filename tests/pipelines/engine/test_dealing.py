"""Beam's local runner deals a step's elements as its workers become free."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import apache_beam as beam
import pytest

from corpus.errors import BuildError
from pipelines.engine.dealing import dealt_as_workers_become_free
from pipelines.engine.local_workers import watched_workers
from pipelines.engine.runner import pipeline_options, run_pipeline

TWO = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
MANY = 9


class Long(beam.DoFn):
    """Element 0 takes as long as all others together: until the others are done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, element: int) -> Iterator[int]:
        until = time.monotonic() + 30
        while element == 0 and len(list(self._folder.iterdir())) < MANY - 1:
            assert time.monotonic() < until, "the other worker has not done all the rest"
            time.sleep(0.01)
        (self._folder / str(element)).write_text(str(os.getpid()))
        yield element


def run(folder: Path, step: beam.DoFn, elements: list[int], log: Path) -> None:
    with watched_workers(log, lambda: None):
        pipeline = beam.Pipeline(options=pipeline_options(TWO, MANY))
        _ = pipeline | beam.Create(elements) | beam.Reshuffle() | beam.ParDo(step)
        run_pipeline(pipeline)


def test_a_worker_that_is_free_takes_what_is_left_while_another_has_a_long_one(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.mkdir()
    run(done, Long(done), list(range(MANY)), tmp_path / "log")
    workers = {int(path.name): path.read_text() for path in done.iterdir()}
    assert sorted(workers) == list(range(MANY))
    assert len(set(workers.values())) == 2


class Failing(beam.DoFn):
    """The first element fails; the others are noted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, element: int) -> Iterator[int]:
        if element == 0:
            raise ValueError("element 0 is no good")
        time.sleep(0.02)
        (self._folder / str(element)).touch()
        yield element


def test_after_a_failure_no_more_is_dealt(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.mkdir()
    with pytest.raises(BuildError, match="element 0 is no good"):
        run(done, Failing(done), list(range(100)), tmp_path / "log")
    assert len(list(done.iterdir())) < 50


def test_a_step_without_elements_ends(tmp_path: Path) -> None:
    run(tmp_path, Long(tmp_path), [], tmp_path / "log")


def test_beams_own_way_is_back_after_the_block() -> None:
    from apache_beam.runners.portability.fn_api_runner import fn_runner

    before = fn_runner.ParallelBundleManager
    with dealt_as_workers_become_free():
        assert fn_runner.ParallelBundleManager is not before
    assert fn_runner.ParallelBundleManager is before
