"""The one writer of files: whole or not there, counted and digested, and what a full disk does to it."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from corpus.errors import OutputError
from corpus.storage import LOCAL, PART, LocalStorage, Stored, create, create_at, measure


class Failing(LocalStorage):
    """A disk on which one operation fails."""

    def __init__(self, operation: str, code: int) -> None:
        self.operation, self.code = operation, code

    def _fail(self, operation: str) -> None:
        if operation == self.operation:
            raise OSError(self.code, os.strerror(self.code))

    def open_new(self, path: str) -> BinaryIO:
        self._fail("open")
        file = super().open_new(path)
        if self.operation != "write":
            return file
        file.close()
        return _FullFile(self._fail)

    def sync(self, file: BinaryIO) -> None:
        self._fail("sync")

    def rename(self, old: str, new: str, durable: bool) -> None:
        self._fail("rename")


class _FullFile(io.BytesIO):
    def __init__(self, fail: Callable[[str], None]) -> None:
        super().__init__()
        self._fail = fail

    def write(self, data: Any) -> int:
        self._fail("write")
        return super().write(data)


@pytest.mark.parametrize("operation", ["open", "write", "sync", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
def test_what_the_disk_refuses_is_one_line_and_leaves_nothing(tmp_path: Path, operation: str, code: int) -> None:
    path = tmp_path / "made.bin"
    path.write_bytes(b"old")
    with pytest.raises(OutputError) as raised, create(str(path), Failing(operation, code)) as file:
        file.write(b"new")
    do = "see to room and permission there, then run the same command again"
    assert str(raised.value) == f"{path}: expected to write a file, got {os.strerror(code)}; {do}"
    assert raised.value.exit_code == 1
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_block_stays_what_it_is(tmp_path: Path) -> None:
    def read_and_write() -> None:
        with create(str(tmp_path / "made")) as file:
            file.write(b"half")
            raise OSError("of the reader")

    with pytest.raises(OSError, match="of the reader"):
        read_and_write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("digest", ["sha256", "xxh3_128"])
def test_a_file_is_counted_and_digested_as_it_is_written(tmp_path: Path, digest: str) -> None:
    path = tmp_path / "sub" / "made.bin"
    array = np.arange(1000, dtype=np.uint16)
    with create(str(path), digest=digest) as file:
        file.write(b"some bytes")
        file.write(array.data)
        assert file.tell() == 2010
    wanted = {"sha256": hashlib.sha256, "xxh3_128": xxhash.xxh3_128}[digest](b"some bytes" + array.tobytes())
    assert (file.bytes, file.digest) == (2010, wanted.hexdigest())
    with LOCAL.open(str(path)) as written:
        assert measure(written, digest) == (2010, wanted.hexdigest())


def test_arrow_writes_into_it_and_its_errors_come_through(tmp_path: Path) -> None:
    table = pa.table({"n": list(range(1000))})
    with create(str(tmp_path / "made.parquet")) as file:
        pq.write_table(table, file)
    assert pq.read_table(tmp_path / "made.parquet") == table
    assert file.bytes == (tmp_path / "made.parquet").stat().st_size
    failing = Failing("write", errno.ENOSPC)
    with (
        pytest.raises(OutputError, match="No space left"),
        create(str(tmp_path / "none"), failing) as file,
        pa.ipc.new_stream(file, table.schema) as writer,
    ):
        writer.write_table(table)
    assert not list(tmp_path.glob("none*"))


def test_a_file_is_on_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: done.append(os.readlink(f"/proc/self/fd/{handle}")))
    rename = os.replace
    monkeypatch.setattr(os, "replace", lambda old, new: done.append(f"name {new}") or rename(old, new))
    with create(str(tmp_path / "made")):
        pass
    assert done[0].endswith(PART)
    assert done[1:] == [f"name {tmp_path}/made", str(tmp_path)]
    done.clear()
    with create(str(tmp_path / "made"), durable=False):
        pass
    assert done == [f"name {tmp_path}/made"]


def test_a_library_writes_by_a_path(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "model.bin"
    with create_at(str(path)) as new:
        Path(new.path).write_bytes(b"a model")
        assert not path.exists()
    assert path.read_bytes() == b"a model"
    assert (new.bytes, new.digest) == (7, hashlib.sha256(b"a model").hexdigest())


def test_a_library_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    def fail() -> None:
        with create_at(str(path)) as new:
            Path(new.path).write_bytes(b"half")
            raise ValueError("refused")

    path = tmp_path / "model.bin"
    path.write_bytes(b"a model")
    with pytest.raises(ValueError, match="refused"):
        fail()
    assert path.read_bytes() == b"a model"
    assert [each.name for each in path.parent.iterdir()] == ["model.bin"]


def test_a_library_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file"), create_at(str(tmp_path / "model.bin")):
        pass


def test_files_of_a_folder_are_found_and_removed(tmp_path: Path) -> None:
    root = f"{tmp_path}/out"
    for name in ("b", "a/2", "a/1"):
        with create(f"{root}/{name}") as file:
            file.write(name.encode())
    found = LOCAL.files_below(root)
    assert [(one.path, one.bytes) for one in found] == [(f"{root}/a/1", 3), (f"{root}/a/2", 3), (f"{root}/b", 1)]
    assert LOCAL.stat(f"{root}/b") == Stored(f"{root}/b", 1, os.stat(f"{root}/b").st_mtime)
    assert LOCAL.stat(f"{root}/c") is None
    assert LOCAL.stat(f"{root}/b/c") is None
    LOCAL.remove(f"{root}/b")
    LOCAL.remove(f"{root}/b")
    LOCAL.remove_folder(f"{root}/a")
    LOCAL.remove_folder(f"{root}/a")
    assert LOCAL.files_below(root) == []
    assert LOCAL.files_below(f"{root}/none") == []
