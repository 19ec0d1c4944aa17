"""Trials of faults: a fork of a process that has collected the tests gets one fault and runs the tests that meet it.

A fault within a function is put into the functions that exist: the fork's copy of each gets the changed code, wherever
it was imported to. A fault that shows when the module is imported (a constant, a table, a default, what a function
returns that an import calls) is put in place before anything of ours is imported.
"""

from __future__ import annotations

import ast
import gc
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import NamedTuple

import pytest

from mutation.lines import ROOT

PASSED, FAILED, NO_TESTS, TOO_LONG, NOT_THERE = 0, 1, int(pytest.ExitCode.NO_TESTS_COLLECTED), -1, 99
WAITING = 6


class Planted(Loader, MetaPathFinder):
    """Makes one module of changed code, wherever it is imported."""

    def __init__(self, name: str, code: CodeType) -> None:
        self._name, self._code = name, code

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


class Trial(NamedTuple):
    """One fault and the tests that are asked: code is the changed module's, own the module's as it is."""

    own: CodeType
    code: CodeType
    tests: list[str]
    seconds: float


def compiled(tree: ast.Module, path: Path) -> CodeType:
    """A module's code as its import makes it."""
    return compile(tree, str(path), "exec", dont_inherit=True)


def changed_functions(own: CodeType, code: CodeType) -> dict[CodeType, CodeType]:
    """The code of each function of a module that a fault changes, and what it becomes."""
    pairs = {own: code} if own != code else {}
    inner, others = ([const for const in whole.co_consts if isinstance(const, CodeType)] for whole in (own, code))
    if len(inner) != len(others):
        named = {(one.co_qualname, one.co_firstlineno): one for one in others}
        inner = [one for one in inner if (one.co_qualname, one.co_firstlineno) in named]
        others = [named[one.co_qualname, one.co_firstlineno] for one in inner]
    for before, after in zip(inner, others, strict=True):
        pairs |= changed_functions(before, after)
    return pairs


def functions_of(path: str) -> list[FunctionType]:
    """All functions that exist of a module's file, wherever they are held.

    Asked by `type`: `isinstance` reads `__class__`, which of a stand-in (torch.distributed.reduce_op) is a warning.
    """
    gc.unfreeze()  # a build in this process froze what there was, and get_objects leaves that out
    functions = (one for one in gc.get_objects() if type(one) is FunctionType)
    return [one for one in functions if one.__code__.co_filename == path]


def put_in_place(trial: Trial, functions: Sequence[FunctionType]) -> bool:
    """Give the functions of a module their changed code; whether there was any."""
    pairs = changed_functions(trial.own, trial.code)
    changed = [one for one in functions if one.__code__ in pairs]
    for function in changed:
        function.__code__ = pairs[function.__code__]
    return bool(changed)


def forked(action: Callable[[], int], seconds: float) -> int:
    """The exit code of an action in a process of its own; not PASSED for one that is ended after some seconds.

    Args:
        seconds: of processor time; a process that waits is ended after WAITING times as long.
    """
    folder = tempfile.mkdtemp(prefix="trial-")
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, resource.RLIM_INFINITY))
            os.environ["PYTEST_DEBUG_TEMPROOT"] = os.environ["TMPDIR"] = tempfile.tempdir = folder
            code = action()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    try:
        return _result_of(child, time.monotonic() + WAITING * seconds)
    finally:
        _end_all_of(child)
        shutil.rmtree(folder, ignore_errors=True)


def _result_of(child: int, deadline: float) -> int:
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return TOO_LONG


def _end_all_of(group: int) -> None:
    """End the processes that a trial started and left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def silenced() -> None:
    """Write what tests print to nowhere."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def run_pytest(files: Sequence[Path], plugin: object) -> int:
    """Run test files with a plugin; their exit code."""
    options = ["-q", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
    return int(pytest.main([*options, *map(str, files)], plugins=[plugin]))


class StopAtFailure:
    """A plugin that runs only some tests, and ends the process at the first failure."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._tests = frozenset(tests)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self._tests]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            os._exit(FAILED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os._exit(FAILED)


class TrialLoop:
    """A plugin that, where pytest would run the tests it collected, runs one trial after the other in forks.

    Without a fault first: a test that fails then is asked nothing. verdict gets each trial's number and its result,
    NOT_THERE where no function has the code of the fault, NO_TESTS where there is none to ask.
    """

    def __init__(self, trials: Sequence[Trial], verdict: Callable[[int, int], None]) -> None:
        self._trials, self._verdict = trials, verdict
        self._sound: set[str] = set()
        self._functions: list[FunctionType] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        asked = [item for name, item in items.items() if any(name in trial.tests for trial in self._trials)]
        self._sound = {item.nodeid for item in asked} - set(self._failing(asked))
        self._functions = functions_of(self._trials[0].own.co_filename)
        gc.freeze()  # a collection in a fork would copy all memory
        for number, trial in enumerate(self._trials):
            chosen = [items[name] for name in trial.tests if name in self._sound and name in items]
            self._verdict(number, forked(partial(self._run, chosen, trial), trial.seconds))
        return True

    def _failing(self, items: list[pytest.Item]) -> Iterator[str]:
        with tempfile.NamedTemporaryFile("r", prefix="failing-") as file:
            forked(lambda: self._note_failures(items, Path(file.name)), 3600)
            yield from file.read().splitlines()

    def _note_failures(self, items: list[pytest.Item], file: Path) -> int:
        class Note:
            def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
                if report.failed:
                    with file.open("a") as failures:
                        failures.write(f"{report.nodeid}\n")

        if items:
            items[0].config.pluginmanager.register(Note())
            _run_items(items)
        return PASSED

    def _run(self, items: list[pytest.Item], trial: Trial) -> int:
        if not items:
            return NO_TESTS
        if not put_in_place(trial, self._functions):
            return NOT_THERE
        items[0].config.pluginmanager.register(StopAtFailure(()))
        _run_items(items)
        return PASSED


def _run_items(items: list[pytest.Item]) -> None:
    for item, after in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
