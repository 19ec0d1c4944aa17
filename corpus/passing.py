"""Faults of storage and network that pass by themselves: what raised one is tried again, after growing pauses."""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from corpus.errors import BuildError, OutputError
from corpus.recipe import Recipe, cited

RETRIES = Recipe(
    "retries",
    worker_attempts=cited(3, "a machine short of memory for a moment is not; a shard that kills three is", "attempts"),
    storage_attempts=cited(4, "pauses of 1, 4 and 16 seconds outlast a reset connection, not an outage", "attempts"),
    first_pause_seconds=cited(1.0, "as google-api-core and botocore begin", "seconds"),
    pause_growth=cited(4.0, "three pauses then wait 21 seconds in all", "times"),
)

PASSING = {
    getattr(errno, name)
    for name in ("EIO", "EAGAIN", "ETIMEDOUT", "ECONNRESET", "ECONNABORTED", "ECONNREFUSED", "EPIPE", "ENETDOWN",
                 "ENETUNREACH", "EHOSTUNREACH", "ENETRESET", "ESTALE", "EINTR", "EREMOTEIO")
}  # fmt: skip
"""Error numbers of faults that may pass by themselves; a full disk or a missing permission are not among them."""

Value = TypeVar("Value")


def is_passing(error: BaseException) -> bool:
    """Whether a fault of storage or network may pass by itself."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in PASSING
    return isinstance(error, ConnectionError | TimeoutError) or type(error).__name__ in (
        "ServiceUnavailable", "TooManyRequests", "InternalServerError", "GatewayTimeout", "BadGateway",
    )  # fmt: skip


def try_again(
    work: Callable[[], Value],
    pause: Callable[[float], None] | None = None,
    most: Callable[[], int] = lambda: sys.maxsize,
) -> Value:
    """The value of some work, which is tried again after a fault that may pass.

    Args:
        work: what is done.
        pause: waits for some seconds; time.sleep without it.
        most: attempts that what is known by now allows, where those are fewer than the recipe's.

    Raises:
        the fault itself: it stayed (its attribute `attempts` says for how many), or is none that passes.
    """
    attempts, wait = RETRIES.storage_attempts.value, pause or time.sleep
    assert isinstance(attempts, int)
    for attempt in range(1, attempts + 1):
        try:
            return work()
        except _faults() as error:
            cause = error.__cause__ if isinstance(error, OutputError) and error.__cause__ else error
            if attempt >= min(attempts, most()) or not is_passing(cause):
                error.attempts = attempt  # type: ignore[attr-defined]
                raise
            wait(RETRIES.first_pause_seconds.value * RETRIES.pause_growth.value ** (attempt - 1))  # type: ignore[operator]
    raise AssertionError("unreachable")


def retry(work: Callable[[], Value], where: str, pause: Callable[[float], None] | None = None) -> Value:
    """The value of some work of a build on files, which is tried again after a fault that may pass.

    Raises:
        BuildError: the fault stayed, or is none that passes; it names the file that was in hand.
        OutputError: the filesystem refuses for good; it names the file that was written.
    """
    try:
        return try_again(work, pause)
    except _faults() as error:
        attempts = getattr(error, "attempts", 1)
        if isinstance(error, OutputError) and attempts == 1:
            raise  # it names the file and what to do
        tried = f" {attempts} times" if attempts > 1 else ""
        do = "what is done so far is kept: run the same command again once the storage works"
        raise BuildError(f"to read and write files{tried}", _said(error), where, do) from error


def _faults() -> tuple[type[Exception], ...]:
    """The errors of storage and network, those of Google's client too, if something has imported it."""
    exceptions = sys.modules.get("google.api_core.exceptions")
    return (OSError, OutputError, exceptions.GoogleAPICallError) if exceptions else (OSError, OutputError)


def _said(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
