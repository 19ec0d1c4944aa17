"""The record of a run in a manifest: what it says, who writes it, and that nothing is made of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.manifest import versions
from corpus.output import run_record
from corpus.output.lineage import content_digest
from corpus.output.manifest import RUN, TOKENIZER, UNFINISHED, read_manifest, write_manifest
from corpus.output.run_record import command_line, commit, note_run, peak_memory_bytes, run_of, run_or
from corpus.output.verify import verify
from corpus.output.write import writing

FIELDS = {
    "command": list, "folder": str, "started": str, "ended": str, "wall_seconds": float, "cpu_seconds": float,
    "peak_memory_bytes": int, "host": str, "processor": str, "cores": int, "system": str, "versions": dict,
}  # fmt: skip


def write(folder: Path) -> dict[str, object]:
    with writing(str(folder), TOKENIZER, ["a"]) as out:
        with out.create("a") as file:
            file.write(b"same")
        return out.finish()


def test_a_record_says_what_ran_when_and_on_what(tmp_path: Path) -> None:
    with run_of(["train", "tokenizer", "--input", "a folder"]):
        record = write(tmp_path / "out")[RUN]
    assert isinstance(record, dict)
    assert record.keys() == {*FIELDS, "commit"}
    assert all(isinstance(record[name], kind) for name, kind in FIELDS.items())
    assert record["command"] == ["corpus", "train", "tokenizer", "--input", "a folder"]
    assert command_line(record) == "corpus train tokenizer --input 'a folder'"
    assert record["started"] <= record["ended"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["started"])
    assert record["versions"].items() >= versions().items()
    assert record["peak_memory_bytes"] > 10_000_000


def test_outputs_of_one_content_differ_in_the_record_alone(tmp_path: Path) -> None:
    with run_of(["one"]):
        one = write(tmp_path / "one")
    other = write(tmp_path / "other")
    assert RUN not in other
    assert {name: value for name, value in one.items() if name not in (RUN, "sha256")} == {
        name: value for name, value in other.items() if name != "sha256"
    }
    assert content_digest(one, TOKENIZER) == content_digest(other, TOKENIZER)


def test_the_innermost_command_is_noted() -> None:
    with run_of(["demo"]), run_or(["of Python"]), run_of(["mix"]), run_or(["of Python"]):
        record = run_record.run_record()
    assert record
    assert record["command"] == ["corpus", "mix"]
    with run_or(["of Python"]):
        record = run_record.run_record()
    assert record
    assert record["command"] == ["corpus", "of Python"]
    assert run_record.run_record() is None


def test_what_workers_finished_is_noted_afterwards(tmp_path: Path) -> None:
    folder = str(tmp_path / "out")
    before = write(tmp_path / "out")
    assert note_run(folder) == before
    with run_of(["tokenize"]):
        noted = note_run(folder)
    assert noted
    assert noted == read_manifest(folder)
    assert noted[RUN]["command"] == ["corpus", "tokenize"]
    assert {**noted, RUN: 0, "sha256": 0} == {**before, RUN: 0, "sha256": 0}
    assert [one.wrong for one in verify(folder)] == [()]


def test_what_is_unfinished_or_absent_is_left_alone(tmp_path: Path) -> None:
    folder = str(tmp_path)
    with run_of(["tokenize"]):
        assert note_run(folder) is None
        manifest = write_manifest(folder, {"kind": "tokens", "state": UNFINISHED})
        assert note_run(folder) == manifest


def test_time_and_memory_of_processes_that_ended_count() -> None:
    with run_of(["build"]):
        words = [sys.executable, "-c", "x = bytearray(300_000_000); sum(range(3_000_000))"]
        subprocess.run(words, check=True)
        record = run_record.run_record()
    assert record
    assert peak_memory_bytes() == record["peak_memory_bytes"] > 300_000_000
    assert record["cpu_seconds"] > 0.02


def test_the_commit_is_that_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", *who, "-C", str(tmp_path), *words], check=True, capture_output=True)

    monkeypatch.setattr(run_record, "ROOT", tmp_path)
    commit.cache_clear()
    assert commit() is None
    git("init")
    commit.cache_clear()
    assert commit() is None
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "first")
    commit.cache_clear()
    head = commit()
    assert head
    assert re.fullmatch("[0-9a-f]{40}", head)
    (tmp_path / "file").write_text("2")
    commit.cache_clear()
    assert commit() == head + "+"
    commit.cache_clear()
