"""A command that the kernel ends with the process PID that asked for it (`python -m` this, PID, WORDS)."""

from __future__ import annotations

import os
import signal
import sys

from pipelines.engine.worker_process import end_with

if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C, which every process of a terminal gets, is the build's
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
