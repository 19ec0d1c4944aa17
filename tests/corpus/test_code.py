"""corpus/code.py: what a function reaches, on small modules written here and on the project's own sources."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from corpus import code
from corpus.code import Reached, reached_by
from corpus.readers import members

ONE = '''"""A module."""
import re
import xxhash
import zstandard
from project_two import LIMIT, clean as wash

PATTERN = re.compile("x")
OTHER = {}
OTHER["later"] = 1


def start(text: str) -> str:
    """What it does."""
    return wash(PATTERN.sub("", text))


def hashed(text):
    return xxhash.xxh3_64_intdigest(text)


def packed(text):
    import zstandard as z
    return z.compress(text)


class Model:
    def __call__(self, text):
        return len(text) > LIMIT


other = lambda text: OTHER[text]
'''
TWO = """
LIMIT = 3


def clean(text):
    return text.strip()


def unused(text):
    return text
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Writes the two modules, with replacements, and imports the first afresh."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def fresh(*replacements: tuple[str, str]) -> Any:
        for name, text in (("project_one", ONE), ("project_two", TWO)):
            for before, after in replacements:
                text = text.replace(before, after)
            (tmp_path / f"{name}.py").write_text(text)
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        code._module.cache_clear()
        code._source.cache_clear()
        sys.dont_write_bytecode = True
        return importlib.import_module("project_one")

    yield fresh
    sys.dont_write_bytecode = False
    for name in ("project_one", "project_two"):
        sys.modules.pop(name, None)
    code._module.cache_clear()
    code._source.cache_clear()


def test_only_what_a_function_names_is_reached(write: Callable[..., Any]) -> None:
    one = write()
    reached = reached_by([one.start])
    assert list(reached.definitions) == ["project_one:PATTERN", "project_one:start", "project_two:clean"]
    assert reached.libraries == {}
    assert list(reached_by([one.hashed]).libraries) == ["xxhash"]
    assert list(reached_by([one.packed]).libraries) == ["zstandard"]
    assert list(reached_by([one.Model()]).definitions) == ["project_one:Model", "project_two:LIMIT"]


def test_a_module_taken_from_its_package_is_reached_whole() -> None:
    found = reached_by([members_of_a_file]).definitions
    assert {"corpus.readers.members:members", "corpus.readers.pieces:LARGEST_RATIO"} <= found.keys()


def members_of_a_file(file: Any) -> Any:
    return members.members(file, members.GZIP)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("return wash", "# why\n    return wash", False),
        ('"""What it does."""', '"""What it did."""', False),
        ("def unused(text):\n    return text", "def unused(text):\n    return text + text", False),
        ("LIMIT = 3", "LIMIT = 4", False),
        ("text.strip()", "text.lstrip()", True),
        ('re.compile("x")', 're.compile("y")', True),
        ('PATTERN.sub("", text)', "text", True),
    ],
    ids=["comment", "docstring", "unused function", "unused number", "called function", "pattern", "body"],
)
def test_what_a_change_costs(write: Callable[..., Any], before: str, after: str, changes: bool) -> None:
    first = reached_by([write().start])
    second = reached_by([write((before, after)).start])
    assert (first != second) is changes


WHOLE = ("OTHER = {}", "import project_two\nOTHER = {}\n\n\ndef whole(text):\n    return project_two.clean(text)\n")
FUTURE = ("\nLIMIT", "from __future__ import annotations\n\nLIMIT")


def test_a_module_taken_whole_is_reached_whole(write: Callable[..., Any]) -> None:
    reached = reached_by([write(WHOLE, FUTURE).whole])
    assert {"project_two:LIMIT", "project_two:clean", "project_two:unused"} < reached.definitions.keys()


@pytest.mark.parametrize(
    ("of", "changes"),
    [
        (lambda one: one.other, True),
        (lambda one: partial(one.start, other=one.other), True),
        (lambda one: one.start, False),
        (lambda one: len, False),
    ],
    ids=["lambda", "partial's argument", "another function", "builtin"],
)
def test_a_statement_that_changes_a_table_belongs_to_the_table(
    write: Callable[..., Any], of: Callable[[Any], Any], changes: bool
) -> None:
    first, second = (reached_by([of(write(*change))]) for change in ((), (('"later"] = 1', '"later"] = 2'),)))
    assert (first != second) is changes


def test_a_library_that_is_updated_changes_what_uses_it(
    write: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = write()
    before = [reached_by([function]) for function in (one.hashed, one.start)]
    code._version.cache_clear()
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"{name} 99")
    after = [reached_by([function]) for function in (one.hashed, one.start)]
    code._version.cache_clear()
    assert [first == second for first, second in zip(before, after, strict=True)] == [False, True]


def test_sources_of_the_project_reach_their_libraries() -> None:
    from filters.c4.sentences import count_sentences
    from filters.stackexchange.question import question_text

    assert "nltk" in reached_by([count_sentences]).libraries
    found: Reached = reached_by([question_text])
    assert "resiliparse" in found.libraries
    assert "nltk" not in found.libraries
    assert "filters.stackexchange.question:question_text" in found.definitions
