"""Tests that test_mutants.py has run: those of `make test` are named otherwise."""

from __future__ import annotations

import pytest

from filters.github.code import is_empty, mean_line_chars


@pytest.fixture(scope="module")
def built() -> bool:
    return is_empty("")


def test_uses_what_is_built(built: bool) -> None:
    pass


def test_uses_it_too(built: bool) -> None:
    assert isinstance(built, bool)


def test_executes_other_lines() -> None:
    assert mean_line_chars("a") == 1


def test_fails() -> None:
    assert is_empty("a")


def test_sees() -> None:
    assert is_empty(" ") is True


def test_looks_away() -> None:
    assert is_empty(" ") is not None


def test_never_ends_with_a_fault() -> None:
    while is_empty(" ") is False:
        pass
