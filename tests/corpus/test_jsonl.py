from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import toy
import zstandard
from made_outputs import make_build
from pyarrow.dataset import dataset

from corpus.document import Document
from corpus.errors import InputError
from corpus.jsonl import KEYS, export, json_line
from corpus.writers import DocumentWriter
from pipelines.cli import main

DOCUMENTS = [
    Document("github:1", "x = 1\n", "github", {"path": "a.py"}, {"mean": 2.5, "perplexity": 3.0}),
    Document("github:2", "Zwölf \u2028 \0 \U0001f600", "github", {"licence": "mit", "date": "2020-01-17T08:15:00Z"}),
    Document("github:3", "", "github"),
]


METADATA = ['{"path":"a.py","perplexity":3,"mean":2.5}', '{"date":"2020-01-17T08:15:00Z"}', "{}"]


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build/github"
    (folder / "data").mkdir(parents=True)
    for number in range(2):
        with (folder / f"data/documents-{number:05d}-of-00002.parquet").open("wb") as file:
            writer = DocumentWriter(file, parquet=True)
            for document in DOCUMENTS:
                writer.write(document._replace(id=f"{document.id}/{number}"))
            writer.close()
    make_build(folder)
    return tmp_path / "build"


def test_every_document_is_a_line(build: Path, tmp_path: Path) -> None:
    files = [Path(path) for path in export(build, tmp_path / "out")]
    assert files == [tmp_path / f"out/github/documents-0000{number}-of-00002.jsonl.zst" for number in (0, 1)]
    with files[1].open("rb") as file:
        data = zstandard.ZstdDecompressor().stream_reader(file).read()
    assert [json.loads(line) for line in data.split(b"\n")[:-1]] == [
        {
            "id": f"{one.id}/1",
            "text": one.text,
            "source": "github",
            **{name: one.meta.get(name, "") for name in KEYS},
            "metadata": metadata,
        }
        for one, metadata in zip(DOCUMENTS, METADATA, strict=True)
    ]


def test_same_documents_make_the_same_bytes(build: Path, tmp_path: Path) -> None:
    one, two = export(build, tmp_path / "one"), export(build, tmp_path / "two")
    assert [Path(path).read_bytes() for path in one] == [Path(path).read_bytes() for path in two]


def test_a_file_without_documents_has_no_counterpart(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    dump = toy.write(tmp_path / "dump", a="one", b="two", c="")
    words = ["--input", dump, "--output", str(tmp_path / "out"), "--set", "shards_least=1000"]
    assert main(["build", str(tmp_path / "notes.py"), *words, "--", "--direct_num_workers=1"]) == 0
    files = sorted((tmp_path / "out/toy/data").glob("documents-*.parquet"))
    rows = [pq.read_metadata(path).num_rows for path in files]
    assert sorted(rows) == [0, 1, 1]
    written = [Path(path).name.partition(".")[0] for path in export(tmp_path / "out", tmp_path / "lines")]
    assert written == [path.stem for path, count in zip(files, rows, strict=True) if count]


def test_no_documents(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus build"):
        export(tmp_path, tmp_path / "out")


@pytest.mark.filterwarnings("ignore")  # of datasets and what it imports
def test_datasets_reads_them(build: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the round trip needs Hugging Face datasets")
    files = [str(path) for path in export(build, tmp_path / "out")]
    table = datasets.load_dataset("json", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert table["text"][:] == [document.text for document in DOCUMENTS] * 2
    assert json.loads(table["metadata"][0]) == {"path": "a.py", "mean": 2.5, "perplexity": 3}
    assert table["licence"][:3] == ["", "mit", ""]


@pytest.mark.filterwarnings("ignore")
def test_datasets_reads_files_in_which_nothing_is_stated_after_those_in_which_all_is(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the round trip needs Hugging Face datasets")
    stated = {"language": "en", "url": "u", "title": "t", "date": "2020-01-17T08:15:00Z", "licence": "mit"}
    documents = [Document("web:1", "a", "web", stated, {"perplexity": 1.5}), Document("books:1", "b", "books")]
    files = [tmp_path / f"{number}.jsonl" for number in range(2)]
    for path, document in zip(files, documents, strict=True):
        path.write_bytes(json_line(document))
    for order in (files, files[::-1]):
        rows = datasets.load_dataset(
            "json", data_files=[*map(str, order)], split="train", cache_dir=str(tmp_path / order[0].stem)
        )
        assert sorted(row["id"] for row in rows) == ["books:1", "web:1"]


@pytest.mark.filterwarnings("ignore")
def test_tools_open_the_folder_of_documents_as_it_is(build: Path, tmp_path: Path) -> None:
    """Whatever lies in the build beside it: dropped documents have other columns."""
    datasets = pytest.importorskip("datasets", reason="the round trip needs Hugging Face datasets")
    pandas = pytest.importorskip("pandas", reason="it comes with Hugging Face datasets")
    (build / "github/evidence").mkdir()
    pq.write_table(pa.table({"reason": ["empty"]}), build / "github/evidence/dropped-00000-of-00002.parquet")
    folder = str(build / "github/data")
    rows = datasets.load_dataset(folder, split="train", cache_dir=str(tmp_path / "cache"))
    assert rows["id"] == pandas.read_parquet(folder)["id"].tolist() == dataset(folder).to_table()["id"].to_pylist()
    assert len(rows) == 2 * len(DOCUMENTS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_the_parquet(build: Path, tmp_path: Path, streaming: bool) -> None:
    datasets = pytest.importorskip("datasets", reason="the round trip needs Hugging Face datasets")
    files = sorted(map(str, build.glob("*/data/documents-*.parquet")))
    rows = datasets.load_dataset(
        "parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"), streaming=streaming
    )
    assert [row["licence"] for row in rows] == [None, "mit", None] * 2


def test_datatrove_reads_them(build: Path, tmp_path: Path) -> None:
    readers = pytest.importorskip("datatrove.pipeline.readers", reason="the round trip needs datatrove")
    export(build, tmp_path / "out")
    reader = readers.JsonlReader(str(tmp_path / "out"), compression="zstd", glob_pattern="**/*.jsonl.zst")
    found = [(document.id, document.text, document.metadata["source"]) for document in reader.run()]
    assert found == [(f"{one.id}/{n}", one.text, "github") for n in (0, 1) for one in DOCUMENTS if one.text]
