"""Loading a model file once in a process of its own, where it can do no harm, before any worker loads it.

The libraries that read models are written in C and trust what they read: a damaged file can end the process, take all
memory, or never return. So the code that would load a file does so once in a child process with limits, and what was
tried is noted in the private cache, by the file's place, size and times, so that workers do not try it again.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from corpus.errors import ModelError
from corpus.manifest import versions
from corpus.private_cache import key_of, private_cache

MEMORY_BYTES, MEMORY_TIMES = 4 << 30, 8
"""A trial may use MEMORY_BYTES plus MEMORY_TIMES the size of its files: KenLM uses 3 times an ARPA file's (ours)."""
CPU_SECONDS, BYTES_PER_SECOND = 60, 1 << 20
"""A trial may use CPU_SECONDS plus 1 s per BYTES_PER_SECOND; the slowest, an ARPA file, needs 1/20 of that (ours)."""
LIBRARIES = ("fasttext", "fasttext-community", "kenlm", "ufal.kenlm", "sentencepiece")
"""What loads a model, by the names of distributions; fastText and KenLM have two each."""
_LAST_LINE_CHARS = 200
_in_trial = False


def require_sound(module: str, *paths: str) -> None:
    """Have `try_model` of a module load these files in a child process, once for each state of the files.

    Raises:
        ModelError: that fails, uses too much, or ends the process.
    """
    if _in_trial:
        return
    note = private_cache("tried") / key_of(module, _versions(), *map(_state, paths))
    if not note.exists():
        _run(module, paths)
        note.touch()


def _state(path: str) -> tuple[str, int, int, int, int, int]:
    try:
        status = os.stat(path)
    except OSError as error:
        raise ModelError("a model file", str(error), path) from None
    return (
        os.path.realpath(path), status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
    )  # fmt: skip


def _versions() -> tuple[str, ...]:
    return tuple(f"{name} {version}" for name, version in versions(LIBRARIES).items())


def _run(module: str, paths: tuple[str, ...]) -> None:
    size = sum(Path(path).stat().st_size for path in paths)
    limits = (MEMORY_BYTES + MEMORY_TIMES * size, CPU_SECONDS + size // BYTES_PER_SECOND)
    code = f"from corpus.model_trial import main; main({module!r}, {paths!r}, *{limits!r})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode == 0:
        return
    try:
        parts = json.loads(ended.stdout.splitlines()[-1])
        error = ModelError(*(str(part) for part in parts))
    except (ValueError, IndexError, TypeError):
        last_line = (ended.stderr.strip().splitlines() or ["nothing"])[-1][:_LAST_LINE_CHARS]
        do = "the file is damaged or of another kind"
        error = ModelError(
            "a model that can be loaded", f"{_ending(ended.returncode)}: {last_line}", " ".join(paths), do
        )
    raise error


def _ending(code: int) -> str:
    """How a child process ended, in words."""
    return f"a process ended by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


def main(module: str, paths: tuple[str, ...], memory_bytes: int, cpu_seconds: int) -> None:
    """Load the files, in the child process; a ModelError is printed as a line of JSON."""
    global _in_trial
    _in_trial = True
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    try:
        import_module(module).try_model(*paths)
    except ModelError as error:
        print(json.dumps([error.expected, error.got, error.where, error.do]))
        sys.exit(1)
