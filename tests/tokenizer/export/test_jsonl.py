"""JSON lines of a mixture: the documents that the formats of tokens have, with their texts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from made_outputs import make_build, make_tokens
from tokenizer_texts import SENTENCES, sentences

from corpus.document import Document
from corpus.errors import InputError, ShardError
from corpus.output.lineage import MADE_OF, origin
from corpus.output.manifest import read_manifest
from corpus.rows import documents_at
from corpus.storage import LOCAL
from corpus.writers import DocumentWriter
from pipelines.cli import main
from tokenizer.draws import draw
from tokenizer.encode import Encoder
from tokenizer.export import jsonl
from tokenizer.mixture import mix, read_mixture
from tokenizer.remove import remove_documents
from tokenizer.settings import Policy
from tokenizer.write_shards import rows_of, write_shards

TOKENS = 30_000


def made_build(folder: Path, source: str, texts: list[str], files: int = 2) -> Path:
    (folder / source / "data").mkdir(parents=True)
    for number in range(files):
        with (folder / source / f"data/documents-{number:05d}-of-{files:05d}.parquet").open("wb") as file:
            writer = DocumentWriter(file, parquet=True)
            for at, text in enumerate(texts[number::files]):
                writer.write(Document(f"{source}:{number}/{at}", text, source, {"title": f"{source} {at}"}))
                if at % 5 == 0:
                    writer.flush()  # more row groups than one
            writer.close()
    return make_build(folder / source)


def made_tokens(build: Path, folder: Path, encoder: Encoder) -> Path:
    for number, path in enumerate(sorted((build / "data").glob("documents-*.parquet"))):
        stem = folder / build.name / f"tokens-{number:05d}-of-00002"
        with path.open("rb") as file:
            rows = rows_of(file, f"{build.name}/data/{path.name}")
            write_shards(rows, encoder, str(stem), Policy(shard_bytes=3000, shuffle=True))
    made_of = origin(str(build), read_manifest(str(build), LOCAL) or {}, str(folder / build.name))
    return make_tokens(folder / build.name, **{MADE_OF: [made_of]})


@pytest.fixture
def mixture(tmp_path: Path, encoder: Encoder) -> Path:
    """MIXTURE over tokens/{books,github}, made of documents/{books,github}."""
    for source, seed in (("github", 1), ("books", 2)):
        build = made_build(tmp_path / "documents", source, [*SENTENCES, *sentences(40, seed)])
        made_tokens(build, tmp_path / "tokens", encoder)
    mix([str(tmp_path / "tokens")], str(tmp_path / "mixture"), {"books": 20.0, "github": 80.0})
    return tmp_path / "mixture"


def lines(paths: list[str]) -> list[list[dict[str, Any]]]:
    """The lines of each file."""
    found = []
    for path in paths:
        with Path(path).open("rb") as file:
            data = zstandard.ZstdDecompressor().stream_reader(file).read()
        found.append([json.loads(line) for line in data.split(b"\n")[:-1]])
    return found


def test_lines_are_the_documents_drawn_in_their_order(
    mixture: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "FILE_TOKENS", TOKENS // 3)
    paths = jsonl.export_mixture(mixture, tmp_path / "out", TOKENS, 7)
    assert [Path(path).name for path in paths] == [f"documents-{part:05d}-of-00003.jsonl.zst" for part in range(3)]
    parts = lines(paths)
    rows = [row for part in parts for row in part]
    drawn = [one.shard.text_ids(one.number).tolist() for one in draw(read_mixture(mixture), TOKENS, 7)]
    assert [encoder.encode(row["text"]).tolist() for row in rows] == drawn
    assert len(rows) > len({row["id"] for row in rows})  # books are drawn again
    assert all(row["id"].startswith(row["source"]) and row["title"].startswith(row["source"]) for row in rows)
    sizes = [sum(len(encoder.encode(row["text"])) for row in part) for part in parts]
    assert max(sizes) - min(sizes) < 3_000


def test_the_same_mixture_makes_the_same_bytes(mixture: Path, tmp_path: Path) -> None:
    one, two = (jsonl.export_mixture(mixture, tmp_path / name, 9_000, 7) for name in ("one", "two"))
    assert [Path(path).read_bytes() for path in one] == [Path(path).read_bytes() for path in two]
    assert lines(one) != lines(jsonl.export_mixture(mixture, tmp_path / "three", 9_000, 8))


def test_documents_of_shards_from_which_some_were_removed(mixture: Path, tmp_path: Path) -> None:
    remove_documents(str(tmp_path / "tokens"), ["github:0/0"], str(tmp_path / "fewer"))
    mix([str(tmp_path / "fewer")], str(tmp_path / "mixture"), {"books": 20.0, "github": 80.0})
    ids = {row["id"] for part in lines(jsonl.export_mixture(mixture, tmp_path / "out", TOKENS, 7)) for row in part}
    assert "github:0/0" not in ids
    assert "github:0/1" in ids


def test_builds_that_are_no_longer_there(mixture: Path, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "documents/github")
    with pytest.raises(InputError, match=r"documents/github: expected the build that .*tokens/github was made"):
        jsonl.export_mixture(mixture, tmp_path / "out", TOKENS, 7)


def test_token_shards_of_no_build(tmp_path: Path, encoder: Encoder) -> None:
    build = made_build(tmp_path / "documents", "github", SENTENCES)
    made_tokens(build, tmp_path / "tokens", encoder)
    make_tokens(tmp_path / "tokens/github")
    mix([str(tmp_path / "tokens")], str(tmp_path / "mixture"), {"github": 1.0})
    with pytest.raises(InputError, match="token shards that say of which build they are"):
        jsonl.export_mixture(tmp_path / "mixture", tmp_path / "out", TOKENS, 7)


def test_a_row_that_a_build_does_not_have(mixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "documents_at", lambda file, rows: documents_at(file, rows[1:]))
    with pytest.raises(ShardError, match=r"documents that tokens were made of, got \d+"):
        jsonl.export_mixture(mixture, tmp_path / "out", TOKENS, 7)


@pytest.mark.parametrize("rows", [[], [0], [3, 5, 6, 11, 29], list(range(30))], ids=["none", "first", "some", "all"])
def test_rows_of_a_file_of_documents(tmp_path: Path, rows: list[int]) -> None:
    build = made_build(tmp_path, "github", [f"text {number}" for number in range(30)], files=1)
    with next((build / "data").glob("*.parquet")).open("rb") as file:
        found = [document.text for document in documents_at(file, np.array(rows, np.uint32))]
    assert found == [f"text {row}" for row in rows]


def test_by_the_command(mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ["export", "jsonl", "--mixture", str(mixture), "--tokens", "9e3", "--output", str(out)]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{out}/documents-00000-of-00001.jsonl.zst\n"
    assert main(["verify", str(out)]) == 0
