"""A worker process of a local build: Beam's, which ends with the process that started it (`python -m` this).

A build that is killed could otherwise leave workers that go on to write into a folder that the next run has begun.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import signal
import sys

PARENT = "LLAMA_CORPUS_PARENT"
"""The variable with the id of the process that started this one."""
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel kill this process when the one that started it ends, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(os.environ[PARENT]):  # it ended before that
        os._exit(1)


def main() -> None:
    """Work until the runner says that all is done. Ctrl-C, which every process of a terminal gets, is the build's."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main([])


if __name__ == "__main__":
    main()
