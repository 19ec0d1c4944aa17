"""What every test shares: the real dumps, where they are at hand."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LLAMA_CORPUS_DATA", ROOT.parent / "shared" / "data"))


def pytest_make_parametrize_id(val: object) -> str | None:
    """The id of a parameter: of gzip's bytes not their own, which hold the time at which they were made.

    Processes that share a run compare what they have collected.
    """
    if isinstance(val, bytes) and val.startswith(b"\x1f\x8b"):
        return f"gzip of {len(val)} bytes"
    return None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real dumps; a test that asks for it is skipped where they are absent."""
    if not SHARED.is_dir():
        pytest.skip(f"real dumps are absent: no folder {SHARED} (set LLAMA_CORPUS_DATA)")
    return SHARED


@pytest.fixture(autouse=True)
def _within_the_time_of_a_soak(request: pytest.FixtureRequest) -> None:
    """A test marked `soak` does not begin when the time that tests/reliability/soak.py gives is up."""
    until = os.environ.get("SOAK_UNTIL")
    if until and request.node.get_closest_marker("soak") and time.time() > float(until):
        pytest.skip("the time of the soak is up")


@pytest.fixture(autouse=True, scope="session")
def _workers_find_the_tests() -> None:
    """Worker processes import what tests define (the toy source), as the test run itself does."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "pipelines")])


@pytest.fixture(autouse=True)
def _no_progress_on_a_slow_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests compare exactly what commands print: however long one takes here, it says nothing of its progress.

    Those of progress itself set clocks of their own.
    """
    if not request.node.path.is_relative_to(ROOT / "tests" / "corpus" / "progress"):
        monkeypatch.setattr("corpus.progress.reporter.FIRST_SECONDS", float("inf"))
