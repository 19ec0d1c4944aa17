"""Files: whole or not there at all, found once and in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import InputError
from pipelines.engine import files
from pipelines.engine.files import Blob, BlobFile


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
def test_a_blob_is_its_bytes_in_the_file_or_with_it(tmp_path: Path, data: bytes) -> None:
    path = str(tmp_path / "blobs")
    with files.create(path) as file:
        out = BlobFile(path, file)
        blobs = [out.add(b"before"), out.add(data), out.add(b"after")]
    assert [blob.load() for blob in blobs] == [b"before", data, b"after"]
    carried = blobs[1].inline()
    Path(path).unlink()
    assert carried.load() == data
    assert carried == Blob(path, 6, len(data), data)
