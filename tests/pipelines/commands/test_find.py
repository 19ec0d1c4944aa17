"""`corpus find`: by id, address, place and words; what it says of documents, of dropped ones, and of skipped files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from corpus.document import Document, Outcome
from corpus.errors import UnsoundError
from corpus.readers.base import InputSplit, Open, Reader, Seen
from corpus.recipe import Recipe, cited
from pipelines.cli import main
from pipelines.engine.build import build
from pipelines.engine.stages import EachDocument, Source, drop
from pipelines.report import told
from pipelines.report.sampled import require_columns

RECIPE = Recipe(
    "pages",
    least=cited(10, "tests", "chars"),
    most=cited(2000, "tests", "chars"),
)
SETTINGS, ONE = {"dropped_texts": 1, "dropped_text_chars": 1600}, ["--direct_num_workers=1"]
ROWS = (
    {"id": "a", "text": "A llama is an animal of the Andes.", "url": "https://a.test/1", "title": "Llama", "path": "x"},
    {"id": "b", "text": "short", "url": "https://b.test/2", "licence": "mit"},
    {"id": "c", "text": "shorter", "url": "https://b.test/3", "licence": "mit"},
    {"id": "d", "text": "long " * 1000, "language": "en"},
    {"id": "e", "text": "Another ANDES page, of a mountain. " * 50},
)  # fmt: skip


def read(open_file: Open, split: InputSplit, seen: Seen) -> Iterator[Outcome]:
    with open_file(split.path) as file:
        for fields in orjson.loads(file.read()):
            seen.records += 1
            text = fields.pop("text")
            yield Outcome(Document(f"pages:{fields.pop('id')}", text, "pages", fields))


SOURCE = Source(
    "pages",
    Reader("page", lambda path, head: path.endswith(".pages"), read),
    RECIPE,
    (EachDocument("size", drop("tiny", len, below=RECIPE.least), drop("huge", len, above=RECIPE.most)),),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("find")
    (root / "dump").mkdir()
    (root / "dump" / "one.pages").write_bytes(orjson.dumps(ROWS))
    (root / "dump" / "notes.doc").write_text("of something else")
    built = build(SOURCE, [str(root / "dump")], str(root / "out"), settings=SETTINGS, beam_arguments=ONE)
    return Path(built.folder)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "known_source", lambda name: SOURCE)


def said(folder: Path, capsys: pytest.CaptureFixture[str], *what: str) -> list[str]:
    assert main(["find", str(folder), *what]) == 0
    return [line.replace(str(folder), "OUT") for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("name", ["pages:a", "https://a.test/1"], ids=["id", "address"])
def test_a_kept_document_with_all_that_is_known_of_it(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(folder, capsys, name) == [
        "kept: OUT/data/documents-00000-of-00001.parquet",
        "  id: pages:a",
        "  url: https://a.test/1",
        "  title: Llama",
        "  path: x",
        "  length: 34 characters",
        "A llama is an animal of the Andes.",
    ]


DROPPED = "OUT/evidence/dropped-00000-of-00001.parquet"


def test_a_dropped_document_with_its_measure_and_its_limit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [said(folder, capsys, name) for name in ("pages:b", "pages:c")]
    for (name, chars, text), found in zip((("b", 5, "short"), ("c", 7, "shorter")), lines, strict=True):
        assert found[0] == f"dropped at size (document): tiny: {DROPPED}"
        assert found[1] == f"  measured: length {chars} chars; dropped below 10"
        assert found[2:6] == [
            f"  id: pages:{name}", f"  url: https://b.test/{int(name == 'c') + 2}", "  licence: mit",
            f"  length: {chars} characters",
        ]  # fmt: skip
        assert found[6:] in ([text], ["  text: not stored of this one, as of most that a reason drops"])
    assert sorted(len(found[6]) for found in lines)[0] < 8 < sorted(len(found[6]) for found in lines)[1]


def test_a_cut_text_has_its_true_length(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(folder, capsys, "pages:d")
    assert lines[:6] == [
        f"dropped at size (document): huge: {DROPPED}",
        "  measured: length 5,000 chars; dropped above 2,000",
        "  id: pages:d",
        "  language: en",
        "  length: 5,000 characters",
        "  text: the first 1,500 characters; 1,600 are stored; --text shows all that is stored",
    ]
    lines = said(folder, capsys, "pages:d", "--text")
    assert lines[5] == "  text: the first 1,600 characters; 1,600 are stored"
    assert len(lines[6]) == 1600


def test_words_in_any_case_and_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = "kept: OUT/data/documents-00000-of-00001.parquet"
    assert said(folder, capsys, "andes", "LLAMA") == [
        f"pages:a: {kept} (Llama)",
        "  ... A llama is an animal of the Andes. ...",
    ]
    assert [line.split(":")[1] for line in said(folder, capsys, "andes") if line.startswith("pages")] == ["a", "e"]
    assert said(folder, capsys, "long long long")[0] == f"pages:d: dropped at size (document): huge: {DROPPED}"


def test_a_file_that_was_not_read_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = said(folder, capsys, "notes.doc")
    assert line.startswith("not read: ")
    assert line.endswith("/dump/notes.doc holds nothing of pages")


@pytest.mark.parametrize("what", ["pages:z", "nowhere at all"], ids=["id", "words"])
def test_what_was_never_seen(folder: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", str(folder), what]) == 2
    assert f"expected an id, an address or words of a document there, got {what!r}" in capsys.readouterr().err


def test_evidence_of_an_earlier_version_is_refused(folder: Path, tmp_path: Path) -> None:
    (path,) = folder.glob("evidence/dropped-*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["chars", "url"]), tmp_path / "old.parquet")
    require_columns(pq.ParquetFile(path), "dropped", "old")
    with pytest.raises(UnsoundError, match=r"old: expected .*dropped.* got none named chars, url: .*; build again"):
        require_columns(pq.ParquetFile(tmp_path / "old.parquet"), "dropped", "old")
