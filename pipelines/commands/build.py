"""build one source: raw dumps in, documents, ledger and manifest out

  corpus build stackexchange --input 'dumps/*.7z' --output OUT
  corpus build github --input exports/ --output OUT --set longest_line_chars=500
  corpus build path/to/my_source.py --input notes/ --output OUT
  corpus build commoncrawl --input 'gs://...' --output gs://... -- --runner=DataflowRunner --project=...

A build that was stopped continues when the same command runs again, and one whose inputs, numbers or code have changed
does again only what depends on them; --explain says what that is.
"""

from __future__ import annotations

import argparse

from corpus.amounts import of
from corpus.progress.work import WORKERS, current, step
from corpus.recipe import parse_settings
from pipelines.parsing import add_settings
from pipelines.sources import find_source, names

FINISH_SECONDS, REPORT_SECONDS = 0.1, 1.0
"""Expected of what follows the last pass."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", metavar="SOURCE", help="one of " + ", ".join([*names(), "or a .py file"]))
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("--input", nargs="+", metavar="PATH", help="files, folders or globs, anywhere")
    given.add_argument(
        "--from-scored", metavar="DIR", help="a finished build, whose scores are compared with other limits"
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="the build is written to DIR/SOURCE")
    parser.add_argument("--preset", default="paper", help="whose numbers to use (`corpus rules` lists)")
    add_settings(parser)
    parser.add_argument("--stop-after", default="", metavar="STAGE", help="leave the later stages out")
    parser.add_argument("--explain", action="store_true", help="say what would be done and why, and do nothing")


def run(options: argparse.Namespace) -> int:
    """Build, then say what became of everything."""
    from pipelines.engine.fork_server import warm

    inputs = options.input or [options.from_scored]
    with warm([] if options.explain else inputs, options.beam):
        return _build(options, inputs)


def _build(options: argparse.Namespace, inputs: list[str]) -> int:
    with step("load"):
        from pipelines.engine.build import build, explain_build
        from pipelines.engine.funnel import funnel_lines
        from pipelines.report.write import write_report

    command = (
        find_source(options.source), inputs, options.output, options.preset, parse_settings(options.set),
        options.stop_after, bool(options.from_scored), options.beam,
    )  # fmt: skip
    if options.explain:
        print("\n".join(explain_build(*command)))
        return 0
    current().expect(WORKERS)
    current().expect("finish", cost=FINISH_SECONDS)
    current().expect("report", cost=REPORT_SECONDS)
    built = build(*command)
    report = f"{built.folder}/report.html"
    write_report(built.folder, report)
    print("\n".join(funnel_lines(built.ledger)))
    print(f"\n{of(built.manifest['documents'], 'document')} in {built.folder}; report: {report}")
    return 0
