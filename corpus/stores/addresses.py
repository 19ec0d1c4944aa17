"""The filesystem of a path: of this machine, of an object store, or of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from corpus.errors import InputError, UsageError
from corpus.storage import LOCAL, RemoteStorage, Storage
from corpus.stores.objects import ObjectStorage
from corpus.stores.store import Store

READ_ONLY = ("https", "http", "hf")
SCHEMES = ("gs", "s3", *READ_ONLY)


class _Connections:
    """How stores are reached: options by name, and what opens schemes that are none of ours."""

    def __init__(self) -> None:
        self.options: Callable[[], Mapping[str, Any]] = dict
        self.others: Callable[[str], RemoteStorage] = _unknown

    def change(
        self, options: Callable[[], Mapping[str, Any]], others: Callable[[str], RemoteStorage] | None = None
    ) -> None:
        """Take options from elsewhere; stores that are open are opened anew with them."""
        self.options, self.others = options, others or self.others
        _opened.cache_clear()


def is_local(path: str) -> bool:
    """Whether a path is of this machine's own filesystem."""
    return "://" not in path


def storage_of(path: str) -> Storage:
    """The filesystem of a path.

    Raises:
        InputError: nothing here reads such an address. UsageError: what reads it is not installed.
    """
    return LOCAL if is_local(path) else remote_storage(path)


def remote_storage(path: str) -> RemoteStorage:
    """The filesystem of a path that is not of this machine."""
    scheme = path.partition("://")[0]
    if scheme not in SCHEMES:
        return CONNECTIONS.others(path)
    return _opened(scheme, os.getpid())  # a connection is of one process: a child opens its own


@cache
def _opened(scheme: str, process: int) -> ObjectStorage:
    return ObjectStorage(_store(scheme, CONNECTIONS.options()))


def _store(scheme: str, options: Mapping[str, Any]) -> Store:
    """The store of a scheme; its client is imported with it."""
    if scheme == "gs":
        from corpus.stores.google import GoogleStore

        return GoogleStore(options)
    if scheme == "s3":
        from corpus.stores.amazon import AmazonStore

        return AmazonStore(options)
    from corpus.stores.web import HubStore, WebStore

    return HubStore(options) if scheme == "hf" else WebStore(options)


def require_writable(path: str) -> None:
    """Refuse an address that is for reading alone, before anything is done.

    Raises:
        UsageError: it is one.
    """
    scheme = path.partition("://")[0]
    if not is_local(path) and scheme in READ_ONLY:
        do = "choose a folder of this machine, gs:// or s3://"
        raise UsageError("a place that can be written", f"{scheme}://, which is for reading", path, do)


def read_text(path: str) -> str:
    """The text of a file in UTF-8.

    Raises:
        OSError: it cannot be read. UnicodeDecodeError: it is not UTF-8.
    """
    with storage_of(path).open(path) as file:
        return file.read().decode()


def _unknown(path: str) -> RemoteStorage:
    known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
    raise InputError(f"a path of this machine, or an address of {known}", repr(path))


def connect(options: Mapping[str, Any]) -> None:
    """Reach stores by these options from now on."""
    CONNECTIONS.change(lambda: options)


CONNECTIONS = _Connections()
