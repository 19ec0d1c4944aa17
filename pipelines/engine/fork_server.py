"""Worker processes of a local build, forked from one that has imported their code while the build was planned.

Importing Beam takes two seconds of CPU time. The server (py) takes them once for all workers, and, where
a command asks for it before it imports Beam itself (`warm`), at the same time as the command does on another core.
"""

from __future__ import annotations

import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from subprocess import PIPE

from pipelines.packages import worker_environment

PROCESS = "pipelines.engine.worker_process"
PARENT = "LLAMA_CORPUS_PARENT"
"""The variable with the id of the build's own process."""
STARTED, ENDED, CODE, ENVIRONMENT, LOG = "started", "ended", "code", "environment", "log"
"""The words of reports and requests."""
WORTH_BYTES = 64 << 20
"""Inputs from this size on, in bytes, take a worker several seconds."""


class ForkServer:
    """A process that forks workers; a thread starts it, and takes down which workers have started and ended."""

    def __init__(self) -> None:
        self._asking, self._changed = threading.Lock(), threading.Condition()
        self._process: subprocess.Popen[bytes] | None = None
        self._started: list[int] = []
        self._codes: dict[int, int] = {}
        self._is_gone, self._last_words = False, ""
        self._thread = threading.Thread(target=self._attend, name="fork_server", daemon=True)
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._process or self._is_gone)

    def fork(self, environment: dict[str, str], log: Path) -> Forked:
        """A new worker, with these variables alone; what it prints is added to the log.

        Raises:
            RuntimeError: the server has ended.
        """
        request = {ENVIRONMENT: environment, LOG: str(log)}
        with self._asking:
            if self._process and self._process.stdin:
                with suppress(BrokenPipeError, ValueError):  # it has ended, or its pipes are closed for that
                    self._process.stdin.write(json.dumps(request).encode() + b"\n")
                    self._process.stdin.flush()
            with self._changed:
                self._changed.wait_for(lambda: self._started or self._is_gone)
                if not self._started:
                    raise RuntimeError(f"no worker can be started: {self._last_words}")
                return Forked(self, self._started.pop())

    def code(self, pid: int, wait: bool) -> int | None:
        """The exit code of a worker, or minus the signal that ended it; None while it lives."""
        with self._changed:
            if wait:
                self._changed.wait_for(lambda: pid in self._codes or self._is_gone)
            return self._codes.get(pid, -signal.SIGKILL if self._is_gone else None)  # workers end with their server

    def kill(self) -> None:
        """End the server, and with it all its workers."""
        if self._process:
            self._process.kill()
        self._thread.join()

    def _attend(self) -> None:
        # The thread that starts a process has to outlive it: the kernel tells the process of that thread's end.
        command = [sys.executable, "-m", PROCESS]
        environment = {**os.environ, **worker_environment(), PARENT: str(os.getpid())}
        try:
            with (
                tempfile.TemporaryFile() as errors,
                subprocess.Popen(command, env=environment, stdin=PIPE, stdout=PIPE, stderr=errors) as process,
            ):
                self._note(process)
                assert process.stdout
                for line in process.stdout:
                    self._note(json.loads(line))
                process.wait()
                errors.seek(0)
                ended = f"the process that forks them ended with {process.returncode}"
                self._last_words = [ended, *errors.read().decode("utf-8", "replace").splitlines()][-1]
        finally:
            self._note(None)

    def _note(self, said: subprocess.Popen[bytes] | dict[str, int] | None) -> None:
        """Note that the server has started, what it reports, or, with None, that it has ended."""
        with self._changed:
            if said is None:
                self._is_gone = True
            elif isinstance(said, subprocess.Popen):
                self._process = said
            elif STARTED in said:
                self._started.append(said[STARTED])
            else:
                self._codes[said[ENDED]] = said[CODE]
            self._changed.notify_all()


class Forked:
    """A worker process, as `subprocess.Popen` would show it."""

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server, self.pid = server, pid

    def wait(self) -> int:
        """Wait for its end; its exit code, or minus the signal that ended it."""
        code = self._server.code(self.pid, wait=True)
        assert code is not None
        return code

    def poll(self) -> int | None:
        """What `wait` gives where it has ended; None while it lives."""
        return self._server.code(self.pid, wait=False)

    def kill(self) -> None:
        """End it, if it lives."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


_warm: list[ForkServer] = []
"""The server that a command has started ahead of its run; none or one."""


@contextmanager
def warm(inputs: list[str], beam_arguments: list[str]) -> Iterator[None]:
    """Start a server now, where a run on these inputs with these options of Beam wants one; it ends with the block."""
    cores = os.cpu_count() or 1
    if cores > 1 and not any(map(_takes_none, beam_arguments)) and _are_large(inputs):
        _warm.append(ForkServer())
    try:
        yield
    finally:
        while _warm:
            _warm.pop().kill()


def _takes_none(word: str) -> bool:
    """Whether an option of Beam chooses another runner, or this one without worker processes."""
    name, _, value = word.partition("=")
    one = name == "--direct_num_workers" and value == "1"
    return one or name == "--runner" or (name == "--direct_running_mode" and value != "multi_processing")


def _are_large(inputs: list[str]) -> bool:
    """Whether files of this machine are so large that the seconds are worth it."""
    sizes = (os.path.getsize(path) for pattern in inputs for path in _files(pattern))
    return any(total >= WORTH_BYTES for total in accumulate(sizes))


def _files(pattern: str) -> Iterator[str]:
    """The files that a glob names, and those below the folders that it names."""
    for path in glob.iglob(pattern, recursive=True):
        below = glob.iglob(f"{glob.escape(path)}/**", recursive=True) if os.path.isdir(path) else (path,)
        yield from filter(os.path.isfile, below)


def server() -> ForkServer:
    """The server of a run: the one started ahead, or a new one."""
    return _warm.pop() if _warm else ForkServer()
