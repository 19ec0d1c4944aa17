"""A shard with more documents than one file is to hold has several, which read as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from made_posts import post, posts_xml

from corpus import writers
from corpus.output.manifest import BUILD, DOCUMENT_FILES
from corpus.output.read import read_output
from corpus.output.verify import verify
from pipelines.engine.build import Built, build
from pipelines.pieces import pieces_of
from pipelines.sources import find_source

ROWS = [
    post(n, Title=f"t{n}", Body=f"<p>{' '.join(f'{n * k * 7919 % 99991:x}' for k in range(60))}</p>") for n in range(90)
]
ONE = ["--direct_num_workers=1"]


def built(dump: Path, output: Path, **settings: str) -> Built:
    return build(find_source("stackexchange"), [str(dump)], str(output), settings=settings, beam_arguments=ONE)


def site(folder: Path, name: str, *rows: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "Posts.xml").write_bytes(posts_xml(*rows))


def rows(result: Built) -> list[list[dict[str, Any]]]:
    """The rows of each file, in the order of the manifest."""
    names = [file.name for file in read_output(result.folder, BUILD).listed(DOCUMENT_FILES)]
    return [pq.read_table(Path(result.folder) / name).to_pylist() for name in names]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writers, "BATCH_CHARS", 4_000)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("stop_after", ["", "text"])
@pytest.mark.parametrize("again", [False, True], ids=["nothing dropped", "some dropped"])
def test_a_shard_of_several_files(tmp_path: Path, stop_after: str, again: bool) -> None:
    site(tmp_path / "dump", "a.example.com", *ROWS)
    if again:  # the same posts once more, so that the dedup of ids drops some of them
        site(tmp_path / "dump", "b/a.example.com", *ROWS[:20], post(500))
    dump = tmp_path / "dump"
    source = find_source("stackexchange")
    options: dict[str, Any] = {"stop_after": stop_after, "beam_arguments": ONE}
    whole = build(source, [str(dump)], str(tmp_path / "one"), **options)
    cut = build(source, [str(dump)], str(tmp_path / "cut"), settings={"file_bytes": "5000"}, **options)
    files = rows(cut)
    assert len(rows(whole)) == 1 + again
    assert len(files) >= 4
    assert sorted(str(row) for file in files for row in file) == sorted(
        str(row) for file in rows(whole) for row in file
    )
    assert all(files)
    listed = read_output(cut.folder, BUILD).listed(DOCUMENT_FILES)
    assert [file.documents for file in listed] == [len(file) for file in files]
    assert sum(map(len, files)) == cut.manifest["documents"]
    assert not [fault for found in verify(str(tmp_path / "cut")) for fault in found.wrong]


@pytest.mark.usefixtures("small_batches")
def test_each_file_is_a_piece_of_its_own_for_the_tokenizer(tmp_path: Path) -> None:
    site(tmp_path / "dump", "a.example.com", *ROWS)
    result = built(tmp_path / "dump", tmp_path / "out", file_bytes="5000")
    stems = [piece.stem for piece in pieces_of(read_output(result.folder, BUILD), str(tmp_path / "tokens" / "x"), "")]
    assert stems[:2] == ["tokens-00000-of-00001", "tokens-1-00000-of-00001"]
    assert len(set(stems)) == len(rows(result))
