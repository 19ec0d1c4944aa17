"""A published folder: what lies where, as which kind of output, and what is refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from made_dataset import GITHUB, WIKIPEDIA, make_source
from made_outputs import make_build, make_output
from memory_storage import MemoryStorage

from corpus.errors import CorpusError, InputError, OutputError, UnsoundError, UsageError
from corpus.output.manifest import BUILD, PUBLISHED, TOKENIZER, read_manifest
from corpus.output.read import read_output
from corpus.output.verify import verify
from corpus.stores.addresses import CONNECTIONS
from pipelines.command_line import run_line
from pipelines.publish import write
from pipelines.publish.parts import parts_in

DESCRIBING = ["CITATION.cff", "LICENSE.md", "README.md", "croissant.json"]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Two builds, the first of two files."""
    make_source(tmp_path / "out" / "github", GITHUB, files=2)
    make_source(tmp_path / "out" / "wikipedia", WIKIPEDIA)
    return tmp_path / "out"


def publish(folders: list[Path | str], output: Path | str) -> dict[str, object]:
    names = [str(folder) for folder in folders]
    return write.write_dataset(parts_in(names, str(output)), str(output), "Tides", "", "", "2026-01-31")


def names_below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def wrong(folder: Path) -> list[tuple[str, ...]]:
    return [one.wrong for one in verify(str(folder))]


def test_what_lies_where(out: Path, tmp_path: Path) -> None:
    manifest = publish([out], tmp_path / "published")
    files = [
        *DESCRIBING,
        "data/github/documents-00000-of-00002.parquet",
        "data/github/documents-00001-of-00002.parquet",
        "data/wikipedia/documents-00000-of-00001.parquet",
        "manifest.json",
        "provenance/github.json",
        "provenance/github.ledger.parquet",
        "provenance/wikipedia.json",
        "provenance/wikipedia.ledger.parquet",
    ]
    assert names_below(tmp_path / "published") == files
    assert [file["name"] for file in manifest["files"]] == [name for name in files if name != "manifest.json"]
    assert (manifest["kind"], manifest["written_by"]) == ("published dataset", "corpus publish")
    assert (manifest["name"], manifest["documents"]) == ("Tides", 5)
    assert [one["path"] for one in manifest["made_of"]] == ["../out/github", "../out/wikipedia"]
    assert wrong(tmp_path / "published") == [()]


def test_documents_and_ledgers_are_second_names(out: Path, tmp_path: Path) -> None:
    publish([out], tmp_path / "published")
    for mine, theirs in [
        ("data/github/documents-00001-of-00002.parquet", "github/data/documents-00001-of-00002.parquet"),
        ("provenance/github.ledger.parquet", "github/ledger.parquet"),
    ]:
        assert (tmp_path / "published" / mine).samefile(out / theirs)


def test_where_links_are_refused_files_are_copied(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, "another filesystem")

    monkeypatch.setattr(os, "link", refuse)
    publish([out], tmp_path / "published")
    mine, theirs = (
        tmp_path / "published" / "data/github/documents-00000-of-00002.parquet",
        out / "github/data/documents-00000-of-00002.parquet",
    )
    assert not mine.samefile(theirs)
    assert mine.read_bytes() == theirs.read_bytes()
    assert wrong(tmp_path / "published") == [()]


def test_a_file_that_is_a_link_itself_gets_a_name_of_its_own(out: Path, tmp_path: Path) -> None:
    path = out / "wikipedia/data/documents-00000-of-00001.parquet"
    path.rename(tmp_path / "elsewhere.parquet")
    path.symlink_to(tmp_path / "elsewhere.parquet")
    publish([out], tmp_path / "published")
    mine = tmp_path / "published/data/wikipedia/documents-00000-of-00001.parquet"
    assert not mine.is_symlink()
    assert mine.samefile(tmp_path / "elsewhere.parquet")


def test_to_a_store_and_from_it(out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStorage()
    monkeypatch.setattr(CONNECTIONS, "others", lambda _path: store)
    for name in names_below(out):
        store.kept[f"memory://out/{name}"] = ((out / name).read_bytes(), 0.0)
    publish([out], tmp_path / "here")
    there = publish(["memory://out"], "memory://published")
    mine = {
        name.removeprefix("memory://published/"): data for name, (data, _) in store.kept.items() if "published" in name
    }
    assert sorted(mine) == names_below(tmp_path / "here")
    for name in names_below(tmp_path / "here"):
        if name != "manifest.json":  # which says what it was made of
            assert mine[name] == (tmp_path / "here" / name).read_bytes()
    assert [one["path"] for one in there["made_of"]] == ["memory://out/github", "memory://out/wikipedia"]
    assert [one.wrong for one in verify("memory://published", store)] == [()]


def test_provenance_is_the_manifest_without_its_machine(out: Path, tmp_path: Path) -> None:
    publish([out], tmp_path / "published")
    kept = json.loads((tmp_path / "published/provenance/github.json").read_text())
    whole = read_manifest(str(out / "github"))
    assert whole is not None
    assert kept["sha256_of_manifest"] == whole["sha256"]
    assert [one["path"] for one in kept["inputs"]] == ["github.gz", "https://example.org/b.gz", "notes.txt"]
    assert kept["run"] == {
        "command": ["corpus", "build", "github", "--input", "dumps", "--output", "OUT"],
        "ended": "2026-01-02T03:04:05Z", "cpu_seconds": 7.5, "commit": "abc123",
    }  # fmt: skip
    assert {"recipe", "files", "versions", "code", "fingerprint"} <= kept.keys()
    assert {"made_of", "owns", "sha256"} & kept.keys() == set()


class _StoppedError(Exception):
    pass


def test_an_interrupted_one_is_refused_and_begun_again(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> str:
        raise _StoppedError

    monkeypatch.setattr(write, "licence_file", stop)
    with pytest.raises(_StoppedError):
        publish([out], tmp_path / "published")
    assert wrong(tmp_path / "published") == [("not finished",)]
    with pytest.raises(UnsoundError) as raised:
        read_output(str(tmp_path / "published"), PUBLISHED)
    folder = tmp_path / "published"
    assert str(raised.value) == (
        f"{folder}: expected a finished published dataset, got one that was interrupted; run `corpus publish` again"
    )
    monkeypatch.undo()
    publish([out], tmp_path / "published")
    assert wrong(tmp_path / "published") == [()]


def test_what_is_no_longer_published_is_gone(out: Path, tmp_path: Path) -> None:
    publish([out], tmp_path / "published")
    publish([out / "wikipedia"], tmp_path / "published")
    assert [name for name in names_below(tmp_path / "published") if "github" in name] == []
    assert wrong(tmp_path / "published") == [()]


def test_it_is_stale_once_a_build_is_another(out: Path, tmp_path: Path) -> None:
    publish([out], tmp_path / "published")
    path = out / "github"
    shutil.rmtree(path)  # a build replaces files, and never writes into one that is there
    make_source(path, GITHUB[:1], files=2)
    assert wrong(tmp_path / "published") == [(f"a stale one: {path}, which it was made of, has changed since",)]


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[9] ^= 1
    path.write_bytes(data)


def test_a_damaged_build_is_refused_by_name(out: Path, tmp_path: Path) -> None:
    path = out / "wikipedia/data/documents-00000-of-00001.parquet"
    damage(path)
    with pytest.raises(UnsoundError) as raised:
        publish([out], tmp_path / "published")
    assert str(raised.value) == (
        f"{path}: expected the {path.stat().st_size} bytes that manifest.json lists, got others than were written; "
        "run the command that makes it again"
    )
    assert wrong(tmp_path / "published") == [("not finished",)]


def test_a_stale_or_failed_build_is_refused_by_name(out: Path, tmp_path: Path) -> None:
    scored = {"path": "../wikipedia", "kind": "build", "digest": "another"}
    make_build(out / "github", made_of=[scored], documents=3)
    with pytest.raises(UnsoundError) as raised:
        publish([out], tmp_path / "published")
    wikipedia = out / "wikipedia"
    assert str(raised.value) == (
        f"{out / 'github'}: expected a finished build, got a stale one: {wikipedia}, which it was made of, has "
        "changed since; run `corpus build` again"
    )
    make_build(out / "github", faults=["too much was unreadable"], documents=3)
    with pytest.raises(UnsoundError, match="got one that failed: too much was unreadable"):
        publish([out], tmp_path / "published")
    assert not (tmp_path / "published").exists()


def test_a_build_without_documents_is_refused(out: Path, tmp_path: Path) -> None:
    make_build(out / "github", documents=0)
    with pytest.raises(InputError) as raised:
        publish([out], tmp_path / "published")
    assert str(raised.value) == (
        f"{out / 'github'}: expected a build with documents, got none; leave it out, or build it of more"
    )


def test_folders_that_cannot_be_meant(out: Path, tmp_path: Path) -> None:
    refusals: list[tuple[list[Path], Path, type[CorpusError], str]] = [
        ([out], out / "published", UsageError,
         f"--output: expected a folder outside of {out}, got {out / 'published'}; choose one beside it"),
        ([out], out, UsageError, f"--output: expected a folder outside of {out}, got {out}; choose one beside it"),
        ([out, tmp_path / "none"], tmp_path / "published", InputError,
         f"{tmp_path / 'none'}: expected finished builds, or token shards, a tokenizer or a mixture, got none; "
         "give folders that `corpus build`, `corpus tokenize` or `corpus mix` wrote"),
        ([out, tmp_path / "again"], tmp_path / "published", UsageError,
         f"publish: expected one build of github, got {tmp_path / 'again'} and {out / 'github'}; "
         "publish them apart, or give one of the two folders"),
        ([tmp_path / "pieces"], tmp_path / "published", UsageError,
         f"{tmp_path / 'pieces'}: expected a finished build, got none in these folders; run `corpus build` first"),
    ]  # fmt: skip
    (tmp_path / "none").mkdir()
    make_source(tmp_path / "again", GITHUB)
    (tmp_path / "pieces").mkdir()
    (tmp_path / "pieces" / "tokenizer.model").write_bytes(b"m")
    make_output(tmp_path / "pieces", TOKENIZER)
    for folders, output, error, text in refusals:
        with pytest.raises(error) as raised:
            publish([*folders], output)
        assert str(raised.value) == text


def test_another_command_s_folder_is_refused(out: Path, tmp_path: Path) -> None:
    make_source(tmp_path / "build", WIKIPEDIA)
    with pytest.raises(OutputError) as raised:
        publish([out], tmp_path / "build")
    assert str(raised.value) == (
        f"{tmp_path / 'build'}: expected a new folder, or one of `corpus publish`, got that of another command (build)"
        "; choose another"
    )
    assert read_output(str(tmp_path / "build"), BUILD).manifest["documents"] == 2


def test_the_same_build_twice_is_one(out: Path, tmp_path: Path) -> None:
    assert publish([out, out / "github", f"{out}/"], tmp_path / "published")["documents"] == 5


def test_the_command(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "published"
    assert run_line(["publish", str(out), "--output", str(output), "--name", "My \u202eTides"]) == 0
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file() and path.name != "manifest.json")
    documents = {name: sum(path.stat().st_size for path in (output / "data" / name).iterdir())
                 for name in ("github", "wikipedia")}  # fmt: skip
    assert capsys.readouterr().out == (
        f"github: 3 documents, {documents['github']:,} bytes\n"
        f"wikipedia: 2 documents, {documents['wikipedia']:,} bytes\n"
        f"5 documents, 11 files, {size:,} bytes in {output}; read {output}/README.md and {output}/LICENSE.md before "
        "you publish it\n"
    )
    assert "# My ⟨U+202E⟩Tides\n" in (output / "README.md").read_text()
    assert run_line(["publish", str(out / "github"), "--output", f"{output}/"]) == 0
    assert "\n# published\n" in (output / "README.md").read_text()
    assert run_line(["publish", str(out), "--output", "hf://datasets/a/b"]) == 2
    assert capsys.readouterr().err == (
        "corpus: hf://datasets/a/b: expected a place that can be written, got hf://, which is for reading; choose a "
        "folder of this machine, gs:// or s3://\n"
    )
