"""print what makes a shell complete the command's words: commands, options, sources, files

corpus completion bash > ~/.local/share/bash-completion/completions/corpus
corpus completion zsh > FOLDER/_corpus        # a folder of $fpath
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

SHELLS = ("bash", "zsh")
FILES = ("PATH", "FILE", "GLOB")
FOLDERS = ("DIR",)
SOURCE_OR_FILE = "_corpus_source_or_file"
"""The shell function that completes a source's name, or a file that holds one."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help="one of " + ", ".join(SHELLS))


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    import shtab

    for action in actions_of(options.parser):
        complete = completer(action)
        if complete:
            action.complete = complete  # type: ignore[attr-defined]  # where shtab looks for it
    print(shtab.complete(options.parser, options.shell))
    return 0


def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """Every argument of a parser and of the commands below it."""
    for action in parser._actions:
        yield action
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from actions_of(below)


def completer(action: argparse.Action) -> Any:
    """What an argument is completed with: files, folders or sources; None where its choices say it."""
    if action.metavar in FILES:
        return {"bash": "_shtab_compgen_files", "zsh": "_files"}
    if action.metavar in FOLDERS:
        return {"bash": "_shtab_compgen_dirs", "zsh": "_files -/"}
    return _sources() if action.metavar == "SOURCE" else None


def _sources() -> dict[str, Any]:
    from pipelines.sources import names

    words = " ".join(names())
    bodies = {
        "bash": f'compgen -W "{words}" -- $1\n  compgen -f -X "!*.py" -- $1',
        "zsh": f"""_alternative 'sources:source:({words})' 'files:file of a source:_files -g "*.py"'""",
    }
    functions = {shell: f"{SOURCE_OR_FILE}() {{\n  {body}\n}}" for shell, body in bodies.items()}
    return {"bash": SOURCE_OR_FILE, "zsh": SOURCE_OR_FILE, "preamble": functions}
