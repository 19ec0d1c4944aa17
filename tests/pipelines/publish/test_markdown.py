"""Texts of others in a card: they stay texts, in lines, cells, code and YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml as pyyaml

from pipelines.publish.markdown import address, block, code, items, link, table, words, yaml


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("*a* [b](c) <i>|`", "\\*a\\* \\[b\\](c) \\<i\\>\\|\\`"),
        ("two\nlines\tand  more", "two lines and more"),
        ("tail\u202ecod.exe", "tail⟨U+202E⟩cod.exe"),
    ],
)
def test_words_are_no_markup(text: str, shown: str) -> None:
    assert words(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a|b", "`a\\|b`"),
        ("", "`  `"),
    ],
)
def test_code_holds_ticks_and_bars(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "```text\na\nb\n```"),
        ("```\na\n```", "````text\n```\na\n```\n````"),
        ("a ````` b", "``````text\na ````` b\n``````"),
    ],
    ids=["plain", "fences", "more ticks"],
)  # fmt: skip
def test_a_block_is_longer_than_its_fences(text: str, shown: str) -> None:
    assert block(text, "text") == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a_b?c=1", "<https://example.org/a_b?c=1>"),
        ("https://example.org/<b>", "`https://example.org/<b>`"),
        ("https://example.org/a b", "`https://example.org/a b`"),
        ("javascript:alert(1)", "`javascript:alert(1)`"),
    ],
)
def test_only_addresses_of_the_web_lead_somewhere(url: str, shown: str) -> None:
    assert address(url) == shown


def test_tables_and_lists() -> None:
    assert table(("a", "b"), [(1, "x"), (22, "")], numbers=[0]) == "| a | b |\n| ---: | --- |\n| 1 | x |\n| 22 |  |"
    assert items(["a", "b"]) == "- a\n- b"
    assert (link("a", "https://a.example"), link("a", "")) == ("[a](https://a.example)", "a")


@pytest.mark.parametrize(
    "fields",
    [
        {"a": "no", "b": ["yes", "1.0", "n<1K"], "c": True, "d": 3},
        {"title": 'a "quoted" name: with # and \\ and é', "list": [{"x": 1, "y": [{"z": "w"}]}, {"x": 2}]},
        {"map": {"in": {"side": "deep"}}, "after": ""},
    ],
    ids=["words that YAML takes for others", "quotes and nests", "maps"],
)
def test_yaml_is_read_as_it_was_meant(fields: dict[str, Any]) -> None:
    assert pyyaml.safe_load(yaml(fields)) == fields
