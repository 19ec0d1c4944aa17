"""Token shards, tokenizer and mixture in a published folder: outputs that stand by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from batch_shards import write_ids
from made_dataset import GITHUB, make_source
from made_outputs import make_output

from corpus.errors import ShardError, UnsoundError, UsageError
from corpus.output.manifest import TOKENIZER, TOKENS, read_manifest
from corpus.output.read import outputs_in
from corpus.output.verify import verify
from pipelines.publish.parts import parts_in
from pipelines.publish.write import write_dataset
from tokenizer.mixture import mix, mixed_shard, read_mixture
from tokenizer.shards import TokenShard, find_shards


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A build, shards of two sources, a mixture over them, and a tokenizer, each in a folder of its own."""
    make_source(tmp_path / "out" / "github", GITHUB)
    for source, tokens in {"books": 300, "github": 900}.items():
        write_ids(tmp_path / "shards" / "deep", source, np.arange(tokens), [50], shard_bytes=1000)
    mix([str(tmp_path / "shards")], str(tmp_path / "mixture"), {"books": 1, "github": 3})
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "tokenizer" / "tokenizer.model").write_bytes(b"pieces")
    make_output(tmp_path / "tokenizer", TOKENIZER, trained_at="/home/me/tokenizer")
    return tmp_path


def publish(made: Path, *names: str) -> Path:
    folder = made / "published"
    parts = parts_in([str(made / name) for name in names], str(folder))
    write_dataset(parts, str(folder), "Tides", "", "", "2026-01-31")
    return folder


def test_each_is_an_output_as_before(made: Path) -> None:
    folder = publish(made, "out", "shards", "mixture", "tokenizer")
    assert [(one.folder.removeprefix(f"{folder}"), one.kind, one.wrong, one.absent) for one in verify(str(folder))] == [
        ("", "published dataset", (), ()),
        ("/mixture", "mixture", (), ()),
        ("/tokenizer", "tokenizer", (), ()),
        ("/tokens/books", "tokens", (), ()),
        ("/tokens/github", "tokens", (), ()),
    ]
    assert (read_manifest(str(folder / "tokenizer")) or {})["trained_at"] == "tokenizer"
    tokens = [token for path in find_shards(folder / "tokens/github") for ids in TokenShard(path) for token in ids]
    assert tokens == list(range(900))


def test_the_mixture_draws_from_the_shards_beside_it(made: Path) -> None:
    folder = publish(made, "out", "shards", "mixture")
    for name in ("shards", "mixture", "out"):
        shutil.rmtree(made / name)
    mixture = read_mixture(folder / "mixture")
    assert {name: (one.share, one.tokens) for name, one in mixture.sources.items()} == {
        "books": (0.25, 300),
        "github": (0.75, 900),
    }
    entries = [entry for one in mixture.sources.values() for entry in one.shards]
    assert entries[0].path == "../tokens/books/tokens-00000-of-00001-000.json"
    assert [Path(mixed_shard(mixture, entry)).resolve().is_relative_to(folder) for entry in entries] == [True] * 6


def test_shards_are_second_names_and_stay(made: Path) -> None:
    folder = publish(made, "out", "shards")
    mine = folder / "tokens" / "books" / "tokens-00000-of-00001-000.tokens"
    assert mine.samefile(made / "shards" / "deep" / "books" / mine.name)
    assert not (folder / "mixture").exists()
    assert not (folder / "tokenizer").exists()


def test_what_is_left_out_later_is_gone(made: Path) -> None:
    publish(made, "out", "shards", "mixture", "tokenizer")
    folder = publish(made, "out")
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["data", "provenance"]
    assert [one.wrong for one in verify(str(folder))] == [()]


def test_a_mixture_over_other_shards_is_refused(made: Path) -> None:
    with pytest.raises(UsageError) as raised:
        publish(made, "out", "mixture")
    assert str(raised.value) == (
        f"{made / 'mixture'}: expected a mixture over the token shards that are published, got "
        f"{made / 'shards' / 'deep' / 'books'}; give the folder of its token shards too, or leave the mixture out"
    )


def test_two_of_what_there_is_one_of_are_refused(made: Path) -> None:
    shutil.copytree(made / "tokenizer", made / "another")
    with pytest.raises(UsageError) as raised:
        publish(made, "out", "tokenizer", "another")
    assert str(raised.value) == (
        f"publish: expected one tokenizer, got {made / 'another'} and {made / 'tokenizer'}; publish them apart, or "
        "give the folder of one"
    )
    shutil.copytree(made / "shards" / "deep" / "books", made / "more" / "books")
    with pytest.raises(UsageError, match=r"one folder of token shards called books, got "):
        publish(made, "out", "shards", "more")


def test_damaged_shards_are_refused(made: Path) -> None:
    path = made / "shards" / "deep" / "books" / "tokens-00000-of-00001-000.tokens"
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)
    with pytest.raises((UnsoundError, ShardError)) as raised:
        publish(made, "out", "shards")
    assert str(raised.value).startswith(f"{path}: expected the {len(data)} bytes that manifest.json lists, got others")


def test_published_shards_are_published_again(made: Path) -> None:
    folder = publish(made, "out", "shards")
    found = outputs_in(str(folder / "tokens"), TOKENS)
    assert [one.name for one in found] == ["books", "github"]
