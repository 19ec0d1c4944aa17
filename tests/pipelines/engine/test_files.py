"""Files: whole or not there at all, found once and in order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpus.errors import InputError
from corpus.storage import Stored
from pipelines.engine import files, remote
from pipelines.engine.files import Blob, BlobFile
from pipelines.engine.remote import BeamStorage


def test_a_file_that_breaks_off_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "made.bin"

    def break_off() -> None:
        with files.create(str(path)) as file:
            file.write(b"half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        break_off()
    assert list(path.parent.iterdir()) == []


def test_what_stood_there_stays_until_the_new_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "made.bin"
    path.write_bytes(b"old")
    with files.create(str(path)) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_files_are_found_once_and_by_path(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a/1.txt", "3.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = files.find([str(tmp_path), f"{tmp_path}/*.txt", f"{tmp_path}/a/1.txt"])
    assert [Path(file.path).relative_to(tmp_path).as_posix() for file in found] == ["3.txt", "a/1.txt", "b/2.txt"]
    assert [file.size for file in found] == [5, 7, 7]


def test_a_pattern_that_names_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing at .*none\.gz"):
        files.find([str(tmp_path / "none.gz")])


@pytest.mark.parametrize("data", [b"", b"x", b"some bytes"], ids=["none", "one", "some"])
def test_a_blob_is_a_slice_of_its_file(tmp_path: Path, data: bytes) -> None:
    path = str(tmp_path / "blobs")
    with files.create(path) as file:
        out = BlobFile(path, file)
        blobs = [out.add(b"before"), out.add(data), out.add(b"after")]
    assert [blob.load() for blob in blobs] == [b"before", data, b"after"]
    assert blobs[1] == Blob(path, 6, len(data))


@pytest.mark.parametrize("said", [None, "", "5", 5, NotImplementedError(), AttributeError()], ids=repr)
def test_where_a_store_keeps_no_checksum_files_of_equal_size_differ(
    said: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checksum(_path: str) -> object:
        if isinstance(said, Exception):
            raise said
        return said

    monkeypatch.setattr(remote.CONNECTIONS, "others", lambda path: remote.BEAM)
    monkeypatch.setattr(remote.FileSystems, "checksum", checksum)
    one, other = (files.InputFile(f"mem://bucket/{name}", 5, 1.0) for name in "ab")
    assert files.checksum(one) != files.checksum(other)
    assert files.checksum(one) != files.checksum(one._replace(changed=2.0))
    assert files.checksum(one) == files.checksum(one._replace())


def test_a_stores_checksum_is_of_the_content_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote.CONNECTIONS, "others", lambda path: remote.BEAM)
    monkeypatch.setattr(remote.FileSystems, "checksum", lambda path: f"crc of {path[-1]}")
    one = files.InputFile("mem://bucket/a", 5, 1.0)
    assert files.checksum(one) == files.checksum(one._replace(path="mem://other/a", changed=2.0))
    assert len({files.checksum(one._replace(path=f"mem://bucket/{name}")) for name in "abc"}) == 3


def test_a_remote_file_is_stated_with_its_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    assert BeamStorage().stat(str(path)) is None
    path.write_bytes(b"12345")
    os.utime(path, (1_000_000, 2_000_000))
    assert BeamStorage().stat(str(path)) == Stored(str(path), 5, 2_000_000)
