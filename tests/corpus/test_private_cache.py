"""The cache is this user's own, or it is not used."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import UsageError
from corpus.private_cache import key_of, own_temporary_files, private_cache


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_cache_is_closed_to_others() -> None:
    room = private_cache("models")
    assert room.is_dir()
    assert [oct(path.stat().st_mode & 0o777) for path in (room, room.parent)] == ["0o700", "0o700"]
    (room / "kept").write_text("")
    assert [path.name for path in private_cache("models").iterdir()] == ["kept"]


def _open_to_all(path: Path) -> None:
    path.mkdir()
    path.chmod(0o777)


def _link(path: Path) -> None:
    (path.parent / "theirs").mkdir(mode=0o700)
    path.symlink_to(path.parent / "theirs")


def _theirs(path: Path) -> None:
    path.mkdir(mode=0o700)
    os.chown(path, 12345, -1)


@pytest.mark.parametrize("planted", [_open_to_all, _link, Path.touch, _theirs])
@pytest.mark.parametrize("at", ["", "models"], ids=["the cache", "a room of it"])
def test_what_another_has_put_there_is_not_used(planted: Callable[[Path], None], at: str, temporary: Path) -> None:
    if planted is _theirs and os.geteuid():
        pytest.skip("only root may give a folder to another")
    cache = private_cache("models").parent
    (cache / "models").rmdir()
    if not at:
        cache.rmdir()
    planted(cache / at)
    with pytest.raises(UsageError, match=r"expected a folder of user \d+, mode 700, got a (folder|link or file)"):
        private_cache("models")


def test_temporary_files_of_a_command_and_of_what_it_starts_are_deleted_with_it() -> None:
    cache, before = private_cache("models").parent, dict(os.environ)
    with own_temporary_files("an output") as folder:
        code = "import tempfile; print(tempfile.mkdtemp())"
        made = [tempfile.mkdtemp(), subprocess.check_output([sys.executable, "-c", code], text=True).strip()]
        assert [Path(path).parent for path in made] == [folder, folder]
        assert folder.is_relative_to(cache)
        assert private_cache("models").parent == cache
    assert not folder.exists()
    assert os.environ == before


def test_what_a_killed_command_left_is_deleted_by_the_next_of_the_same_output() -> None:
    for name in ("an output", "another"):
        with pytest.raises(KeyboardInterrupt), own_temporary_files(name) as folder:
            raise KeyboardInterrupt
        folder.mkdir()
        (folder / "left").touch()
    with own_temporary_files("an output") as folder:
        assert list(folder.iterdir()) == []
    assert [path.name for path in folder.parent.glob("*/*")] == ["left"]


def test_keys_tell_parts_apart() -> None:
    assert len({key_of("a", "b"), key_of("ab"), key_of("a", 1), key_of("a", "1"), key_of("\udc80")}) == 5
