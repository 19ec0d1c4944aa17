"""What a build leaves, and finds again: listed files, one writer, nothing older, and damage that is mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import toy
from content import content_sha256

from corpus.errors import BuildError, InputError, OutputError
from corpus.output.lock import locked
from corpus.output.manifest import BUILD, FINISHED, UNFINISHED, read_manifest
from corpus.output.read import outputs_in, read_output
from pipelines.engine import passes
from pipelines.engine.build import Built, build
from pipelines.engine.stages import Source, Table

ONE = ["--direct_num_workers=1"]
DUMP = {
    "a": "one line\nshared line\n\nhello there\n\n!bad",
    "b": "shared line\nanother\n\nhello there\nfine",
    "c": "unique thing\n\nx\n\ntwice over\n\ntwice over",
}
APART = {"shards_least": "1000"}
ONE_PASS = toy.source(toy.CLEAN)
THREE_PASSES = toy.source(toy.CLEAN, toy.LINES, toy.EXACT)


def built(folder: Path, source: Source = ONE_PASS, **settings: str) -> Built:
    dump = folder / "dump"
    if not dump.exists():
        toy.write(dump, **DUMP)
    return build(source, [str(dump)], str(folder / "out"), settings=APART | settings, beam_arguments=ONE)


def files_in(folder: Path | str) -> dict[str, str]:
    found = sorted(path for path in Path(folder).rglob("*") if path.is_file() and ".work" not in path.parts)
    return {path.relative_to(folder).as_posix(): content_sha256(path) for path in found}


@pytest.fixture
def shards_done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(pass, shard) of all work that is done from now on."""
    done: list[tuple[int, int]] = []
    work = passes._Work.done

    def noted(self: passes._Work, drops: object) -> object:
        done.append((self.this.number, self.shard.number))
        return work(self, drops)  # type: ignore[arg-type]

    monkeypatch.setattr(passes._Work, "done", noted)
    return done


@pytest.mark.parametrize("source", [ONE_PASS, THREE_PASSES], ids=["one pass", "three passes"])
def test_the_manifest_lists_every_file_with_size_digest_and_documents(tmp_path: Path, source: Source) -> None:
    folder = Path(built(tmp_path, source).folder)
    manifest = read_manifest(str(folder))
    assert manifest is not None
    assert manifest["state"] == FINISHED
    listed = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert listed == {name: sha256 for name, sha256 in files_in(folder).items() if name != "manifest.json"}
    assert [(file["name"], file["documents"]) for file in manifest["files"] if "documents" in file] == [
        (f"data/{path.name}", pq.read_metadata(path).num_rows) for path in sorted(folder.glob("data/documents-*"))
    ]
    kinds = {name.split("-")[0] for name in listed}
    assert kinds == {"data/documents", "evidence/dropped", "evidence/unreadable", "ledger.parquet"}


def test_a_build_that_was_stopped_is_refused_and_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(passes._Work, "done", fail)
        with pytest.raises(BuildError, match="the power went"):
            built(tmp_path)
    folder = tmp_path / "out" / "toy"
    manifest = read_manifest(str(folder))
    assert manifest is not None
    assert manifest["state"] == UNFINISHED
    with pytest.raises(InputError, match="expected a finished build, got one that was interrupted"):
        outputs_in(str(tmp_path / "out"), BUILD)
    assert read_output(built(tmp_path).folder, BUILD).manifest["state"] == FINISHED


def test_nothing_older_stays(tmp_path: Path) -> None:
    """Other shards, an unreadable record that has been put right, a report, and what killed writers leave."""
    first = built(tmp_path)
    folder = Path(first.folder)
    assert (folder / "evidence/unreadable-00000-of-00003.parquet").exists()
    for name in ("report.html", "report.html.0123.part", ".work/pass-0/documents-00009.arrow", "x.tmp.part/y"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("left")
    (folder / "notes.txt").write_text("the user's own")
    (tmp_path / "dump" / "a.txt").write_text("all can be read")
    (tmp_path / "dump" / "c.txt").unlink()
    second = build(ONE_PASS, [str(tmp_path / "dump")], str(tmp_path / "out"), settings=APART, beam_arguments=ONE)
    listed = {file["name"] for file in second.manifest["files"]}
    assert set(files_in(folder)) == {*listed, "manifest.json", "notes.txt"}
    assert listed == {
        f"{kind}-0000{n}-of-00002.parquet" for kind in ("data/documents", "evidence/dropped") for n in (0, 1)
    } | {"ledger.parquet"}


def test_a_build_that_is_done_sweeps_what_a_kill_after_its_manifest_left(tmp_path: Path) -> None:
    folder = Path(built(tmp_path).folder)
    before = files_in(folder)
    for name in (".work/pass-0/done-00000.json", "data/documents-00000-of-00003.parquet.77aa.part"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("left")
    built(tmp_path)
    assert files_in(folder) == before
    assert not (folder / ".work/pass-0/done-00000.json").exists()


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with locked(str(tmp_path / "out" / "toy")), pytest.raises(OutputError, match="expected no other writer, got"):
        built(tmp_path)
    built(tmp_path)


def test_another_command_s_folder_is_not_built_into(tmp_path: Path) -> None:
    (tmp_path / "out" / "toy").mkdir(parents=True)
    (tmp_path / "out" / "toy" / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(OutputError, match="or one of `corpus build`, got another program's manifest"):
        built(tmp_path)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [flip, Path.unlink, lambda path: path.write_bytes(b"")], ids=["bit", "gone", "cut"])
@pytest.mark.parametrize("kind", ["documents", "dropped", "unreadable"])
@pytest.mark.parametrize("source", [ONE_PASS, THREE_PASSES], ids=["one pass", "three passes"])
def test_a_damaged_shard_is_made_again_alone(
    tmp_path: Path, shards_done: list[tuple[int, int]], source: Source, kind: str, damage: Callable[[Path], object]
) -> None:
    folder = Path(built(tmp_path, source).folder)
    before = files_in(folder)
    shards_done.clear()
    (path,) = folder.glob(f"*/{kind}-00000-of-00003.parquet")
    damage(path)
    built(tmp_path, source)
    assert files_in(folder) == before
    made_by = 0 if kind == "unreadable" else len(source.stages) - 1
    assert shards_done == ([] if damage == Path.unlink else [(made_by, 0)])  # the work folder has it under another name


def test_a_damaged_shard_of_which_no_work_was_kept_is_made_again(
    tmp_path: Path, shards_done: list[tuple[int, int]]
) -> None:
    folder = Path(built(tmp_path, THREE_PASSES, kept_work_bytes="0").folder)
    before = files_in(folder)
    shards_done.clear()
    flip(folder / "data/documents-00000-of-00003.parquet")
    built(tmp_path, THREE_PASSES, kept_work_bytes="0")
    assert files_in(folder) == before
    assert sorted(shards_done) == [(index, shard) for index in range(2) for shard in range(3)] + [(2, 0)]


@pytest.mark.parametrize("name", ["ledger.parquet", "manifest.json"])
def test_a_damaged_ledger_or_manifest_is_made_again(tmp_path: Path, name: str) -> None:
    folder = Path(built(tmp_path, THREE_PASSES).folder)
    before = files_in(folder)
    flip(folder / name)
    built(tmp_path, THREE_PASSES)
    assert files_in(folder) == before


@pytest.mark.parametrize("kind", ["documents.arrow", "runs.bin", "lines.arrow", "dropped.parquet", "done.json"])
def test_a_damaged_file_between_passes_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards_done: list[tuple[int, int]], kind: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(passes._Work, "_keep_last", lambda *_: (_ for _ in ()).throw(OSError("the power went")))
        with pytest.raises(BuildError, match="the power went"):
            built(tmp_path, toy.source(toy.CLEAN, toy.LINES))
    shards_done.clear()
    name, _, suffix = kind.partition(".")
    flip(sorted((tmp_path / "out" / "toy" / ".work" / "pass-0").glob(f"{name}-*.{suffix}"))[1])
    made = built(tmp_path, toy.source(toy.CLEAN, toy.LINES))
    assert [index for index, _shard in sorted(shards_done)] == [0, 1, 1, 1]
    other = tmp_path / "straight"
    straight = build(
        toy.source(toy.CLEAN, toy.LINES), [str(tmp_path / "dump")], str(other), settings=APART, beam_arguments=ONE
    )
    assert files_in(made.folder) == files_in(straight.folder)


def test_a_side_table_of_an_earlier_pass_is_listed_and_mended(tmp_path: Path) -> None:
    import pyarrow as pa

    table = Table(lambda document: [(document.id,)], pa.schema([("id", pa.string())]))
    source = Source("toy", toy.READER, toy.RECIPE, (toy.CLEAN, toy.EXACT), tables={"names": table})
    folder = Path(built(tmp_path, source).folder)
    before = files_in(folder)
    assert "evidence/names-00001-of-00003.parquet" in before
    flip(folder / "evidence/names-00001-of-00003.parquet")
    built(tmp_path, source)
    assert files_in(folder) == before


def test_a_companion_s_ledger_of_an_earlier_run_is_not_counted(tmp_path: Path) -> None:
    work = tmp_path / "out" / "toy" / ".work"
    work.mkdir(parents=True)
    stale = {"source": "toy", "counts": [["input", "licences row", "entered", 7, 0]], "broken": []}
    (work / "ledger-licences-00000.json").write_text(json.dumps(stale))
    assert built(tmp_path).ledger.count("input", "licences row", "entered") == 0
