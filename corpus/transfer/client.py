"""A client of servers: asks for listings and files, spares the servers, and compares what came."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from corpus.errors import InputError
from corpus.storage import LOCAL, refused
from corpus.transfer.answers import (
    CHUNK_BYTES,
    PassingError,
    Patience,
    at_most,
    body,
    reason,
    require_whole,
    retry_after,
    total_size,
)
from corpus.transfer.limits import Limits
from corpus.transfer.part import Part, Remote, safe_name

if TYPE_CHECKING:
    import requests

AGENT = "llama-corpus (a command that a person runs)"
CONNECT_SECONDS, READ_SECONDS = 30, 60
MOST_REDIRECTS = 10
_AGAIN = frozenset({
    HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT,
})  # fmt: skip
"""Answers that may be others in a moment."""
_TAKEN = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE})
"""Answers that are understood: a file, a part of it, and that nothing of it is left."""
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class AbsentError(InputError):
    """A file that a server does not have."""


class Arrived(NamedTuple):
    """What became of one file: path, size, SHA-256, bytes received by this run; fault is "" where the file is here.

    absent: the server does not have it, and need not.
    """

    remote: Remote
    path: str
    bytes: int = 0
    sha256: str = ""
    received: int = 0
    fault: str = ""
    absent: bool = False


Watch = Callable[[str, int, int | None], None]
"""Hears of progress: name of the file, bytes that are here, size if it is known."""


class Pace:
    """Bytes per second over several threads: whoever takes bytes waits until they are due."""

    def __init__(self, bytes_per_second: int, sleep: Callable[[float], None] = time.sleep) -> None:
        self._rate, self._sleep, self._lock, self._due = bytes_per_second, sleep, threading.Lock(), 0.0

    def take(self, size: int) -> None:
        """Wait until so much may be taken."""
        if not self._rate:
            return
        with self._lock:
            now = time.monotonic()
            self._due = max(now, self._due) + size / self._rate
            wait = self._due - now
        self._sleep(wait)


class Client:
    """Asks servers for listings and files. One session of requests per thread, as a session is not to be shared.

    Args:
        limits: how the servers are spared.
        sleep: waits for some seconds; time.sleep without it.
        sign: makes an address of https of an s3://BUCKET/KEY, anew for each request, as signatures end.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        sleep: Callable[[float], None] | None = None,
        sign: Callable[[str], str] = lambda url: url,
    ) -> None:
        self.limits = limits = limits or Limits()
        self._sleep, self._sign, self._local = sleep or time.sleep, sign, threading.local()
        self._sessions: list[requests.Session] = []
        self._pace, self._gate, self._next = Pace(limits.bytes_per_second, self._sleep), threading.Lock(), 0.0

    def get(self, url: str, most: int = 1 << 28) -> bytes:
        """The bytes at an address, at most `most` of them: a listing.

        Raises:
            InputError: there is no such address, the server refuses, or it sends more.
        """
        patience = Patience(self._sleep)
        while True:
            try:
                with closing(self.ask(url)) as answer:
                    data = b"".join(at_most(answer.iter_content(CHUNK_BYTES), most, url))
                    require_whole(answer, len(data), url)
                return data
            except PassingError as error:
                patience.wait(error, url)

    def json(self, url: str) -> Any:
        """The JSON at an address.

        Raises:
            InputError: as for get, or it is no JSON.
        """
        try:
            return json.loads(self.get(url))
        except (ValueError, RecursionError) as error:
            raise InputError("JSON", f"{type(error).__name__}: {error}", url, "see the address in a browser") from None

    def ask(self, url: str, headers: Mapping[str, str] | None = None) -> requests.Response:
        """The answer to a request, redirects followed; its body is still to be read.

        Raises:
            AbsentError: there is no such file.
            InputError: it is refused for good.
            PassingError: it may be answered another time.
        """
        import requests

        self._wait_for_turn()
        try:
            address = self._sign(url) if urlsplit(url).scheme == "s3" else url
            answer = self._follow(address, {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})})
        except (requests.ConnectionError, requests.Timeout) as error:
            raise PassingError(reason(error)) from None
        except (requests.RequestException, ValueError) as error:
            raise InputError("an address of http or https", reason(error), url) from None
        if answer.status_code not in _TAKEN:
            answer.close()
        if answer.status_code in _AGAIN:
            said = f"status {answer.status_code} {answer.reason}"
            raise PassingError(said, retry_after(answer.headers.get("Retry-After", "")))
        if answer.status_code not in _TAKEN:
            do = "see whether the name, the date or the mirror is right"
            kind = AbsentError if answer.status_code in _ABSENT else InputError
            raise kind("the server to have the file", f"status {answer.status_code} {answer.reason}", url, do)
        return answer

    def _follow(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        """An answer that is no redirect. From https no redirect leads to http: what comes from there anyone may have
        changed on its way."""
        session, first = self._session(), url
        for _ in range(MOST_REDIRECTS):
            timeout = (CONNECT_SECONDS, READ_SECONDS)
            answer = session.get(url, headers=headers, stream=True, timeout=timeout, allow_redirects=False)
            if not answer.is_redirect:
                return answer
            answer.close()
            url, before = urljoin(url, answer.headers["Location"]), url
            if urlsplit(before).scheme == "https" and urlsplit(url).scheme != "https":
                raise InputError("a redirect to https", url, first)
            if urlsplit(before).netloc != urlsplit(url).netloc:  # whom a token is for, and nobody else
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
        raise InputError(f"at most {MOST_REDIRECTS} redirects", "more", first, "the server leads in a circle")

    def _session(self) -> requests.Session:
        import requests

        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._sessions.append(self._local.session)
        session: requests.Session = self._local.session
        return session

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def _wait_for_turn(self) -> None:
        if not self.limits.pause_seconds:
            return
        with self._gate:
            now = time.monotonic()
            wait, self._next = max(0.0, self._next - now), max(now, self._next) + self.limits.pause_seconds
        self._sleep(wait)

    def fetch(self, remote: Remote, folder: str, watch: Watch = lambda *_: None) -> Arrived:
        """A file of a server in a folder; what is there already is compared and not asked for again.

        Raises:
            OutputError: the disk is full or read-only.
        """
        path = f"{folder}/{remote.name}"
        try:
            safe_name(remote.name)
            if os.path.exists(path):
                arrived = _compared(remote, path)
                do = "delete the file, then run the same command again"
                return arrived._replace(fault=arrived.fault and f"{path}: {arrived.fault}; {do}")
            with refused(path):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
            return self._receive(remote, path, watch)
        except AbsentError as error:
            return Arrived(remote, path, fault="" if remote.may_be_absent else str(error), absent=True)
        except InputError as error:
            return Arrived(remote, path, fault=str(error))

    def _receive(self, remote: Remote, path: str, watch: Watch) -> Arrived:
        """Receive a file and give it its name. One of a wrong checksum is received again, once: its first part may be
        of an earlier run, or of another version."""
        part, received = Part(path, remote), 0
        for _attempt in range(2):
            received += self._all(remote, part, watch)
            arrived = _compared(remote, part.path)._replace(path=path, received=received)
            if not arrived.fault:
                part.finish()
                return arrived
            part.discard()
        do = "the server's file is another one than its listing says"
        return arrived._replace(fault=f"{remote.url}: {arrived.fault}; {do}")

    def _all(self, remote: Remote, part: Part, watch: Watch) -> int:
        """Ask for what is missing of a file until nothing is; the bytes that came."""
        patience, received = Patience(self._sleep), 0
        while remote.size is None or part.size != remote.size:
            before = part.size
            try:
                return received + self._rest(remote, part, watch)
            except PassingError as error:
                came = max(0, part.size - before)
                received += came
                patience.wait(error, remote.url, advanced=came > 0)
        return received

    def _rest(self, remote: Remote, part: Part, watch: Watch) -> int:
        """Ask for what is missing of a file, and write it; the bytes that came."""
        with closing(self.ask(remote.url, part.asking())) as answer:
            start = part.begin(answer)
            if start is None:
                return 0
            total = total_size(answer, start)
            if remote.size is not None and total is not None and total != remote.size:
                part.discard()
                raise InputError(
                    f"{remote.size} bytes, as listed",
                    f"{total}",
                    remote.url,
                    "the server has another file than its listing says",
                )
            came = 0
            with refused(part.path), open(part.path, "ab") as file:
                for chunk in body(answer, remote.url):
                    self._pace.take(len(chunk))
                    file.write(chunk)
                    came += len(chunk)
                    watch(remote.name, start + came, total or remote.size)
                LOCAL.sync(file)
            require_whole(answer, came, remote.url)
        return came


def fetch_all(
    remotes: Iterable[Remote], folder: str, client: Client, watch: Watch = lambda *_: None
) -> Iterator[Arrived]:
    """Every file in a folder, some at a time; what became of each, in the order of the listing."""
    with ThreadPoolExecutor(client.limits.at_once) as pool:
        yield from pool.map(lambda remote: client.fetch(remote, folder, watch), remotes)


def _compared(remote: Remote, path: str) -> Arrived:
    """A file that is here, with the fault by which it is not the one of the listing."""
    algorithm, expected = remote.checksum or ("sha256", "")
    digests = {name: hashlib.new(name) for name in {algorithm, "sha256"}}
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            for digest in digests.values():
                digest.update(chunk)
    size, actual = os.path.getsize(path), digests[algorithm].hexdigest()
    fault = ""
    if remote.size is not None and size != remote.size:
        fault = f"expected {remote.size} bytes, as listed, got {size}"
    elif expected and actual != expected.lower():
        fault = f"expected {algorithm} {expected}, got {actual}"
    return Arrived(remote, path, size, digests["sha256"].hexdigest(), fault=fault)
