"""One trial: a command is struck at one of its requests, whoever reads its output is asked, and it is run again."""

from __future__ import annotations

import errno
import random
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from reliability.kills import power
from reliability.kills.commands import COMMANDS, Command, prepare
from reliability.kills.control import Action, Control
from reliability.kills.runs import HOME, TEMPORARY, Ended, Scene
from reliability.kills.trees import Tree, differences, tree

OUT, READ = "out", "read"
SETTLED_SECONDS = 2.5
"""Of an input that is younger than two seconds a build keeps no digest (pipelines/engine/contents.py)."""


class Fault(NamedTuple):
    """What happens at a request: the action, with an error number; power: what was not flushed is lost, too."""

    action: Action
    error: int = 0
    power: bool = False

    @property
    def kills(self) -> bool:
        """Whether the command ends at once."""
        return self.action is Action.KILL_ALL


FAULTS = {
    "kill": Fault(Action.KILL_ALL),
    "power cut": Fault(Action.KILL_ALL, power=True),
    "ENOSPC": Fault(Action.FAIL_ON, errno.ENOSPC),
    "ENOSPC once": Fault(Action.FAIL_ONCE, errno.ENOSPC),
    "EIO": Fault(Action.FAIL_ON, errno.EIO),
    "EIO once": Fault(Action.FAIL_ONCE, errno.EIO),
    "EROFS": Fault(Action.FAIL_ON, errno.EROFS),
    "EACCES once": Fault(Action.FAIL_ONCE, errno.EACCES),
    "short write": Fault(Action.SHORT_WRITE),
}
"""The faults by name."""


class State(NamedTuple):
    """What a command leaves: its output, and what came of reading it."""

    out: Tree
    read: str


@dataclass
class Reference:
    """What a command does undisturbed: how many requests, what it leaves, what was there before, and what is beside."""

    requests: int
    after: State
    before: State
    beside: Tree


@dataclass
class Trial:
    """A trial and what was wrong with it; nothing where the promise held."""

    command: str
    fault: str
    at: int
    of: int
    request: str = ""
    said: str = ""
    code: int = 0
    struck: bool = True
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Trials:
    """Runs trials in a scene; the references of commands are made when they are first asked for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._references: dict[str, Reference] = {}

    def reference(self, name: str) -> Reference:
        """What a command does undisturbed.

        Raises:
            RuntimeError: it fails, or two runs differ.
        """
        if name not in self._references:
            for need in COMMANDS[name].needs:
                prepare(need, self.scene)
            time.sleep(SETTLED_SECONDS)
            first, second = self._undisturbed(name), self._undisturbed(name)
            if other := differences(second.after.out, first.after.out):
                raise RuntimeError(f"two undisturbed runs of {name} differ: {other}")
            if leftovers := differences(first.beside, {}):
                raise RuntimeError(f"an undisturbed run of {name} leaves {leftovers}")
            self._references[name] = second
        return self._references[name]

    def _undisturbed(self, name: str) -> Reference:
        command = COMMANDS[name]
        self._begin(name, command)
        before = State(self._tree(OUT), self._read(command)) if command.before else State({}, "nothing")
        control = Control(self.scene.control_file, self.scene.trial, self.scene.shadow)
        ended = self.scene.run(command.words, control, command.environment)
        if ended.code:
            raise RuntimeError(f"{name}, undisturbed, ended with {ended.code}: {ended.err}")
        return Reference(control.requests, State(self._tree(OUT), self._read(command)), before, self._beside())

    def _begin(self, name: str, command: Command) -> None:
        """A new trial folder, with what was there before the command."""
        self.scene.empty()
        kept = self.scene.base / "before" / name
        if command.before and not kept.exists():
            for words in command.before:
                ended = self.scene.run(words)
                if ended.code:
                    raise RuntimeError(f"before {name}: {ended.err}")
            shutil.copytree(self.scene.trial / OUT, kept)
            self.scene.empty()
        if command.before:
            shutil.copytree(kept, self.scene.trial / OUT)

    def run(self, name: str, fault_name: str, at: int, draw: random.Random) -> Trial:
        """One trial.

        Args:
            name: of the command.
            fault_name: one of FAULTS.
            at: the request at which it happens; one more than there are: after the end.
            draw: what a power cut costs.
        """
        command, reference, fault = COMMANDS[name], self.reference(name), FAULTS[fault_name]
        trial = Trial(name, fault_name, at, reference.requests)
        self._begin(name, command)
        control = Control(self.scene.control_file, self.scene.trial, self.scene.shadow, at, fault.action, fault.error)
        first = self.scene.run(command.words, control, command.environment)
        log = list(control.log())
        trial.struck, trial.code, trial.said = bool(control.struck), first.code, _last_line(first.err)
        trial.request = str(next((one for one in log if one.number == at), log[-1] if log else ""))
        if fault.power:
            trial.request += f"; lost: {power.cut(self.scene.trial, self.scene.shadow, log, draw)}"
        trial.problems += _of_ending(first, fault, trial.struck)
        problems = self._of_state(reference, command, first)
        second = self.scene.run(command.words, None, command.environment)
        problems += self._of_second(reference, command, second)
        trial.problems += [one for one in problems if not _is_lost_work(one, fault)]
        trial.seconds = first.seconds + second.seconds
        return trial

    def _of_state(self, reference: Reference, command: Command, first: Ended) -> list[str]:
        """Whether the output is whole as the exit code says, and whoever reads it takes whole ones alone."""
        now = differences(self._tree(OUT), reference.after.out)
        if first.code == 0 and now:
            return [f"exit 0, and {one}" for one in now]
        read = self._read(command)
        if command.partly and not read.startswith("exit"):
            return []
        if read in ("refused", reference.after.read, reference.before.read):
            return []
        wanted = reference.after.read
        at = next((n for n, (a, b) in enumerate(zip(read, wanted, strict=False)) if a != b), 0)
        return [f"read between the runs, from character {at}: {read[at:][:200]!r}, not {wanted[at:][:200]!r}"]

    def _of_second(self, reference: Reference, command: Command, second: Ended) -> list[str]:
        if second.code:
            return [f"run again: exit {second.code}: {_last_line(second.err)}"]
        left = differences(self._tree(OUT), reference.after.out) + differences(self._beside(), reference.beside)
        return [f"run again: {one}" for one in left]

    def _read(self, command: Command) -> str:
        """What comes of reading the output: `refused`, or a digest of what is read; it is read in a copy."""
        if not command.reads:
            return "nothing"
        kept = self.scene.trial / OUT
        copy = self.scene.base / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        if kept.exists():
            shutil.copytree(kept, copy)
        ended = self.scene.run(command.reads)
        read = self._tree(READ).items()  # what is kept of a build's work has the times of its inputs
        self._restore(copy)
        if ended.code == 0:
            return f"{ended.out} {[(name, kind) for name, kind in read if '.work' not in name.split('/')]}"
        one_line = ended.code in (1, 2) and ended.err.startswith("corpus: ") and ended.err.count("\n") == 1
        return "refused" if one_line else f"exit {ended.code}: {ended.err}"

    def _restore(self, copy: Path) -> None:
        """Have the trial folder as it was before the output was read."""
        shutil.rmtree(self.scene.trial / READ, ignore_errors=True)
        if copy.exists() and tree(copy) != self._tree(OUT):
            raise RuntimeError("reading an output changed it")

    def _tree(self, name: str) -> Tree:
        return tree(self.scene.trial / name)

    def _beside(self) -> Tree:
        """What is in the home and the folder for temporary files, but for the kept results of model trials."""
        return {
            f"{name}/{path}": kind
            for name in (HOME, TEMPORARY)
            for path, kind in self._tree(name).items()
            if not _is_cache(path)
        }


def _is_cache(path: str) -> bool:
    """Whether a path is of a cache: ours (its folders, and notes of models that were tried), or torch's for kernels."""
    first, *rest = path.split("/")
    if first.startswith("torchinductor_"):
        return True
    ours = first.startswith("llama-corpus-") and first.rpartition("-")[2].isdigit()
    return ours and (len(rest) < 2 or (rest[0] == "tried" and len(rest) == 2))


def _of_ending(first: Ended, fault: Fault, struck: bool) -> list[str]:
    """Whether a command that was struck ended as it should: within its time, with one line where it failed."""
    if first.hung:
        return ["it hangs"]
    found = [f"{first.survivors} processes are left"] if first.survivors and not fault.kills else []
    if fault.kills and struck:
        return found
    if first.code == 0:
        return found
    lines = [line for line in first.err.splitlines() if not line.startswith("step ")]  # a run's progress
    if first.code != 1 or len(lines) != 1 or not lines[0].startswith("corpus: "):
        found.append(f"exit {first.code}, not with one line: {' | '.join(lines[-4:])[:600]}")
    if fault.action is Action.SHORT_WRITE or not struck:
        found.append(f"it failed: {_last_line(first.err)}")
    return found


def _is_lost_work(problem: str, fault: Fault) -> bool:
    """Whether a power cut took what a finished build keeps for later ones: it costs work, and is not written again."""
    return fault.power and "/.work/" in problem and ("no " in problem or problem.endswith("differs"))


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1][:400]


HEAD = ("command", "requests", "kills", "power cuts", "failed requests", "unsound")


def table(trials: Iterable[Trial]) -> tuple[tuple[str, ...], list[list[object]]]:
    """The trials as a table, head and rows: one for each command, and their sum."""
    by_command: dict[str, list[Trial]] = {}
    for trial in trials:
        by_command.setdefault(trial.command, []).append(trial)
    rows = [[name, some[0].of, *_counts(some)] for name, some in sorted(by_command.items())]
    return HEAD, [*rows, ["all", *(sum(row[at] for row in rows) for at in range(1, len(HEAD)))]]  # type: ignore[misc]


def _counts(trials: list[Trial]) -> list[int]:
    kills, cuts = (sum(trial.fault == kind for trial in trials) for kind in ("kill", "power cut"))
    return [kills, cuts, len(trials) - kills - cuts, sum(bool(trial.problems) for trial in trials)]


def said(trials: list[Trial]) -> str:
    """What was wrong, if anything was, in sentences."""
    wrong = [trial for trial in trials if trial.problems]
    if not wrong:
        return "0 files differ, 0 are left over, no reader took what it must not."
    return "Unsound: " + "; ".join(
        f"{one.command}, {one.fault} at {one.at}: {one.problems[0][:160]}" for one in wrong[:9]
    )
