from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from batch_shards import write_ids

from corpus.errors import CorpusError, InputError, RecipeError, ShardError, UnsoundError
from corpus.mixture import EPOCHS, SHARES, read_weights, shares_of, table_shares
from tokenizer.mixture import NAME, mix, read_mixture


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    for source, tokens in {"books": 300, "github": 900}.items():
        write_ids(tmp_path / "shards", source, np.arange(tokens), [50], shard_bytes=1000)
    return tmp_path / "shards"


def test_table_1_adds_up_and_agrees_with_its_epochs() -> None:
    assert sum(table_shares().values()) == pytest.approx(1.0)
    assert list(SHARES) == list(EPOCHS)
    assert table_shares()["commoncrawl"] == 0.67


def test_a_mixture_holds_every_shard_and_rescales_the_shares(shards: Path, tmp_path: Path) -> None:
    mixture = mix([str(shards)], str(tmp_path / "mixture"), table_shares())
    assert {name: source.share for name, source in mixture.sources.items()} == {"books": 0.5, "github": 0.5}
    assert {name: source.tokens for name, source in mixture.sources.items()} == {"books": 300, "github": 900}
    assert [len(source.shards) for source in mixture.sources.values()] == [2, 4]
    assert mixture.sources["books"].shards[0].path == "../shards/books/tokens-00000-of-00001-000.json"
    assert read_mixture(tmp_path / "mixture") == read_mixture(tmp_path / "mixture" / NAME) == mixture


def test_epochs_fall_out_of_the_sizes(shards: Path, tmp_path: Path) -> None:
    mixture = mix([str(shards)], str(tmp_path / "mixture"), {"books": 1, "github": 3})
    assert mixture.epochs(1200) == {"books": 1.0, "github": 1.0}
    assert mixture.epochs(2400)["books"] == 2.0


def test_same_shards_make_the_same_manifest(shards: Path, tmp_path: Path) -> None:
    folders = [str(shards / "github"), str(shards / "books")]
    one = mix(folders, str(tmp_path / "one"), table_shares())
    two = mix([*folders[::-1], str(shards)], str(tmp_path / "two"), table_shares())
    assert one.digest == two.digest


def test_shards_and_mixture_may_move_together(shards: Path, tmp_path: Path) -> None:
    mixture = mix([str(shards)], str(shards), table_shares())
    shutil.move(shards, tmp_path / "moved")
    assert read_mixture(tmp_path / "moved").sources == mixture.sources


def test_shards_of_two_tokenizers_do_not_mix(shards: Path, tmp_path: Path) -> None:
    write_ids(shards, "arxiv", np.arange(10), [5], eos=-1)
    with pytest.raises(ShardError, match=r"expected eos -1 as in tokens-00000-of-00001-000.json, got 2"):
        mix([str(shards)], str(tmp_path / "m"), table_shares())


def test_a_source_without_a_share_is_named(shards: Path, tmp_path: Path) -> None:
    write_ids(shards, "gitlab", np.arange(10), [5])
    with pytest.raises(RecipeError, match=r"'gitlab'.*did you mean github"):
        mix([str(shards)], str(tmp_path), table_shares())


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus tokenize"):
        mix([str(tmp_path)], str(tmp_path / "mixture"), table_shares())


def test_a_changed_manifest_is_refused(shards: Path, tmp_path: Path) -> None:
    mix([str(shards)], str(tmp_path), table_shares())
    fields = json.loads((tmp_path / NAME).read_text())
    fields["sources"]["books"]["share"] = 0.9
    (tmp_path / NAME).write_text(json.dumps(fields))
    with pytest.raises(UnsoundError, match=r"mixture\.json of \d+ bytes instead of"):
        read_mixture(tmp_path)


@pytest.mark.parametrize("data", [None, "", "[]", "{}", '{"format": "llama-corpus mixture 0"}'])
def test_no_manifest(tmp_path: Path, data: str | None) -> None:
    if data is not None:
        (tmp_path / NAME).write_text(data)
    with pytest.raises(InputError, match="corpus mix"):
        read_mixture(tmp_path)


def test_weights_are_ratios() -> None:
    assert read_weights('{"books": 1, "github": 3.0}') == {"books": 0.25, "github": 0.75}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"books": 0}', '{"books": -1}', '{"books": "1"}', '{"books": true}', '{"books": Infinity}'],
)
def test_other_weights_are_refused(text: str) -> None:
    with pytest.raises(CorpusError, match="--weights"):
        read_weights(text)


def test_shares_of_the_sources_at_hand() -> None:
    assert shares_of({"books": 1, "arxiv": 1}, {"books": 3.0, "arxiv": 1.0, "c4": 9.0}) == {
        "arxiv": 0.25,
        "books": 0.75,
    }
