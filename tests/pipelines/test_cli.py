"""The command: exit codes, and one clear line for every way to get it wrong."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
import toy

from corpus.progress.reporter import Mode
from pipelines import cli, commands
from pipelines.cli import main
from pipelines.command_line import BUG, parser
from pipelines.engine.build import build
from pipelines.packages import worker_environment
from pipelines.parsing import add_printing, mode_of, modules_of, words_of
from pipelines.sources import find_source, names

ONE = ["--direct_num_workers=1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["biuld"], "expected a command, got 'biuld'; did you mean build?"),
        (["build", "githb", "--input", "x", "--output", "y"], ".py file, got 'githb'; did you mean github?"),
        (["build", "github", "--output", "y"], "one of the arguments --input --from-scored is required"),
        (["build", "github", "--input", "nowhere/*.gz", "--output", "y"], "nothing at nowhere/*.gz"),
        (["build", "github", "--input", ".", "--output", "y", "--set", "longest_line_char=3"],
         "got 'longest_line_char'; did you mean longest_line_chars"),
        (["build", "github", "--input", ".", "--output", "y", "--set", "licences"], "expected name=value"),
        (["build", "github", "--input", ".", "--output", "y", "--preset", "red"], "did you mean redpajama?"),
        (["build", "stackexchange", "--input", __file__, "--output", "y"], "expected files that hold posts"),
        (["build", "c4", "--preset", "rebuild", "--from-scored", ".", "--output", "y"], "build, got no manifest.json"),
        (["build", "github", "--from-scored", ".", "--output", "y"], "documents are scored, got 'github'"),
        (["train", "everything"], "invalid choice: 'everything'"),
        (["ledger", "."], "expected a finished build, got no manifest.json"),
    ],
    ids=["command", "source", "no input", "empty glob", "set", "no value", "preset", "other files", "not scored",
         "no scores", "what to train", "no ledger"],
)  # fmt: skip
def test_bad_usage_is_one_line_and_exit_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").write_text("something")
    assert main(words) == 2
    out, error = capsys.readouterr()
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert out == ""


@pytest.mark.parametrize("odd", ["\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\u202e", "\r", "\x08"])
def test_what_a_name_asks_of_a_terminal_is_written_out(
    odd: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"a{odd}b.warc").write_text("something")
    for words in (
        ["build", "github", "--input", f"a{odd}b.warc", "--output", "y"],
        ["ledger", f"a{odd}b.warc"],
        ["find", ".", f"github:{odd}"],
        [f"bui{odd}ld"],
    ):
        assert main(words) in (1, 2)
        said = capsys.readouterr().err
        assert odd not in said
        assert said.startswith("corpus: ")


def test_help_imports_neither_beam_nor_arrow_nor_numpy() -> None:
    program = (
        "import sys; from pipelines.cli import main; from pipelines.command_line import parser\n"
        "parsers = [parser()]\n"
        "for one in parsers:\n"
        "    one.format_help()\n"
        "    for action in one._actions:\n"
        "        choices = action.choices if isinstance(action.choices, dict) else {}\n"
        "        parsers += choices.values()\n"
        "print(len(parsers) > 15, sorted({'apache_beam', 'pyarrow', 'numpy', 'torch', 'jax'} & set(sys.modules)))"
    )
    env = os.environ | worker_environment()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=True)
    assert done.stdout == "True []\n"


def test_a_bug_keeps_its_traceback_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(options: object) -> int:
        raise KeyError("lost")

    monkeypatch.setattr("pipelines.commands.rules.run", run)
    assert main(["rules"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-2:] == ["KeyError: 'lost'", BUG]


def test_version_tells_what_a_report_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("corpus ")
    assert lines[0].endswith(f" ({Path(cli.__file__).parent.parent})")
    assert lines[1].startswith(f"Python {platform.python_version()}, ")
    assert f"apache-beam {metadata.version('apache-beam')}" in lines
    assert f"torch {metadata.version('torch')}" in lines


def test_every_command_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for name, module in modules_of(commands).items():
        first = (module.__doc__ or "").split("\n", 1)[0]
        assert f"{name} {first}"[:40] in text


def leaves(above: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of commands that have no commands below them."""
    below = [action.choices for action in above._actions if isinstance(action.choices, dict)]
    for choices in below:
        for one in choices.values():
            yield from leaves(one)
    if not below:
        yield above


def test_every_command_takes_what_says_what_is_printed() -> None:
    found = list(leaves(parser()))
    assert len(found) > 25
    for one in found:
        taken = {option for action in one._actions for option in action.option_strings}
        assert {"-v", "--verbose", "-q", "--quiet", "--log"} <= taken, one.prog


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ([], Mode()),
        (["-v"], Mode(verbose=True)),
        (["-q"], Mode(quiet=True)),
        (["-v", "-q"], Mode(quiet=True)),
        (["--log", "json"], Mode(log="json")),
        (["--log", "text", "--verbose"], Mode(verbose=True)),
    ],
    ids=["none", "-v", "-q", "both", "json", "long"],
)
def test_what_is_to_be_printed(words: list[str], mode: Mode) -> None:
    options = parser().parse_args(["mix", "--shards", "a", "--output", "b", *words])
    assert mode_of(options) == mode
    assert mode_of(parser().parse_args(["mix", "--shards", "a", "--output", "b", *words_of(mode)])) == mode


def test_a_plugin_s_own_option_stays_its_own() -> None:
    one = argparse.ArgumentParser("plugin")
    one.add_argument("-v", "--vocabulary", type=int)
    add_printing(one)
    options = one.parse_args(["-v", "3", "--verbose", "-q"])
    assert (options.vocabulary, options.verbose, options.quiet) == (3, True, True)


@pytest.mark.parametrize(("words", "code"), [("rules c4", 0), ("ledger nowhere", 2)], ids=["sound", "an error"])
def test_a_closed_standard_error_changes_no_exit_code(words: str, code: int) -> None:
    command = ["sh", "-c", f'"$0" -m pipelines {words} 2>&-', sys.executable]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | worker_environment(), check=False
    )
    assert done.returncode == code
    assert "corpus: " not in done.stdout


def test_errors_are_objects_with_log_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["ledger", str(tmp_path), "--log", "json"]) == 2
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["event"], one.get("exit_code")) for one in found] == [("begin", None), ("end", None), ("error", 2)]
    assert found[-1]["text"].startswith(f"corpus: {tmp_path}: expected a finished build, got no manifest.json")


def test_every_command_below_another_says_what_it_is_too() -> None:
    silent, below = [], [("corpus", parser())]
    for name, one in below:
        for action in one._actions:
            helps = {choice.dest: choice.help for choice in getattr(action, "_choices_actions", ())}
            silent += [f"{name} {word}" for word, text in helps.items() if not text]
            below += [(f"{name} {word}", action.choices[word]) for word in helps]
    assert silent == []
    assert {"corpus train lm", "corpus model train", "corpus completion"} <= {name for name, _parser in below}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build of the toy source: out/toy."""
    root = tmp_path_factory.mktemp("cli")
    dump = toy.write(root / "dump", a="one line\nLOUD\nAND LOUD\n\ntwice\n\n!bad\n\nx", b="twice\n\nother")
    build(toy.source(toy.CLEAN, toy.EXACT), [dump], str(root / "out"), beam_arguments=ONE)
    return root / "out"


def test_ledger_prints_the_funnel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", str(folder)]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "toy"
    assert "read paragraph 6 5 83.3% unreadable 1" in lines
    assert "clean document 5 4 80.0% too_short 1" in lines
    assert "line 2 lines dropped by shouting (14 characters)" in lines
    assert "exact document 4 3 75.0% duplicate 1" in lines
    assert lines[-1].endswith("a.txt#2: expected no exclamation mark")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("toy:a/0", "kept: "),
        ("toy:a/3", "dropped at clean (document): too_short: "),
    ],
    ids=["kept", "dropped"],
)
def test_find_says_what_became_of_a_document(
    folder: Path, name: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["find", str(folder), name]) == 0
    assert capsys.readouterr().out.startswith(said)


def test_find_names_the_document_that_another_duplicates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {}
    for name in ("toy:a/1", "toy:b/0"):
        assert main(["find", str(folder / "toy"), name]) == 0
        said[name] = capsys.readouterr().out
    (dropped,) = [name for name, text in said.items() if text.startswith("dropped at exact")]
    (kept,) = said.keys() - {dropped}
    assert f"duplicate, duplicate of {kept}" in said[dropped]


def test_find_says_why_a_record_could_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = "a.txt#2"
    assert main(["find", str(folder), where]) == 0
    assert capsys.readouterr().out.startswith("unreadable at read: expected no exclamation mark: ")
    assert main(["find", str(folder / "toy"), where, "--text"]) == 0
    assert capsys.readouterr().out.endswith(".parquet\n!bad\n")


def test_find_of_nothing_is_an_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find", str(folder), "toy:z/9"]) == 2
    assert "'toy:z/9'" in capsys.readouterr().err


def test_rules_print_number_unit_citation_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "github"]) == 0
    text = capsys.readouterr().out
    (rule,) = [line for line in text.splitlines() if "above 1000 chars" in line]
    assert "[peer: RedPajama v1, data_prep/github/github_run_filter.py" in rule
    place = rule.split("] ")[-1]
    path, _, line = place.partition(":")
    root = Path(cli.__file__).parent.parent
    assert "longest_line_chars=cited(1000" in (root / path).read_text().splitlines()[int(line) - 1]


@pytest.mark.parametrize("name", names())
def test_every_number_of_a_recipe_is_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    source = find_source(name)
    printed = ""
    for preset in source.recipe.presets:
        assert main(["rules", name, "--preset", preset]) == 0
        printed += capsys.readouterr().out
    lines = {
        number.where for changes in (source.recipe, *source.recipe.presets.values()) for number in changes.values()
    }
    assert [where for where in sorted(lines) if f"] {where}\n" not in printed] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [("tokenizer", "32000 pieces [paper"), ("mixture", "[paper"), ("build", "67108864 bytes [ours")],
)
def test_numbers_of_no_source_are_printed_too(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", name]) == 0
    alone = capsys.readouterr().out
    assert said in alone
    assert main(["rules"]) == 0
    assert alone in capsys.readouterr().out


def test_a_process_leaves_with_its_code_though_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    stop = threading.Event()
    threading.Thread(target=stop.wait, daemon=True).start()
    monkeypatch.setattr("os._exit", left.append)
    monkeypatch.setattr("atexit._run_exitfuncs", lambda: None)
    cli.leave(3)
    stop.set()
    assert left == [3]


def test_what_cannot_be_printed_is_an_error() -> None:
    program = "from pipelines.cli import main, leave; leave(main(['rules', 'c4']))"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("corpus: expected ")
    assert "No space left on device" in done.stderr
    assert done.stderr.count("\n") == 1
