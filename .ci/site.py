"""What mkdocs asks of the code: pages of reference, made of the recipes and the command line, and links out of docs/.

A page that links to a file of the repository outside docs/ links to it in the repository.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from corpus.recipe import ROOT, Cited, shown
from pipelines.command_line import parser
from pipelines.engine.plan import numbers
from pipelines.engine.rules import rules_of
from pipelines.sources import find_source, names

_OUTSIDE = re.compile(r"\]\((\.\./)+([^)#]+)(#[^)]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of reference."""
    files.append(File.generated(config, "reference/commands.md", content="\n".join(commands())))
    files.append(File.generated(config, "reference/rules.md", content="\n".join(rules())))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """A page whose links to files beside docs/ are names: they stand in the repository, not on the site."""
    return _OUTSIDE.sub(lambda found: _named(found, Path(page.file.src_uri).parent), markdown)


def _named(found: re.Match[str], folder: Path) -> str:
    ups = found[0].count("../")
    if len(folder.parts) >= ups:
        return found[0]  # a page of docs/
    if not (ROOT / found[2]).exists():
        raise SystemExit(f"a link to {found[2]}, which is not there")
    return f"] (`{found[2]}`)"


def commands() -> Iterator[str]:
    """Every command with its help."""
    yield "# Commands\n\nAs `corpus COMMAND --help` prints them. Options of Beam stand after `--`.\n"
    (chosen,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    for name, one in chosen.choices.items():
        yield f"## corpus {name}\n"
        yield from _help(one)
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                for inner, below in action.choices.items():
                    yield f"### corpus {name} {inner}\n"
                    yield from _help(below)


def _help(one: argparse.ArgumentParser) -> Iterator[str]:
    yield f"```text\n{one.format_help().strip()}\n```\n"


def rules() -> Iterator[str]:
    """Every rule of every source with its number and citation, and what its presets change."""
    yield "# Rules and numbers\n\nAs `corpus rules` prints them; `--set name=value` changes one, `--preset` several.\n"
    for name in names():
        source = find_source(name)
        yield f"## {name}\n\n| stage, reason | number | citation |\n|---|---|---|"
        seen: set[tuple[str, ...]] = set()
        for preset in source.recipe.presets:  # the paper's first; others have rules that it has not
            for rule in rules_of(source, preset, numbers(source, preset, {})):
                named = (rule.stage, rule.reason, rule.number.name if rule.number else "")
                if named not in seen:
                    first = ", ".join(filter(None, (*named[:2], "" if preset == "paper" else f"preset {preset}")))
                    yield f"| {' | '.join(map(_cell, [first, *_number(rule.number)]))} |"
                seen.add(named)
        yield ""
        for preset in source.recipe.presets:
            changed = [f"`{key}` = {_cell(shown(one.value))}" for key, one in source.recipe.presets[preset].items()]
            if changed:
                yield f"- `--preset {preset}`: {', '.join(changed)}"
        yield ""


def _number(one: Cited | None) -> list[str]:
    return [f"{one.name} = {shown(one.value)} {one.unit}", f"{one.basis}: {one.citation}"] if one else ["", ""]


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
