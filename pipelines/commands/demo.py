"""every step on small dumps that the project brings: build all sources, train, tokenize, mix, report

corpus demo
corpus demo --output demo-out
"""

from __future__ import annotations

import argparse
from pathlib import Path
from types import ModuleType

from pipelines import demo
from pipelines.parsing import mode_of, modules_of, words_of
from pipelines.sources import names

ONE_PROCESS = ["--", "--direct_num_workers=1"]
"""The dumps are so small that starting worker processes would take longer than the work."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--output", default="demo-out", metavar="DIR", help="where dumps, documents and shards are written"
    )


def run(options: argparse.Namespace) -> int:
    """Run the commands that a user would type, end to end; stop at the first that fails."""
    output = Path(options.output)
    for command in steps(output):
        print(f"\n$ corpus {' '.join(command)}", flush=True)
        asked = [*command, *words_of(mode_of(options))]
        code: int = options.run_line([*asked, *ONE_PROCESS] if command[0] in ("build", "tokenize") else asked)
        if code:
            return code
    print(f"\nDumps are in {output}/dumps, documents in {output}/documents, token shards in {output}/tokens.")
    return 0


def steps(output: Path) -> list[list[str]]:
    """The commands of the demo; the dumps they read are written first."""
    modules = modules_of(demo)
    commands = [command for name in order(modules) for command in of_source(name, modules[name], output)]
    folders = ("documents", "tokenizer", "tokens", "mixture")
    documents, tokenizer, tokens, mixture = (str(output / name) for name in folders)
    return [
        *commands,
        ["train", "tokenizer", "--input", documents, "--output", tokenizer, "--set", demo.VOCABULARY],
        ["tokenize", "--input", documents, "--tokenizer", f"{tokenizer}/tokenizer.model", "--output", tokens],
        ["mix", "--shards", tokens, "--output", mixture],
        ["report", documents, "--shards", tokens],
    ]


def order(modules: dict[str, ModuleType]) -> list[str]:
    """The sources that have a demo dump; one whose models are trained on another's documents comes after it."""
    return sorted(set(names()) & modules.keys(), key=lambda name: (len(getattr(modules[name], "NEEDS", ())), name))


def of_source(name: str, module: ModuleType, output: Path) -> list[list[str]]:
    """The commands for one source: those that train what it needs, then its build."""
    dump = output / "dumps" / name
    dump.mkdir(parents=True, exist_ok=True)
    module.write(dump)
    words = {"documents": str(output / "documents"), "models": str(output / "models"), "dump": str(dump)}
    before = [[word.format(**words) for word in command] for command in getattr(module, "BEFORE", ())]
    settings = [setting.format(**words) for setting in getattr(module, "SETTINGS", ())]
    build = ["build", name, "--input", str(dump), "--output", words["documents"]]
    return [*before, [*build, "--set", *settings] if settings else build]
