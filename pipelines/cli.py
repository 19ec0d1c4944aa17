"""The command `corpus`: exit 0 done, 1 failed, 2 bad usage or recipe, before anything runs.

Here it starts and ends; pipelines/command_line.py says what it does. Nothing of ours but pipelines/packages.py is
imported until it is sure that what would be imported is ours.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

from pipelines.packages import foreign_package, leave_working_folder


def leave(code: int) -> NoReturn:
    """End the process with this code, as sys.exit does, but without tearing the interpreter down.

    A runner of several processes leaves daemon threads inside gRPC's C++; when Python's end stops them there, the whole
    process aborts, one run in five, after all work was done.
    """
    atexit._run_exitfuncs()
    os._exit(_flushed(code))


def _flushed(code: int) -> int:
    """The exit code, once all that was printed is out; 1 where it cannot be: a full disk behind `>`."""
    try:
        if sys.stdout:  # None where it was closed
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has enough
        pass
    except OSError as error:
        print(f"corpus: expected to print, got {error.strerror}; what was printed is not whole", file=sys.stderr)
        code = code or 1
    if sys.stderr:
        with suppress(OSError):
            sys.stderr.flush()
    return code


class Terminated(KeyboardInterrupt):
    """SIGTERM came: the command ends as with Ctrl-C, its lock and unfinished files removed."""

    exit_code = 128 + signal.SIGTERM


def end_on_sigterm() -> None:
    """Have SIGTERM raise Terminated from now on."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def console() -> NoReturn:
    """The command `corpus`."""
    leave_working_folder()
    end_on_sigterm()
    leave(main())


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code."""
    foreign = foreign_package()
    if foreign:
        print(f"corpus: {foreign}", file=sys.stderr)
        return 2
    from pipelines.command_line import run_line

    return run_line(sys.argv[1:] if arguments is None else arguments)
