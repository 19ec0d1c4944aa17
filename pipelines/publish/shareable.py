"""What a manifest says, less what is nobody's business: folders, users, buckets' keys and names of machines."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

PRIVATE = frozenset({"host", "folder", "owns", "made_of"})
"""Fields of a manifest, or of the record of a run in it, that tell of the machine alone."""
_PATH = re.compile(r"(?:~|\.{1,2})?/[^\n]*")


def shareable(value: Any) -> Any:
    """A JSON value without private fields; of a local path the last name, of an address neither user nor query."""
    if isinstance(value, str):
        return shared_text(value)
    if isinstance(value, Mapping):
        return {name: shareable(each) for name, each in value.items() if name not in PRIVATE}
    return [shareable(each) for each in value] if isinstance(value, list | tuple) else value


def shared_text(text: str) -> str:
    """A word of a command or a value: `--set lm=/home/me/lm` is `--set lm=lm`."""
    if "://" in text:
        return _address(text)
    name, equals, value = text.partition("=")
    if equals and _PATH.fullmatch(value) and "/" not in name:
        return f"{name}={_last(value)}"
    return _last(text) if _PATH.fullmatch(text) else text


def _last(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or path


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
