"""Markdown and YAML of a card: tables, code and lists, whatever characters a name or a text has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corpus.visible import visible

_ACTIVE = re.compile(r"([\\`*_\[\]<>|#~$&])")
_TICKS = re.compile("`+")
_WEB = re.compile(r"https?://[!-;=?-~]+")
"""An address without blanks, brackets, or letters that look like others."""


def words(text: object) -> str:
    """A text of others within a line: on one line, and nothing in it acts as markup."""
    return _ACTIVE.sub(r"\\\1", " ".join(visible(str(text)).split()))


def code(text: object) -> str:
    """A text as code within a line or a cell: a vertical bar, which would end the cell, is escaped."""
    plain = " ".join(visible(str(text)).split()).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in _TICKS.findall(plain)), default=0))
    pad = " " if plain.startswith("`") or plain.endswith("`") or not plain else ""
    return f"{ticks}{pad}{plain}{pad}{ticks}"


def block(text: str, language: str = "") -> str:
    """A text as a block of code, whatever fences it has itself."""
    ticks = "`" * max(3, 1 + max((len(run) for run in _TICKS.findall(text)), default=0))
    return f"{ticks}{language}\n{text}\n{ticks}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A table; its cells are Markdown already. numbers: the columns, from 0, that stand to the right."""
    right = set(numbers)
    rule = ["---:" if at in right else "---" for at in range(len(head))]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, rule, *rows))


def items(lines: Iterable[str]) -> str:
    """A list, an item per line."""
    return "\n".join(f"- {line}" for line in lines)


def link(name: str, url: str) -> str:
    """A name that leads to an address, or the name alone."""
    return f"[{name}]({url})" if url else name


def address(url: str) -> str:
    """An address of others, which leads there where it is one of the web, and is shown as code otherwise."""
    return f"<{url}>" if _WEB.fullmatch(url) else code(url)


def yaml(fields: Mapping[str, Any]) -> str:
    """A mapping as YAML: lists and mappings in blocks, every text in JSON's quotes, which are YAML's too."""
    return "\n".join(line for name, value in fields.items() for line in _lines(name, value, ""))


def _lines(name: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, list | tuple):
        return [f"{indent}{name}:", *(line for each in value for line in _item(each, indent))]
    if isinstance(value, Mapping):
        return [f"{indent}{name}:", *(line for key, each in value.items() for line in _lines(key, each, f"{indent}  "))]
    return [f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}"]


def _item(value: Any, indent: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{indent}- {json.dumps(value, ensure_ascii=False)}"]
    lines = [line for key, each in value.items() for line in _lines(key, each, f"{indent}  ")]
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]
