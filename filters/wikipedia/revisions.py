"""Which page of a wiki a document is, and which of its revisions: for builds over dumps of several dates."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document

_LAST, _KEY_BYTES = 2**63 - 1, 8
_DIGITS = len(str(_LAST)) - 1


def page_key(text: str, *, language: str, page_id: str) -> NDArray[np.uint64]:
    """The key of a page, the same in every dump of its wiki, shape (1,)."""
    return np.frombuffer(blake2b(f"{language}/{page_id}".encode(), digest_size=_KEY_BYTES).digest(), np.uint64)


def newest_revision(document: Document) -> int:
    """A rank that prefers the newest revision; a page without one comes last."""
    revision = document.meta.get("revision", "")
    return _LAST - (int(revision) if revision.isdecimal() and len(revision) <= _DIGITS else 0)
