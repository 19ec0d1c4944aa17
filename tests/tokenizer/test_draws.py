"""Documents drawn from a mixture: shares, laps, order."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from batch_shards import write_ids
from made_outputs import make_tokens

from corpus.errors import ShardError
from tokenizer import draws
from tokenizer.draws import Drawn, draw
from tokenizer.mixture import Mixture, mix

SIZES = {"books": (0, 3_000), "github": (10_000, 9_000), "web": (50_000, 30_000)}
SHARES = {"books": 10.0, "github": 30.0, "web": 60.0}


@pytest.fixture(scope="module")
def mixture(tmp_path_factory: pytest.TempPathFactory) -> Mixture:
    """Sources whose tokens are numbers of their own, so that a token says of which source and place it is."""
    folder = tmp_path_factory.mktemp("draws")
    for source, (first, size) in SIZES.items():
        write_ids(folder, source, np.arange(first, first + size), [7, 1, 30, 12], 1000)
    return mix([str(folder)], str(folder / "mixture"), SHARES)


def named(one: Drawn) -> tuple[str, int]:
    return one.shard.info.source, int(one.ids[0])


def drawn(mixture: Mixture, tokens: int, seed: int = 0) -> list[tuple[str, int, int]]:
    """(source, first token, length) of what is drawn."""
    return [(*named(one), len(one.ids)) for one in draw(mixture, tokens, seed)]


def test_shares_hold_wherever_one_stops(mixture: Mixture) -> None:
    tokens: Counter[str] = Counter()
    total = 0
    for source, _first, length in drawn(mixture, 60_000):
        tokens[source] += length
        total += length
        for name, share in SHARES.items():
            assert abs(tokens[name] - total * share / 100) <= 60  # two of the longest documents
    assert abs(total - 60_000) <= 90
    assert sum(tokens.values()) == total


def test_each_document_is_drawn_once_before_any_is_drawn_twice(mixture: Mixture) -> None:
    books = [first for source, first, _length in drawn(mixture, 80_000) if source == "books"]
    several = 3_000 * 4 // 50
    laps = [books[at : at + several] for at in range(0, len(books), several)]
    assert [sorted(lap) for lap in laps[:2]] == [sorted(set(books))] * 2
    assert laps[0] != laps[1]
    assert max(Counter(books).values()) == 3  # 8,000 of 3,000 tokens


def test_the_order_is_a_function_of_mixture_tokens_and_seed(mixture: Mixture) -> None:
    first = drawn(mixture, 20_000)
    assert first == drawn(mixture, 20_000)
    assert first != drawn(mixture, 20_000, seed=1)
    web = [at for source, at, _length in first if source == "web"]
    neighbours = sum(abs(one - other) < 40 for one, other in pairwise(web))
    assert neighbours < len(web) / 50


@pytest.mark.parametrize("together", [1, 3])
def test_shards_are_shuffled_some_at_a_time(mixture: Mixture, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    monkeypatch.setattr(draws, "SHARDS_TOGETHER", together)
    every = ((one.shard.path, *named(one)) for one in draw(mixture, 50_000, 0))
    web = [(path, at) for path, source, at in every if source == "web"]
    assert len({at for _path, at in web}) == len(web) == 30_000 * 4 // 50
    shards = [path for path, _at in web]
    changes = sum(one != other for one, other in pairwise(shards))
    assert changes == len(set(shards)) - 1 if together == 1 else changes > 2 * len(set(shards))
    assert list(dict.fromkeys(shards)) != sorted(set(shards))


def test_only_what_is_chosen_is_drawn_and_as_often_as_is_allowed(mixture: Mixture) -> None:
    def chosen(hashes: np.ndarray) -> np.ndarray:
        few: np.ndarray = hashes % np.uint64(5) == 0
        return few

    once = [named(one) for one in draw(mixture, 10**9, 0, chosen, laps=1)]
    assert len(set(once)) == len(once)
    assert {int(one.shard.id_hash[one.number] % np.uint64(5)) for one in draw(mixture, 9_000, 0, chosen)} == {0}
    none = draw(mixture, 1000, 0, lambda hashes: np.zeros(len(hashes), bool))
    assert list(none) == []


def test_other_shards_than_were_mixed_are_refused(tmp_path: Path) -> None:
    write_ids(tmp_path, "books", np.arange(500), [7], 1000)
    mixture = mix([str(tmp_path)], str(tmp_path / "mixture"), {"books": 1.0})
    assert len(list(islice(draw(mixture, 100, 0), 3))) == 3
    write_ids(tmp_path, "books", np.arange(1, 501), [7], 1000)
    make_tokens(tmp_path / "books")
    with pytest.raises(ShardError, match="the shard that was mixed"):
        list(draw(mixture, 100, 0))
