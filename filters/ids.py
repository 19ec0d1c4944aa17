"""Keys by which documents of one id are found."""

from __future__ import annotations

import numpy as np
import xxhash
from numpy.typing import NDArray


def id_key(text: str, *, document_id: str) -> NDArray[np.uint64]:
    """The key of a document's id: uint64 [1]. In one of four crawls of 3e9 pages two ids share a key."""
    return np.array([xxhash.xxh3_64_intdigest(document_id.encode("utf-8", "surrogatepass"))], np.uint64)
