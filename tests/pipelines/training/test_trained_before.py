"""What was trained on the same, in the same way, is left as it is; what has changed or is damaged is trained anew."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_outputs import make_build

from corpus.document import Document
from corpus.errors import CorpusError
from corpus.writers import DocumentWriter
from pipelines.cli import main
from pipelines.demo.commoncrawl import article
from pipelines.training import lm, reference
from pipelines.training.lm import train_lm
from pipelines.training.reference import train_reference
from tokenizer import train

LM = lm.RECIPE.resolve(settings={"pieces": "300", "held_one_in": "5", "estimator": "numpy"})
REFERENCE = reference.RECIPE.resolve(settings={"min_chars": "100", "least_positives": "5"})


def write_build(folder: Path, texts: list[str], source: str, language: str = "en") -> str:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    with (folder / "data/documents-00000-of-00001.parquet").open("wb") as file:
        writer = DocumentWriter(file, parquet=True)
        for number, text in enumerate(texts):
            meta = {"language": language, "url": f"https://valley.example/{number}"}
            writer.write(Document(f"{source}:{number}", text, source, meta))
        writer.close()
    return str(make_build(folder, source))


class Way(NamedTuple):
    """A way to train in a folder: the training, the function that does the work, the folder it leaves, its files."""

    train: Callable[[], object]
    work: tuple[object, str]
    folder: Path
    file: str


def texts(start: int = 0) -> list[str]:
    return ["\n".join(article(start + number)) for number in range(60)]


def references(folder: Path, numbers: range) -> str:
    folder.mkdir(exist_ok=True)
    table = pa.table({"url": [f"https://valley.example/{number}" for number in numbers]})
    pq.write_table(table, folder / "references.parquet")
    return str(folder / "references.parquet")


@pytest.fixture(params=["lm", "reference", "tokenizer"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    articles = write_build(tmp_path / "builds/wikipedia", texts(), "wikipedia")
    out = tmp_path / "out"
    if request.param == "lm":
        return Way(lambda: train_lm([articles], out, "en", [], LM), (lm, "train_pieces"), out, "en.arpa")
    if request.param == "reference":
        tables = references(tmp_path / "tables", range(30))
        work = (reference, "_train")
        return Way(lambda: train_reference([tables], [articles], out, REFERENCE), work, out, "curve.csv")
    words = ["train", "tokenizer", "--input", articles, "--output", str(out), "--set", "vocab_size=400"]

    def run() -> str:
        assert main(words) == 0
        return (out / "card.md").read_text()

    return Way(run, (train, "train"), out, "tokenizer.model")


@pytest.fixture
def done(way: Way, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each time that the work is done."""
    counted: list[str] = []
    module, name = way.work
    work = getattr(module, name)

    def noted(*words: object, **more: object) -> object:
        counted.append(name)
        return work(*words, **more)

    noted.__wrapped__ = work  # type: ignore[attr-defined]  # the fingerprint is that of the code itself
    monkeypatch.setattr(module, name, noted)
    return counted


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def equal(one: object, other: object) -> bool:
    """Whether two results are equal, arrays in them too."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(equal, one, other))
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


def test_the_same_again_is_nothing_to_do(way: Way, done: list[str]) -> None:
    first = way.train()
    before = files(way.folder)
    assert equal(way.train(), first)
    assert len(done) == 1
    assert files(way.folder) == before


@pytest.mark.parametrize("damage", ["a bit", "gone", "a file more"])
def test_what_is_not_as_it_was_written_is_made_again(way: Way, done: list[str], damage: str) -> None:
    first = way.train()
    path = way.folder / way.file
    before = path.read_bytes()
    if damage == "a bit":
        path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
    elif damage == "gone":
        path.unlink()
    else:
        shutil.copy(path, path.with_name("more" + path.suffix))
    assert equal(way.train(), first)
    assert len(done) == 2
    assert path.read_bytes() == before


def test_other_documents_are_trained_on_anew(way: Way, done: list[str], tmp_path: Path) -> None:
    way.train()
    write_build(tmp_path / "builds/wikipedia", texts(7), "wikipedia")
    way.train()
    assert len(done) == 2
    way.train()
    assert len(done) == 2


def test_other_references_are_trained_on_anew(tmp_path: Path) -> None:
    pages = write_build(tmp_path / "builds/wikipedia", texts(), "wikipedia")
    trained = [
        train_reference([references(tmp_path / "tables", chosen)], [pages], tmp_path / "out", REFERENCE)
        for chosen in (range(30), range(25))
    ]
    assert [one.positives for one in trained] == [30, 25]


@pytest.mark.parametrize("setting", ["seed=2", "epochs=2"])
def test_other_numbers_are_trained_with_anew(tmp_path: Path, setting: str) -> None:
    pages = write_build(tmp_path / "builds/wikipedia", texts(), "wikipedia")
    tables, (name, text) = references(tmp_path / "tables", range(30)), setting.split("=")
    changed = reference.RECIPE.resolve(settings={"min_chars": "100", "least_positives": "5", name: text})
    made = []
    for recipe in (REFERENCE, changed):
        train_reference([tables], [pages], tmp_path / "out", recipe)
        made.append((tmp_path / "out/reference.bin").read_bytes())
    assert made[0] != made[1]


def test_a_language_is_left_while_another_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped within the second language, only one is trained again when all are asked for once more."""
    builds = {
        code: write_build(tmp_path / code / "wikipedia", texts(start), "wikipedia", code)
        for code, start in (("en", 0), ("nl", 300))
    }
    out, done, work = tmp_path / "out", list[str](), lm.train_pieces

    def noted(texts: object, numbers: object) -> bytes:
        done.append("trained")
        if len(done) == 2:
            raise CorpusError("an end before the end")
        return work(texts, numbers)  # type: ignore[arg-type]

    noted.__wrapped__ = work  # type: ignore[attr-defined]
    monkeypatch.setattr(lm, "train_pieces", noted)
    train_lm([builds["en"]], out, "en", [], LM)
    with pytest.raises(CorpusError, match="before the end"):
        train_lm([builds["nl"]], out, "nl", [], LM)
    for code in ("en", "nl", "en", "nl"):
        train_lm([builds[code]], out, code, [], LM)
    assert len(done) == 4
