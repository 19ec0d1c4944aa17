"""What the project's pages say that its code knows better: tables, command lines, presets, settings."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^(?:```\w*\n.*?^```$|(?: {4}.*\n)+)", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"(?:\$ )?corpus( [^\n]*)")
_PRESET = re.compile(r"--preset ([\w-]+)")
_SETTING = re.compile(r"(?<![\w-])([a-z][a-z_]+)=[^\s`]*")


class Written(NamedTuple):
    """A command line that a page shows: its words, and whether it is whole (in a block) or part of a sentence."""

    words: list[str]
    whole: bool


def table(text: str, header: str) -> list[list[str]]:
    """The cells of the rows below the header that begins so, less backquotes."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(header))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")])
    return rows


def command_lines(text: str) -> Iterator[Written]:
    """Every line that begins with `corpus`, in blocks and in sentences."""
    for block in _FENCE.findall(text):
        joined = re.sub(r"\\\n\s*", " ", block)
        for line in joined.splitlines():
            if found := _LINE.match(line.strip()):
                yield Written(shlex.split(found[1], comments=True), True)
    for code in _CODE.findall(_FENCE.sub("", text)):
        if code.startswith("corpus "):
            yield Written(shlex.split(code)[1:], False)


def presets(text: str) -> set[str]:
    """The presets that a page speaks of."""
    return set(_PRESET.findall(text))


def settings(written: Written) -> set[str]:
    """The names that a command line sets by `--set name=value`."""
    words = written.words[: written.words.index("--")] if "--" in written.words else written.words
    return {found[1] for word in words if (found := _SETTING.fullmatch(word))}
