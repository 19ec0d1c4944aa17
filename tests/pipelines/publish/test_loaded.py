"""A published folder as others read it: every config by datasets, every set of records by mlcroissant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_dataset import GITHUB, WIKIPEDIA, make_source

from corpus.document import Document
from pipelines.publish.parts import parts_in
from pipelines.publish.write import write_dataset

IDS = {
    "all": ["github:1", "github:3", "github:2", "wikipedia:en/1", "wikipedia:de/1"],
    "github": ["github:1", "github:3", "github:2"],
    "wikipedia": ["wikipedia:en/1", "wikipedia:de/1"],
}
"""By config, in the order of the files: GitHub's second document lies in its second file."""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    make_source(tmp_path / "out" / "github", GITHUB, files=2)
    make_source(tmp_path / "out" / "wikipedia", WIKIPEDIA)
    folder = tmp_path / "published"
    write_dataset(parts_in([str(tmp_path / "out")], str(folder)), str(folder), "Tides", "", "", "2026-01-31")
    return folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_datasets_loads_each_config(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    assert datasets.get_dataset_config_names(str(published)) == sorted(IDS)
    texts = {document.id: document.text for document in (*GITHUB, *WIKIPEDIA)}
    for name, ids in IDS.items():
        loaded = datasets.load_dataset(str(published), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert loaded["id"][:] == ids
        assert loaded["text"][:] == [texts[one] for one in ids]
    streamed = datasets.load_dataset(str(published), split="train", streaming=True)
    assert [row["id"] for row in streamed] == IDS["all"]


@pytest.mark.filterwarnings("ignore")
def test_mlcroissant_finds_no_fault_and_loads_each_set_of_records(published: Path) -> None:
    reason = "mlcroissant is not installed: `make test-publish` does"
    mlcroissant = pytest.importorskip("mlcroissant", reason=reason)
    dataset = mlcroissant.Dataset(str(published / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert (list(issues.errors), list(issues.warnings)) == ([], [])
    for name, ids in IDS.items():
        rows = list(dataset.records(name))
        assert [row[f"{name}/id"] if f"{name}/id" in row else row["id"] for row in rows] == [
            one.encode() for one in ids
        ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"license": None}, "license"),
        ({"recordSet": [{"@type": "cr:RecordSet", "@id": "a", "name": "a", "field": [
            {"@type": "cr:Field", "@id": "a/id", "name": "id", "dataType": "sc:Text",
             "source": {"fileSet": {"@id": "no-such-files"}, "extract": {"column": "id"}}}]}]}, "no-such-files"),
    ],
    ids=["without a licence", "records of files that are not there"],
)  # fmt: skip
def test_mlcroissant_does_find_faults(published: Path, change: dict[str, object], said: str) -> None:
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: `make test-publish` does")
    path = published / "croissant.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    try:
        issues = mlcroissant.Dataset(str(path)).metadata.ctx.issues
        found = [*issues.errors, *issues.warnings]
    except mlcroissant.ValidationError as error:
        found = [str(error)]
    assert said in " ".join(map(str, found))


@pytest.mark.filterwarnings("ignore")
def test_a_source_that_nobody_described_and_a_file_without_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = tuple(Document(f"recipes:{at}", f"Bake {at}.", "recipes") for at in range(2))
    make_source(tmp_path / "out" / "recipes", recipes, files=3)
    folder = tmp_path / "published"
    write_dataset(parts_in([str(tmp_path / "out")], str(folder)), str(folder), "Kitchen", "", "", "2026-01-31")
    assert "The terms of this source are not recorded: ask whoever publishes its dump" in (
        (folder / "LICENSE.md").read_text()
    )
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_OFFLINE", True)
    loaded = datasets.load_dataset(str(folder), "recipes", split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["id"][:] == ["recipes:0", "recipes:1"]
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: `make test-publish` does")
    dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert list(dataset.metadata.ctx.issues.errors) == []
    assert [row["recipes/id"] for row in dataset.records("recipes")] == [b"recipes:0", b"recipes:1"]
