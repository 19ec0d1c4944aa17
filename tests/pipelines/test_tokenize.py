"""Tokenizing builds: once is enough, each piece on its own, and nothing that is not sound is taken or left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import toy
from conftest import ROOT
from content import content_sha256
from tokenizer_texts import settings

from corpus.errors import BuildError, CorpusError, OutputError, UnsoundError
from corpus.output.lock import locked
from corpus.output.manifest import UNFINISHED, read_manifest
from pipelines import tokenize as tokenizing
from pipelines.cli import main
from pipelines.documents import documents_in, find_builds
from pipelines.engine.build import build
from pipelines.pieces import Encoded, pieces_of
from pipelines.tokenize import Tokens, tokenize
from tokenizer.encode import load_encoder
from tokenizer.mixture import read_mixture
from tokenizer.shards import read_info, shards_by_source
from tokenizer.train import train

ONE = ["--direct_num_workers=1"]
SOURCE = toy.source(toy.CLEAN)
TEXTS = {name: "\n\n".join(f"{name} text number {n}" for n in range(3)) for name in ("a", "b", "c")}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tokenizer.model"
    path.write_bytes(train(["one two text as number same"] * 50, settings(vocab_size=280)).model)
    return path


def built(folder: Path, output: str = "out", source: object = SOURCE, **texts: str) -> Path:
    dump = folder / "dump"
    folder.mkdir(exist_ok=True)
    toy.write(dump, **(texts or TEXTS))
    made = build(source, [str(dump)], str(folder / output), settings={"shards_least": "1000"}, beam_arguments=ONE)  # type: ignore[arg-type]
    return Path(made.folder)


def tokenized(folder: Path, model: Path) -> dict[str, Tokens]:
    return tokenize([str(folder / "out")], str(model), str(folder / "tokens"), beam_arguments=ONE)


def files_in(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): content_sha256(path) for path in found}


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the pieces that are encoded from now on."""
    done: list[str] = []
    encode = tokenizing.encode_piece

    def noted(piece: tokenizing.Piece, *rest: object) -> Encoded:
        done.append(piece.name)
        return encode(piece, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tokenizing, "encode_piece", noted)
    return done


def test_the_manifest_lists_every_file_and_counts_what_is_in_them(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    made = tokenized(tmp_path, model)
    manifest = read_manifest(str(tmp_path / "tokens/toy"))
    assert manifest is not None
    listed = {file["name"]: file["sha256"] for file in manifest["files"]}
    assert listed | {"manifest.json": ""} == files_in(tmp_path / "tokens/toy") | {"manifest.json": ""}
    tokens = sum(read_info(path).tokens for path in shards_by_source(tmp_path / "tokens")["toy"])
    assert made == {"toy": Tokens(9, tokens, 3)}
    assert [one["path"] for one in manifest["made_of"]] == ["../../out/toy"]


def test_what_is_done_is_not_done_again_and_its_bytes_do_not_depend_on_the_folders(
    tmp_path: Path, model: Path, encoded: list[str]
) -> None:
    built(tmp_path / "one")
    tokenized(tmp_path / "one", model)
    before, times = files_in(tmp_path / "one/tokens"), (tmp_path / "one/tokens/toy/manifest.json").stat().st_mtime_ns
    encoded.clear()
    tokenized(tmp_path / "one", model)
    assert encoded == []
    assert (tmp_path / "one/tokens/toy/manifest.json").stat().st_mtime_ns == times
    built(tmp_path / "two")
    tokenized(tmp_path / "two", model)
    assert files_in(tmp_path / "two/tokens") == before


@pytest.mark.parametrize("setting", ["bos=false", "eos=false", "shard_bytes=1000000", "shuffle=false"])
def test_every_number_that_shapes_shards_has_them_encoded_again(
    tmp_path: Path, model: Path, encoded: list[str], setting: str
) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    encoded.clear()
    words = ["--input", str(tmp_path / "out"), "--tokenizer", str(model), "--output", str(tmp_path / "tokens")]
    for _again in range(2):
        assert main(["tokenize", *words, "--set", setting, "--", *ONE]) == 0
    assert len(encoded) == len(TEXTS)


def flip(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))


@pytest.mark.parametrize(
    ("kind", "damage"),
    [("tokens", flip), ("index.npz", lambda path: path.write_bytes(b"")), ("crc32", Path.unlink), ("json", flip)],
    ids=["a bit of the tokens", "a cut index", "checksums gone", "a bit of the JSON"],
)
def test_a_damaged_file_costs_its_piece(
    tmp_path: Path, model: Path, encoded: list[str], kind: str, damage: Callable[[Path], object]
) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    before = files_in(tmp_path / "tokens")
    encoded.clear()
    damage(tmp_path / f"tokens/toy/tokens-00001-of-00003-000.{kind}")
    tokenized(tmp_path, model)
    assert encoded == ["toy/data/documents-00001-of-00003.parquet"]
    assert files_in(tmp_path / "tokens") == before


@pytest.mark.parametrize("change", ["bit", "gone"])
def test_a_damaged_manifest_is_made_again(tmp_path: Path, model: Path, change: str) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    before, path = files_in(tmp_path / "tokens"), tmp_path / "tokens/toy/manifest.json"
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"finished", b"finishee"))
    with pytest.raises(CorpusError, match=r"manifest\.json; run `corpus tokenize` again"):
        shards_by_source(tmp_path / "tokens")
    tokenized(tmp_path, model)
    assert files_in(tmp_path / "tokens") == before


def test_what_other_runs_left_is_swept_even_if_there_is_nothing_to_do(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    before = files_in(tmp_path / "tokens")
    for name in (".work/tokens-00000-of-00003.json", "tokens-00007-of-00009-000.tokens", "x.json.12ab34cd.part"):
        (tmp_path / "tokens/toy" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "tokens/toy" / name).write_bytes(b"left")
    tokenized(tmp_path, model)
    assert files_in(tmp_path / "tokens") == before


def test_other_shard_counts_are_swept(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    built(tmp_path, **TEXTS, d="one more text")
    with pytest.raises(UnsoundError, match=f"a stale one: {tmp_path}/out/toy, which it was made of, has changed since"):
        shards_by_source(tmp_path / "tokens")
    assert tokenized(tmp_path, model)["toy"].documents == 10
    assert len(shards_by_source(tmp_path / "tokens")["toy"]) == 4
    assert not list((tmp_path / "tokens").rglob("*of-00003*"))


@pytest.mark.parametrize(
    ("now", "again"),
    [
        ({**TEXTS, "aa": "one more text"}, {"aa"}),
        ({"b": TEXTS["b"], "c": TEXTS["c"]}, set()),
        ({"aa": "one more text", "b": TEXTS["b"], "c": TEXTS["c"]}, {"aa"}),
    ],
    ids=["added", "removed", "replaced"],
)
def test_files_of_documents_with_another_number_are_taken_over(
    tmp_path: Path, model: Path, encoded: list[str], now: dict[str, str], again: set[str]
) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    encoded.clear()
    shutil.rmtree(tmp_path / "dump")
    built(tmp_path, **now)
    tokenized(tmp_path, model)
    number = {name: at for at, name in enumerate(sorted(now))}
    assert encoded == [f"toy/data/documents-{number[name]:05d}-of-{len(now):05d}.parquet" for name in sorted(again)]
    taken = files_in(tmp_path / "tokens")
    shutil.rmtree(tmp_path / "tokens")
    tokenized(tmp_path, model)
    assert taken == files_in(tmp_path / "tokens")


def test_pieces_whose_names_another_takes_are_the_same_in_the_end(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    tokenized(tmp_path, model)
    shutil.rmtree(tmp_path / "dump")
    built(tmp_path, b=TEXTS["b"], c=TEXTS["c"], d="one more text")  # each of the old takes the name before it
    first = pieces_of(find_builds([str(tmp_path / "out")])[0], str(tmp_path / "tokens/toy"), "another tokenizer")
    assert [piece.renamed for piece in first] == [None, None, None]
    tokenized(tmp_path, model)
    taken = files_in(tmp_path / "tokens")
    shutil.rmtree(tmp_path / "tokens")
    tokenized(tmp_path, model)
    assert taken == files_in(tmp_path / "tokens")


def test_an_interrupted_run_keeps_what_it_did(
    tmp_path: Path, model: Path, encoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    built(tmp_path)
    encode = tokenizing.encode_piece

    def fail(piece: tokenizing.Piece, *rest: object) -> Encoded:
        if piece.name.endswith("00002-of-00003.parquet"):
            raise BuildError("power", "none")
        return encode(piece, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(tokenizing, "encode_piece", fail)
        with pytest.raises(BuildError, match="expected power, got none"):
            tokenized(tmp_path, model)
    manifest = read_manifest(str(tmp_path / "tokens/toy"))
    assert manifest is not None
    assert manifest["state"] == UNFINISHED
    with pytest.raises(UnsoundError, match="expected finished token shards, got one that was interrupted"):
        shards_by_source(tmp_path / "tokens")
    before = len(encoded)
    tokenized(tmp_path, model)
    assert "toy/data/documents-00002-of-00003.parquet" in encoded[before:]
    assert len(encoded) <= 3 + 1
    assert not (tmp_path / "tokens/toy/.work").exists()


def test_documents_that_are_not_what_was_written_are_not_encoded(tmp_path: Path, model: Path) -> None:
    folder = built(tmp_path)
    path = folder / "data/documents-00001-of-00003.parquet"
    path.write_bytes(path.read_bytes()[:-9] + b"x" + path.read_bytes()[-8:])
    with pytest.raises(CorpusError, match=r"documents-00001-of-00003\.parquet: expected .* others than were written"):
        tokenized(tmp_path, model)


def test_a_second_writer_is_refused(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    with locked(str(tmp_path / "tokens/toy")), pytest.raises(OutputError, match="expected no other writer"):
        tokenized(tmp_path, model)


def test_one_unsound_build_of_several_is_named(tmp_path: Path, model: Path) -> None:
    built(tmp_path)
    other = tmp_path / "out/deep/er"
    (other / "data").mkdir(parents=True)
    os.symlink(tmp_path / "elsewhere", tmp_path / "out/linked")
    built(tmp_path / "again")
    (tmp_path / "again/out/toy").rename(tmp_path / "elsewhere")
    assert [Path(one.folder).name for one in find_builds([str(tmp_path / "out")])] == ["linked", "toy"]
    (other / "data/documents-00000-of-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(UnsoundError, match=f"{other}: expected a finished build, got no manifest.json"):
        tokenized(tmp_path, model)


KILLED = """
import os, signal, sys
from corpus import storage
from pipelines.cli import main

renamed = storage.LocalStorage.rename
count = 0

def kill_at(self, old, new, durable):
    global count
    count += "/.work/" not in new
    if count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    renamed(self, old, new, durable)

storage.LocalStorage.rename = kill_at
sys.exit(main(sys.argv[2:]))
"""


def killed_at(rename: int, words: list[str]) -> int:
    """The end of a command that is killed at its n-th rename to a file of the output: -SIGKILL, or its exit code."""
    paths = [ROOT, ROOT / "tests", ROOT / "tests" / "pipelines"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-c", KILLED, str(rename), *words, "--", *ONE]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


@pytest.fixture
def commands(tmp_path: Path, model: Path) -> dict[str, list[str]]:
    """The words of build, tokenize and mix in a folder with a dump and a source of its own."""
    (tmp_path / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    (tmp_path / "weights.json").write_text('{"toy": 1}')
    dump, out, tokens, mixture = (str(tmp_path / name) for name in ("dump", "out", "tokens", "mixture"))
    toy.write(tmp_path / "dump", **TEXTS)
    return {
        "build": ["build", f"{tmp_path}/notes.py", "--input", dump, "--output", out, "--set", "shards_least=1000"],
        "tokenize": ["tokenize", "--input", out, "--tokenizer", str(model), "--output", tokens],
        "mix": ["mix", "--shards", tokens, "--output", mixture, "--weights", f"{tmp_path}/weights.json"],
    }


def do(words: list[str]) -> int:
    return main([*words, "--", *ONE] if words[0] != "mix" else words)


def test_five_ordinary_commands_give_the_true_count(
    tmp_path: Path, model: Path, commands: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("build", "tokenize", "mix"):
        assert do(commands[name]) == 0
    toy.write(tmp_path / "dump", d="one more text\n\nand another")
    assert do(commands["build"]) == 0
    capsys.readouterr()
    assert do(commands["mix"]) == 1  # of the tokens of documents that are there no longer
    said = capsys.readouterr().err
    assert f"{tmp_path}/tokens/toy: expected finished token shards, got a stale one: {tmp_path}/out/toy" in said
    assert said.endswith("run `corpus tokenize` again\n")
    with pytest.raises(UnsoundError, match="expected a finished mixture, got a stale one"):
        read_mixture(tmp_path / "mixture")
    assert do(commands["tokenize"]) == 0
    assert do(commands["mix"]) == 0
    encoder = load_encoder(model)
    texts = [one.text for one in documents_in([str(tmp_path / "out")]).documents()]
    assert len(texts) == 11
    assert read_mixture(tmp_path / "mixture").sources["toy"].tokens == sum(
        len(encoder.encode(one)) + 2 for one in texts
    )


@pytest.mark.parametrize(("rename", "code"), [(1, 2), (3, 1)], ids=["before its manifest", "after its first shard"])
def test_tokenize_refuses_a_build_that_was_killed(
    tmp_path: Path, commands: dict[str, list[str]], capsys: pytest.CaptureFixture[str], rename: int, code: int
) -> None:
    assert killed_at(rename, commands["build"]) == -signal.SIGKILL
    assert do(commands["tokenize"]) == code
    said = capsys.readouterr().err
    assert said.startswith("corpus: ")
    assert said.count("\n") == 1
    assert "run `corpus build`" in said
    assert not (tmp_path / "tokens").exists()


def test_a_killed_tokenization_is_refused_and_made_good(
    tmp_path: Path, commands: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert do(commands["build"]) == 0
    assert killed_at(5, commands["tokenize"]) == -signal.SIGKILL
    assert do(commands["mix"]) == 1
    assert "expected finished token shards, got one that was interrupted" in capsys.readouterr().err
    assert main(["verify", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "tokens/toy: tokens: not finished; left by a killed command: " in said
    assert "the lock of a writer that died: .lock-" in said
    assert do(commands["tokenize"]) == 0
    straight = [*commands["tokenize"][:-1], str(tmp_path / "straight")]
    assert do(straight) == 0
    assert files_in(tmp_path / "tokens") == files_in(tmp_path / "straight")
    assert main(["verify", str(tmp_path)]) == 0
