"""Sites in parts, through the engine: the documents and the ledger of one part, and work that is found again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_posts import answer, post, posts_xml, seven_zip

from corpus.errors import CorpusError
from pipelines.engine.build import Built, build
from pipelines.sources import find_source
from pipelines.sources.stackexchange import apart

ONE = ["--direct_num_workers=1"]
PARTS, PARTITION_BYTES = 5, 8_000
ROWS = [
    *(post(n, Title=f"t{n}", Body=f"<p>question {n}, {'why ' * (n % 50)}</p>") for n in range(1, 130)),
    "<row broken",
    *(answer(1000 + n, 1 + n * 7 % 140, n % 5, Body=f"<p>answer {n}</p>") for n in range(130)),
]
POSTS = posts_xml(*ROWS)


def built(dump: Path, output: Path, **settings: object) -> Built:
    chosen = {name: str(value) for name, value in settings.items()}
    return build(find_source("stackexchange"), [str(dump)], str(output), settings=chosen, beam_arguments=ONE)


def rows(result: Built) -> list[dict[str, Any]]:
    found = [row for path in Path(result.folder).glob("data/documents-*") for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: row["id"])


def counted(result: Built) -> list[tuple[str, str, dict[str, int]]]:
    """What the ledger counts."""
    return sorted(result.ledger.tallies(), key=lambda tally: tally[:2])


def documents_files(result: Built) -> int:
    return len(list(Path(result.folder).glob("data/documents-*")))


def dump_of(folder: Path, packing: str) -> Path:
    (folder / "small.example.com").mkdir(parents=True)
    (folder / "small.example.com" / "Posts.xml").write_bytes(posts_xml(post(1), post(2, Body="<p>words</p>")))
    if packing == "plain":
        (folder / "large.example.com").mkdir()
        (folder / "large.example.com" / "Posts.xml").write_bytes(POSTS)
    else:
        (folder / "large.example.com.7z").write_bytes(seven_zip({"Posts.xml": POSTS}, packing))
    return folder


@pytest.mark.parametrize(("packing", "sites"), [("plain", 28), ("bzip2", 1), ("LZMA2", 1)])
def test_a_site_in_parts_is_the_site(tmp_path: Path, packing: str, sites: int):
    dump = dump_of(tmp_path / "dump", packing)
    whole = built(dump, tmp_path / "one", sites=sites)
    parts = built(dump, tmp_path / "parts", sites=sites, partition_bytes=PARTITION_BYTES)
    assert documents_files(parts) == documents_files(whole) + PARTS - 1
    assert rows(parts) == rows(whole)
    assert counted(parts) == counted(whole)


def test_a_large_site_that_is_not_kept(tmp_path: Path):
    for name, data in (("large", POSTS), ("larger", posts_xml(*ROWS, post(5000)))):
        (tmp_path / "dump" / f"{name}.example.com").mkdir(parents=True)
        (tmp_path / "dump" / f"{name}.example.com" / "Posts.xml").write_bytes(data)
    result = built(tmp_path / "dump", tmp_path / "out", sites=1, partition_bytes=PARTITION_BYTES)
    assert {row["id"].partition("/")[0] for row in rows(result)} == {"stackexchange:larger.example.com"}
    counts = {(stage, unit): tally for stage, unit, tally in result.ledger.tallies()}
    assert counts["read", "post"]["site_not_among_largest"] == 260


def test_an_archive_that_stopped_half_way_is_not_set_apart_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "dump").mkdir()
    (tmp_path / "dump" / "large.example.com.7z").write_bytes(seven_zip({"Posts.xml": POSTS}, "LZMA2"))
    real, written = apart.set_apart, list[int]()

    def stops(*arguments: Any, **named: Any) -> Iterator[Any]:
        for stretch in real(*arguments, **named):
            yield stretch
            if len(written) == 3:
                raise RuntimeError("the power is cut")

    def noting(path: str, value: dict[str, Any]) -> None:
        if "note" in path.rpartition("/")[2]:
            written.append(value["stretch"].number)
        sealed(path, value)

    sealed = apart.files.write_sealed
    monkeypatch.setattr(apart.files, "write_sealed", noting)
    monkeypatch.setattr(apart, "set_apart", stops)
    settings = {"partition_bytes": PARTITION_BYTES}
    with pytest.raises((CorpusError, RuntimeError), match="power is cut"):
        built(tmp_path / "dump", tmp_path / "out", **settings)
    assert written[:3] == [0, 1, 2]
    written.clear()
    monkeypatch.setattr(apart, "set_apart", real)
    again = built(tmp_path / "dump", tmp_path / "out", **settings)
    assert written == [3, 4]
    assert rows(again) == rows(built(tmp_path / "dump", tmp_path / "one"))


def test_a_small_site_beside_a_large_one_is_not_read_again(tmp_path: Path):
    """What a part joins stands in a file of the part; one for every shard would make all stale with a large file."""
    small = tmp_path / "dump" / "small.example.com"
    small.mkdir(parents=True)
    (small / "Posts.xml").write_bytes(posts_xml(post(1), post(2)))
    built(tmp_path / "dump", tmp_path / "out", partition_bytes=PARTITION_BYTES)
    done = next((tmp_path / "out" / "stackexchange" / ".work" / "pass-0").glob("done-*.json"))
    before = done.stat().st_mtime_ns
    (tmp_path / "dump" / "large.example.com").mkdir()
    (tmp_path / "dump" / "large.example.com" / "Posts.xml").write_bytes(POSTS)
    built(tmp_path / "dump", tmp_path / "out", partition_bytes=PARTITION_BYTES)
    assert done.stat().st_mtime_ns == before
