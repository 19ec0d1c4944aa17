"""check the outputs below a folder: every byte of them, what they were made of, and what killed commands left

corpus verify OUT
corpus verify TOKENS --quick

A line per output; exit 1 when one is unsound. Builds, token shards, tokenizers, language and reference models,
mixtures, exports and published datasets are outputs; the checkpoints of a model are checked when they are read.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpus.amounts import of
from corpus.errors import InputError, UnsoundError

if TYPE_CHECKING:
    from corpus.output.verify import Verified
from corpus.progress.work import step


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="an output, or a folder with outputs in it or below")
    parser.add_argument("--quick", action="store_true", help="compare sizes alone, and read no file for its digest")


def run(options: argparse.Namespace) -> int:
    """Print a line per output, as each is done.

    Raises:
        UnsoundError: one of them is unsound. InputError: there are none.
    """
    with step("load"):
        from corpus.output.verify import verify
        from corpus.stores.addresses import storage_of

    found = []
    for output in verify(options.folder, storage_of(options.folder), options.quick):
        print(line_of(output), flush=True)
        found.append(output)
    if not found:
        raise InputError("outputs of corpus", "no manifest.json", options.folder, "give the folder of an --output")
    unsound = sum(bool(output.wrong) for output in found)
    if unsound:
        do = "run the command that each line names again, or move away what is not its own"
        raise UnsoundError("sound outputs", f"{unsound} of {len(found)} unsound", options.folder, do)
    print(f"{of(len(found), 'output')}, all sound")
    return 0


def line_of(output: Verified) -> str:
    """What is said of an output: that it is sound, or all that is wrong with it."""
    if not output.wrong:
        absent = f"; no longer there: {', '.join(output.absent)}" if output.absent else ""
        return (
            f"sound    {output.folder}: {output.kind}, {of(output.files, 'file')}, {of(output.bytes, 'byte')}{absent}"
        )
    command = f"; `{output.command}`" if output.command else ""
    return f"unsound  {output.folder}: {output.kind or 'unknown'}: {'; '.join(output.wrong)}{command}"
