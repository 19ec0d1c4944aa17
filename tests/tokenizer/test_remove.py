from __future__ import annotations

from pathlib import Path

import pytest
from made_outputs import make_tokens
from tokenizer_texts import sentences

from corpus.errors import OutputError, ShardError, UsageError
from corpus.mixture import table_shares
from tokenizer.encode import Encoder
from tokenizer.find import Found, find_document
from tokenizer.mixture import mix
from tokenizer.remove import remove_documents
from tokenizer.settings import Policy
from tokenizer.shards import TokenShard, find_shards
from tokenizer.write_shards import Row, write_shards

TEXTS = {f"github:{n}": text for n, text in enumerate(sentences(30, seed=8))}


@pytest.fixture
def shards(tmp_path: Path, encoder: Encoder) -> Path:
    rows = [Row(name, "github", f"github/documents.parquet#{n}", text) for n, (name, text) in enumerate(TEXTS.items())]
    write_shards(rows[:20], encoder, str(tmp_path / "shards/github/tokens-00000-of-00002"), Policy(shard_bytes=700))
    write_shards(rows[20:], encoder, str(tmp_path / "shards/github/tokens-00001-of-00002"))
    make_tokens(tmp_path / "shards/github")
    return tmp_path / "shards"


def documents(folder: Path, encoder: Encoder) -> dict[str, str]:
    """Locator -> text of every document of every shard."""
    found = {}
    for path in map(Path, find_shards(folder)):
        with TokenShard(path) as shard:
            found |= {shard.locator(number): encoder.decode(shard.text_ids(number)) for number in range(len(shard))}
    return found


def test_find_goes_from_an_id_to_its_tokens(shards: Path, encoder: Encoder) -> None:
    for number in (0, 19, 20, 29):
        (found,) = find_document(shards, f"github:{number}")
        with TokenShard(found.shard) as shard:
            assert encoder.decode(shard.tokens(found.start + 1, found.stop - 1)) == TEXTS[f"github:{number}"]
        assert found.locator == f"github/documents.parquet#{number}"
    assert find_document(shards, "github:30") == []
    second = f"{shards}/github/tokens-00001-of-00002-000.json"
    assert find_document(shards, "github:21") == [Found(second, 1, *(find_document(shards, "github:21")[0][2:]))]


def test_find_reads_no_tokens(shards: Path) -> None:
    (found,) = find_document(shards, "github:21")
    tokens = Path(found.shard).with_suffix(".tokens")
    tokens.write_bytes(b"\0" * tokens.stat().st_size)
    assert find_document(shards, "github:21") == [found]


def test_remove_writes_new_shards_and_says_which(shards: Path, encoder: Encoder, tmp_path: Path) -> None:
    before = documents(shards, encoder)
    gone = ["github:3", "github:25", "github:26"]
    removed = remove_documents(shards, [*gone, "books:1"], tmp_path / "out")
    names = [path.relative_to(shards).with_suffix("").as_posix() for path in map(Path, find_shards(shards))]
    found = [Path(find_document(shards, name)[0].shard) for name in gone]
    hit = [path.relative_to(shards).with_suffix("").as_posix() for path in found]
    assert removed.changed == sorted(set(hit))
    assert removed.unchanged == [name for name in names if name not in hit]
    assert (removed.documents, removed.missing) == (3, ["books:1"])
    kept = {f"github/documents.parquet#{n}" for n in range(30)} - {f"github/documents.parquet#{n}" for n in (3, 25, 26)}
    assert documents(tmp_path / "out", encoder) == {locator: before[locator] for locator in sorted(kept)}
    assert documents(shards, encoder) == before
    same = removed.unchanged[0]
    assert (tmp_path / "out" / f"{same}.tokens").samefile(shards / f"{same}.tokens")


def test_removing_all_of_a_shard_leaves_it_empty(shards: Path, encoder: Encoder, tmp_path: Path) -> None:
    removed = remove_documents(shards, [f"github:{n}" for n in range(20, 30)], tmp_path / "out")
    assert removed.changed == ["github/tokens-00001-of-00002-000"]
    with TokenShard(tmp_path / "out/github/tokens-00001-of-00002-000.json") as shard:
        assert (len(shard), shard.info.tokens) == (0, 0)
    mixture = mix([str(tmp_path / "out")], str(tmp_path / "mixture"), table_shares())
    assert all(entry.tokens for entry in mixture.sources["github"].shards)


def test_removing_nothing_changes_nothing(shards: Path, tmp_path: Path) -> None:
    removed = remove_documents(shards, [], tmp_path / "out")
    assert (removed.changed, removed.documents, removed.missing) == ([], 0, [])
    for path in map(Path, find_shards(shards)):
        assert (tmp_path / "out" / path.relative_to(shards)).read_bytes() == path.read_bytes()


def test_output_has_to_be_new(shards: Path) -> None:
    with pytest.raises(OutputError, match="or one of `corpus remove`, got that of `corpus tokenize`"):
        remove_documents(shards, ["github:1"], shards)
    (shards.parent / "photos").mkdir()
    (shards.parent / "photos/a.png").write_bytes(b"x")
    with pytest.raises(UsageError, match="a new or empty folder, or one of `corpus remove`"):
        remove_documents(shards, ["github:1"], shards.parent / "photos")
    for _ in range(2):
        assert remove_documents(shards, ["github:1"], shards.parent / "out").documents == 1


def test_what_a_killed_removal_left_before_its_first_manifest_is_no_hindrance(shards: Path, tmp_path: Path) -> None:
    (tmp_path / "out/github").mkdir(parents=True)
    for name in ("manifest.json.549dc4e1.part", ".lock-1234abcd"):
        (tmp_path / "out/github" / name).touch()
    remove_documents(shards, ["github:3"], tmp_path / "out")
    left = {path.suffix for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert left == {".tokens", ".crc32", ".npz", ".json"}


def test_damage_is_not_written_on(shards: Path, tmp_path: Path) -> None:
    path = shards / "github/tokens-00001-of-00002-000.tokens"
    data = bytearray(path.read_bytes())
    data[30] ^= 1
    path.write_bytes(data)
    with pytest.raises(ShardError, match="expected the bytes that were written"):
        remove_documents(shards, ["github:25"], tmp_path / "out")
    assert not list((tmp_path / "out").rglob("tokens-00001*"))
