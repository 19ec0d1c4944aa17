"""Files of servers and of the Hugging Face hub: read by ranges, over redirects, on from where a connection broke."""

from __future__ import annotations

import gc
import json
import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from corpus.errors import UsageError
from corpus.stores.addresses import connect, remote_storage, require_writable
from corpus.stores.objects import ObjectStorage

DATA = random.Random(7).randbytes(300_000)
TREE = [
    {"type": "directory", "path": "en", "oid": "0" * 40, "size": 0},
    {"type": "file", "path": "en/b.json.gz", "oid": "2" * 40, "size": 134, "lfs": {"oid": "a" * 64, "size": len(DATA)}},
    {"type": "file", "path": "en/a.txt", "oid": "1" * 40, "size": 12, "lastCommit": {"date": "2021-03-05T10:11:12Z"}},
]  # fmt: skip


class Server(ThreadingHTTPServer):
    """asked: (path, Range, Authorization) of each request; broken: answers that end early; ranges: does it send any?"""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, str]] = []
        self.broken, self.ranges = 0, True

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        place, wanted = urlsplit(self.path), self.headers.get("Range", "")
        self.server.asked.append((place.path, wanted, self.headers.get("Authorization", "")))
        if place.path.startswith("/api/datasets/"):
            self._tree(parse_qs(place.query))
        elif place.path in ("/moved", "/datasets/allenai/c4/resolve/main/en/b.json.gz"):
            elsewhere = self.server.address.replace("127.0.0.1", "localhost")
            self._answer(302, b"", Location=f"{elsewhere}/file")
        elif place.path == "/file":
            self._file(wanted)
        else:
            self._answer(404, b"")

    def _tree(self, query: dict[str, list[str]]) -> None:
        """The listing, in pages of two."""
        first = int(query.get("cursor", ["0"])[0])
        link = f'<{self.server.address}/api/datasets/next?cursor={first + 2}>; rel="next"'
        rest = {} if first else {"Link": link}
        self._answer(200, json.dumps(TREE[first : first + 2]).encode(), **rest)

    def _file(self, wanted: str) -> None:
        if not self.server.ranges:
            self._answer(200, DATA)
            return
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        data = DATA[int(start) : int(end) + 1]
        spans = {"Content-Range": f"bytes {start}-{int(start) + len(data) - 1}/{len(DATA)}"}
        if self.server.broken:
            self.server.broken -= 1
            self._answer(206, data[:10], length=len(data), **spans)
        else:
            self._answer(206, data, **spans)

    def _answer(self, status: int, data: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data) if length is None else length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = length is not None

    def log_message(self, *_: Any) -> None:
        """Nothing: the test prints what it needs."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        monkeypatch.setenv("HF_ENDPOINT", made.address)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        connect({})
        yield made
        connect({})
        gc.collect()
        made.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["file", "moved"])
def test_a_file_is_read_by_ranges(server: Server, path: str) -> None:
    address = f"{server.address}/{path}"
    storage = remote_storage(address)
    assert storage.head(address, 100) == DATA[:100]
    with storage.open(address) as file:
        file.seek(200_000)
        assert file.read(1000) == DATA[200_000:201_000]
        server.broken = 2
        assert file.read() == DATA[201_000:]
    found = storage.stat(address)
    assert found is not None
    assert found.bytes == len(DATA)
    assert all(wanted for _path, wanted, _token in server.asked)
    assert [one.path for one in storage.match(f"{address}?download=1")] == [f"{address}?download=1"]


def test_a_server_without_ranges_is_asked_for_the_file_once(server: Server) -> None:
    server.ranges, address = False, f"{server.address}/file"
    with remote_storage(address).open(address) as file:
        assert file.read() == DATA
        file.seek(5)
        assert file.read(5) == DATA[5:10]
    assert len(server.asked) == 2  # one by which it shows that it sends no ranges, and the file


def test_what_is_not_there_is_not_there(server: Server) -> None:
    address = f"{server.address}/none"
    storage = remote_storage(address)
    assert (storage.stat(address), list(storage.match(address))) == (None, [])
    with pytest.raises(FileNotFoundError):
        storage.open(address)


def test_the_hub_is_listed_in_pages_with_digests(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    address = "hf://datasets/allenai/c4"
    storage = remote_storage(address)
    assert isinstance(storage, ObjectStorage)
    found = list(storage.match(f"{address}/en/*"))
    assert [(one.path, one.bytes, one.checksum) for one in found] == [
        (f"{address}/en/b.json.gz", len(DATA), "sha256 " + "a" * 64),
        (f"{address}/en/a.txt", 12, "git " + "1" * 40),
    ]
    assert found[1].changed == 1_614_939_072.0
    with storage.open(f"{address}/en/b.json.gz") as file:
        assert file.read() == DATA
    tokens = {path: token for path, _wanted, token in server.asked}
    assert tokens["/datasets/allenai/c4/resolve/main/en/b.json.gz"] == "Bearer secret"
    assert tokens["/file"] == ""  # another host hears no token


@pytest.mark.parametrize("address", ["https://a.example/x", "hf://datasets/a/b/c"])
def test_servers_are_for_reading(address: str) -> None:
    said = "a place that can be written"
    with pytest.raises(UsageError, match=said):
        require_writable(address)
    with pytest.raises(UsageError, match=said), remote_storage(address).open_new(address) as file:
        file.write(b"x")
    for path in ("gs://b/x", "s3://b/x", "here/x"):
        require_writable(path)


def test_folders_of_a_web_server_are_refused_and_not_taken_for_empty(server: Server) -> None:
    storage = remote_storage(server.address)
    with pytest.raises(UsageError, match="lists its files"):
        storage.files_below(server.address)
    assert storage.matching(server.address, "*.json") == []
    assert (storage.exists(f"{server.address}/file"), storage.exists(f"{server.address}/none")) == (True, False)


def test_a_server_that_refuses_is_asked_twice_whatever_was_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    sleep, here = time.sleep, threading.get_ident()

    def noted(seconds: float) -> None:
        if threading.get_ident() == here:
            pauses.append(seconds)
        else:  # a thread that another test has left
            sleep(seconds)

    monkeypatch.setattr("time.sleep", noted)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as bound:
        address = f"http://127.0.0.1:{bound.server_port}/x"
    storage = remote_storage(address)
    assert storage.matching(address, "*") == []
    with pytest.raises(OSError, match="refused"):
        storage.exists(address)
    assert pauses == [1.0]
