"""Writing an output: the manifest says what state it is in, and what earlier writers left is deleted."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from memory_storage import MemoryStorage

from corpus.errors import OutputError
from corpus.output.manifest import (
    BUILD,
    EXPORT,
    FAILED,
    FINISHED,
    LANGUAGE_MODEL,
    UNFINISHED,
    OutputFile,
    read_manifest,
)
from corpus.output.write import sweep, writing
from corpus.storage import LOCAL, Storage


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def write(folder: Path | str, owns: list[str], names: list[str], storage: Storage = LOCAL, **fields: Any) -> None:
    with writing(str(folder), EXPORT, owns, storage) as output:
        for name in names:
            with output.create(name) as file:
                file.write(name.encode())
        output.finish(**fields)


def test_the_manifest_lists_every_file_and_is_unfinished_until_then(tmp_path: Path) -> None:
    with writing(str(tmp_path), EXPORT, ["a", "b/*"]) as output:
        with output.create("b/c") as file:
            file.write(b"some bytes")
        with output.create_at("a") as new:
            Path(new.path).write_bytes(b"a")
        begun = read_manifest(str(tmp_path))
        assert begun is not None
        assert (begun["kind"], begun["state"], begun["owns"]) == ("export", UNFINISHED, ["a", "b/*"])
        made = output.finish(format_of="x")
    assert made == read_manifest(str(tmp_path))
    assert (made["state"], made["format_of"]) == (FINISHED, "x")
    assert made["files"] == [
        {"name": "a", "bytes": 1, "sha256": hashlib.sha256(b"a").hexdigest()},
        {"name": "b/c", "bytes": 10, "sha256": hashlib.sha256(b"some bytes").hexdigest()},
    ]
    assert below(tmp_path) == ["a", "b/c", "manifest.json"]


def test_a_writer_that_fails_leaves_it_unfinished_and_the_next_makes_it_good(tmp_path: Path) -> None:
    def fail() -> None:
        with writing(str(tmp_path), EXPORT, ["a", "b"]) as output:
            with output.create("b"):
                pass
            raise ValueError("of the writer")

    with pytest.raises(ValueError, match="of the writer"):
        fail()
    assert below(tmp_path) == ["b", "manifest.json"]
    begun = read_manifest(str(tmp_path))
    assert begun is not None
    assert begun["state"] == UNFINISHED
    write(tmp_path, ["a"], ["a"])
    assert below(tmp_path) == ["a", "manifest.json"]


def test_faults_make_it_failed(tmp_path: Path) -> None:
    write(tmp_path, ["a"], ["a"], faults=["too much is broken"])
    made = read_manifest(str(tmp_path))
    assert made is not None
    assert (made["state"], made["faults"]) == (FAILED, ["too much is broken"])


@pytest.mark.parametrize("remote", [False, True], ids=["local", "object store"])
def test_what_earlier_writers_left_is_deleted_and_nothing_else(tmp_path: Path, remote: bool) -> None:
    storage: Storage = MemoryStorage() if remote else LOCAL
    root = "gs://bucket/out" if remote else str(tmp_path)
    write(root, ["x-*"], ["x-1-of-3", "x-2-of-3", "sub/listed"], storage)
    for name in ("x-9-of-9", "notes.txt", "y.12ab.part", "scratch.part/deep/text", "sub/x-1-of-3", "mine/x-1", "old/z"):
        with storage.open_new(f"{root}/{name}") as file:
            file.write(b"left")
    write(root, ["x-*", "old/*"], ["x-1-of-2"], storage)
    left = {one.path[len(root) + 1 :] for one in storage.files_below(root)}
    assert left == {"manifest.json", "x-1-of-2", "notes.txt", "sub/x-1-of-3", "mine/x-1"}
    if not remote:
        assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"sub", "mine"}


@pytest.mark.filterwarnings("ignore:os.fork")  # of JAX, which another test may have imported; the child does not use it
@pytest.mark.parametrize("before_manifest", [True, False], ids=["before the manifest", "after it"])
def test_a_kill_around_the_manifest_leaves_nothing_for_ever(tmp_path: Path, before_manifest: bool) -> None:
    write(tmp_path, ["a", "b"], ["a", "b"])
    child = os.fork()
    if not child:
        _write_until_killed(tmp_path, before_manifest)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert len(below(tmp_path)) == (4 if before_manifest else 3)  # and the killed writer's lock
    write(tmp_path, ["a"], ["a"])
    assert below(tmp_path) == ["a", "manifest.json"]


def _write_until_killed(folder: Path, before_manifest: bool) -> None:
    """Write the folder in a process that ends around the rename of its second manifest, the finished one."""
    replace, manifests = os.replace, 0

    def killed(old: str, new: str) -> None:
        nonlocal manifests
        manifests += new.endswith("manifest.json")
        if manifests < 2 or not before_manifest:
            replace(old, new)
        if manifests == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    os.replace = killed  # type: ignore[assignment]
    write(folder, ["a"], ["a"])
    os._exit(0)


def test_a_folder_of_another_command_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ["a"], ["a"])
    expected = f"{tmp_path}: expected a new folder, or one of `corpus build`, got that of another command \\(export\\)"
    with pytest.raises(OutputError, match=expected), writing(str(tmp_path), BUILD, []):
        pass
    assert below(tmp_path) == ["a", "manifest.json"]
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(OutputError, match=r"another program's manifest\.json"), writing(f"{tmp_path}/web", BUILD, []):
        pass
    assert (tmp_path / "web" / "manifest.json").read_text() == '{"name": "an app"}'


def test_a_damaged_manifest_is_written_again(tmp_path: Path) -> None:
    write(tmp_path, ["a"], ["a"])
    (tmp_path / "manifest.json").write_bytes(b"\0" * 100)
    write(tmp_path, ["a"], ["a"])
    made = read_manifest(str(tmp_path))
    assert made is not None
    assert made["state"] == FINISHED


def test_commands_that_share_a_folder_keep_each_other_s_files(tmp_path: Path) -> None:
    def train(language: str, end: bool = True) -> None:
        with writing(str(tmp_path), LANGUAGE_MODEL, [f"{language}.*", "all.csv"], beside=True) as output:
            for name in (f"{language}.arpa", "all.csv"):
                with output.create(name) as file:
                    file.write(language.encode())
            if end:
                output.finish()

    train("en")
    train("de", end=False)
    train("de")
    made = read_manifest(str(tmp_path))
    assert made is not None
    wanted = [("all.csv", b"de"), ("de.arpa", b"de"), ("en.arpa", b"en")]
    assert made["files"] == [OutputFile(name, 2, hashlib.sha256(data).hexdigest()).to_json() for name, data in wanted]
    assert below(tmp_path) == ["all.csv", "de.arpa", "en.arpa", "manifest.json"]


def test_a_sweep_without_a_manifest_takes_only_parts(tmp_path: Path) -> None:
    for name in ("a", "b.part"):
        (tmp_path / name).write_text("x")
    sweep(str(tmp_path), [])
    assert below(tmp_path) == ["a"]


def test_the_scratch_folder_of_a_killed_writer_is_deleted_though_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / "tmp1a2b.part").mkdir()
    (tmp_path / "kept").mkdir()
    with writing(str(tmp_path), EXPORT, ["a"]) as output:
        with output.create("a") as file:
            file.write(b"a")
        output.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "kept", "manifest.json"]
