"""Every command that reads outputs, on outputs damaged in every way: the true result, or one line that refuses.

A few damages in every test run, over a small source; `make soak` does hundreds, over the outputs of `corpus demo`
(`reliability.damaged_outputs`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
import toy
from tokenizer_texts import sentences

from pipelines.cli import main
from pipelines.engine.build import build
from reliability.damaged_outputs import CAME, KINDS, QUICK, REFUSED, Outputs, Result, run, verdict

ONE = ["--direct_num_workers=1"]


def outputs_of(root: Path, count: int) -> Path:
    """Documents, a tokenizer, token shards and a mixture of a small source with so many texts per file."""
    root.mkdir()
    texts = {name: "\n\n".join(sentences(count, seed)) for seed, name in enumerate(("a", "b"))}
    dump = toy.write(root / "dumps", **texts)
    build(toy.source(toy.CLEAN), [dump], str(root / "documents"), settings={"shards_least": "9"}, beam_arguments=ONE)
    (root / "weights.json").write_text('{"toy": 1}')
    (root / "ids.txt").write_text("toy:a/0\n")
    weights = ["--weights", f"{root}/weights.json"]
    documents, model, tokens, mixture = (str(root / name) for name in ("documents", "tokenizer", "tokens", "mixture"))
    size = ["--set", "vocab_size=400"]
    for words in (
        ["train", "tokenizer", "--input", documents, "--output", model, *size, *weights],
        ["tokenize", "--input", documents, "--tokenizer", f"{model}/tokenizer.model", "--output", tokens, "--", *ONE],
        ["mix", "--shards", tokens, "--output", mixture, *weights],
    ):
        assert main(words) == 0
    return root


def test_what_reads_damaged_outputs_is_right_or_refuses(tmp_path: Path) -> None:
    outputs = Outputs(outputs_of(tmp_path / "new", 60), outputs_of(tmp_path / "old", 50))
    counts, wrong = run(outputs, QUICK, range(2 * len(KINDS)), tmp_path / "scratch")
    assert wrong == []
    came = {word: sum(n for key, n in counts.items() if key[2] == word) for word in CAME}
    assert min(came["true"], came[REFUSED]) > sum(came.values()) // 10
    assert all((outputs.root / name).read_bytes() == data for name, data in outputs.files.items())


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (Result("a"), "true"),
        (Result("b"), "another result"),
        (Result(REFUSED, "corpus: x: expected a, got b\n"), REFUSED),
        (Result(REFUSED, "", "exit 139"), "exit 139"),
    ],
)
def test_a_wrong_result_is_seen(result: Result, said: str) -> None:
    assert verdict(result, Result("a")) == said
