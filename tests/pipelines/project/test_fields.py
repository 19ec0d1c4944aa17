"""YAML with line and column: every fault is one line that says where it stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus.errors import CorpusError, RecipeError, UsageError
from pipelines.project.fields import MOST_BYTES, Field, parse

FILE = "a.yaml"


def field(text: str) -> Field:
    return parse(text.encode(), FILE)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as raised:
        call()
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a.yaml: expected names and values, got an empty file"),
        ("# only a comment\n", "a.yaml: expected names and values, got an empty file"),
        ("a: [1, 2", "a.yaml, line 1, column 9: expected YAML, got expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n b: 2", "a.yaml, line 2, column 3: expected YAML, got mapping values are not allowed here"),
        ("a: 1\n---\nb: 2", "a.yaml, line 2, column 1: expected YAML, got but found another document"),
        ("a: *b", "a.yaml, line 1, column 4: expected YAML, got found undefined alias 'b'"),
        ("a: &x [*x]", "a.yaml, line 1, column 4: expected a value that does not hold itself, got an alias of what it"
         " stands in"),
        ("a: !!python/object:os.system 1\n\tb: 2", "a.yaml, line 2, column 1: expected YAML, got found character"
             " '\\t' that"
         " cannot start any token"),
    ],
    ids=["empty", "comment", "bracket", "indent", "two documents", "alias", "circle", "tab"],
)  # fmt: skip
def test_what_is_no_yaml(text: str, said: str) -> None:
    assert refused(lambda: field(text)) == said


def test_bytes_that_are_no_text_and_files_of_another_kind() -> None:
    assert refused(lambda: parse(b"a: \xff\xfe\x00", FILE)).startswith("a.yaml: expected YAML, got ")
    assert refused(lambda: parse(b"\x00" * 9, FILE)).startswith("a.yaml: expected YAML, got ")
    said = f"a.yaml: expected a project file of at most {MOST_BYTES:,} bytes, got {MOST_BYTES + 1:,}"
    assert refused(lambda: parse(b" " * (MOST_BYTES + 1), FILE)) == said
    assert refused(lambda: parse(b"[" * 100_000, FILE)).startswith("a.yaml")


def test_many_aliases_of_many_aliases_take_no_time() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    assert len(field("\n".join(lines)).members()) == 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1", "a.yaml, line 1, column 1: expected one of input, output, got 'a'; there are input, output"),
        ("outptu: 1", "a.yaml, line 1, column 1: expected one of input, output, got 'outptu'; did you mean output?"),
        ("input: 1\noutput: 2\ninput: 3", "a.yaml, line 3, column 1: expected each name once, got 'input' twice; the"
         " first is in line 1"),
        ("[1, 2]", "a.yaml, line 1, column 1: expected names and values (input, output), got a list"),
        ("text", "a.yaml, line 1, column 1: expected names and values (input, output), got 'text'"),
        ("? [a]\n: 1", "a.yaml, line 1, column 3: expected a value, got a list"),
    ],
    ids=["unknown", "near", "twice", "list", "text", "name"],
)  # fmt: skip
def test_names_that_are_not_known(text: str, said: str) -> None:
    assert refused(lambda: field(text).members(("input", "output"))) == said


def test_values_are_taken_as_they_are_written() -> None:
    members = field("a: 1e9\nb: 007\nc: yes\nd: 'x y'\ne: [1, two]\nf:\ng: ~\nh: []").members()
    texts = {name: members[name].text() for name in "abcd"}
    assert texts == {"a": "1e9", "b": "007", "c": "yes", "d": "x y"}
    assert members["e"].texts() == ["1", "two"]
    assert members["a"].texts() == ["1e9"]
    assert {name: one.setting() for name, one in members.items()} == {
        **texts, "e": "1,two", "f": "", "g": "", "h": "",
    }  # fmt: skip
    assert [members[name].is_empty() for name in "afg"] == [False, True, True]
    assert members["f"].members() == {}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda it: it["list"].text(), "a.yaml, line 1, column 7, list: expected a value, got a list"),
        (lambda it: it["none"].text(), "a.yaml, line 2, column 6, none: expected a value, got nothing"),
        (lambda it: it["map"].texts(), "a.yaml, line 3, column 6, map: expected a value or a list of values, got names"
         " and values"),
        (lambda it: it["empty"].texts(), "a.yaml, line 4, column 8, empty: expected a value at least, got an empty"
             " list"),
        (lambda it: it["deep"].texts(), "a.yaml, line 5, column 11, deep[1]: expected a value, got a list"),
        (lambda it: it["word"].flag(), "a.yaml, line 6, column 7, word: expected true or false, got 'on?'"),
    ],
    ids=["text", "nothing", "mapping", "empty list", "deep", "flag"],
)  # fmt: skip
def test_values_of_another_kind(call: Callable[[dict[str, Field]], object], said: str) -> None:
    members = field("list: [1]\nnone:\nmap: {a: 1}\nempty: []\ndeep: [1, [2]]\nword: on?").members()
    assert refused(lambda: call(members)) == said


@pytest.mark.parametrize(("text", "value"), [("true", True), ("no", False), ("On", True), ("FALSE", False)])
def test_flags(text: str, value: bool) -> None:
    assert field(f"a: {text}").members()["a"].flag() is value


def test_the_fault_of_a_check_is_shown_where_the_value_stands() -> None:
    def check() -> None:
        raise RecipeError("a number", "'x'", "--set y", "try 3")

    one = field("a:\n  b: x").members()["a"].members()["b"]
    assert refused(lambda: one.refusing(check)) == "a.yaml, line 2, column 6, a.b: expected a number, got 'x'; try 3"
    assert one.refusing(lambda: 3) == 3
    assert issubclass(UsageError, CorpusError)
