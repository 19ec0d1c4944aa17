"""The command, from shards to a model that transformers reads."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from made_outputs import make_tokens
from sentencepiece import SentencePieceProcessor
from tokenizer_texts import settings

from model.checkpoint import complete_checkpoints, read_weights
from model.data.batches import windows
from model.evaluate.scoring import open_model
from model.evaluate.tasks import split_pieces
from model.metrics import METRICS
from model.torch.llama import Llama, generate
from pipelines import cli
from tokenizer.encode import Encoder
from tokenizer.export import hugging_face
from tokenizer.mixture import mix
from tokenizer.train import train
from tokenizer.write_shards import Row, write_shards

PIECES = 600  # of the mixture in conftest


def main(words: list[str]) -> int:
    """`corpus model` with these words."""
    return cli.main(["model", *words])


def words_of(mixture: Path, output: Path, steps: int = 24, pieces: int = PIECES) -> list[str]:
    """A small `train` command in float32."""
    options = {"size": "debug", "mixture": mixture, "output": output, "vocab-size": pieces, "steps": steps}
    options |= {"batch-tokens": 256, "context": 64, "microbatch-rows": 4, "warmup": 4, "compute": "float32"}
    options |= {"recompute": "none", "log-every": 1, "checkpoint-every": 5}
    return ["train", *(str(word) for name, value in options.items() for word in (f"--{name}", value))]


@pytest.fixture(scope="module")
def run(mixture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("run")
    assert main(words_of(mixture, folder)) == 0
    return folder


def test_a_killed_run_goes_on_bit_for_bit(run: Path, mixture: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-m", "pipelines", "model", *words_of(mixture, tmp_path), "-v"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        assert process.stderr is not None
        said = [line for line, _ in zip(process.stderr, range(12), strict=False)]
        process.kill()
    assert process.returncode == -signal.SIGKILL, said
    assert complete_checkpoints(tmp_path)[-1].name in ("step-00000005", "step-00000010")
    assert main(words_of(mixture, tmp_path)) == 0
    expected, found = read_weights(run)[1], read_weights(tmp_path)[1]
    assert all(np.array_equal(found[name], expected[name]) for name in expected)
    rows = [
        [json.loads(row)["loss"] for row in (folder / METRICS).read_text().splitlines()] for folder in (run, tmp_path)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 24


def test_a_finished_run_is_left_as_it_is(run: Path, mixture: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (run / METRICS).read_bytes()
    assert main(words_of(mixture, run)) == 0
    assert (run / METRICS).read_bytes() == before
    assert "24 steps, already done" in capsys.readouterr().out


def test_jax_goes_on_from_torch_s_weights(run: Path, mixture: Path, tmp_path: Path) -> None:
    words = [*words_of(mixture, tmp_path, steps=1), "--framework", "jax", "--start", str(run), "--lr", "1e-9"]
    assert main(words) == 0
    first = json.loads((tmp_path / METRICS).read_text())["loss"]
    start = json.loads((run / METRICS).read_text().splitlines()[0])["loss"]
    assert first < start - 0.5  # the first batch of the same mixture, seen by a trained model


def test_a_model_is_evaluated(run: Path, mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"context": "The river froze early that", "completions": [" winter", " qqq"], "answer": 0}] * 3
    (tmp_path / "rivers.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    words = ["evaluate", "--model", str(run), "--tokenizer", str(mixture / "tokenizer.model")]
    words += ["--tasks", str(tmp_path / "rivers.jsonl"), "--shots", "1", "--shards", str(mixture / "books")]
    assert main(words) == 0
    task, source = capsys.readouterr().out.splitlines()
    assert task == "rivers: 100.0% of 2 (characters, 1 shots)"
    assert source.startswith("books: perplexity ")
    assert float(source.split()[2]) < PIECES / 3


def test_a_model_is_converted(run: Path, mixture: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    hugging_face.export(mixture / "tokenizer.model", tmp_path / "tokenizer")
    words = ["convert", "--model", str(run), "--output", str(tmp_path), "--tokenizer", str(tmp_path / "tokenizer")]
    assert main(words) == 0
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    text = "The river froze early; 1987 was no exception."
    expected = Encoder((mixture / "tokenizer.model").read_bytes()).encode(text)
    assert tokenizer(text)["input_ids"] == [1, *expected.tolist()]
    model = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.float32)
    ids = torch.tensor([tokenizer("The river froze early that")["input_ids"]])
    config, weights = read_weights(run)
    ours = Llama(config)
    ours.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    theirs = model.generate(ids, max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)
    assert torch.equal(generate(ours, ids, 12), theirs)


def test_lm_evaluation_harness_scores_as_we_do(run: Path, mixture: Path, tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own dependencies' warnings
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM
    hugging_face.export(mixture / "tokenizer.model", tmp_path / "tokenizer")
    words = ["convert", "--model", str(run), "--output", str(tmp_path), "--tokenizer", str(tmp_path / "tokenizer")]
    assert main(words) == 0
    texts = [("The river froze early that", " winter"), ("Which answer is right? The second", " one, because")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        harness = HFLM(pretrained=str(tmp_path), dtype="float32", device="cpu", batch_size=2)
        found = harness.loglikelihood([Instance("loglikelihood", {}, text, n) for n, text in enumerate(texts)])
    tokenizer = SentencePieceProcessor(model_file=str(mixture / "tokenizer.model"))
    ours = open_model(tmp_path, "torch").completions([split_pieces(tokenizer, *text) for text in texts])
    assert ours == pytest.approx([score for score, _ in found], abs=1e-4)


def test_real_text_is_learned_well_under_its_unigram_entropy(shared_data: Path, tmp_path: Path) -> None:
    books = sorted((shared_data / "gutenberg").glob("*-a.txt.gz"))[:6]
    texts = [gzip.decompress(path.read_bytes()).decode("utf-8", "replace")[20_000:120_000] for path in books]
    trained = train((line for text in texts for line in text.split("\n")), settings(vocab_size=500))
    rows = [Row(f"books:{n}", "books", f"books#{n}", text) for n, text in enumerate(texts)]
    (tmp_path / "books").mkdir()
    write_shards(rows, Encoder(trained.model), str(tmp_path / "books" / "tokens-00000-of-00001"))
    make_tokens(tmp_path / "books")
    mix([str(tmp_path / "books")], str(tmp_path), {"books": 1.0})
    words = words_of(tmp_path, tmp_path / "run", steps=100, pieces=500)
    assert main([*words, "--batch-tokens", "1024", "--microbatch-rows", "16", "--lr", "5e-3", "--log-every", "40"]) == 0
    pieces = np.concatenate([found[:, :-1].ravel() for _, found in windows(tmp_path / "books", context=64)])
    shares = np.bincount(pieces, minlength=500) / len(pieces)
    entropy = -sum(share * np.log(share) for share in shares if share)
    loss = json.loads((tmp_path / "run" / METRICS).read_text().splitlines()[-1])["loss"]
    assert loss < entropy - 1.0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["train"],
            "corpus: expected usage as in `corpus model train --help`, got the following arguments are required",
        ),
        (["dance"], "argument DO: invalid choice: 'dance'"),
        (
            ["train", "--size", "debug", "--mixture", "MIX", "--output", "OUT", "--steps", "0"],
            "argument --steps: invalid",
        ),
        (["train", "--size", "8B", "--mixture", "MIX", "--output", "OUT"], "corpus: --size: expected a size: 7B"),
        (
            ["train", "--size", "debug", "--mixture", "MIX", "--output", "OUT"],
            "pass --vocab-size 600, or tokenize the documents again",
        ),
        (["train", "--size", "debug", "--mixture", "ABSENT", "--output", "OUT"], "ABSENT"),
        (["evaluate", "--model", "OUT"], "corpus: evaluate: expected --tasks or --shards, got neither"),
        (["evaluate", "--model", "OUT", "--shards", "MIX"], "run.json: expected a checkpoint"),
        (["convert", "--model", "OUT", "--output", "OUT"], "run.json: expected a checkpoint, got FileNotFoundError"),
        (["carbon", "--run", "OUT"], "expected a run's folder with metrics.jsonl"),
        (["carbon", "--run", "OUT", "--gpu-hours", "3"], "not allowed with argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_one_line(
    words: list[str], line: str, mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"MIX": str(mixture), "OUT": str(tmp_path / "out"), "ABSENT": str(tmp_path / "ABSENT")}
    code = main([places.get(word, word) for word in words])
    said = capsys.readouterr().err
    assert code in (1, 2)
    assert line in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("framework", ["torch", "jax"])
def test_neither_framework_is_needed_to_import_or_to_be_told_so(framework: str, mixture: Path, tmp_path: Path) -> None:
    """In a process where neither can be imported, every command loads, and training names the extra to install."""
    program = (
        "import sys; sys.modules |= dict.fromkeys(('torch', 'jax', 'jaxlib', 'optax', 'orbax'));"
        "import model, model.data.batches, model.commands;"
        "import model.evaluate.scoring, model.evaluate.tasks; from pipelines.cli import main;"
        "sys.exit(main(['model', *sys.argv[1:]]))"
    )
    words = [*words_of(mixture, tmp_path / "out"), "--framework", framework]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=ROOT, env=env)
    assert done.returncode == 1, done.stderr
    said = f"corpus model train: expected the packages of the extra '{framework}', got no {framework}; pip install"
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_changed_shards_are_refused(mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(mixture, tmp_path / "copy")
    path = next((tmp_path / "copy" / "books").glob("*.tokens"))
    path.write_bytes(path.read_bytes()[:-2])
    assert main(words_of(tmp_path / "copy", tmp_path / "out")) != 0
    said = capsys.readouterr().err
    assert said.startswith("corpus: ")
    assert "bytes" in said
    assert said.count("\n") == 1


def test_shards_of_another_tokenizer_are_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = train(["one two three"] * 50, settings(vocab_size=270))
    rows = [Row("books:1", "books", "books#1", "one two three " * 50)]
    write_shards(rows, Encoder(other.model), str(tmp_path / "tokens-00000-of-00001"))
    make_tokens(tmp_path)
    assert main(["evaluate", "--model", str(run), "--shards", str(tmp_path)]) == 2
    assert "expected shards of the tokenizer" in capsys.readouterr().err


def test_a_tokenizer_of_another_model_is_refused(
    run: Path, mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"context": "q", "completions": ["a"], "answer": 0}))
    other = train(["one two three"] * 50, settings(vocab_size=270))
    (tmp_path / "tokenizer.model").write_bytes(other.model)
    words = ["evaluate", "--model", str(run), "--tokenizer", str(tmp_path / "tokenizer.model")]
    assert main([*words, "--tasks", str(tmp_path / "a.jsonl")]) == 2
    assert "expected the tokenizer the model was trained with" in capsys.readouterr().err
