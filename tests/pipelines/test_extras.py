"""A base installation: all but what an extra brings works, and what an extra brings is asked for in one line."""

from __future__ import annotations

import ast
import os
import runpy
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model import commands
from pipelines.cli import main
from pipelines.demo import stackexchange
from pipelines.engine.remote import connect

ROOT = Path(__file__).resolve().parents[2]
COMPILED = ("fasttext", "kenlm")
"""Distributions that may stand in the place of those with wheels; their modules have the same names."""

_BUILD = ["build", "stackexchange", "--input", "{dump}", "--output", "{out}"]
_QUERY = ["build", "github", "--input", "bigquery", "--output", "{out}", "--", "--temp_location=gs://bucket/tmp"]
NEEDS = {
    "gs://": ("gcp", "google.cloud.storage", ["verify", "gs://bucket/x"], "gs://"),
    "s3://": ("s3", "boto3", ["verify", "s3://bucket/x"], "s3://"),
    "Dataflow": ("gcp", "apitools.base.py", [*_BUILD, "--", "--runner=DataflowRunner"], "--runner=DataflowRunner"),
    "BigQuery": ("gcp", "google.auth", _QUERY, "--input bigquery"),
}


@pytest.mark.parametrize("case", NEEDS)
def test_what_an_extra_brings_is_asked_for(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extra, package, words, where = NEEDS[case]
    monkeypatch.setitem(sys.modules, package, None)
    connect([])
    (tmp_path / "dump").mkdir()
    stackexchange.write(tmp_path / "dump")
    places = {"dump": tmp_path / "dump", "out": tmp_path / "out"}
    assert main([word.format(**places) for word in words]) == 1
    assert capsys.readouterr().err == (
        f"corpus: {where}: expected the packages of the extra '{extra}', got no {package}; "
        f"pip install 'llama-corpus[{extra}]'\n"
    )
    assert not (tmp_path / "out" / "stackexchange" / "manifest.json").exists()
    connect([])


@pytest.mark.parametrize(("package", "code"), [("safetensors.numpy", 1), ("a_module_of_ours", None)])
def test_what_a_model_needs(
    package: str, code: int | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def convert(_options: object) -> None:
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)

    monkeypatch.setattr(commands, "convert", convert)
    words = ["model", "convert", "--model", "m", "--output", "o"]
    assert main(words) == 1
    said = capsys.readouterr().err
    line = (
        "corpus: corpus model convert: expected the packages of the extra 'torch', got no safetensors.numpy; "
        "pip install 'llama-corpus[torch]'\n"
    )
    assert (said == line) is (code == 1)
    assert ("this is a fault of the program" in said) is (code is None)


def named_extras() -> set[str]:
    """The extras that the code asks for by name: `extra("gcp", ...)`, `MissingExtraError("dask", ...)`."""
    found = set()
    for package in ("corpus", "pipelines", "tokenizer", "model"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("extra", "MissingExtraError"):
                    found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setup.py says."""
    said: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", lambda **words: said.update(words))
    runpy.run_path(str(ROOT / "setup.py"))
    return said


def test_every_extra_that_is_asked_for_is_one_of_the_distribution(declared: dict[str, Any]) -> None:
    assert {"gcp", "s3", "dask", "publish", "export"} <= named_extras() <= set(declared["extras_require"])


def base_distributions(requirements: Iterable[str]) -> set[str]:
    """The distributions that these requirements bring, of those that are installed here."""
    installed = {canonicalize_name(one.metadata["Name"]): one for one in metadata.distributions()}
    found, left = {"llama-corpus", *COMPILED}, [Requirement(line) for line in requirements]
    while left:
        wanted = left.pop()
        name = canonicalize_name(wanted.name)
        if name in found or name not in installed:
            continue
        found.add(name)
        needed = map(Requirement, installed[name].requires or [])
        extras = ("", *wanted.extras)
        left += [one for one in needed if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in extras)]
    return found


def foreign_packages(requirements: Iterable[str]) -> list[str]:
    """The import packages of all other distributions: by two names where the first is shared (`google.cloud`)."""
    base = base_distributions(requirements)
    packages: dict[bool, set[str]] = {True: set(), False: set()}
    for one in metadata.distributions():
        mine = packages[canonicalize_name(one.metadata["Name"]) in base]
        for file in one.files or []:
            parts = file.parts
            if file.suffix == ".py" and len(parts) > 1 and all(part.isidentifier() for part in parts[:-1]):
                mine.add(parts[0] if parts[0] != "google" else ".".join(parts[:2]))
    return sorted(packages[False] - packages[True])


PROGRAM = """
import importlib, pkgutil, sys
blocked, words = set(sys.argv[1].split(",")), sys.argv[2:]

class Blocker:
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if parts[0] in blocked or ".".join(parts[:2]) in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
for package in ("corpus", "filters", "tokenizer", "pipelines", "llama_corpus", "model"):
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if not module.name.startswith(("model.torch", "model.jax")) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from pipelines.cli import main
sys.exit(main(words))
"""


def run_with_base_alone(blocked: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    """A command of a process that imports all modules of the project first, and none of the blocked packages."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, ",".join(blocked), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=env, check=False)


def test_a_build_needs_the_base_alone(tmp_path: Path, declared: dict[str, Any]) -> None:
    """Neither importing a module nor building takes anything from Google's or the models' libraries."""
    blocked = foreign_packages(declared["install_requires"])
    assert {"google.cloud", "google.auth", "torch", "jax"} <= set(blocked)
    assert not {"pyarrow", "apache_beam", "google.protobuf", "requests"} & set(blocked)
    (tmp_path / "dump").mkdir()
    stackexchange.write(tmp_path / "dump")
    words = ("build", "stackexchange", "--input", str(tmp_path / "dump"), "--output", str(tmp_path / "out"))
    done = run_with_base_alone(blocked, *words, "--", "--direct_num_workers=1")
    assert done.returncode == 0, done.stderr
    assert "documents in" in done.stdout


FACE = """
import sys
sys.modules["apitools"] = None
import llama_corpus
print(llama_corpus.build("stackexchange", sys.argv[1], sys.argv[2], beam=["--direct_num_workers=1"], quiet=True))
"""


def test_from_python_nothing_is_said_of_googles_packages(tmp_path: Path) -> None:
    """Beam warns at its import that apitools is not installed; nobody who builds here needs it."""
    (tmp_path / "dump").mkdir()
    stackexchange.write(tmp_path / "dump")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", FACE, str(tmp_path / "dump"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<Build of stackexchange: ")


def test_the_blocker_blocks() -> None:
    done = run_with_base_alone(["pyarrow"], "rules")
    assert done.returncode == 1
    assert "No module named 'pyarrow'" in done.stderr
