"""Addresses of pages: when two are one, which copy is newest, which split they fall in."""

from __future__ import annotations

from hashlib import md5

import pytest

from corpus.document import Document
from filters.web.urls import by_url_hash, newest_first, normalize_url, split_of, url_key


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://ferry.example/times", "ferry.example/times"),
        ("https://www.ferry.example/times/", "ferry.example/times"),
        ("https://www2.ferry.example", "www2.ferry.example"),
        ("ferry.example//", "ferry.example"),
        ("http://ferry.example/?utm_source=mail&day=1", "ferry.example"),
        ("http://ferry.example/?ref=home", "ferry.example"),
        ("http://ferry.example/?reference=1", "ferry.example"),
        ("http://ferry.example/?feed=rss2", "ferry.example"),
        ("http://ferry.example/?day=1&utm_source=mail", "ferry.example/?day=1&utm_source=mail"),
        ("http://archive.example/https://www.ferry.example/", "archive.example/ferry.example"),
        ("ftp://ferry.example/", "ftp://ferry.example"),
        ("HTTP://WWW.ferry.example/A", "HTTP://WWW.ferry.example/A"),
        ("", ""),
    ],
)
def test_normalize_url(url: str, normal: str) -> None:
    assert normalize_url(url) == normal


def test_keys_are_equal_for_one_page_only() -> None:
    key = url_key("text", url="http://www.ferry.example/")
    assert key.shape == (1,)
    assert key[0] == url_key("other text", url="https://ferry.example?utm_a")[0]
    assert key[0] != url_key("text", url="http://ferry.example/b")[0]


def test_no_address_equals_no_other() -> None:
    assert url_key("text", url="").tolist() == [0]


def dated(date: str) -> int:
    return newest_first(Document("c4:1", "", "c4", {"date": date} if date else {}))


def test_newest_first() -> None:
    dates = ["2020-01-01T00:00:00Z", "2019-04-25T12:57:55Z", "2019-04-25T12:57:54.999Z", "2019-04-25", "1", ""]
    ranks = [dated(date) for date in dates]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    assert all(0 <= rank < 2**64 for rank in ranks)


@pytest.mark.parametrize("date", ["yesterday", "²", "١٩"])
def test_a_date_in_other_signs_fails_nowhere(date: str) -> None:
    assert 0 <= dated(date) < 2**64


def test_rank_is_the_start_of_the_address_s_md5() -> None:
    url = "http://www.ferry.example/"
    rank = by_url_hash(Document("c4:1", "", "c4", {"url": url}))
    assert f"{rank:016x}" == md5(url.encode()).hexdigest()[:16]


def test_split_is_by_the_normalised_address() -> None:
    number = int(md5(b"ferry.example").hexdigest(), 16)
    assert split_of("http://www.ferry.example/", validation_one_in=1) == "validation"
    smallest = next(n for n in range(2, 50) if number % n == 0)
    assert split_of("http://www.ferry.example/", validation_one_in=smallest) == "validation"
    assert split_of("http://www.ferry.example/", validation_one_in=smallest * 1_000_003) == "train"


def test_about_one_in_a_thousand_is_validation() -> None:
    splits = [split_of(f"http://ferry.example/{n}", validation_one_in=1000) for n in range(20_000)]
    assert 5 <= splits.count("validation") <= 40
