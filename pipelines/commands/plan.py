"""what a build will take, before it runs: hours, memory, disk, and dollars on Dataflow

corpus plan corpus.yaml                        all steps of a project, and what its builds take
corpus plan corpus.yaml --trial 1%             by a trial on about a hundredth of each dump
corpus plan github --input exports/            this machine's cores, the files that are there
corpus plan --scale                            every dump of LLaMA's Table 1, at full size
corpus plan --scale --cores 1000

Forecast from the size of the dump and from what each byte was measured to take (`corpus rules costs`). Texts differ,
and processors do.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from corpus.amounts import bytes_of, of, time_of
from corpus.errors import UsageError
from pipelines.sources import find_source, names

CORES = 1000
"""Of a cluster, for --scale."""
_HEADS = ("source", "input", "shards", "core hours", "elements", "travel", "work folder", "output", "memory")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", nargs="?", metavar="WHAT", help="corpus.yaml, or one of " + ", ".join(names()))
    parser.add_argument("--input", nargs="+", metavar="PATH", help="files, folders or globs, as for `corpus build`")
    parser.add_argument("--scale", action="store_true", help="the dumps of Table 1 instead")
    parser.add_argument("--cores", type=int, help=f"how many work at it; else this machine's, or {CORES} for --scale")
    parser.add_argument(
        "--trial", metavar="SHARE", type=_share, help="of a project: build this share first, and measure"
    )


def run(options: argparse.Namespace) -> int:
    """Print what it takes."""
    if options.source and options.source.endswith((".yaml", ".yml")):
        return _of_project(options)
    if options.trial:
        raise UsageError("a project file", repr(options.source or "--scale"), "--trial")
    if options.scale == bool(options.source and options.input):
        raise UsageError("SOURCE and --input, or --scale", "both" if options.scale else "neither", "corpus plan")
    print("\n".join(_of_table_1(options.cores or CORES) if options.scale else _of_dump(options)))
    return 0


def _of_project(options: argparse.Namespace) -> int:
    """Print the plan of a project; 1 where it cannot run as it is."""
    from pipelines.project.outlook import lines_of, outlook

    if options.input or options.scale:
        raise UsageError("a project file alone", "--scale" if options.scale else "--input", "corpus plan")
    found = outlook(options.source, options.cores or os.cpu_count() or 1, options.trial)
    print("\n".join(lines_of(found)))
    return 1 if found.wrong else 0


def _share(text: str) -> float:
    """A share of a dump: 1% or 0.01."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"expected a share above 0 and up to 100%, got {text!r}")
    return share


def _of_table_1(cores: int) -> Iterator[str]:
    """A row for each dump of Table 1, at full size."""
    from pipelines.engine.costs import DUMPS, takes
    from pipelines.engine.plan import BUILD
    from pipelines.engine.scale import RECIPE

    values = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()}
    rows = [[*_HEADS, f"hours on {cores:,} cores", "dollars on Dataflow"]]
    all_hours = all_dollars = 0.0
    for name, size in DUMPS.items():
        took = takes(name, float(size.value), values)  # type: ignore[arg-type]
        hours, dollars = took.hours(cores), took.dollars(cores)
        all_hours, all_dollars = all_hours + hours, all_dollars + dollars
        rows.append([
            name, bytes_of(took.input_bytes), f"{took.shards:,}", f"{took.core_hours:,.0f}", f"{took.elements:,.0f}",
            bytes_of(took.sent_bytes), bytes_of(took.work_bytes), bytes_of(took.output_bytes),
            bytes_of(took.memory_mb * 1e6), f"{hours:,.1f}", f"{dollars:,.0f}",
        ])  # fmt: skip
    rows.append(["all", *[""] * (len(_HEADS) - 1), f"{all_hours:,.1f}", f"{all_dollars:,.0f}"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        yield "  ".join(
            [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))]
        ).rstrip()


def _of_dump(options: argparse.Namespace) -> Iterator[str]:
    """What the files that are there take."""
    from pipelines.engine.costs import COSTS, takes
    from pipelines.engine.inputs import find_inputs
    from pipelines.engine.plan import BUILD, by_kind
    from pipelines.engine.scale import RECIPE

    source = find_source(options.source)
    if source.name not in COSTS:
        raise UsageError("a source whose costs were measured", repr(source.name), "corpus plan", ", ".join(COSTS))
    values = {name: number.value for name, number in (BUILD.resolve() | RECIPE.resolve()).items()}
    kinds = by_kind(source.reader, find_inputs(options.input, "").files)
    read = [file for kind in ("", *source.reader.companions) for file in kinds[kind]]
    size = sum(file.size for file in read)
    took = takes(source.name, size, values)
    cores = options.cores or os.cpu_count() or 1
    yield f"{source.name}: {of(len(read), 'file')}, {bytes_of(size)}; {of(took.shards, 'shard')} or more"
    one_core = time_of(took.core_hours * 3600)
    yield f"  time         {time_of(took.seconds(cores))} on {of(cores, 'core')}, {one_core} of one"
    yield f"  memory       {bytes_of(took.memory_mb * 1e6)} per worker"
    yield f"  work folder  {bytes_of(took.work_bytes)} at most, swept at the end"
    yield f"  output       {bytes_of(took.output_bytes)}"
    sent = bytes_of(took.sent_bytes)
    yield f"  on Dataflow  ${took.dollars(cores):,.2f}; {took.elements:,.0f} elements, {sent} travel"
