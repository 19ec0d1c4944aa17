"""A local stand-in for a cloud's services: it notes what is asked, and answers as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["FakeCloud", str, str, Any], Any]


class FakeCloud(ThreadingHTTPServer):
    """requests: (method, path, JSON body) of every call; answer(self, method, path, body) gives JSON.

    None stands for 404; a pair is a status and JSON.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(("localhost", 0), _Handler)
        self.requests: list[tuple[str, str, Any]] = []
        self.answer = answer

    @property
    def endpoint(self) -> str:
        return f"http://localhost:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: FakeCloud

    def _answer(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(data) if data else None
        self.server.requests.append((self.command, self.path, body))
        answer = self.server.answer(self.server, self.command, self.path, body)
        status = 404 if answer is None else 200
        if isinstance(answer, tuple):
            status, answer = answer
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Nothing: the test prints what it needs."""


@contextmanager
def fake_cloud(answer: Answer) -> Iterator[FakeCloud]:
    """A running FakeCloud; it ends with the block."""
    with FakeCloud(answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
