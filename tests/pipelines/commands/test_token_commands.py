"""The commands over token shards: mix, find, remove, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from batch_shards import write_ids
from made_outputs import make_tokens

from corpus.writers import id_hash
from pipelines.cli import main
from tokenizer.mixture import read_mixture
from tokenizer.shards import ShardInfo, find_shards
from tokenizer.write_shards import Encoded, write_encoded


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    """Two sources; of github one document, github:a."""
    folder = tmp_path / "shards"
    write_ids(folder, "books", np.arange(300), [30])
    frame = ShardInfo("", "", 0, 0, "uint32", 0, 0, 1 << 20, 1, 2, "model", "recipe", 0, 0)
    one = Encoded(id_hash("github:a"), "github", "github/documents.parquet#0", np.arange(5, dtype="<u4"))
    write_encoded([one], frame, str(folder / "github/tokens-00000-of-00001"), 1000)
    make_tokens(folder / "github")
    return folder


def test_mix_prints_shares_and_epochs(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "weights.json").write_text('{"books": 3, "github": 1}')
    output = str(tmp_path / "mixture")
    assert main(["mix", "--shards", str(shards), "--output", output, "--weights", str(tmp_path / "weights.json")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1].split() == ["books", "75.00%", "1", "300", "3,500,000,000.00"]
    assert told[2].split() == ["github", "25.00%", "1", "5", "70,000,000,000.00"]
    assert read_mixture(output).sources["books"].share == 0.75


def test_find_tells_the_shard_and_the_tokens(shards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", str(shards), "github:a"]) == 0
    where = f"{shards}/github/tokens-00000-of-00001-000.tokens"
    assert capsys.readouterr().out == f"{where}: document 0, tokens 0 to 5, read from github/documents.parquet#0\n"
    assert main(["find", str(shards), "github:b"]) == 2
    assert "'github:b'" in capsys.readouterr().err


def test_remove_tells_what_changed(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ids.txt").write_text("github:a\ngithub:b\n")
    output = str(tmp_path / "new")
    assert main(["remove", "--shards", str(shards), "--ids", str(tmp_path / "ids.txt"), "--output", output]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "changed: github/tokens-00000-of-00001-000",
        "not found: github:b",
        "1 document removed; 1 shard changed, 1 as they were",
    ]
    assert len(find_shards(output)) == 2


def test_export_prints_what_it_wrote(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "megatron", "--input", str(shards), "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "out/books"), str(tmp_path / "out/github")]


def test_an_export_that_is_there_is_left_as_it_is(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["export", "megatron", "--input", str(shards), "--output", str(out)]

    def exported() -> tuple[str, dict[str, int]]:
        assert main(words) == 0
        times = {path.name: path.stat().st_mtime_ns for path in out.iterdir() if path.name != "manifest.json"}
        return capsys.readouterr().out, times

    said, first = exported()
    assert said.split() == [f"{out}/books", f"{out}/github"]
    assert exported() == (f"{out} is this very export; nothing to do\n", first)
    (out / "books.bin").write_bytes(b"damaged")
    assert exported()[0] == said
    write_ids(shards, "books", np.arange(200), [30])  # other tokens
    said, other = exported()
    assert said.split() == [f"{out}/books", f"{out}/github"]
    assert all(other[name] > time for name, time in first.items())
    assert "nothing to do" in exported()[0]


def test_an_export_of_a_mixture_is_left_for_the_same_tokens_and_seed(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights.json").write_text('{"books": 3, "github": 1}')
    weights = ["--weights", str(tmp_path / "weights.json")]
    assert main(["mix", "--shards", str(shards), "--output", str(tmp_path / "mixture"), *weights]) == 0
    words = ["export", "megatron", "--mixture", str(tmp_path / "mixture"), "--output", str(tmp_path / "out")]
    said = []
    for more in (["--tokens", "500"], ["--tokens", "500"], ["--tokens", "600"], ["--tokens", "600", "--seed", "1"]):
        capsys.readouterr()
        assert main([*words, *more]) == 0
        said.append("nothing to do" in capsys.readouterr().out)
    assert said == [False, True, False, False]


def test_what_is_not_sound_is_refused_though_its_export_is_there(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", "megatron", "--input", str(shards), "--output", str(tmp_path / "out")]
    assert main(words) == 0
    (shards / "github/manifest.json").write_text("{")
    assert main(words) != 0
    assert "corpus: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(["mix", "--shards", "{0}/none", "--output", "{0}/m"], "corpus tokenize", id="mix_no_shards"),
        pytest.param(
            ["mix", "--shards", "{0}", "--output", "{0}/m", "--weights", "{0}/no"], "--weights", id="no_weights"
        ),
        pytest.param(["remove", "--shards", "{0}", "--ids", "{0}/no", "--output", "{0}/m"], "--ids", id="no_ids"),
        pytest.param(["remove", "--shards", "{0}", "--ids", "{0}/empty", "--output", "{0}/m"], "none", id="empty_ids"),
        pytest.param(["export", "nanoGPT", "--input", "{0}", "--output", "{0}/m"], "nanogpt", id="unknown_format"),
        pytest.param(["export", "tokenizer", "--input", "{0}/no", "--output", "{0}/m"], "model", id="no_tokenizer"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    shards: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    (shards / "empty").write_text("\n")
    assert main([argument.format(shards) for argument in arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("corpus: ")
    assert words in told
    assert told.count("\n") == 1


def test_a_damaged_shard_is_exit_1(shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shards / "books/tokens-00000-of-00001-000.tokens"
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    assert main(["export", "megatron", "--input", str(shards), "--output", str(tmp_path / "out")]) == 1
    assert "books/tokens-00000-of-00001-000.tokens#0: expected the bytes" in capsys.readouterr().err
    assert not (tmp_path / "out/books.bin").exists()


def test_verify_says_a_line_per_output_and_exit_1_when_one_is_unsound(
    shards: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(shards)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[:2] for line in said[:2]] == [
        [f"sound    {shards}/books", "tokens, 4 files, 3,017 bytes"],
        [f"sound    {shards}/github", "tokens, 4 files, 1,480 bytes"],
    ]
    assert said[2:] == ["2 outputs, all sound"]
    path = shards / "books/tokens-00000-of-00001-000.tokens"
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    assert main(["verify", str(shards), "--quick"]) == 0
    capsys.readouterr()
    assert main(["verify", str(shards)]) == 1
    said, error = capsys.readouterr()
    wrong = "tokens-00000-of-00001-000.tokens has other bytes than were written"
    assert said.splitlines()[0] == f"unsound  {shards}/books: tokens: {wrong}; `corpus tokenize`"
    assert error.startswith(f"corpus: {shards}: expected sound outputs, got 1 of 2 unsound; ")
    assert main(["verify", str(shards / "none")]) == 2
