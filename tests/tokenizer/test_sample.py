from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from tokenizer_texts import sentences, write_documents

from corpus.storage import LOCAL
from tokenizer.sample import draw, lines, position, sample_rates, source_bytes


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    texts = {
        f"{source}:{n}": text for source in ("github", "books") for n, text in enumerate(sentences(500, len(source)))
    }
    return [str(write_documents(tmp_path / "documents.parquet", texts, language="en"))]


def test_bytes_of_each_source_are_those_of_its_texts(paths: list[str]) -> None:
    found = source_bytes(paths, LOCAL.open)
    for source in ("github", "books"):
        texts = sum(len(text.encode()) for text in sentences(500, len(source)))
        assert found[source] == pytest.approx(texts, rel=0.2)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({"a": 1000, "b": 1000}, {"a": 0.075, "b": 0.025}, id="plenty"),
        pytest.param({"a": 50, "b": 1000}, {"a": 1.0, "b": 0.025}, id="too_little_is_taken_whole"),
        pytest.param({"a": 75, "b": 25}, {"a": 1.0, "b": 1.0}, id="just_enough"),
        pytest.param({"a": 0, "b": 1000}, {"b": 0.025}, id="empty_source"),
    ],
)
def test_rates_follow_the_shares(found: dict[str, int], expected: dict[str, float]) -> None:
    assert sample_rates(found, {"a": 0.75, "b": 0.25}, 100) == pytest.approx(expected)


def test_draw_takes_documents_by_their_place_alone(paths: list[str]) -> None:
    drawn = list(draw(paths, lambda at, source: at < (0.2 if source == "github" else 0.0), 7, LOCAL.open))
    expected = [f"github:{n}" for n in range(500) if position(7, f"github:{n}") < 0.2]
    assert [text.id for text in drawn] == expected
    assert 60 < len(drawn) < 140
    assert drawn[0].text == sentences(500, 6)[int(drawn[0].id.partition(":")[2])]
    assert {text.language for text in drawn} == {"en"}


def test_another_seed_draws_others(paths: list[str]) -> None:
    one, two = ({t.id for t in draw(paths, lambda at, _: at < 0.5, seed, LOCAL.open)} for seed in (1, 2))
    assert 0.2 < len(one & two) / len(one | two) < 0.5  # a third, if unrelated


def test_lines_are_never_empty() -> None:
    from tokenizer.sample import Text

    texts = [Text("a", "github", "", "one\n\ntwo\n"), Text("b", "github", "", "")]
    assert list(lines(texts)) == ["one", "two"]


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    """Eight files take no more memory to draw from than one."""
    path = write_documents(tmp_path / "d.parquet", {f"c4:{n}": "x" * 100_000 + str(n) for n in range(100)})

    def peak(files: int) -> int:
        tracemalloc.start()
        total = sum(len(text.text) for text in draw([str(path)] * files, lambda at, _: at < 0.5, 0, LOCAL.open))
        assert total > files * 3_000_000
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(8) < 1.2 * peak(1)
