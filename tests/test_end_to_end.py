"""End to end on real dumps: raw files -> documents -> tokenizer -> token shards -> the same texts again."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipelines.cli import main
from tokenizer.encode import load_encoder
from tokenizer.shards import TokenShard, find_shards

ONE = ["--", "--direct_num_workers=1"]
META = "\u2581"  # SentencePiece's own mark for a space: a text that holds it decodes to a space


def run(*words: object, beam: bool = True) -> None:
    assert main([*map(str, words), *(ONE if beam else [])]) == 0


@pytest.fixture(scope="module")
def road(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """out/SOURCE, tokenizer/tokenizer.model and tokens/SOURCE of real Stack Exchange and GitHub dumps."""
    folder = tmp_path_factory.mktemp("road")
    run("build", "stackexchange", "--input", shared_data / "stackexchange" / "*.7z", "--output", folder / "out")
    run("build", "github", "--input", shared_data / "github", "--output", folder / "out")
    run("train", "tokenizer", "--input", folder / "out", "--output", folder / "tokenizer", "--set", "vocab_size=8000",
        beam=False)  # fmt: skip
    model = folder / "tokenizer" / "tokenizer.model"
    run("tokenize", "--input", folder / "out", "--tokenizer", model, "--output", folder / "tokens")
    return folder


def texts(folder: Path) -> dict[str, list[str]]:
    """The texts of each file of documents, by the name that locators call it."""
    return {
        path.relative_to(folder).as_posix(): pq.read_table(path, columns=["text"])["text"].to_pylist()
        for path in sorted(folder.rglob("data/documents-*.parquet"))
    }


def test_every_document_decodes_to_its_text(road: Path) -> None:
    encoder = load_encoder(road / "tokenizer" / "tokenizer.model")
    wanted, seen = texts(road / "out"), 0
    for path in find_shards(road / "tokens"):
        with TokenShard(path) as shard:
            for number in range(len(shard)):
                name, _, at = shard.locator(number).partition("#")
                text = wanted[name][int(at)]
                assert encoder.decode(shard.text_ids(number)) == text.replace(META, " "), shard.locator(number)
                seen += 1
    assert seen == sum(map(len, wanted.values())) > 3000


def test_every_question_of_the_dumps_is_a_document(road: Path) -> None:
    """The numbers of questions stand in the MANIFEST of the dumps; peers lost 144 of 756."""
    ids = [name for path in (road / "out" / "stackexchange").glob("data/documents-*")
           for name in pq.read_table(path, columns=["id"])["id"].to_pylist()]  # fmt: skip
    assert len(ids) == len(set(ids)) == 24 + 244 + 663 + 225 + 181
