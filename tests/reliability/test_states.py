"""Every command that reads an output, on outputs in every state but finished: each refuses, in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from corpus.output.lock import locked
from corpus.output.manifest import MANIFEST, UNFINISHED, read_manifest, write_manifest
from pipelines.cli import main
from reliability.damaged_outputs import QUICK, REFUSED, SLOW, Reader, attempt, command
from reliability.test_damaged_outputs import outputs_of

VERIFY = command("verify", "{root}")
READERS: dict[str, Reader] = {**QUICK, **SLOW, "verify": VERIFY}
READ_BY = {
    "documents/toy": (
        "ledger",
        "report",
        "find",
        "export jsonl",
        "export of a mixture",
        "documents",
        "tokenize",
        "train tokenizer",
        "verify",
    ),
    "tokens/toy": (
        "find tokens",
        "mix",
        "export megatron",
        "export mds",
        "export litdata",
        "export datatrove",
        "export nanogpt",
        "export of a mixture",
        "remove",
        "tokens",
        "verify",
    ),
    "tokenizer": ("export tokenizer", "tokenize", "verify"),
    "mixture": ("batches", "export of a mixture", "verify"),
}  # fmt: skip
"""The outputs, each with what reads it."""


def _changed(folder: Path, **fields: Any) -> None:
    write_manifest(str(folder), {**(read_manifest(str(folder)) or {}), **fields})


@contextmanager
def interrupted(folder: Path) -> Iterator[None]:
    _changed(folder, state=UNFINISHED)
    yield


@contextmanager
def being_written(folder: Path) -> Iterator[None]:
    with locked(str(folder)):
        _changed(folder, state=UNFINISHED)
        yield


@contextmanager
def failed(folder: Path) -> Iterator[None]:
    _changed(folder, state="failed", faults=["half of it is unreadable"])
    yield


@contextmanager
def stale(folder: Path) -> Iterator[None]:
    """Made of something that has changed since; of documents, which are made of nothing of ours, a file has."""
    made_of = (read_manifest(str(folder)) or {}).get("made_of")
    if made_of:
        _changed(folder, made_of=[{**one, "digest": "0" * 32} for one in made_of])
    for path in folder.glob("data/documents-*"):
        path.write_bytes(path.read_bytes() + b"x")
    yield


@contextmanager
def of_another_kind(folder: Path) -> Iterator[None]:
    """As a version that is to come may write it."""
    _changed(folder, kind="something new")
    yield


@contextmanager
def without_manifest(folder: Path) -> Iterator[None]:
    (folder / MANIFEST).unlink()
    yield


STATES: tuple[Callable[[Path], AbstractContextManager[None]], ...] = (
    interrupted, being_written, failed, stale, of_another_kind, without_manifest,
)  # fmt: skip
ELSEWHERE = ("export tokenizer", "tokenize")
NOT_REFUSED: dict[tuple[bool, str], tuple[str, ...]] = {
    (True, "of_another_kind"): (*ELSEWHERE, "verify"),
    (True, "without_manifest"): (*ELSEWHERE, "verify"),
    (True, "stale"): (*ELSEWHERE, "verify"),
    (False, "of_another_kind"): ("verify",),
    (False, "without_manifest"): ("verify", "batches"),
}
"""What reads on, by whether it is the tokenizer's folder, and its state: verify looks at outputs of ours; a tokenizer's
file may come from elsewhere, and outlives what it was trained on; a folder without a manifest is no mixture.
"""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return outputs_of(tmp_path_factory.mktemp("states") / "root", 40)


@pytest.mark.parametrize("output", READ_BY)
@pytest.mark.parametrize(
    "state", [state if state is being_written else pytest.param(state, marks=pytest.mark.soak) for state in STATES]
)
def test_each_reader_refuses(sound: Path, output: str, state: Any, tmp_path: Path) -> None:
    folder, let_through = sound / output, NOT_REFUSED.get((output == "tokenizer", state.__name__), ())
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    wrong = {}
    with ExitStack() as stack:
        stack.callback(lambda: [path.write_bytes(data) for path, data in before.items()])
        stack.enter_context(state(folder))
        for name in READ_BY[output]:
            result = attempt(READERS[name], sound, tmp_path / "scratch")
            if (result.found != REFUSED and name not in let_through) or result.fault:
                wrong[name] = result.fault or "it was read"
    assert wrong == {}


def test_sound_outputs_are_read(sound: Path, tmp_path: Path) -> None:
    assert main(["verify", str(sound)]) == 0
    for name in {name for names in READ_BY.values() for name in names} - set(SLOW):
        assert attempt(READERS[name], sound, tmp_path / "scratch").found != REFUSED, name
