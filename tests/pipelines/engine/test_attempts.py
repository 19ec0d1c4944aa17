"""A fault of storage that passes costs a step of a build another attempt, whatever step it is, and no result."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from corpus.errors import BuildError
from corpus.storage import LocalStorage
from pipelines.demo import books, github, stackexchange
from pipelines.engine import attempts
from pipelines.engine import build as building
from pipelines.sources import find_source

ONE = ["--direct_num_workers=1"]
DEMOS: dict[str, Any] = {"books": books, "github": github, "stackexchange": stackexchange}
SETTINGS = {"stackexchange": {"sites": "1"}}
APART = 12
"""A fault is raised at one of so many files that are opened, so that a step meets few of them."""


@contextmanager
def faults(patch: pytest.MonkeyPatch, first: int) -> Iterator[list[str]]:
    """While a pipeline runs, every twelfth file cannot be opened, from the n-th on, each once; the faults so far."""
    raised: list[str] = []
    running, opened = False, 0
    real = {name: getattr(LocalStorage, name) for name in ("open", "open_new")}

    def failing(name: str) -> Any:
        def call(self: LocalStorage, path: str) -> BinaryIO:
            nonlocal opened
            opened += running
            if running and opened % APART == first and path not in raised:
                raised.append(path)
                raise OSError(errno.EIO, "input/output error", path)
            file: BinaryIO = real[name](self, path)
            return file

        return call

    run = building.run_pipeline

    def run_pipeline(pipeline: Any) -> None:
        nonlocal running
        running = True
        try:
            run(pipeline)
        finally:
            running = False

    with patch.context() as within:
        for name in real:
            within.setattr(LocalStorage, name, failing(name))
        within.setattr(building, "run_pipeline", run_pipeline)
        within.setattr("time.sleep", lambda seconds: None)
        yield raised


def built(source: str, folder: Path) -> dict[str, str]:
    """The files of a build of a demo's dump, less those that name folders, by digest."""
    DEMOS[source].write(folder / "dump")
    made = building.build(
        find_source(source), [str(folder / "dump")], str(folder / "out"), settings=SETTINGS.get(source),
        beam_arguments=ONE,
    )  # fmt: skip
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in Path(made.folder).glob("*.parquet")}


@pytest.mark.parametrize("source", DEMOS)
@pytest.mark.parametrize("first", [1, 5, 9])
def test_every_step_is_tried_again(source: str, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with faults(monkeypatch, first) as raised:
        made = built(source, tmp_path / "faulty")
    assert len(raised) >= 3
    assert made == built(source, tmp_path / "sound")


def test_a_fault_that_stays_names_what_was_in_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    def broken() -> Iterator[int]:
        yield 1
        raise OSError(errno.ETIMEDOUT, "timed out")

    with pytest.raises(BuildError, match=r"^gs://b/work: expected to read and write files 4 times, got .*timed out; "):
        attempts.attempted(broken, "pairs of bucket 3", "gs://b/work")
    assert pauses == [1, 4, 16]
