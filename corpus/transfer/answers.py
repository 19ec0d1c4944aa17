"""What answers of servers say: how long a body is, where it begins, whether it is whole, what may be tried again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from corpus.errors import InputError

if TYPE_CHECKING:
    import requests

TRIES, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 6, 1.0, 60.0
"""A file is asked for this many times without a new byte; the pause doubles from the first to the longest."""
LONGEST_WAIT_SECONDS = 600.0
"""The longest that a server's Retry-After is followed."""
CHUNK_BYTES = 1 << 18


class PassingError(Exception):
    """A fault that may have passed in a moment; seconds: how long the server asks to wait."""

    def __init__(self, said: str, seconds: float = 0.0) -> None:
        super().__init__(said)
        self.seconds = seconds


class Patience:
    """How often something is tried again: the pauses between the tries double, and a server's own wish is followed."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep, self._left = sleep, TRIES

    def wait(self, fault: PassingError, url: str, advanced: bool = False) -> None:
        """Wait before the next try. One that advanced counts for nothing: a long transfer may break off any number of
        times.

        Raises:
            InputError: this was the last try.
        """
        self._left = TRIES if advanced else self._left - 1
        if not self._left:
            do = "run the same command again: it continues where it broke off"
            raise InputError("an answer", str(fault), url, do)
        doubled = FIRST_PAUSE_SECONDS * 2 ** max(0, TRIES - 1 - self._left)
        self._sleep(max(min(doubled, LONGEST_PAUSE_SECONDS), min(fault.seconds, LONGEST_WAIT_SECONDS)))


@contextmanager
def only_passing(url: str) -> Iterator[None]:
    """Connections that break while a body is read, as faults that may pass."""
    import requests
    import urllib3

    try:
        yield
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise PassingError(f"the transfer broke off ({reason(error)})") from None


def body(answer: requests.Response, url: str) -> Iterator[bytes]:
    """The bytes of a file as the server has them: of a .gz, which some servers declare as an encoding, still packed."""
    encoding = answer.headers.get("Content-Encoding", "identity")
    if encoding not in ("identity", "") and not url.endswith((".gz", ".tgz")):
        raise InputError("the file as it is", f"one that is packed on its way ({encoding})", url, "try another mirror")
    with only_passing(url):
        while chunk := answer.raw.read(CHUNK_BYTES, decode_content=False):
            yield chunk


def at_most(chunks: Iterator[bytes], most: int, url: str) -> Iterator[bytes]:
    """Chunks of a body, of which at most `most` bytes are read.

    Raises:
        InputError: there are more.
    """
    left = most
    with only_passing(url):
        for chunk in chunks:
            left -= len(chunk)
            if left < 0:
                raise InputError(f"at most {most} bytes", "more", url, "this is no listing")
            yield chunk


def require_whole(answer: requests.Response, came: int, url: str) -> None:
    """A body that is shorter than its header says broke off; urllib3 does not say so of every one."""
    promised = answer.headers.get("Content-Length", "")
    encoded = answer.headers.get("Content-Encoding", "identity") not in ("identity", "") and not url.endswith(".gz")
    if promised.isdigit() and not encoded and came < int(promised):
        raise PassingError(f"{came} of {promised} bytes")


def first_byte(answer: requests.Response) -> int:
    """The first byte of an answer's body, counted in the file."""
    if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0
    first = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdigit() else -1


def total_size(answer: requests.Response, start: int) -> int | None:
    """The size of the file that an answer is about; None where the server does not say."""
    total = answer.headers.get("Content-Range", "").rpartition("/")[2]
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT and total.isdigit():
        return int(total)
    length = answer.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def version(answer: requests.Response) -> str:
    """What names the version of a file on a server: a strong ETag, else the time of its last change; "" for neither."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def retry_after(value: str) -> float:
    """The seconds that a server asks to wait, as a number or a date; 0 for none."""
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return 0.0


def reason(error: Exception) -> str:
    """What a library says of a fault, in one line and without its nest of exceptions."""
    cause: BaseException = error
    while inner := getattr(cause, "reason", None) or next(
        (one for one in cause.args if isinstance(one, Exception)), None
    ):
        if not isinstance(inner, BaseException):
            break
        cause = inner
    text = str(cause).rpartition(": ")[2].strip("'\" ")
    if text.count(")") > text.count("("):
        text = text.rstrip("'\") ")
    return text or type(cause).__name__
