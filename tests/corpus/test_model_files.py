"""The door through which filters reach a model's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus import model_files


def test_a_file_is_mapped_and_read(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes("wörter\n".encode())
    with model_files.mapped(str(path)) as data:
        assert (len(data), data.find(b"rter"), data[:1]) == (8, 3, b"w")
    assert model_files.read_text(str(path)) == "wörter\n"


@pytest.mark.parametrize(("content", "fault"), [(None, OSError), (b"", ValueError)], ids=["absent", "empty"])
def test_what_cannot_be_mapped_is_refused(tmp_path: Path, content: bytes | None, fault: type[Exception]) -> None:
    path = tmp_path / "model"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(fault), model_files.mapped(str(path)):
        pass


def test_files_of_a_folder_are_found_by_name(tmp_path: Path) -> None:
    for name in ("en.arpa", "fr.sp.model", "de.sp.model"):
        (tmp_path / name).touch()
    folder, whole = str(tmp_path), str(tmp_path / "en.arpa")
    assert model_files.within(folder, "x.bin") == f"{folder}/x.bin"
    assert model_files.within(whole, "x.bin") == whole
    assert model_files.find_file(folder, "en.arpa.bin", "en.arpa") == whole
    assert model_files.find_file(folder, "en.arpa.bin") == ""
    assert model_files.names_ending(folder, ".sp.model") == ["de.sp.model", "fr.sp.model"]
