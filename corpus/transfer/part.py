"""A file on its way from a server: its name, the bytes that are here, and the version that they are of."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.errors import InputError
from corpus.json_values import json_value
from corpus.storage import LOCAL, PART, refused
from corpus.transfer.answers import PassingError, first_byte, version

if TYPE_CHECKING:
    import requests


class Remote(NamedTuple):
    """A file on a server: its address, the name that it gets, and what is known of it beforehand.

    size is in bytes, None where no listing states it; checksum is (algorithm of hashlib, hexadecimal digest), or None.
    may_be_absent: the listing names files that the server need not have.
    """

    url: str
    name: str
    size: int | None = None
    checksum: tuple[str, str] | None = None
    may_be_absent: bool = False


class Part:
    """A file on its way, with what is known of the version that its bytes are of."""

    def __init__(self, path: str, remote: Remote) -> None:
        self._target, self.path, self._about = path, path + PART, f"{path}{PART}.json"
        self._remote = {"url": remote.url, "size": remote.size, "checksum": list(remote.checksum or ())}
        known = self._read()
        if {name: known.get(name) for name in self._remote} != self._remote:
            self.discard()
            known = {}
        self._version = str(known.get("version", ""))

    @property
    def size(self) -> int:
        """The bytes that are here."""
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def asking(self) -> dict[str, str]:
        """The headers that ask for the rest, if the server's file is still the one whose beginning is here."""
        if not self.size or not (self._version or self._remote["checksum"]):
            return {}  # nothing would show that the rest is of another version
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": self._version} if self._version else {})

    def begin(self, answer: requests.Response) -> int | None:
        """Make ready for the body of an answer: the byte it begins with; None where nothing is missing."""
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            total = answer.headers.get("Content-Range", "").rpartition("/")[2]
            if total == str(self.size):
                return None
            self.discard()
            raise PassingError("a range that the file does not have; it is asked for as a whole")
        start = first_byte(answer)
        if start != self.size:
            self.discard()
            if start:
                raise PassingError(f"bytes from {start} on, which were not asked for")
        self._version = version(answer)
        with refused(self._about):
            Path(self._about).write_text(json.dumps({**self._remote, "version": self._version}), "utf-8")
        return start

    def finish(self) -> None:
        """Give the file its name."""
        with refused(self._target):
            LOCAL.rename(self.path, self._target, durable=True)
            LOCAL.remove(self._about)

    def discard(self) -> None:
        """Forget the bytes that are here."""
        with refused(self.path):
            LOCAL.remove(self.path, self._about)

    def _read(self) -> dict[str, Any]:
        try:
            known = json_value(Path(self._about).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def safe_name(name: str) -> str:
    """A name below a folder, as a listing gives it.

    Raises:
        InputError: it would lead out of the folder.
    """
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or "\0" in name or {"", ".", ".."} & set(parts):
        raise InputError("a file name below the folder", repr(name), "the server's listing", "do not use this mirror")
    return name
