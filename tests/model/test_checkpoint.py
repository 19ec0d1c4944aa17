"""What a checkpoint from outside may do: nothing but be read; and no flipped bit of one is taken for a weight."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from toy_training import CONFIG, SETTINGS, Counting

from model.checkpoint import RUN, STATE, Run, complete_checkpoints, describe, read_weights, sealed
from model.digests import check, digests, files_below, join_parts, write_part
from model.errors import CheckpointError
from model.settings import ParallelConfig
from model.torch.state import TABLE, StateReader, read_table
from model.train import LogConfig, build, run_to_end

FLIPS = 20


class Planted:
    """Unpickled, it makes a folder: any code would run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One step of a run of each framework."""
    found = {}
    for framework in ("torch", "jax"):
        folder, settings = tmp_path_factory.mktemp(framework), replace(SETTINGS, steps=1)
        run = Run(framework, CONFIG, settings, "mixture", "tokenizer")
        run_to_end(build(framework, CONFIG, settings, ParallelConfig()), Counting(), run, folder, LogConfig())
        found[framework] = complete_checkpoints(folder)[-1]
    return found


@pytest.fixture
def copied(checkpoints: dict[str, Path], tmp_path: Path) -> Path:
    """torch's checkpoint, to be changed."""
    return Path(shutil.copytree(checkpoints["torch"], tmp_path / "step-00000001"))


def signed(checkpoint: Path, **changes: Any) -> None:
    """Give a checkpoint the digests of the files it has now, as one who plants something would."""
    files = digests(checkpoint, [f"{STATE}/{name}" for name in files_below(checkpoint / STATE)])
    fields = json.loads((checkpoint / RUN).read_bytes()) | {"files": files} | changes
    (checkpoint / RUN).write_bytes(sealed({name: value for name, value in fields.items() if value is not None}))


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_every_flipped_bit_is_refused(framework: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoints[framework], tmp_path / "copy"))
    assert read_weights(copy)[0] == CONFIG
    draw = random.Random(framework)
    paths = [copy / RUN, *(copy / STATE / name for name in files_below(copy / STATE))]
    for flip in range(FLIPS):
        path = paths[flip % len(paths)]
        data = bytearray(path.read_bytes())
        place = draw.randrange(len(data) * 8)
        data[place // 8] ^= 1 << place % 8
        whole = path.read_bytes()
        path.write_bytes(data)
        with pytest.raises(CheckpointError):
            read_weights(copy)
        path.write_bytes(whole)
    assert read_weights(copy)[0] == CONFIG


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_a_run_does_not_go_on_from_a_flipped_bit(framework: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    copy = Path(shutil.copytree(checkpoints[framework], tmp_path / "step-00000001"))
    path = max((path for path in (copy / STATE).rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    settings = replace(SETTINGS, steps=1)
    run = Run(framework, CONFIG, settings, "mixture", "tokenizer")
    with pytest.raises(CheckpointError, match=r"expected SHA-256 .* a damaged file"):
        run_to_end(build(framework, CONFIG, settings, ParallelConfig()), Counting(), run, tmp_path, LogConfig())


def test_a_planted_table_of_contents_runs_nothing(copied: Path, tmp_path: Path) -> None:
    (copied / STATE / TABLE).write_bytes(pickle.dumps(Planted(tmp_path / "planted")))
    signed(copied)
    with pytest.raises(CheckpointError, match=r"a table of contents that asks for (posix|nt)\.mkdir"):
        read_weights(copied)
    assert not (tmp_path / "planted").exists()


def test_a_planted_value_runs_nothing(copied: Path, tmp_path: Path) -> None:
    """A number of the optimizer, which torch's own loader would unpickle."""
    table = read_table((copied / STATE / TABLE).read_bytes())
    value = io.BytesIO()
    torch.save(Planted(tmp_path / "planted"), value)
    for index, place in table.storage_data.items():
        if index.fqn.endswith("lr"):
            place.relative_path, place.offset, place.length = "planted.distcp", 0, len(value.getvalue())
    (copied / STATE / "planted.distcp").write_bytes(value.getvalue())
    (copied / STATE / TABLE).write_bytes(pickle.dumps(table))
    signed(copied)
    settings = replace(SETTINGS, steps=1)
    run, trainer = (
        Run("torch", CONFIG, settings, "mixture", "tokenizer"),
        build("torch", CONFIG, settings, ParallelConfig()),
    )
    with pytest.raises(CheckpointError, match="UnpicklingError: Weights only load failed"):
        run_to_end(trainer, Counting(), run, copied.parent, LogConfig())
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pickle.dumps(["a"]), "a list"),
        (pickle.dumps({"a": 1}, 2), "the instruction BINPUT"),
        (pickle.dumps(1.5), "the instruction BINFLOAT"),
        (b"\x80\x04r\xff\xff\xff\x7f.", "the instruction LONG_BINPUT"),
        (b"\x80\x04cposix\nsystem\n.", "the instruction GLOBAL"),
        (b"", "no table of contents"),
        (b"\x80\x04X\xff\xff\xff\xffabc", "no table of contents"),
        (b"\x80\x04" + b"(" * 100_000 + b".", "unexpected MARK found"),
    ],
    ids=["list", "old", "number", "memo", "function", "empty", "longer", "deep"],
)  # fmt: skip
def test_what_is_no_table_of_contents_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match=words):
        read_table(data)


def test_a_table_names_no_file_outside_its_folder(checkpoints: dict[str, Path]) -> None:
    data = (checkpoints["torch"] / STATE / TABLE).read_bytes()
    assert read_table(data).state_dict_metadata
    table = read_table(data)
    next(iter(table.storage_data.values())).relative_path = "../../../etc/passwd"
    with pytest.raises(pickle.UnpicklingError, match="a file elsewhere"):
        read_table(pickle.dumps(table))


def test_the_table_is_read_as_torch_reads_it(checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["torch"] / STATE
    ours = StateReader(folder).read_metadata()
    theirs = pickle.loads((folder / TABLE).read_bytes())
    assert (ours.state_dict_metadata, ours.storage_data, ours.planner_data) == (
        theirs.state_dict_metadata, theirs.storage_data, theirs.planner_data,
    )  # fmt: skip


def _add(checkpoint: Path) -> None:
    (checkpoint / STATE / "more").write_text("")


def _take(checkpoint: Path) -> None:
    (checkpoint / STATE / TABLE).unlink()


def _link(checkpoint: Path) -> None:
    (checkpoint / STATE / "link").symlink_to("/etc/passwd")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_add, "expected the files that run.json lists, got one that is not listed"),
        (_take, "expected the files that run.json lists, got no such file"),
        (_link, "expected files and folders alone, got a link or a device"),
    ],
    ids=["another file", "a missing file", "a link"],
)
def test_the_files_are_those_listed(copied: Path, change: Callable[[Path], None], words: str) -> None:
    change(copied)
    with pytest.raises(CheckpointError, match=words):
        read_weights(copied)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config.heads": 0}, "heads as a positive number, got 0"),
        ({"config.dim": "32"}, "dim as a positive number, got 32"),
        ({"config.dim": None}, "got 'dim' missing"),
        ({"config.more": 1}, "got 'more' too"),
        ({"config.theta": 1e999}, "theta as a positive number, got inf"),
        ({"config.heads": 5}, "heads of an even width"),
        ({"framework": "pickle"}, "pickle"),
        ({"framework": []}, "a run's config and framework"),
        ({"format": 1}, "expected checkpoint format 2, got 1"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_a_run_json_of_nonsense_is_refused(copied: Path, changes: dict[str, Any], words: str) -> None:
    signed(copied, **changes)
    with pytest.raises(CheckpointError, match=words):
        read_weights(copied)


def test_a_changed_number_of_run_json_is_told(copied: Path) -> None:
    text = (copied / RUN).read_text()
    (copied / RUN).write_text(text.replace('"step": 1', '"step": 3'))
    with pytest.raises(CheckpointError, match=r"run\.json as it was written, got a damaged one"):
        describe(copied)


def test_processes_share_the_digests(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "deep/d"):
        path = tmp_path / STATE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for part in range(3):
        write_part(tmp_path, STATE, part, 3)
    found = join_parts(tmp_path, 3)
    assert list(found) == ["state/a", "state/b", "state/c", "state/deep/d"]
    assert [path.name for path in tmp_path.iterdir()] == [STATE]
    check(tmp_path, STATE, found)
    (tmp_path / STATE / "b").write_text("x")
    refused = []
    for part in range(3):
        try:
            check(tmp_path, STATE, found, part, 3)
        except CheckpointError:
            refused.append(part)
    assert refused == [1]
