"""Dates as a language writes them."""

from __future__ import annotations

import pytest

from filters.wikipedia.dates import is_year, written


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (("2020", "5", "1", "en"), "1 May 2020"),
        (("2020", "05", "01", "en"), "1 May 2020"),
        (("2020", "5", "1", "en", False), "May 1, 2020"),
        (("2020", "5", "1", "fr", False), "1 mai 2020"),
        (("2020", "12", "31", "en"), "31 December 2020"),
        (("2020", "13", "1", "en"), "1 13 2020"),
        (("2020", "0", "1", "en"), "1 0 2020"),
        (("2020", "May", "1", "en"), "1 May 2020"),
        (("", "5", "1", "en"), "1 May"),
        (("2020", "5", "", "en"), "May 2020"),
        (("2020", "", "", "en"), "2020"),
        (("0", "5", "1", "xx"), "1 5 0"),
    ],
)
def test_a_date_is_written(parts: tuple[str, str, str, str], text: str) -> None:
    assert written(*parts) == text


@pytest.mark.parametrize(
    ("text", "year"), [("99", False), ("999", True), (" 2020 ", True), ("20200", False), ("x", False)]
)
def test_what_is_a_year(text: str, year: bool) -> None:
    assert is_year(text) == year
