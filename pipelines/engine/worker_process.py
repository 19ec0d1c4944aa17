"""The process that a local build forks its workers from, and what a worker does (`python -m` this).

It imports what workers run, once for all of them, then forks one for each request: lines of JSON on its standard input,
and a line on its standard output when one has started and when one has ended (fork_server.py has the other ends). It
has no thread of Python's and no channel of gRPC, which a fork would break. Nothing outlives the build: the kernel ends
this process with the one that started it, and workers with this one.
"""

from __future__ import annotations

import atexit
import faulthandler
import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

from pipelines.engine.ended_with import end_with
from pipelines.engine.fork_server import CODE, ENDED, ENVIRONMENT, LOG, PARENT, STARTED

SAMPLE_MS = 10
"""Between two looks of Beam at which step a worker is in; a bundle ends with the last of them, by default after 200."""


def main() -> None:
    """Fork a worker for each request. Ctrl-C, which every process of a terminal gets, is the build's."""
    end_with(int(os.environ[PARENT]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from apache_beam.runners.worker import sdk_worker_main, statesampler

    import pipelines.engine.build  # noqa: F401  what the workers' plans and passes are made of

    statesampler.StateSampler.__init__.__defaults__ = (SAMPLE_MS,)
    gc.freeze()  # what is loaded is shared memory while nobody writes to it, not even the garbage collector
    signal.signal(signal.SIGCHLD, _report_ended)
    for line in sys.stdin.buffer:
        request, this = json.loads(line), os.getpid()
        worker = os.fork()
        if not worker:
            _become_worker(request, this, sdk_worker_main.main)
        _report({STARTED: worker})


def _report_ended(_number: int, _frame: FrameType | None) -> None:
    """Report all workers that have ended: signals of several may be one."""
    while True:
        try:
            worker, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not worker:
            return
        _report({ENDED: worker, CODE: os.waitstatus_to_exitcode(status)})


def _report(message: dict[str, int]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")  # short enough to be written whole


def _become_worker(request: dict[str, Any], parent: int, work: Callable[[list[str]], object]) -> NoReturn:
    """Work until the runner says that all is done."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    end_with(parent)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request[LOG], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for opened, standard in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(opened, standard)
    os.environ.clear()
    os.environ.update(request[ENVIRONMENT])
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = dict.fromkeys([*filter(None, paths), *sys.path])
    faulthandler.enable()
    code = 1
    try:
        work([])
        code = 0
    except BaseException:
        traceback.print_exc()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as `leave` of pipelines/cli.py: daemon threads of gRPC are not torn down


if __name__ == "__main__":
    main()
