"""What the address of a web page decides: which copy of the page is kept, of which lines, and in which split."""

from __future__ import annotations

import re
from hashlib import md5

import numpy as np
from numpy.typing import NDArray

from corpus.document import Document

_SCHEME = re.compile(r"https?://(?:www\.)?")
_TRACKING = re.compile(r"\?(?:utm_|ref|feed).*")

_DATE_DIGITS, _LATEST = 14, 10**14 - 1
"""A moment in digits, year to second, and the last one they can say."""
_KEY_BYTES = 8


def normalize_url(url: str) -> str:
    """The address by which two pages are the same one: without scheme, `www.`, tracking query and closing slashes.

    Source: tensorflow/datasets, text/c4_utils.py, normalize_url. A scheme is removed wherever in the address it stands.
    """
    return _TRACKING.sub("", _SCHEME.sub("", url)).rstrip("/")


def url_key(text: str, *, url: str) -> NDArray[np.uint64]:
    """The key of a page's normalised address, shape (1,); 0, which equals no other, for a page without one."""
    return np.array([_first_64_bits(normalize_url(url)) if url else 0], np.uint64)


def newest_first(document: Document) -> int:
    """A rank that prefers the page crawled last, by its field `date`; a page without one comes last."""
    # Digits of a date compare as the moments do; subtracted from the last one, the newest has the smallest rank.
    digits = "".join(filter(str.isdecimal, document.meta.get("date", "")))[:_DATE_DIGITS]
    return _LATEST - int(digits.ljust(_DATE_DIGITS, "0"))


def by_url_hash(document: Document) -> int:
    """A rank that favours no site: the first 64 bits of the address's md5."""
    return _first_64_bits(document.meta.get("url", ""))


def split_of(url: str, *, validation_one_in: int) -> str:
    """`validation` for one in validation_one_in normalised addresses, by their md5, else `train`."""
    number = int.from_bytes(_md5(normalize_url(url)), "big")
    return "train" if number % validation_one_in else "validation"


def _first_64_bits(url: str) -> int:
    return int.from_bytes(_md5(url)[:_KEY_BYTES], "big")


def _md5(url: str) -> bytes:
    return md5(url.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
