"""Sources of others: a file given by its path, an entry point; on worker processes, and with a share of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import toy
from apache_beam.internal import pickler
from conftest import ROOT
from made_outputs import make_tokens
from tokenizer_texts import settings

from corpus.errors import InputError, UsageError
from corpus.mixture import SHARE_UNIT, SHARES, table_shares
from corpus.recipe import cited
from pipelines.cli import main
from pipelines.documents import find_builds
from pipelines.engine.build import build
from pipelines.plugins import SOURCES
from pipelines.shares import shares_of_builds, shares_of_tokens
from pipelines.sources import find_source, names, own_names
from tokenizer.mixture import read_mixture
from tokenizer.train import train

TEXT = (Path(__file__).with_name("outside_source.txt")).read_text()
ONE = ["--direct_num_workers=1"]


@pytest.fixture
def source_file(tmp_path: Path) -> Path:
    """my_notes.py, and four files of notes in `dump`: six notes, one too short, two as long as each other."""
    (tmp_path / "dump").mkdir()
    for number, text in enumerate(["*one* note\n\nshort\n\n*", "second note", "as long!", "the fourth"]):
        (tmp_path / "dump" / f"{number}.note").write_text(text)
    (tmp_path / "my_notes.py").write_text(TEXT)
    return tmp_path / "my_notes.py"


def texts(folder: Path) -> list[str]:
    files = sorted(folder.glob("data/documents-*.parquet"))
    return sorted(text for file in files for text in pq.read_table(file)["text"].to_pylist())


def install(folder: Path, **points: str) -> None:
    """A distribution `their-notes` in a folder, with entry points of sources."""
    (folder / "their_notes-1.0.dist-info").mkdir()
    (folder / "their_notes-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: their-notes\n")
    lines = [f"[{SOURCES}]", *(f"{name} = {value}" for name, value in points.items())]
    (folder / "their_notes-1.0.dist-info" / "entry_points.txt").write_text("\n".join(lines))


def test_worker_processes_build_a_source_that_is_a_file(source_file: Path) -> None:
    program = [sys.executable, "-m", "pipelines", "build", str(source_file), "--input", "dump", "--output", "out"]
    folder = source_file.parent
    (folder / "numpy.py").write_text("raise SystemExit('imported from the working folder')")
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    workers = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
    done = subprocess.run([*program, "--", *workers], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert texts(folder / "out" / "notes") == ["one note", "second note", "short", "the fourth"]
    assert "too_short 1" in done.stdout
    assert "duplicate 1" in done.stdout


def test_functions_of_a_file_travel_by_value(source_file: Path) -> None:
    """What is pickled for a runner is unpickled where neither the file nor its module is known."""
    step = find_source(str(source_file)).stages[0].steps[0]
    program = (
        "import sys; from apache_beam.internal import pickler; step = pickler.loads(sys.stdin.buffer.read())\n"
        "print(step.function('*a*'), [name for name in sys.modules if name.startswith('source_file')])"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    source_file.unlink()
    pickled = pickler.dumps(step)
    done = subprocess.run([sys.executable, "-c", program], input=pickled, env=env, capture_output=True, check=True)
    assert done.stdout == b"a []\n"


def test_a_file_is_read_again_when_it_changed_and_only_then(source_file: Path) -> None:
    first = find_source(str(source_file))
    assert find_source(str(source_file)) is first
    arguments = ([str(source_file.parent / "dump")], str(source_file.parent / "out"))
    one = build(first, *arguments, beam_arguments=ONE)
    times = {path: path.stat().st_mtime_ns for path in Path(one.folder).glob("[!.]*")}
    assert build(find_source(str(source_file)), *arguments, beam_arguments=ONE).manifest == one.manifest
    assert {path: path.stat().st_mtime_ns for path in Path(one.folder).glob("[!.]*")} == times
    source_file.write_text(TEXT.replace('STAR = "*"', 'STAR = "o"'))
    two = build(find_source(str(source_file)), *arguments, beam_arguments=ONE)
    assert two.manifest["fingerprint"] != one.manifest["fingerprint"]
    assert "*ne* nte" in texts(Path(two.folder))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (", "my_notes.py: expected a file that can be imported, got SyntaxError: '(' was never closed (line 1)"),
        ("\n\nraise KeyError('a')", "expected a file that can be imported, got KeyError: 'a' (line 3)"),
        ("import neighbour", "No module named 'neighbour' (line 1); put both into one file, or into an installed"),
        ("import not_there", "No module named 'not_there' (line 1)"),
        ("SOURCE = 3", "my_notes.py: expected SOURCE = Source(...), got one of type int"),
        ("pass", "my_notes.py: expected SOURCE = Source(...), got a module without SOURCE; see docs/python.md"),
        (f"{TEXT}\nNOTES = SOURCE\ndel SOURCE", "got a module without SOURCE; rename NOTES"),
        (
            TEXT.replace('Source(\n    "notes"', 'Source(\n    "c4"'),
            "my_notes.py: expected a name that no other source has, got 'c4'; rename it, or build that one by its name",
        ),
        (
            TEXT.replace('drop("too_short", len, below=', 'drop("too_short", len, '),
            "my_notes.py: expected a file that can be imported, got TypeError: drop() takes 2 positional",
        ),
        (
            TEXT.replace("cited(5, ", "(5, "),
            "(line 14): recipe notes, min_chars=: expected a cited number, got (5, 'ours: a word', 'chars')",
        ),
    ],
    ids=[
        "syntax",
        "any error",
        "a neighbour",
        "not installed",
        "another SOURCE",
        "no SOURCE",
        "another variable",
        "the name of another",
        "no keyword",
        "not cited",
    ],
)
def test_a_file_that_is_no_source_is_one_line(source_file: Path, text: str, said: str) -> None:
    (source_file.parent / "neighbour.py").touch()
    source_file.write_text(text)
    with pytest.raises(UsageError) as caught:
        find_source(str(source_file))
    assert said in str(caught.value)
    with pytest.raises(InputError, match="no such file"):
        find_source(str(source_file.with_name("not_there.py")))


def test_an_entry_point_is_a_source_by_its_name(source_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source_file.rename(source_file.with_name("their_notes_module.py"))
    install(source_file.parent, notes="their_notes_module", same="their_notes_module:SOURCE", odd="json")
    monkeypatch.syspath_prepend(source_file.parent)
    assert names() == sorted([*own_names(), "notes", "same", "odd"])
    assert find_source("notes").name == "notes"
    with pytest.raises(UsageError, match=r"odd: expected SOURCE = Source\(\.\.\.\), got a module without SOURCE"):
        find_source("odd")
    with pytest.raises(UsageError, match=r"same: expected Source\('same', \.\.\.\), got Source\('notes', \.\.\.\)"):
        find_source("same")
    with pytest.raises(UsageError, match="did you mean notes"):
        find_source("nots")


def test_names_are_listed_without_importing_a_source() -> None:
    program = "import sys; from pipelines.sources import names; names()\n"
    program += "print(sorted(one for one in sys.modules if one.startswith(('pipelines.', 'filters'))))"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "['pipelines.plugins', 'pipelines.sources']\n"


@pytest.mark.parametrize("name", own_names())
def test_each_of_ours_states_its_share_and_those_of_table_1_their_line(name: str) -> None:
    assert find_source(name).share is not None
    assert find_source(name).share is SHARES.get(name, find_source(name).share)


def test_every_line_of_table_1_has_a_source() -> None:
    assert SHARES.keys() <= set(own_names())


def test_a_build_keeps_the_share_and_another_share_changes_nothing_else(tmp_path: Path) -> None:
    shares = (cited(5.0, "one", SHARE_UNIT), cited(2.5, "another", SHARE_UNIT), None)
    toys = [replace(toy.source(toy.CLEAN), share=share) for share in shares]
    dump, times = toy.write(tmp_path / "dump", a="one line\n\nanother"), set()
    for source, share in zip(toys, (0.05, 0.025, None), strict=True):
        built = build(source, [dump], str(tmp_path / "out"), beam_arguments=ONE)
        stated = shares_of_builds(find_builds([built.folder]))
        assert stated == table_shares() | ({"toy": share} if share else {})
        times.add(Path(built.folder, "ledger.parquet").stat().st_mtime_ns)
    assert len(times) == 1


def test_tokens_say_the_share_for_a_mixture(tmp_path: Path) -> None:
    make_tokens(tmp_path / "tokens" / "notes", shares={"notes": 5.0})
    make_tokens(tmp_path / "tokens" / "github", shares={})
    for folder in (tmp_path / "tokens", tmp_path / "tokens" / "notes"):
        assert shares_of_tokens([str(folder)])["notes"] == 0.05
    assert shares_of_tokens([str(tmp_path / "tokens" / "github")]) == table_shares()


def test_a_file_is_built_tokenized_and_mixed(source_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = source_file.parent
    (folder / "tokenizer.model").write_bytes(train(["one two note as long same"] * 50, settings(vocab_size=280)).model)
    words = {
        "build": ["build", str(source_file), "--input", str(folder / "dump"), "--output", str(folder / "out")],
        "tokenize": ["tokenize", "--input", str(folder / "out"), "--tokenizer", str(folder / "tokenizer.model"),
                     "--output", str(folder / "tokens")],
        "mix": ["mix", "--shards", str(folder / "tokens"), "--output", str(folder / "mixture")],
    }  # fmt: skip
    for command in words.values():
        assert main([*command, *(["--", *ONE] if command[0] != "mix" else [])]) == 0, capsys.readouterr().err
    assert read_mixture(folder / "mixture").sources["notes"].share == 1.0
    source_file.write_text(TEXT[: TEXT.index("    share=")] + TEXT[TEXT.index("    stages=") :])
    assert main([*words["build"], "--", *ONE]) == 0
    assert main([*words["tokenize"], "--", *ONE]) == 0
    capsys.readouterr()
    assert main(words["mix"]) == 2
    assert "state share= in its Source and build again, or give --weights" in capsys.readouterr().err
