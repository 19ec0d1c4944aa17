"""A server on this machine that sends files well or badly, as a test asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Answers with the files of its server; `faults` are taken one at a time before the file is sent well."""

    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.asked.append((path, self.headers.get("Range", "")))
        data = self.server.files.get(path)
        faults = self.server.faults.get(path, [])
        if data is None:
            self.answer(404, b"")
        elif faults:
            faults.pop(0)(self, data)
        else:
            self.send_well(data)

    def send_well(self, data: bytes) -> None:
        """The file, or the part of it that is asked for."""
        wanted, tag = self.headers.get("Range", ""), self.server.tags.get(self.path, '"1"')
        first = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        if first and self.headers.get("If-Range", tag) == tag:
            if first >= len(data):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            spans = f"bytes {first}-{len(data) - 1}/{len(data)}"
            self.answer(206, data[first:], {"Content-Range": spans, "ETag": tag})
        else:
            self.answer(200, data, {"ETag": tag})

    def answer(
        self, status: int, data: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        """A status, headers, and a body of a stated length, which need not be true."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data) if length is None else length), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        if length is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class FaultyServer(ThreadingHTTPServer):
    """files and ETags by path; faults by path, in order; asked: (path, Range) of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.tags: dict[str, str] = {}
        self.faults: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hangs up early


@contextmanager
def serving() -> Iterator[FaultyServer]:
    """A server that runs until the block ends."""
    server = FaultyServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def breaks_off(after: int) -> Answer:
    """The first bytes of what is asked for, then the connection ends; the header promises all of it."""

    def answer(handler: Handler, data: bytes) -> None:
        first = int(handler.headers.get("Range", "").removeprefix("bytes=").rstrip("-") or 0)
        rest = data[first:]
        headers = {"ETag": handler.server.tags.get(handler.path, '"1"')}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        handler.answer(206 if first else 200, rest[:after], headers, length=len(rest))

    return answer


def says(status: int, **headers: str) -> Answer:
    """A status without the file."""
    return lambda handler, _data: handler.answer(
        status, b"", {name.replace("_", "-"): value for name, value in headers.items()}
    )


def sends(data: bytes, **headers: str) -> Answer:
    """Other bytes, with the status of success, whatever part was asked for."""
    return lambda handler, _data: handler.answer(
        200, data, {name.replace("_", "-"): value for name, value in headers.items()}
    )
