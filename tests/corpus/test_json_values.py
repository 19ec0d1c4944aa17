"""JSON that was made to break its reader: nested too deeply, of huge numbers, of other types than expected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from corpus.json_values import json_value
from corpus.mixture import read_weights
from corpus.models import read_card
from corpus.output.manifest import DAMAGED, FOREIGN, unsealed
from corpus.readers.arxiv.papers import main_files
from model.metrics import step_of
from tokenizer.shards import info_of

BOMBS = {
    "lists in lists": "[" * 200_000,
    "closed lists in lists": "[" * 200_000 + "]" * 200_000,
    "objects in objects": '{"a":' * 200_000 + "1" + "}" * 200_000,
    "a number of a million digits": "9" * 1_000_000,
    "a large exponent": '{"a": 1e999999999, "b": 1}',
    "a large number": '{"a": ' + "9" * 4000 + ', "b": 0.5}',
    "NaN": '{"a": NaN, "step": NaN}',
    "null": "null",
    "a string": '"' + "a" * 1_000_000 + '"',
    "half of a surrogate pair": '{"\\ud800": "\\udfff"}',
    "zeros": "\0" * 1000,
    "nothing": "",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_json_is_a_value_or_a_value_error(bomb: str) -> None:
    assert len(refusal(lambda: json_value(BOMBS[bomb]), ValueError)) < 300


def refusal(read: Callable[[], object], kind: type[Exception]) -> str:
    """What is said where reading is refused so; any other exception is a fault."""
    try:
        read()
    except kind as error:
        return str(error)
    return ""


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize(
    "read",
    [
        lambda text, folder: read_weights(text),
        lambda text, folder: read_card(written(folder / "card.json", text)),
        lambda text, folder: info_of(text.encode(), "a.json"),
    ],
    ids=["weights", "card", "token shard"],
)
def test_a_bomb_is_refused_in_words(bomb: str, read: Callable[[str, Path], object], tmp_path: Path) -> None:
    said = refusal(lambda: read(BOMBS[bomb], tmp_path), CorpusError)
    assert len(said) < 10_000
    assert said or isinstance(json.loads(BOMBS[bomb]), dict)


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_no_manifest_no_step_and_no_readme(bomb: str) -> None:
    assert unsealed(BOMBS[bomb].encode())["state"] in (DAMAGED, FOREIGN)
    step_of(BOMBS[bomb])
    paper = r"\documentclass{a}\begin{document}a\end{document}"
    assert main_files({"00README.json": BOMBS[bomb], "a.tex": paper}) == ["a.tex"]
