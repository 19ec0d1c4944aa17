"""A stand-in for the Hugging Face hub on this machine: the part of its API that an upload of a dataset asks for.

A file of more than LFS_BYTES, or a Parquet file, is "lfs" (sent to storage by its SHA-256), others are "regular" (sent
within the commit), as the hub decides by .gitattributes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LFS_BYTES = 4096
TOKEN = "hf_of_the_test"


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does; who has no token, or has another one, gets 401."""

    protocol_version = "HTTP/1.1"
    server: Hub

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if not self._is_known():
            return
        if path == "/api/whoami-v2":
            self.reply(200, {"type": "user", "name": "owner", "orgs": []})
        elif path == f"/api/datasets/{self.server.name}":
            self.reply(200, {"id": self.server.name, "sha": "0" * 40}) if self.server.made else self._none()
        elif path.startswith(f"/api/datasets/{self.server.name}/tree/main"):
            self.reply(200, [self.server.tree(name) for name in sorted(self.server.files)])
        else:
            self._none()

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if not self._is_known():
            return
        self.server.asked.append(path)
        if self.server.refuses and path.startswith(self.server.refuses):
            self.reply(403, {"error": "You don't have the rights"})
        elif path == "/api/repos/create":
            self.server.made, self.server.created = True, json.loads(data)
            self.reply(200, {"url": f"{self.server.url}/datasets/{self.server.name}"})
        elif path == "/api/validate-yaml":
            self.reply(200, {"errors": [], "warnings": []})
        elif path.startswith(f"/api/datasets/{self.server.name}/preupload/"):
            self.reply(200, {"files": [self.server.mode(each) for each in json.loads(data)["files"]]})
        elif path == f"/datasets/{self.server.name}.git/info/lfs/objects/batch":
            self.reply(200, {"objects": [self.server.action(each) for each in json.loads(data)["objects"]]})
        elif path.startswith(f"/api/datasets/{self.server.name}/commit/"):
            self._commit([json.loads(line) for line in data.splitlines()])
        else:
            self._none()

    def do_PUT(self) -> None:
        digest = self.path.rpartition("/")[2]
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        assert hashlib.sha256(data).hexdigest() == digest
        self.server.stored[digest] = data
        self.reply(200, {})

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        if self.server.commits_left == 0:
            self.reply(500, {"error": "out of order"})
            return
        self.server.commits_left -= 1
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                self.server.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.server.files[value["path"]] = self.server.stored[value["oid"]]
            elif line["key"] == "deletedFile":
                del self.server.files[value["path"]]
        names = [line["value"]["path"] for line in lines if line["key"] != "header"]
        self.server.commits.append((lines[0]["value"]["summary"], names))
        url = f"{self.server.url}/datasets/{self.server.name}/commit/{'1' * 40}"
        self.reply(200, {"commitUrl": url, "commitOid": "1" * 40})

    def _is_known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self.reply(401, {"error": "Invalid username or password."})
        return False

    def _none(self) -> None:
        self.reply(404, {"error": "Not found"}, {"X-Error-Code": "RepoNotFound"})

    def reply(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {
            "Content-Length": str(len(data)),
            "Content-Type": "application/json",
            **(headers or {}),
        }.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


class Hub(ThreadingHTTPServer):
    """One dataset: whether it is made, its files by name, what storage holds, and its commits (message, names)."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name, self.made, self.created = name, False, {}
        self.files: dict[str, bytes] = {}
        self.stored: dict[str, bytes] = {}
        self.commits: list[tuple[str, list[str]]] = []
        self.asked: list[str] = []
        self.refuses = ""
        self.commits_left = -1
        """Commits that are taken before the hub is out of order; -1 for any number."""

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def is_lfs(self, name: str, size: int) -> bool:
        """Whether a file goes to storage."""
        return name.endswith(".parquet") or size > LFS_BYTES

    def mode(self, file: dict[str, Any]) -> dict[str, Any]:
        """How a file is to be sent."""
        kind = "lfs" if self.is_lfs(file["path"], file["size"]) else "regular"
        return {"path": file["path"], "uploadMode": kind, "shouldIgnore": False}

    def action(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Where an object is to be put; nowhere, if it is there."""
        if wanted["oid"] in self.stored:
            return wanted
        return {**wanted, "actions": {"upload": {"href": f"{self.url}/storage/{wanted['oid']}"}}}

    def tree(self, name: str) -> dict[str, Any]:
        """A file as the tree lists it."""
        data = self.files[name]
        git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        found = {"type": "file", "path": name, "size": len(data), "oid": git}
        if self.is_lfs(name, len(data)):
            found["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
        return found

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that hangs up early


@contextmanager
def hub(name: str) -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    server = Hub(name)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
