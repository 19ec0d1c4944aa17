"""The count of markup that is left is itself shown to count, and what it counts to go."""

from __future__ import annotations

import pytest

from filters.wikipedia.residue import is_suspect, residue, without_residue

CASES = {
    "[[": "a [[b", "]]": "a]] b", "{{": "a {{b", "}}": "a}} b", "{|": "{| a", "|}": "a |}", "<ref": "a<ref name=b>",
    "thumb|": "thumb|a", "20px": "20px|a", "Category:/File:": "[[Kategorie:A", "__TOC__": "__NOTOC__",
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_residue_is_counted(kind: str) -> None:
    assert residue(CASES[kind]).get(kind) == 1


def test_prose_holds_none() -> None:
    assert residue("A file: a {b} c [d] | e. __init__ 20 px. Kategorie: F. profile:x") == {}


@pytest.mark.parametrize("kind", [kind for kind in CASES if kind != "__TOC__"])
def test_residue_goes(kind: str) -> None:
    assert is_suspect(CASES[kind])
    assert residue(without_residue(CASES[kind])) == {}
