"""Reading outputs: what is refused, in which words, and that only listed files with their own bytes are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from memory_storage import MemoryStorage

from corpus.errors import InputError
from corpus.output.lock import this_process
from corpus.output.manifest import BUILD, EXPORT, MANIFEST
from corpus.output.read import damaged, open_listed, outputs_in, read_output, require_listed
from corpus.output.write import writing
from corpus.storage import LOCAL, Storage

DOCUMENTS = "data/documents-00000-of-00001.parquet"


def build(folder: Path | str, storage: Storage = LOCAL, faults: tuple[str, ...] = (), end: bool = True) -> str:
    with writing(str(folder), BUILD, ["data/documents-*", "ledger.parquet"], storage) as output:
        for name in (DOCUMENTS, "ledger.parquet"):
            with output.create(name) as file:
                file.write(b"of " + name.encode())
        if end:
            output.finish(faults=list(faults))
    return str(folder)


def refused(folder: Path, got: str, again: str = "again") -> None:
    with pytest.raises(InputError) as raised:
        outputs_in(str(folder), BUILD)
    assert str(raised.value) == f"{folder}: expected a finished build, got {got}; run `corpus build` {again}"
    assert raised.value.exit_code == (1 if again == "again" else 2)


def test_a_finished_build_is_read_by_its_manifest(tmp_path: Path) -> None:
    (found,) = outputs_in(build(tmp_path), BUILD)
    (tmp_path / "notes.txt").write_text("not listed, and nobody's data")
    assert [found.path(file) for file in found.listed("data/documents-*.parquet")] == [f"{tmp_path}/{DOCUMENTS}"]
    with found.open(found.files[DOCUMENTS]) as file:
        assert file.read() == b"of " + DOCUMENTS.encode()
    assert found.name == tmp_path.name


def test_an_interrupted_one_is_refused(tmp_path: Path) -> None:
    build(tmp_path, end=False)
    refused(tmp_path, "one that was interrupted")


def test_one_that_is_being_written_is_refused_with_its_writer(tmp_path: Path) -> None:
    with writing(str(tmp_path), BUILD, []):
        refused(tmp_path, f"one that is being written by {this_process()}")


def test_a_failed_one_is_refused_with_its_fault_unless_asked_for(tmp_path: Path) -> None:
    build(tmp_path, faults=("toy: too much is broken", "and more"))
    refused(tmp_path, "one that failed: toy: too much is broken")
    assert outputs_in(str(tmp_path), BUILD, or_failed=True)[0].manifest["state"] == "failed"


def test_without_a_manifest_there_is_no_build(tmp_path: Path) -> None:
    refused(tmp_path, "no manifest.json", "first")
    build(tmp_path / "toy")
    (tmp_path / "toy" / MANIFEST).unlink()
    with pytest.raises(InputError, match=rf"{tmp_path}/toy: expected a finished build, got no manifest.json"):
        outputs_in(str(tmp_path), BUILD)  # its documents betray it: it is not passed over


@pytest.mark.parametrize(
    ("damage", "got"),
    [
        (lambda folder: (folder / MANIFEST).write_bytes(b"{}x"), "a damaged manifest.json"),
        (lambda folder: (folder / MANIFEST).write_bytes(b'{"a": 1}'), "a foreign manifest.json"),
        (lambda folder: (folder / DOCUMENTS).unlink(), f"no {DOCUMENTS}"),
        (lambda folder: (folder / DOCUMENTS).write_bytes(b"x"), f"{DOCUMENTS} of 1 bytes instead of 40"),
    ],
    ids=["manifest", "another program's", "no file", "size"],
)
def test_a_damaged_one_is_refused(tmp_path: Path, damage: Callable[[Path], object], got: str) -> None:
    damage(Path(build(tmp_path)))
    refused(tmp_path, got)


def test_another_command_s_output_is_refused(tmp_path: Path) -> None:
    with writing(str(tmp_path), EXPORT, []) as output:
        output.finish()
    refused(tmp_path, "the output of another command (export)")


@pytest.mark.parametrize("remote", [False, True], ids=["local", "object store"])
def test_a_folder_of_builds_gives_all_of_them_and_none_else(tmp_path: Path, remote: bool) -> None:
    storage: Storage = MemoryStorage() if remote else LOCAL
    root = "gs://bucket/out" if remote else str(tmp_path)
    for name in ("toy", "books"):
        build(f"{root}/{name}", storage)
    with writing(f"{root}/models", EXPORT, [], storage) as output:
        output.finish()
    assert [one.name for one in outputs_in(f"{root}/", BUILD, storage)] == ["books", "toy"]
    build(f"{root}/more", storage, end=False)
    with pytest.raises(InputError, match=f"{root}/more: expected a finished build, got one that was interrupted"):
        outputs_in(root, BUILD, storage)


def test_one_of_several_whose_manifest_was_replaced_is_refused_and_not_left_out(tmp_path: Path) -> None:
    for name in ("github", "books"):
        build(tmp_path / name)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / MANIFEST).write_text('{"name": "an app of the web"}')
    assert [one.name for one in outputs_in(str(tmp_path), BUILD)] == ["books", "github"]
    (tmp_path / "github" / MANIFEST).write_text("{}")
    with pytest.raises(InputError, match=r"github: expected a finished build, got a foreign manifest\.json"):
        outputs_in(str(tmp_path), BUILD)


@pytest.mark.parametrize("remote", [False, True], ids=["local", "object store"])
@pytest.mark.parametrize(
    ("data", "got"), [(b"x", "got 1;"), (b"x" * 40, "got others than were written;")], ids=["size", "bytes"]
)
def test_a_file_with_other_bytes_is_not_opened(tmp_path: Path, remote: bool, data: bytes, got: str) -> None:
    storage: Storage = MemoryStorage() if remote else LOCAL
    root = build("gs://bucket/out" if remote else tmp_path, storage)
    output = read_output(root, BUILD, storage)
    assert list(damaged(output.files.values(), root, storage)) == []
    with storage.open_new(f"{root}/{DOCUMENTS}") as file:
        file.write(data)
    with pytest.raises(InputError, match=f"expected the 40 bytes that manifest.json lists, {got}"):
        open_listed(root, output.files[DOCUMENTS], storage)
    assert [file.name for file in damaged(output.files.values(), root, storage)] == [DOCUMENTS]
    storage.remove(f"{root}/{DOCUMENTS}")
    with pytest.raises(InputError, match=r"a file that manifest\.json lists, got none there"):
        open_listed(root, output.files[DOCUMENTS], storage)


def test_a_file_must_be_listed_where_there_is_a_manifest(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"from elsewhere")
    require_listed(f"{tmp_path}/model.bin")
    folder = Path(build(tmp_path / "out"))
    require_listed(f"{folder}/{DOCUMENTS}")
    (folder / "more.parquet").write_bytes(b"x")
    with pytest.raises(InputError, match=r"finished manifest.json that lists the file, got no more.parquet in it"):
        require_listed(f"{folder}/more.parquet")
    (folder / DOCUMENTS).write_bytes(b"x" * 40)
    with pytest.raises(InputError, match="others than were written"):
        require_listed(f"{folder}/{DOCUMENTS}")
    build(folder, end=False)
    with pytest.raises(InputError, match="got one that is unfinished; run the command that makes it again"):
        require_listed(f"{folder}/{DOCUMENTS}")


def test_a_build_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    """Its documents lay beside everything else: no tool could open its folder."""
    with writing(str(tmp_path), BUILD, ["documents-*"]) as output:
        with output.create("documents-00000-of-00001.parquet") as file:
            file.write(b"rows")
        output.finish(faults=[])
    refused(tmp_path, "one of an earlier version, whose documents do not lie in data/")


def test_a_table_of_a_build_is_vouched_for_by_the_manifest_above(tmp_path: Path) -> None:
    folder = Path(build(tmp_path / "out"))
    (folder / "evidence").mkdir()
    (folder / "evidence/references-0.parquet").write_bytes(b"x")
    with pytest.raises(InputError, match=r"got no evidence/references-0.parquet in it"):
        require_listed(f"{folder}/evidence/references-0.parquet")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/mine.parquet").write_bytes(b"x")
    require_listed(f"{tmp_path}/data/mine.parquet")  # of no output
