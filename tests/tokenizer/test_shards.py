from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from made_outputs import make_tokens
from tokenizer_texts import SENTENCES, sentences, write_documents

from corpus.errors import InputError, RecordError, ShardError
from corpus.writers import id_hash
from tokenizer.encode import Encoder
from tokenizer.settings import Policy
from tokenizer.shards import BLOCK_BYTES, TokenShard, find_shards, read_info
from tokenizer.write_shards import Row, rows_of, write_shards


def rows(count: int, source: str = "github", seed: int = 0) -> list[Row]:
    texts = sentences(count, seed)
    return [Row(f"{source}:{n}", source, f"documents.parquet#{n}", text) for n, text in enumerate(texts)]


@pytest.fixture
def shard(tmp_path: Path, encoder: Encoder) -> Path:
    """A shard of three blocks or so."""
    many = [row._replace(text=row.text * 50) for row in rows(120)]
    write_shards(many, encoder, str(tmp_path / "tokens-00000-of-00001"))
    return tmp_path / "tokens-00000-of-00001-000.json"


def shuffled(given: list[Row]) -> list[Row]:
    """The documents of a shard in their order there."""
    return sorted(given, key=lambda row: id_hash(row.id))


def test_neighbours_of_the_dump_are_none_in_the_shard_unless_that_is_wanted(tmp_path: Path, encoder: Encoder) -> None:
    given, orders = rows(200), {}
    for shuffle in (False, True):
        limit = 2 * 20_000  # several shards
        infos = write_shards(given, encoder, str(tmp_path / f"{shuffle}"), Policy(shard_bytes=limit, shuffle=shuffle))
        orders[shuffle] = [locators(tmp_path / f"{shuffle}-{info.part:03d}.json") for info in infos]
    assert [one for part in orders[False] for one in part] == [row.locator for row in given]
    assert [sorted(part) for part in orders[True]] == [sorted(part) for part in orders[False]]  # cut at the same places
    numbers = [int(one.rpartition("#")[2]) for one in orders[True][0]]
    assert sum(abs(one - other) == 1 for one, other in pairwise(numbers)) < len(numbers) / 5


def locators(path: Path) -> list[str]:
    with TokenShard(path) as shard:
        return [shard.locator(number) for number in range(len(shard))]


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize("eos", [True, False])
def test_every_document_comes_back(tmp_path: Path, encoder: Encoder, bos: bool, eos: bool) -> None:
    texts = [*SENTENCES, "", " ", "\n", "</s>"]
    given = [Row(f"github:{n}", "github", f"d.parquet#{n}", text) for n, text in enumerate(texts)]
    (info,) = write_shards(given, encoder, str(tmp_path / "t"), Policy(bos=bos, eos=eos))
    with TokenShard(tmp_path / "t-000.json") as shard:
        given = shuffled(given)
        assert [encoder.decode(shard.text_ids(n)) for n in range(len(shard))] == [row.text for row in given]
        assert [shard.locator(n) for n in range(len(shard))] == [row.locator for row in given]
        assert shard.id_hash.tolist() == [id_hash(row.id) for row in given]
        ends = [(ids[0] == 1, ids[-1] == 2) for ids in shard if len(ids) > 2]
        assert set(ends) == {(bos, eos)}
    assert (info.bos, info.eos, info.documents) == (1 if bos else -1, 2 if eos else -1, len(texts))


def test_readable_with_numpy_alone(shard: Path, encoder: Encoder) -> None:
    tokens = np.fromfile(shard.with_suffix(".tokens"), "<u2")
    index = np.load(shard.with_suffix(".index.npz"))
    first = tokens[index["offsets"][0] : index["offsets"][1]]
    assert encoder.decode(first[1:-1]) == shuffled(rows(120))[0].text * 50
    assert index["offsets"][-1] == len(tokens) == read_info(shard).tokens


def test_same_documents_make_the_same_bytes(tmp_path: Path, encoder: Encoder) -> None:
    for name in ("one", "two"):
        write_shards(rows(50), encoder, str(tmp_path / name / "t"))
    one, two = sorted((tmp_path / "one").iterdir()), sorted((tmp_path / "two").iterdir())
    assert [path.name for path in one] == ["t-000.crc32", "t-000.index.npz", "t-000.json", "t-000.tokens"]
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_a_shard_ends_at_its_size_and_at_another_source(tmp_path: Path, encoder: Encoder) -> None:
    given = [*rows(40), *rows(10, "books", 5), *rows(3, "github", 6)]
    sizes = [2 * (len(encoder.encode(row.text)) + 2) for row in given]
    limit = sum(sizes[:15])
    infos = write_shards(given, encoder, str(tmp_path / "t"), Policy(shard_bytes=limit))
    assert infos[0].documents == 15
    assert all(info.payload_bytes <= limit for info in infos)
    assert [info.source for info in infos][-2:] == ["books", "github"]
    assert sum(info.documents for info in infos) == 53
    assert {info.parts for info in infos} == {len(infos)}
    assert find_shards(make_tokens(tmp_path)) == [f"{tmp_path}/t-{part:03d}.json" for part in range(len(infos))]
    smaller = write_shards(given, encoder, str(tmp_path / "u"), Policy(shard_bytes=limit - 1))
    assert smaller[0].documents == 14


def test_a_document_longer_than_a_shard_stands_alone(tmp_path: Path, encoder: Encoder) -> None:
    given = rows(3)
    infos = write_shards(given, encoder, str(tmp_path / "t"), Policy(shard_bytes=2))
    assert [info.documents for info in infos] == [1, 1, 1]


def test_no_document_no_shard(tmp_path: Path, encoder: Encoder) -> None:
    assert write_shards([], encoder, str(tmp_path / "t")) == []
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_no_shard(tmp_path: Path, encoder: Encoder) -> None:
    bad = [*rows(3), Row("github:x", "github", "documents.parquet#3", "\ud800")]
    with pytest.raises(RecordError, match=r"documents.parquet#3 \(github:x\).*lone surrogate"):
        write_shards(bad, encoder, str(tmp_path / "t"))
    assert list(tmp_path.iterdir()) == []


def test_rows_of_a_parquet_file(tmp_path: Path) -> None:
    path = write_documents(tmp_path / "d.parquet", {"github:1": "one", "books:2": "two"})
    with path.open("rb") as file:
        assert list(rows_of(file, "d.parquet")) == [
            Row("github:1", "github", "d.parquet#0", "one"),
            Row("books:2", "books", "d.parquet#1", "two"),
        ]


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_changed_token_is_reported_with_shard_and_block(shard: Path) -> None:
    tokens = shard.with_suffix(".tokens")
    assert tokens.stat().st_size > 2 * BLOCK_BYTES
    flip(tokens, BLOCK_BYTES + 17)
    with pytest.raises(ShardError, match=rf"000\.tokens#{BLOCK_BYTES}: "):
        TokenShard(shard)
    with TokenShard(shard, check=False) as opened:
        assert len(opened.tokens(0, 10)) == 10
        assert len(opened.tokens(0, BLOCK_BYTES // 2)) == BLOCK_BYTES // 2  # all of the block before the damaged one
        with pytest.raises(ShardError, match=rf"000\.tokens#{BLOCK_BYTES}: "):
            opened.tokens(BLOCK_BYTES // 2, BLOCK_BYTES // 2 + 1)


@pytest.mark.parametrize("lost", [1, 2, 70_000])
def test_a_truncated_tail_is_refused(shard: Path, lost: int) -> None:
    tokens = shard.with_suffix(".tokens")
    size = tokens.stat().st_size
    with tokens.open("r+b") as file:
        file.truncate(size - lost)
    with pytest.raises(ShardError, match=rf"tokens#{size - lost}: expected {size} bytes, got {size - lost}"):
        TokenShard(shard, check=False)


def test_a_longer_file_is_refused(shard: Path) -> None:
    with shard.with_suffix(".tokens").open("ab") as file:
        file.write(b"\0\0")
    with pytest.raises(ShardError, match=r"expected .* bytes"):
        TokenShard(shard, check=False)


@pytest.mark.parametrize("where", [0, 100, -1])
def test_a_changed_index_is_refused(shard: Path, where: int) -> None:
    flip(shard.with_suffix(".index.npz"), where)
    with pytest.raises(ShardError, match=r"index\.npz: expected the bytes that were written"):
        TokenShard(shard, check=False)


def test_a_changed_field_is_refused(shard: Path) -> None:
    fields = json.loads(shard.read_text())
    shard.write_text(json.dumps(fields | {"source": "books"}))
    with pytest.raises(ShardError, match="expected the fields that were written"):
        TokenShard(shard)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"format": "llama-corpus tokens 0"}'])
def test_another_json_is_refused(shard: Path, data: bytes) -> None:
    shard.write_bytes(data)
    with pytest.raises(ShardError):
        read_info(shard)


@pytest.mark.parametrize(
    ("damage", "got"),
    [
        (Path.unlink, "no t-001.json"),
        (lambda path: path.write_bytes(b""), "t-001.json of 0 bytes"),
        (lambda path: flip(path, 20), "others than were written"),
        (lambda path: path.rename(path.with_name("t-009.json")), "no t-001.json"),
        (lambda path: path.with_name("t-009.json").write_bytes(path.read_bytes()), "does not list: t-009.json"),
        (lambda path: path.with_name("manifest.json").unlink(), "no manifest.json"),
        (lambda path: flip(path.with_name("manifest.json"), 9), "a damaged manifest.json"),
    ],
    ids=["gone", "cut", "bit", "other name", "one more", "no manifest", "bit of the manifest"],
)
def test_shards_that_their_manifest_does_not_vouch_for_are_refused(
    tmp_path: Path, encoder: Encoder, damage: Callable[[Path], object], got: str
) -> None:
    write_shards(rows(40), encoder, str(tmp_path / "t"), Policy(shard_bytes=1000))
    make_tokens(tmp_path)
    damage(tmp_path / "t-001.json")
    with pytest.raises(InputError, match=got) as raised:
        find_shards(tmp_path)
    assert raised.value.exit_code == (2 if got == "no manifest.json" else 1)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus tokenize"):
        find_shards(tmp_path)
