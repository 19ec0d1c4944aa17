"""Books end to end: the demo books and the real ones, texts and tally exact, the same however they are dealt out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from built_files import built_rows

from corpus.columns import document_of
from corpus.errors import InputError
from pipelines.commands.find import lines_about
from pipelines.demo import books as demo
from pipelines.documents import find_builds
from pipelines.engine.build import Built, build
from pipelines.sources import find_source

IN_PROCESS = ["--direct_num_workers=1"]

KEPT = [
    "9003.zip/9003.txt", "gutenberg/9004.txt", "gutenberg/9005.txt", "gutenberg/9007.txt",
    "mine/Collected Stories - Vane.epub", "mine/Gilbert - The Whole Tale.epub.txt",
]  # fmt: skip
GONE = {
    "gutenberg/9001-0.txt": "mine/Collected Stories - Vane.epub",
    "gutenberg/9001-later.txt.gz": "mine/Collected Stories - Vane.epub",
    "gutenberg/9002-8.txt": "mine/Collected Stories - Vane.epub",
    "mine/Gilbert - Half a Tale.txt": "mine/Gilbert - The Whole Tale.epub.txt",
}


def built(dump: Path, output: Path, **settings: str) -> Built:
    return build(find_source("books"), [str(dump)], str(output), settings=settings, beam_arguments=IN_PROCESS)


def documents(done: Built) -> list[dict[str, Any]]:
    return built_rows(done.folder, "documents")


def matches(done: Built) -> list[dict[str, Any]]:
    return pq.read_table(Path(done.folder) / "evidence/matches.parquet").to_pylist()


def short(name: str) -> str:
    return name.removeprefix("books:")


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dump")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def done(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(dump, tmp_path_factory.mktemp("out"))


def test_demo_is_the_same_bytes_every_time_and_small(dump: Path, tmp_path: Path) -> None:
    demo.write(tmp_path)
    files = sorted(path.relative_to(dump) for path in dump.rglob("*") if path.is_file())
    assert len(files) == 15
    assert all((dump / name).read_bytes() == (tmp_path / name).read_bytes() for name in files)
    assert sum((dump / name).stat().st_size for name in files) < 200_000


def test_what_is_kept(done: Built) -> None:
    names = sorted(short(row["id"]) for row in documents(done))
    assert [name for name in names if not name.startswith("tales.jsonl/")] == KEPT
    assert len(names) == len(KEPT) + 18


def test_tally(done: Built) -> None:
    assert {(stage, unit): rows for stage, unit, rows in done.ledger.tallies()} == {
        ("input", "file"): {"entered": 15, "kept": 15},
        ("input", "byte"): {"entered": 147786, "kept": 147586, "companion": 200},
        ("read", "byte"): {"entered": 147586, "kept": 147586},
        ("read", "book"): {"entered": 33, "kept": 29, "unreadable": 4},
        ("read", "document"): {"entered": 29, "kept": 29},
        ("boilerplate", "document"): {"entered": 29, "kept": 28, "empty": 1},
        ("overlap", "document"): {"entered": 28, "kept": 24, "near_duplicate": 4},
    }
    edits = {reason: n for (stage, unit, reason), (n, _c) in done.ledger.counts.items() if unit == "edit"}
    assert edits == {"licence": 8, "credits": 2, "notes": 1}


def test_unreadable_books_are_rows(done: Built) -> None:
    assert sorted((Path(row.locator).name, row.detail.partition(" (")[0]) for row in done.ledger.broken) == [
        ("cover.txt#0", "expected a text, got a binary file"),
        ("nothing.txt#0", "expected a book, got an empty file"),
        ("tales.jsonl#59777", "expected a row whose text is a string, got int"),
        ("tales.jsonl#59789", "expected a row with a text, got expected a JSON object, got unexpected end of data: "
         "line 1 column 21"),
    ]  # fmt: skip


def test_exact_text_of_a_gutenberg_book(done: Built) -> None:
    texts = {short(row["id"]): row["text"] for row in documents(done)}
    assert texts["gutenberg/9004.txt"] == f"THE SPARE OAR\n\n\n{demo.story(4)}"
    assert texts["9003.zip/9003.txt"] == f"DREI BRIEFE\n\n\n{demo.story(3)}"
    assert texts["gutenberg/9005.txt"] == f"“QUOTED”\n\n\n{demo.story(5)}"
    assert texts["gutenberg/9007.txt"] == f"NOTES\n\n\n{demo.story(7)}"


def test_catalogue_names_title_and_language(done: Built) -> None:
    meta = {short(row["id"]): document_of(row).meta for row in documents(done)}["9003.zip/9003.txt"]
    assert (meta["title"], meta["author"], meta["language"]) == ("Drei Briefe", "Alder, Jost", "de")


def test_evidence(done: Built) -> None:
    found = matches(done)
    assert {short(row["dropped"]): short(row["kept"]) for row in found} == GONE
    assert all(0.9 < row["coverage"] <= 1 for row in found)
    assert all(row["dropped_words"] <= row["kept_words"] for row in found)
    assert all(row["dropped_text"].split() == row["kept_text"].split() for row in found)


def test_find_names_the_book_it_matched(done: Built) -> None:
    name = "books:gutenberg/9002-8.txt"
    said = "\n".join(lines_about(find_builds([done.folder]), name, None, False))
    assert (
        "dropped at overlap (document): near_duplicate, duplicate of books:mine/Collected Stories - Vane.epub" in said
    )


@pytest.mark.parametrize("settings", [{"shards_least": "1"}, {"shards_least": "99"}, {"bucket_bytes": "2000"}])
def test_shards_and_buckets_change_nothing(dump: Path, done: Built, tmp_path: Path, settings: dict[str, str]) -> None:
    other = built(dump, tmp_path, **settings)
    assert matches(other) == matches(done)
    assert sorted(row["id"] for row in documents(other)) == sorted(row["id"] for row in documents(done))


def test_limit_is_a_switch(dump: Path, tmp_path: Path) -> None:
    assert matches(built(dump, tmp_path, overlap_share="1.0")) == []


def test_without_a_match_the_evidence_is_there(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(demo.story(1))
    assert matches(built(tmp_path / "one.txt", tmp_path / "out")) == []


def test_books_whose_names_are_no_utf8_are_read(tmp_path: Path) -> None:
    (tmp_path / "dump").mkdir()
    for number, name in enumerate((b"\xff.txt", b"\xfe.txt", "\xfc.txt".encode())):
        Path(os.fsdecode(os.fsencode(tmp_path / "dump") + b"/" + name)).write_text(demo.story(number))
    found = {row["id"]: row["text"] for row in documents(built(tmp_path / "dump", tmp_path / "out"))}
    assert found == {
        f"books:{name}.txt": demo.story(number).strip() for number, name in enumerate(("\\udcff", "\\udcfe", "\xfc"))
    }


def test_a_damaged_catalogue_stops_the_build(dump: Path, tmp_path: Path) -> None:
    shutil.copytree(dump, tmp_path / "dump")
    (tmp_path / "dump" / "pg_catalog.csv").write_text("Text#,Type\n")
    with pytest.raises((InputError, Exception), match="Project Gutenberg's catalogue"):
        built(tmp_path / "dump", tmp_path / "out")


def test_two_workers_write_the_same(dump: Path, done: Built, tmp_path: Path) -> None:
    other = build(find_source("books"), [str(dump)], str(tmp_path), beam_arguments=["--direct_num_workers=2"])
    assert json.dumps(matches(other)) == json.dumps(matches(done))
    assert documents(other) == documents(done)


RELEASES = {
    "105-a2": "105-a",  # Persuasion
    "1342-a": "1342-d", "1342-b": "1342-d", "1342-f": "1342-d",  # Pride and Prejudice
    "1661-f": "1661-c",  # The Adventures of Sherlock Holmes
    "5200-f": "5200-c",  # Metamorphosis
}  # fmt: skip


def test_real_releases_of_one_work_are_found_and_nothing_else(shared_data: Path, tmp_path: Path) -> None:
    found = matches(built(shared_data / "gutenberg", tmp_path))
    name = "books:{}.txt.gz".format
    assert {row["dropped"]: row["kept"] for row in found} == {name(one): name(kept) for one, kept in RELEASES.items()}


def test_runs_and_masks_may_travel_inline(
    dump: Path, done: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a distributed runner: blobs carry their bytes."""
    monkeypatch.setattr("pipelines.engine.build.is_local", lambda options: False)
    other = built(dump, tmp_path)
    assert matches(other) == matches(done)
    assert documents(other) == documents(done)
