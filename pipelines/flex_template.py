"""A build as a Flex Template of Dataflow: `--source=... --input=...` and options of Beam become one `corpus build`.

Dataflow's launcher runs this file in the container (Dockerfile) with the parameters of flex-template.json. The graph is
written as a template, from which Dataflow starts the job; the command ends then, and the job writes the manifest.
"""

from __future__ import annotations

import argparse
import shlex
import sys

from pipelines.cli import leave, main


def parser() -> argparse.ArgumentParser:
    """The parser of the template's own parameters."""
    found = argparse.ArgumentParser("flex_template", allow_abbrev=False)
    found.add_argument("--source", required=True, help="one of the sources of `corpus build`")
    found.add_argument("--input", required=True, help="files, folders or globs, with blanks between them")
    found.add_argument("--output", required=True, help="the build is written to OUTPUT/SOURCE")
    found.add_argument("--preset", default="paper", help="whose numbers to use")
    found.add_argument("--settings", default="", help="as after --set: name=value, with blanks between them")
    found.add_argument("--stop_after", default="", help="leave the stages after this one out")
    return found


def command(arguments: list[str]) -> list[str]:
    """The words of `corpus` for the parameters of a template, and for options of Beam beside them."""
    own, beam = parser().parse_known_args(arguments)
    words = ["build", own.source, "--input", *shlex.split(own.input), "--output", own.output, "--preset", own.preset]
    if own.settings:
        words += ["--set", *shlex.split(own.settings)]
    if own.stop_after:
        words += ["--stop-after", own.stop_after]
    runner = [] if any(word.startswith("--runner") for word in beam) else ["--runner=DataflowRunner"]
    return [*words, "--", *runner, *beam]


if __name__ == "__main__":
    leave(main(command(sys.argv[1:])))
