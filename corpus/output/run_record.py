"""The record of a run: which command made an output, when, on what machine, and what it took.

It stands in the manifest as `run`, and tells whoever comes later how to make the output again. Nothing is made of it:
two outputs of one content have manifests that differ in it alone.
"""

from __future__ import annotations

import os
import platform
import resource
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from corpus.manifest import versions
from corpus.output.manifest import FAILED, FINISHED, RUN, read_manifest, write_manifest
from corpus.storage import LOCAL, Storage

ROOT = Path(__file__).resolve().parent.parent.parent
_KILO = 1024
"""The kernel counts memory in KiB."""
_GIT_SECONDS = 5


class _Run(NamedTuple):
    """A command that runs: its words, when it began, and the CPU seconds that this process had taken by then."""

    words: tuple[str, ...]
    began: float
    cpu_seconds: float


_running: ContextVar[_Run | None] = ContextVar("running", default=None)
"""The command in force, of this thread; processes that a command starts have none."""


@contextmanager
def run_of(words: list[str]) -> Iterator[None]:
    """Within the block, outputs that are finished note this command, less the name of the program.

    A command inside another one (`corpus demo` runs several) is noted as itself.
    """
    token = _running.set(_Run(tuple(words), time.time(), _cpu_seconds()))
    try:
        yield
    finally:
        _running.reset(token)


@contextmanager
def run_or(words: list[str]) -> Iterator[None]:
    """As `run_of`, where no command is in force: what Python calls is noted as the command that does the same."""
    if _running.get():
        yield
        return
    with run_of(words):
        yield


def run_record() -> dict[str, Any] | None:
    """What the command in force has taken so far; None without one.

    CPU time and memory are those of this process and of all processes that it started and that have ended; memory is
    that of the largest one. What machines of a cluster take is in none.
    """
    run = _running.get()
    if run is None:
        return None
    now = time.time()
    return {
        "command": ["corpus", *run.words],
        "folder": os.getcwd(),
        "started": utc(run.began),
        "ended": utc(now),
        "wall_seconds": round(now - run.began, 2),
        "cpu_seconds": round(_cpu_seconds() - run.cpu_seconds, 2),
        "peak_memory_bytes": peak_memory_bytes(),
        "host": socket.gethostname(),
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "versions": {"python": platform.python_version(), **_own_version(), **versions()},
        "commit": commit(),
    }


def noted(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a manifest with the record of the command in force; as they are without one."""
    record = run_record()
    return {**fields, RUN: record} if record else dict(fields)


def note_run(folder: str, storage: Storage = LOCAL) -> dict[str, Any] | None:
    """Have the manifest of an output that a worker has finished say which command that was; the manifest."""
    manifest = read_manifest(folder, storage)
    if manifest is None or manifest["state"] not in (FINISHED, FAILED) or _running.get() is None:
        return manifest
    return write_manifest(folder, noted(manifest), storage)


def command_line(record: Mapping[str, Any]) -> str:
    """The command of a record, as it is typed."""
    return shlex.join(record["command"])


def utc(seconds: float) -> str:
    """A time as people and machines read it: 2026-01-31T08:09:10Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _cpu_seconds() -> float:
    """CPU seconds of this process, and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_memory_bytes() -> int:
    """The most memory that this process had at once, or one that it started and that has ended: the larger.

    For itself the kernel's own counter says, too, what the process had that forked it; that of its memory does not.
    """
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(_own_kilobytes() or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, children) * _KILO


def _own_kilobytes() -> int:
    """The most memory of this process since its program began, in KiB; 0 where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


@cache
def processor() -> str:
    """The processor as the system names it; its kind where it does not."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.machine()


@cache
def commit() -> str | None:
    """The git commit of the checkout, with `+` where tracked files differ from it; None for an installed package."""
    if not (ROOT / ".git").exists():
        return None
    try:
        head, changed = (_git("rev-parse", "HEAD"), _git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None
    return head + "+" * bool(changed)


def _git(*words: str) -> str:
    command = ["git", "-C", str(ROOT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=_GIT_SECONDS).stdout.strip()


def _own_version() -> dict[str, str]:
    try:
        return {"llama-corpus": metadata.version("llama-corpus")}
    except metadata.PackageNotFoundError:
        return {}
