"""Builds from Python: made, opened, and read to the last row."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import toy
from conftest import ROOT

import llama_corpus
from corpus.errors import InputError, RecipeError, UsageError
from corpus.output.manifest import FAILED, write_manifest
from llama_corpus import Build, Document

ONE = ["--direct_num_workers=1"]
TEXTS = {"a": "one line\n\ntwice\n\n!bad\n\nx", "b": "twice\n\nother"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The toy source of six paragraphs: one unreadable, one too short, one a duplicate."""
    root = tmp_path_factory.mktemp("builds")
    dump = toy.write(root / "dump", **TEXTS)
    return llama_corpus.build(toy.source(toy.CLEAN, toy.EXACT), dump, str(root / "out"), beam=ONE)


def test_a_build_is_read_as_it_was_made(built: Build) -> None:
    opened = llama_corpus.open_build(Path(built.folder))
    assert opened.folder == built.folder
    assert opened.manifest == built.manifest
    assert opened.source == "toy"
    assert len(opened) == 3
    assert repr(opened) == f"<Build of toy: 3 documents in {built.folder}>"


def test_documents_are_those_that_were_kept(built: Build) -> None:
    documents = list(built.documents())
    assert [document.text for document in documents if document.text != "twice"] == ["one line", "other"]
    assert all(isinstance(document, Document) for document in documents)
    assert list(built.documents()) == documents
    assert built.dataset().to_table(columns=["id"])["id"].to_pylist() == [document.id for document in documents]


def test_dropped_ones_have_their_reasons(built: Build) -> None:
    rows = {row["id"]: row for row in built.dropped()}
    (duplicate,) = {"toy:a/1", "toy:b/0"} & rows.keys()
    (kept,) = {"toy:a/1", "toy:b/0"} - {duplicate}
    assert rows.keys() == {"toy:a/3", duplicate}
    assert (rows["toy:a/3"]["stage"], rows["toy:a/3"]["reason"]) == ("clean", "too_short")
    assert rows[duplicate]["duplicate_of"] == kept
    assert sorted(built.dataset("dropped").to_table()["reason"].to_pylist()) == ["duplicate", "too_short"]


def test_the_ledger_adds_up(built: Build) -> None:
    counts = {reason: built.ledger.count("exact", "document", reason) for reason in ("entered", "kept", "duplicate")}
    assert counts == {"entered": 4, "kept": 3, "duplicate": 1}
    built.ledger.check()


def test_a_setting_is_a_value_of_its_own_type(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", **TEXTS)
    settings = {"least_chars": 6, "keep_scored": False}
    built = llama_corpus.build(toy.source(toy.CLEAN), [dump], str(tmp_path / "out"), settings=settings, beam=ONE)
    assert [document.text for document in built.documents()] == ["one line"]
    with pytest.raises(RecipeError, match="--set least_chars: expected a value like 3, got 'six'"):
        llama_corpus.build(toy.source(), dump, str(tmp_path / "out"), settings={"least_chars": "six"}, beam=ONE)


def test_a_source_is_found_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean github"):
        llama_corpus.build("githb", "dump", str(tmp_path))


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (None, "no manifest.json; run `corpus build` first"),
        ("{", "a damaged manifest.json; run `corpus build` again"),
        ('{"sources": {}}', "a foreign manifest.json; run `corpus build` again"),
    ],
    ids=["none", "broken", "another program's"],
)
def test_a_folder_without_a_build_is_refused(tmp_path: Path, text: str | None, got: str) -> None:
    if text is not None:
        (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError) as raised:
        llama_corpus.open_build(tmp_path)
    assert str(raised.value) == f"{tmp_path}: expected a finished build, got {got}"


def test_a_build_that_failed_is_refused(built: Build, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "toy")
    write_manifest(str(tmp_path / "toy"), {**built.manifest, "state": FAILED, "faults": ["a miscount"]})
    with pytest.raises(InputError, match="expected a finished build, got one that failed: a miscount"):
        llama_corpus.open_build(tmp_path / "toy")


def test_a_file_with_other_bytes_is_not_read(built: Build, tmp_path: Path) -> None:
    shutil.copytree(built.folder, tmp_path / "toy")
    opened = llama_corpus.open_build(tmp_path / "toy")
    path = Path(opened.files()[-1])
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(InputError, match=f"{path.name}: expected the .* bytes that manifest.json lists, got others"):
        list(opened.documents())


def test_reading_needs_no_beam(built: Build) -> None:
    program = (
        "import sys, llama_corpus; build = llama_corpus.open_build(sys.argv[1])\n"
        "print(len(list(build.documents())), len(list(build.dropped())), build.dataset().count_rows(), len(build))\n"
        "print(sorted({'apache_beam', 'torch', 'jax'} & set(sys.modules)))"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, built.folder]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "3 2 3 3\n[]\n"
