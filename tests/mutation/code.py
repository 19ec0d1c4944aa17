"""Plant faults in code, one at a time, and let each module's own tests look for them.

    make mutations                                                an hour at most, a sample of every module
    PYTHONPATH=.:tests python -m mutation.code --sample 150 --seed 2
    PYTHONPATH=.:tests python -m mutation.code --modules filters.wikipedia.quantities --sample 0

A module's own tests are those that mirror it: tests/filters/web/test_x.py of filters/web/x.py where there is such a
file, then the others of its folder; of the engine, whose tests are builds, only its own where there are some. With
`--sources` what they leave alive meets the tests of the source that the module serves. Tests run in a process of their
own, forked when the libraries are loaded, in which the module is made of its changed code; a fault is killed when they
fail, or take longer than is thinkable. Worker processes that tests start have the code as it is.

Of each module the killed share is printed, and the faults that survived. Those in equivalent.txt change no result (each
with the reason) and count for nothing. Exit 1 when others survive.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest
from guards import rooms
from guards.imports import Module, read_modules
from guards.walls import is_within

from mutation.mutants import Mutant, plant, sites

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
LOOKED_AT = ("filters", "corpus.readers", "pipelines.engine", "tokenizer")
LIBRARIES = ("numpy", "pyarrow.parquet", "apache_beam", "xxhash", "zstandard", "py7zr", "fastwarc", "kenlm",
             "fasttext", "sentencepiece", "nltk", "charset_normalizer", "resiliparse.extract.html2text")  # fmt: skip
"""Imported once, before the processes that run tests are forked."""
SLOWER, LEAST_SECONDS = 5, 20
"""Tests that take this many times as long as without a fault, and longer than this, have met an endless loop."""


class Planted(Loader, MetaPathFinder):
    """Makes one module of changed code, wherever it is imported."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self._name, self._code = name, compile(tree, str(ROOT / f"{name.replace('.', '/')}.py"), "exec")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)


class Verdict(NamedTuple):
    """What became of one fault: killed, survived, or known to change nothing."""

    mutant: Mutant
    killed: bool
    equivalent: bool


def tests_of(module: Module, served: set[str]) -> list[list[Path]]:
    """The tests that mirror a module, in the order in which they are asked: its file, its folder, its source.

    Args:
        served: the sources whose tests are asked, too.
    """
    mirror = TESTS / module.path.relative_to(ROOT).parent
    own = [path for path in [mirror / f"test_{module.path.stem}.py"] if path.exists()]
    builds = bool(own) and is_within(module.name, ("pipelines.engine",))
    folder = [] if builds else sorted(mirror.glob("test_*.py"))
    sources = TESTS / "pipelines" / "sources"
    served = served - {""} if len(served) == 1 else set()
    last = [path for name in served for path in (sources / f"test_{name}.py", sources / name) if path.exists()]
    return [group for group in (own, folder, last) if group]


def run_tests(tests: Iterable[Path], planted: Planted | None, seconds: float) -> bool:
    """Whether tests pass, in a process of their own, within some seconds."""
    child = os.fork()
    if child == 0:
        _silence()
        if planted:
            sys.meta_path.insert(0, planted)
        options = ["-x", "-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
        os._exit(int(pytest.main([*options, *map(str, tests)])))
    return _result_of(child, time.monotonic() + seconds) == 0


def _silence() -> None:
    os.setsid()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def _result_of(child: int, deadline: float) -> int:
    """The exit code of a process; of one that lasts too long, which is ended with all that it started, -1."""
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def equivalents() -> dict[str, str]:
    """Faults that change no result, by `module:name`, with the reason."""
    lines = [line for line in EQUIVALENT.read_text("utf-8").splitlines() if line and not line.startswith("# ")]
    return {name.strip(): why.strip() for name, _, why in (line.partition("  # ") for line in lines)}


@cache
def usual_seconds(tests: tuple[Path, ...]) -> float:
    """How long tests take without a fault."""
    began = time.monotonic()
    if not run_tests(tests, None, 3600):
        raise SystemExit(f"tests fail without a fault: {', '.join(map(str, tests))}")
    return time.monotonic() - began


def judged(module: Module, mutants: list[Mutant], groups: list[list[Path]], known: dict[str, str]) -> Iterator[Verdict]:
    """What became of each fault of a module."""
    seconds = [max(LEAST_SECONDS, SLOWER * usual_seconds(tuple(group))) for group in groups]
    for mutant in mutants:
        planted = Planted(module.name, mutant.tree)
        equivalent = f"{module.name}:{mutant.name}" in known
        killed = not equivalent and any(
            not run_tests(group, planted, most) for group, most in zip(groups, seconds, strict=True)
        )
        yield Verdict(mutant, killed, equivalent)


def chosen(modules: list[Module], sample: int, seed: int) -> dict[str, list[Mutant]]:
    """A sample of faults over modules, in proportion to their code; all of them for a sample of 0."""
    trees = {module.name: module.tree for module in modules}
    places = [(name, site) for name in trees for site in sites(trees[name])]
    if sample:
        places = random.Random(seed).sample(places, min(sample, len(places)))
    found: dict[str, list[Mutant]] = {}
    for name, site in places:
        found.setdefault(name, []).append(plant(trees[name], site))
    return found


def main() -> int:
    """Plant a sample of faults; how many of each module were killed, and those that were not."""
    options = _options()
    for library in LIBRARIES:
        __import__(library)
    house = read_modules(ROOT)
    served, known = rooms.users(house), equivalents()
    wanted = options.modules or LOOKED_AT
    modules = [module for name, module in house.items() if is_within(name, wanted)]
    ends = time.monotonic() + 60 * options.minutes
    totals = [0, 0]
    survivors: list[Mutant] = []
    for name, mutants in chosen(modules, options.sample, options.seed).items():
        groups = tests_of(house[name], served[name] if options.sources else set())
        if time.monotonic() > ends or not groups:
            print(f"{name}: {len(mutants)} not tried, {'no tests' if not groups else 'the time is up'}", flush=True)
            continue
        verdicts = [verdict for verdict in judged(house[name], mutants, groups, known) if not verdict.equivalent]
        left = [verdict.mutant for verdict in verdicts if not verdict.killed]
        survivors += left
        totals = [totals[0] + len(verdicts) - len(left), totals[1] + len(verdicts)]
        print(f"{name}: {len(verdicts) - len(left)} of {len(verdicts)} killed", flush=True)
        for mutant in left:
            print(f"    {name}:{mutant.name}  (line {mutant.line})", flush=True)
    print(f"\n{totals[0]} of {totals[1]} killed, seed {options.seed}")
    return int(bool(survivors))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--modules", nargs="+", help="modules or packages; without, all that are looked at")
    parser.add_argument("--sample", type=int, default=200, help="how many faults are planted; 0 for all")
    parser.add_argument("--seed", type=int, default=1, help="another seed plants others")
    parser.add_argument("--sources", action="store_true", help="ask the tests of whole sources, too")
    parser.add_argument("--minutes", type=float, default=60, help="no module is begun after that")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
