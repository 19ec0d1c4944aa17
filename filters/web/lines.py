"""Lines of a web page: the title apart, the key by which two lines are the same."""

from __future__ import annotations

from hashlib import sha1

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document, Outcome
from filters.web.ccnet_text import lines_for_keys, stripped_lines


def chars(text: str) -> int:
    """Characters of a text."""
    return len(text)


def title_apart(document: Document) -> Outcome:
    """The first line, a page's title, moved from the text to meta; every other line stripped of outer white space.

    Source: facebookresearch/cc_net, process_wet_file.py: the title is no part of the text, nor of its length.
    """
    title, _, rest = document.text.removesuffix("\n").partition("\n")
    meta = {**document.meta, "title": title.strip()} if title.strip() else document.meta
    return Outcome(document._replace(text=stripped_lines(rest), meta=meta))


def line_keys(text: str) -> NDArray[np.uint64]:
    """One key per line, shape (lines,): the first 8 bytes of SHA-1 over the line as cc_net compares it, little-endian.

    The lines of the text are stripped, as `title_apart` leaves them.

    Source: facebookresearch/cc_net, dedup.py.
    """
    # 20 bytes per line, seen as [lines, 5] words of 32 bits; the first two of each row are the first 8 bytes of SHA-1.
    digests = b"".join([sha1(line).digest() for line in lines_for_keys(text)])
    words = np.frombuffer(digests, "<u4").reshape(-1, sha1().digest_size // np.dtype("<u4").itemsize)
    return np.ascontiguousarray(words[:, :2]).view("<u8")[:, 0]
