"""Plant faults in code, one at a time, and let the tests that execute the faulty statement look for them.

    make mutations                                                an hour at most, a sample of every module
    PYTHONPATH=.:tests python -m mutation.code --sample 150 --seed 2
    PYTHONPATH=.:tests python -m mutation.code --modules filters.wikipedia.quantities --sample 0 --tests tests/filters

Which test executes which lines is recorded first, and kept (`lines`). Each fault is tried in a fork (`trials`), by the
tests that mirror the module and then the quickest of the others, until one fails; what survives is tried once more by
the other tests of the same files, since a result that one test computed may be looked at by another. Worker processes
that tests start have the code as it is.

Of each module and package the killed share is printed, and the faults that survived or that no test runs. Those in
equivalent.txt change no result (each with the reason) and count for nothing. A module whose faults cannot be tried is
named with the reason, and the others are tried. Exit 1 when others survive, or a module could not be tried.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

from guards.imports import Module, read_modules
from guards.walls import is_within

from mutation.choice import Question, questions
from mutation.lines import ROOT, Executed, Recorder, recorded
from mutation.mutants import Mutant, Site, plant, sites
from mutation.trials import (
    NO_TESTS,
    NOT_THERE,
    PASSED,
    Planted,
    StopAtFailure,
    Trial,
    TrialLoop,
    compiled,
    forked,
    run_pytest,
    silenced,
)

EQUIVALENT = Path(__file__).with_name("equivalent.txt")
LOOKED_AT = ("filters", "corpus.readers", "pipelines.engine", "tokenizer")
ASKED = ("corpus", "filters", "llama_corpus", "model/data", "pipelines", "reliability", "tokenizer")
"""The folders of tests that are asked."""
LIBRARIES = ("numpy", "pyarrow.parquet", "apache_beam", "xxhash", "zstandard", "py7zr", "fastwarc", "kenlm",
             "fasttext", "sentencepiece", "nltk", "charset_normalizer", "resiliparse.extract.html2text")  # fmt: skip
"""Imported once, before the processes that run tests are forked."""
SLOWER, LEAST_SECONDS = 5, 5
"""Tests that take this many times as long as without a fault, and longer than this (of processor time), never end."""
KILLED, SURVIVED, NOT_RUN = "killed", "survived", "not run"


class NotTriedError(Exception):
    """The faults of a module cannot be tried: why."""


def run_alone(files: list[Path], plugin: object, seconds: float) -> int:
    """The exit code of tests in a process of their own, which imports the project anew."""

    def run() -> int:
        silenced()
        if isinstance(plugin, Planting):
            sys.meta_path.insert(0, plugin.planted)
        return run_pytest(files, plugin)

    return forked(run, seconds)


class Planting(StopAtFailure):
    """Runs some tests on a project in which one module is made of changed code."""

    def __init__(self, planted: Planted, tests: Iterable[str]) -> None:
        super().__init__(list(tests))
        self.planted = planted


def record(test: Path, kept: Path, name: str) -> None:
    """Run a test file, and write down what each of its tests executes."""

    def run() -> int:
        silenced()
        return run_pytest([test], Recorder(kept, name))

    forked(run, 1800)
    if not kept.exists():
        print(f"what these tests execute could not be recorded, they are not asked: {test}", flush=True)


def verdicts(module: Module, asked: list[Question]) -> dict[int, str]:
    """What became of each fault, by its number."""
    own = compiled(module.tree, module.path)
    found = {at: NOT_RUN for at, question in enumerate(asked) if not question.tests}
    inside = [at for at, question in enumerate(asked) if question.tests and not question.at_import]
    results = tried_in_place(own, module, [asked[at] for at in inside])
    anew = [at for at, question in enumerate(asked) if question.tests and question.at_import]
    for at, result in zip(inside, results, strict=True):
        if result is None:
            anew.append(at)
        else:
            found[at] = result
    sets = {tuple(asked[at].tests): at for at in anew}
    for at in sets.values():
        if not sound(module, asked[at]):
            raise NotTriedError(f"tests fail when it is made anew without a fault: {asked[at].tests}")
    return found | {at: tried_anew(module, asked[at]) for at in anew}


def tried_in_place(own: CodeType, module: Module, asked: list[Question]) -> list[str | None]:
    """What became of faults within functions; None for one that no function of the collected tests has."""
    results: list[str | None] = [None] * len(asked)
    for second in (False, True):
        left = [at for at in range(len(asked)) if not second or (results[at] == SURVIVED and asked[at].others)]
        trials = [trial(own, module, asked[at], second) for at in left]
        for number, result in in_place(trials).items():
            results[left[number]] = result
    return results


def trial(own: CodeType, module: Module, question: Question, second: bool) -> Trial:
    """A question as a trial: its tests, or those that are asked about what these let live."""
    tests = question.others if second else question.tests
    seconds = max(LEAST_SECONDS, SLOWER * (question.others_seconds if second else question.seconds))
    return Trial(own, compiled(question.mutant.tree, module.path), tests, seconds)


def in_place(trials: list[Trial]) -> dict[int, str | None]:
    """The results of trials in forks of one process that has collected all their tests."""
    if not trials:
        return {}
    files = sorted({ROOT / name.partition("::")[0] for one in trials for name in one.tests})
    with tempfile.NamedTemporaryFile("r", prefix="verdicts-") as kept:

        def note(number: int, result: int) -> None:
            with open(kept.name, "a") as file:
                file.write(json.dumps([number, result]) + "\n")

        run_alone(files, TrialLoop(trials, note), 600 + sum(one.seconds for one in trials))
        found = dict(json.loads(line) for line in kept.read().splitlines())
    if len(found) < len(trials):
        raise NotTriedError(f"trials ended early, after {len(found)} of {len(trials)}")
    return {number: None if result == NOT_THERE else meaning(result) for number, result in found.items()}


def meaning(result: int) -> str:
    """What the exit code of a trial says of its fault."""
    return {PASSED: SURVIVED, NO_TESTS: NOT_RUN}.get(result, KILLED)


def tried_anew(module: Module, question: Question) -> str:
    """What became of a fault that shows when its module is imported."""
    files = sorted({ROOT / name.partition("::")[0] for name in question.tests})
    code = compiled(question.mutant.tree, module.path)
    seconds = max(LEAST_SECONDS, SLOWER * (question.seconds + len(files)))
    return meaning(run_alone(files, Planting(Planted(module.name, code), question.tests), seconds))


def sound(module: Module, question: Question) -> bool:
    """Whether the tests of a question pass when its module is made anew without a fault."""
    return tried_anew(module, question._replace(mutant=Mutant("", 0, module.tree))) == SURVIVED


def equivalents() -> dict[str, str]:
    """Faults that change no result, by `module:name`, with the reason."""
    lines = [line for line in EQUIVALENT.read_text("utf-8").splitlines() if line and not line.startswith("# ")]
    return {name.strip(): why.strip() for name, _, why in (line.partition("  # ") for line in lines)}


def chosen(modules: list[Module], sample: int, seed: int) -> dict[str, list[Site]]:
    """A sample of faults over modules, in proportion to their code; all of them for a sample of 0."""
    places = [(module.name, site) for module in modules for site in sites(module.tree)]
    if sample:
        places = random.Random(seed).sample(places, min(sample, len(places)))
    found: dict[str, list[Site]] = {}
    for name, site in places:
        found.setdefault(name, []).append(site)
    return found


def test_files(folders: list[Path] | None) -> list[Path]:
    """The test files that are asked."""
    folders = [folder.resolve() for folder in folders or [ROOT / "tests" / name for name in ASKED]]
    return sorted(path for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("test_*.py")))


def looked_at(module: Module, places: list[Site], executed: list[Executed], known: dict[str, str]) -> Iterator[str]:
    """A line for each fault that counts: what became of it, and its name; the first line is the tally."""
    mutants = [(site, plant(module.tree, site)) for site in places]
    counted = [(site, mutant) for site, mutant in mutants if f"{module.name}:{mutant.name}" not in known]
    asked = questions(module, counted, executed)
    found = verdicts(module, asked)
    for at, (_site, mutant) in enumerate(counted):
        yield f"{found[at]:<8}  {module.name}:{mutant.name}  (line {mutant.line})"


def main() -> int:
    """Plant a sample of faults; how many of each module were killed, and those that were not."""
    options = _options()
    for library in LIBRARIES:
        __import__(library)
    house, known = read_modules(ROOT), equivalents()
    modules = [module for name, module in house.items() if is_within(name, options.modules or LOOKED_AT)]
    places = chosen(modules, options.sample, options.seed)
    folders = options.tests or [ROOT / "tests" / name for name in ASKED]
    tests = sorted(
        path.resolve() for folder in folders for path in ([folder] if folder.is_file() else folder.rglob("test_*.py"))
    )
    executed = recorded(tests, [house[name].path for name in places], record)
    ends = time.monotonic() + 60 * options.minutes
    totals: Counter[tuple[str, bool]] = Counter()
    not_tried: list[str] = []
    for name in sorted(places):
        if time.monotonic() > ends:
            print(f"{name}: {len(places[name])} not tried, the time is up", flush=True)
            continue
        try:
            lines = list(looked_at(house[name], places[name], executed, known))
        except NotTriedError as error:
            print(f"{name}: {len(places[name])} not tried, {error}", flush=True)
            not_tried.append(name)
            continue
        left = [line for line in lines if not line.startswith(KILLED)]
        print("\n    ".join([f"{name}: {len(lines) - len(left)} of {len(lines)} killed", *left]), flush=True)
        package = name.rpartition(".")[0]
        totals[package, True] += len(lines) - len(left)
        totals[package, False] += len(left)
    return _sum_up(totals, options.seed, not_tried)


def _sum_up(totals: Counter[tuple[str, bool]], seed: int, not_tried: list[str]) -> int:
    print()
    for package in sorted({package for package, _killed in totals}):
        killed, left = totals[package, True], totals[package, False]
        print(f"{package}: {killed} of {killed + left}")
    killed, left = (sum(count for (_, dead), count in totals.items() if dead == kind) for kind in (True, False))
    print(f"{killed} of {killed + left} killed, seed {seed}" + "".join(f"; {name} not tried" for name in not_tried))
    return int(bool(left or not_tried))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, default=150, help="the number of faults; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--modules", nargs="*", help="only these, and what lies below them")
    parser.add_argument(
        "--tests", nargs="*", type=Path, help="test files or folders that are asked; else all but the model's"
    )
    parser.add_argument("--minutes", type=float, default=60, help="no module is begun after that")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
