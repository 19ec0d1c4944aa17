"""Files of web servers, for reading: https://HOST/FILE, and hf://datasets/OWNER/NAME[@REVISION]/PATH.

A file is read by ranges, its redirects followed (corpus/transfer/client.py), so that reading goes on where a connection
broke off. Of a server that sends no ranges a file is brought whole, once, to a temporary file. Servers have no
listings, so an address of https is one file; the Hugging Face hub has them, with the SHA-256 of every large file.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from corpus.errors import InputError, UsageError
from corpus.storage import Stored
from corpus.stores.faults import StatusError
from corpus.stores.store import Page, Slice, Upload
from corpus.transfer.answers import CHUNK_BYTES, PassingError, total_size, version
from corpus.transfer.client import AbsentError, Client

WHOLE_FILES = 4
"""Files of servers without ranges that are kept whole on this machine, those read last."""
HUB, HUB_ENVIRONMENT, TOKEN_ENVIRONMENT = "https://huggingface.co", "HF_ENDPOINT", "HF_TOKEN"
_PAGE_FILES = 1000


class WebStore:
    """Files of any server of https or http."""

    has_listings = False

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._client = Client()
        self._whole: OrderedDict[str, BinaryIO] = OrderedDict()
        self._turn = threading.Lock()

    def __del__(self) -> None:
        self._client.close()
        for file in self._whole.values():
            file.close()

    def address(self, path: str) -> str:
        """Where a file is asked for."""
        return path

    def headers(self) -> dict[str, str]:
        """What else is said to the server."""
        return {}

    def page(self, prefix: str, token: str) -> Page:
        """Nothing: a server has no listing."""
        return Page([], "")

    def stat(self, path: str) -> Stored | None:
        try:
            with closing(self._ask(path, 0, 1)) as answer:
                size, kind = total_size(answer, 0), version(answer)
                changed = answer.headers.get("Last-Modified", "")
        except StatusError as error:
            if error.code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                return None
            raise
        if size is None:
            size = self._brought(path).seek(0, os.SEEK_END)
        return Stored(path, size, parsedate_to_datetime(changed).timestamp() if changed else 0.0, kind)

    def get(self, path: str, start: int, length: int) -> Slice:
        if path in self._whole:
            return self._slice(path, start, length)
        with closing(self._ask(path, start, length)) as answer:
            if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
                return Slice(answer.content, total_size(answer, start) or start + len(answer.content))
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return Slice(b"", start)
        return self._slice(path, start, length)

    def _ask(self, path: str, start: int, length: int) -> Any:
        wanted = {"Range": f"bytes={start}-{start + length - 1}", **self.headers()}
        try:
            return self._client.ask(self.address(path), wanted)
        except AbsentError as error:
            raise StatusError(HTTPStatus.NOT_FOUND, str(error)) from error
        except PassingError as error:
            raise ConnectionResetError(str(error)) from error

    def _slice(self, path: str, start: int, length: int) -> Slice:
        with self._turn:
            file = self._brought(path)
            size = file.seek(0, os.SEEK_END)
            file.seek(start)
            return Slice(file.read(length), size)

    def _brought(self, path: str) -> BinaryIO:
        """A file of a server without ranges, whole, on this machine."""
        if path not in self._whole:
            self._whole[path] = self._bring(path)
            while len(self._whole) > WHOLE_FILES:
                self._whole.popitem(last=False)[1].close()
        self._whole.move_to_end(path)
        return self._whole[path]

    def _bring(self, path: str) -> BinaryIO:
        file = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  (closed when others take its place)
        try:
            with closing(self._client.ask(self.address(path), self.headers())) as answer:
                promised = answer.headers.get("Content-Length", "")
                for chunk in answer.iter_content(CHUNK_BYTES):
                    file.write(chunk)
            if promised.isdigit() and file.tell() < int(promised):
                raise ConnectionResetError(f"{file.tell()} of {promised} bytes")
        except BaseException as error:
            file.close()
            if isinstance(error, PassingError):
                raise ConnectionResetError(str(error)) from error
            raise
        return file

    def put(self, path: str, data: bytes) -> None:
        raise _read_only(path)

    def upload(self, path: str) -> Upload:
        raise _read_only(path)

    def copy(self, old: str, new: str) -> None:
        raise _read_only(new)

    def remove(self, path: str) -> None:
        raise _read_only(path)


class HubStore(WebStore):
    """Repositories of the Hugging Face hub: hf://datasets/OWNER/NAME[@REVISION]/PATH; $HF_TOKEN for closed ones."""

    has_listings = True

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self._hub = os.environ.get(HUB_ENVIRONMENT, HUB).rstrip("/")

    def headers(self) -> dict[str, str]:
        token = os.environ.get(TOKEN_ENVIRONMENT)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def address(self, path: str) -> str:
        kind, name, revision, inside = _parts(path)
        return f"{self._hub}/{_kind_in_addresses(kind)}{name}/resolve/{quote(revision, safe='')}/{quote(inside)}"

    def page(self, prefix: str, token: str) -> Page:
        """A page of the tree below the folder that a prefix names; token is the address of the next one."""
        kind, name, revision, inside = _parts(prefix)
        start = prefix.removesuffix(inside).rstrip("/") + "/"
        folder = inside.rpartition("/")[0]
        tree = f"{self._hub}/api/{kind}/{name}/tree/{quote(revision, safe='')}/{quote(folder)}".rstrip("/")
        address = token or f"{tree}?recursive=true&expand=true&limit={_PAGE_FILES}"
        try:
            with closing(self._client.ask(address, self.headers())) as answer:
                entries, following = answer.json(), answer.links.get("next", {}).get("url", "")
        except AbsentError as error:
            raise StatusError(HTTPStatus.NOT_FOUND, str(error)) from error
        except PassingError as error:
            raise ConnectionResetError(str(error)) from error
        found = [_stored(start, one) for one in entries if one["type"] == "file" and one["path"].startswith(inside)]
        return Page(found, following)


def _stored(start: str, entry: Mapping[str, Any]) -> Stored:
    """A file as the hub lists it."""
    large, commit = entry.get("lfs") or {}, entry.get("lastCommit") or {}
    said = f"sha256 {large['oid']}" if large else f"git {entry['oid']}"
    date = commit.get("date", "")
    changed = datetime.fromisoformat(date).timestamp() if date else 0.0
    return Stored(f"{start}{entry['path']}", int(large.get("size", entry["size"])), changed, said)


def _parts(path: str) -> tuple[str, str, str, str]:
    """(kind, owner/name, revision, path inside) of an address of the hub.

    Raises:
        InputError: it is none.
    """
    kind, _, rest = path.removeprefix("hf://").partition("/")
    names = rest.split("/", 2)
    if kind not in ("datasets", "models", "spaces") or len(names) < 2 or not all(names[:2]):
        raise InputError("an address as hf://datasets/OWNER/NAME/PATH", repr(path))
    repository, _, revision = names[1].partition("@")
    return kind, f"{names[0]}/{repository}", revision or "main", names[2] if len(names) > 2 else ""


def _kind_in_addresses(kind: str) -> str:
    """The hub's own addresses name no kind of a model."""
    return "" if kind == "models" else f"{kind}/"


def _read_only(path: str) -> UsageError:
    scheme = path.partition("://")[0]
    do = "choose a folder of this machine, gs:// or s3://"
    return UsageError("a place that can be written", f"{scheme}://, which is for reading", path, do)
