"""Which test executes which lines of the project, recorded once per test file and kept in .mutation_cache.

A test is asked about a fault only if it executes the statement in which the fault is planted. What a fixture of a
module or a session executes counts for every test that uses the fixture; what importing executes counts for none, and
is kept as such: a fault there needs the module to be imported anew.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from coverage import Coverage
from guards.imports import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".mutation_cache"
IMPORT = ""
"""The name under which coverage counts what no test executes, but the imports of a test file."""
FIXTURE = "fixture "


class Executed(NamedTuple):
    """What one test file executes: digests of itself and of modules, seconds of each test that passes, lines.

    lines: by module file (relative to the root), by test or IMPORT, the numbers of the lines.
    """

    digests: dict[str, str]
    seconds: dict[str, float]
    lines: dict[str, dict[str, list[int]]]


def digest(path: Path) -> str:
    """A digest of a file; of one that is no more, an empty string."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def recorded(tests: Iterable[Path], modules: Iterable[Path], run: Callable[[Path, Path, str], None]) -> list[Executed]:
    """What test files execute; those are run again that changed, or executed a module that changed since.

    Args:
        tests: test files.
        modules: the files in which faults are to be planted.
        run: runs a test file with a Recorder, in a process of its own.
    """
    names = {path.relative_to(ROOT).as_posix() for path in modules}
    return [_recorded(test, names, run) for test in tests]


def _recorded(test: Path, modules: set[str], run: Callable[[Path, Path, str], None]) -> Executed:
    name = test.relative_to(ROOT).as_posix()
    kept = CACHE / f"{name.replace('/', '.')}.json"
    if not kept.exists() or not _holds(_read(kept), modules | {name}):
        CACHE.mkdir(exist_ok=True)
        kept.unlink(missing_ok=True)
        run(test, kept, name)
    return _read(kept) if kept.exists() else Executed({name: ""}, {}, {})


def _read(kept: Path) -> Executed:
    return Executed(**json.loads(kept.read_text("utf-8")))


def _holds(executed: Executed, names: set[str]) -> bool:
    return all(digest(ROOT / name) == known for name, known in executed.digests.items() if name in names)


class Recorder:
    """A plugin of pytest that writes down what each test executes."""

    def __init__(self, kept: Path, name: str) -> None:
        self._kept, self._name = kept, name
        self._seconds: dict[str, float] = {}
        self._fixtures: dict[str, list[str]] = {}
        self._failed: set[str] = set()
        self._running = IMPORT
        folders = [str(ROOT / package) for package in PACKAGES]
        self._coverage = Coverage(data_file=None, config_file=False, source=folders, messages=False)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._running = item.nodeid
        self._coverage.switch_context(self._running)
        began = time.monotonic()
        result = yield
        self._seconds[item.nodeid] = round(time.monotonic() - began, 4)
        self._fixtures[item.nodeid] = [f"{FIXTURE}{name}" for name in getattr(item, "fixturenames", [])]
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope != "function":
            self._coverage.switch_context(f"{FIXTURE}{fixturedef.argname}")
        result = yield
        self._coverage.switch_context(self._running)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.skipped:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._coverage.stop()
        data = self._coverage.get_data()
        by_module = {Path(file): data.contexts_by_lineno(file) for file in data.measured_files()}
        lines = {path.relative_to(ROOT).as_posix(): self._by_test(found) for path, found in by_module.items()}
        digests = {name: digest(ROOT / name) for name in [*lines, self._name]}
        seconds = {test: took for test, took in self._seconds.items() if test not in self._failed}
        self._kept.write_text(json.dumps(Executed(digests, seconds, lines)._asdict()), "utf-8")

    def _by_test(self, contexts: dict[int, list[str]]) -> dict[str, list[int]]:
        """The lines of each test, those of its fixtures too, and those of imports."""
        found: dict[str, set[int]] = {}
        for line, names in contexts.items():
            for name in names:
                found.setdefault(name, set()).add(line)
        tests = {
            test: set().union(*(found.get(name, ()) for name in [test, *fixtures]))
            for test, fixtures in self._fixtures.items()
            if test not in self._failed
        }
        tests[IMPORT] = found.get(IMPORT, set())
        return {test: sorted(lines) for test, lines in tests.items() if lines}
