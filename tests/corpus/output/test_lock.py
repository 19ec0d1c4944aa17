"""One writer at a time: the second is refused with the name of the first, a dead one's lock is taken over."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT
from memory_storage import MemoryStorage

from corpus.errors import OutputError
from corpus.output import lock
from corpus.output.lock import PREFIX, STALE_SECONDS, Owner, locked, this_process, writers

HOLD = """
import sys
import time
from corpus.output.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder's lock until its standard input ends."""
    command = [sys.executable, "-c", HOLD, str(folder), "--of", "another build"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def locks(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(PREFIX)]


def test_a_second_writer_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        with pytest.raises(OutputError) as raised, locked(str(tmp_path)):
            pass
        (owner,) = writers(str(tmp_path))
    assert owner.pid == process.pid
    assert owner.host == socket.gethostname()
    assert owner.command.endswith(f"{tmp_path} --of 'another build'")
    said = f"{tmp_path}: expected no other writer, got {owner}; wait until it has ended, or end it"
    assert str(raised.value) == said
    assert f"(process {process.pid}, since {owner.started}): " in said
    assert raised.value.exit_code == 1
    assert locks(tmp_path) == []


def test_a_killed_writer_s_lock_is_taken_over(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert len(locks(tmp_path)) == 1
        assert writers(str(tmp_path)) == []
        with locked(str(tmp_path)):
            (mine,) = locks(tmp_path)
            assert json.loads((tmp_path / mine).read_text())["pid"] == os.getpid()
    assert locks(tmp_path) == []


RACE = """
import sys, time
from corpus.errors import OutputError
from corpus.output.lock import locked
while time.time() < float(sys.argv[2]):
    pass
try:
    with locked(sys.argv[1]):
        print("wrote")
        time.sleep(1)
except OutputError as error:
    print(f"refused: {error.got}")
"""


def test_of_many_that_begin_at_once_exactly_one_writes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    begin = str(time.time() + 1.5)
    command = [sys.executable, "-c", RACE, str(tmp_path), begin]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)]
    said = sorted(process.communicate()[0].strip() for process in processes)
    assert said[-1] == "wrote"
    assert all(line.startswith("refused: ") and "process" in line for line in said[:-1])
    assert locks(tmp_path) == []


def test_the_lock_is_given_back_after_an_error_and_in_the_same_process(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of the block"), locked(str(tmp_path / "new")):
        raise ValueError("of the block")
    folder = str(tmp_path / "new")
    with locked(folder), pytest.raises(OutputError, match="no other writer"), locked(folder):
        pass
    assert locks(tmp_path / "new") == []


def test_two_that_begin_at_once_do_not_both_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second writer comes when the first has made its lock and has not yet looked for others."""
    folder, look, second = str(tmp_path), lock._refuse_others, []
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0)

    def look_late(*arguments: object) -> None:
        monkeypatch.setattr(lock, "_refuse_others", look)
        with pytest.raises(OutputError), locked(folder):
            second.append("writes")
        look(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(lock, "_refuse_others", look_late)
    with locked(folder):
        assert second == []


@pytest.mark.parametrize(("seconds", "lives"), [(STALE_SECONDS - 1, True), (STALE_SECONDS, False)])
def test_a_writer_on_another_machine_counts_until_its_signs_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, lives: bool
) -> None:
    other = tmp_path / f"{PREFIX}0123abcd"
    owner = Owner("another-host", 1, "ann", "corpus build", "2026-11-24T16:00:00Z")
    other.write_text(json.dumps(owner._asdict()))
    os.utime(other, (1000.0, 1000.0))
    monkeypatch.setattr(lock.time, "time", lambda: 1000.0 + seconds)
    assert writers(str(tmp_path)) == ([owner] if lives else [])
    if lives:
        do = f"if it died, its lock counts for 15 minutes, or until you delete {other}"
        with pytest.raises(OutputError, match=do), locked(str(tmp_path)):
            pass
    else:
        with locked(str(tmp_path)):
            assert not other.exists()


def test_on_an_object_store_signs_of_life_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemoryStorage()
    storage.clock = 1000.0
    monkeypatch.setattr(lock.time, "time", lambda: storage.clock)
    with locked("gs://bucket/out", storage):
        (name,) = storage.kept
        assert writers("gs://bucket/out", storage) == [Owner(**json.loads(storage.kept[name][0]))]
        storage.clock += STALE_SECONDS - 1
        with pytest.raises(OutputError, match="counts for 15 minutes"), locked("gs://bucket/out", storage):
            pass
        assert list(storage.kept) == [name]
    assert storage.kept == {}


def test_a_sign_of_life_keeps_a_lock(tmp_path: Path) -> None:
    storage = MemoryStorage()
    for where, store in ((str(tmp_path), lock.LOCAL), ("s3://bucket/out", storage)):
        path = f"{where}/{PREFIX}aaaaaaaa"
        held = lock._lock_file(path, json.dumps(this_process()._asdict()).encode(), store)
        if store is storage:
            storage.clock = 77.0
        else:
            os.utime(path, (1.0, 1.0))
        held.sign()
        found = store.stat(path)
        assert found is not None
        assert found.changed >= 77.0
        held.close()


def test_where_the_kernel_does_not_say_signs_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsupported(*_: object) -> None:
        raise OSError("no locks here")

    monkeypatch.setattr(lock.fcntl, "flock", unsupported)
    with locked(str(tmp_path)), pytest.raises(OutputError, match="no other writer"), locked(str(tmp_path)):
        pass


def test_a_lock_that_is_being_made_counts_as_of_an_unknown_owner(tmp_path: Path) -> None:
    (tmp_path / f"{PREFIX}0123abcd").write_bytes(b"")
    with locked(str(tmp_path)):  # nobody of this machine holds it: whoever made it died at once
        assert len(locks(tmp_path)) == 1
