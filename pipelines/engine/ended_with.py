"""A command that the kernel ends with the process PID that asked for it (`python -m` this, PID, WORDS)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

ENGINE = "LLAMA_CORPUS_ENGINE"
"""The variable with the process id of an engine, for a worker that may begin when that has ended."""
_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Have the kernel kill this process when the one that started it ends, however that happens (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before that
        os._exit(1)


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C, which every process of a terminal gets, is the build's
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
