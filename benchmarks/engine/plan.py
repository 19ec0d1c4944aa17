"""Claim: `corpus plan` says within 30 % what the build of each source will take: wall time, disk and memory.

    PYTHONPATH=.:benchmarks/web python benchmarks/engine/plan.py [--data ../shared/data] [--trial 10%] [SOURCE ...]

Each source is a project of its own (`corpus run`), built from the dumps of `source_costs.py`, whose record has what was
forecast beside what it took; `crawl` is a generated crawl of --megabytes, up to line dedup. The forecast is from
measured costs, or with --trial from a trial of that share, which runs first. On a machine that does something else
beside, times are longer than was forecast.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import line_dedup
import source_costs

CRAWL = "crawl"


def project(name: str, data: Path, megabytes: float, folder: Path) -> Path:
    """A project of one source with its dump."""
    dump, settings, stop = folder / "dump", {}, ""
    if name == CRAWL:
        line_dedup.generate(dump, megabytes)
        stop = ", stop_after: line_dedup"
    else:
        settings = source_costs.DUMPS[name](data, dump)
    source = "commoncrawl" if name == CRAWL else name
    path = folder / "corpus.yaml"
    path.write_text(
        f"output: {folder}/OUT\nreport: no\nsources:\n"
        f"  {source}: {{input: {dump}, set: {json.dumps(settings)}{stop}}}\n"
    )
    return path


def corpus(*words: str) -> str:
    command = [sys.executable, "-m", "pipelines", *words]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--megabytes", type=float, default=1000, help="of the generated crawl")
    parser.add_argument("--trial", help="the share that a trial builds first, whose plan is printed")
    parser.add_argument("sources", nargs="*", help=f"else all, and {CRAWL}")
    options = parser.parse_args()
    for name in options.sources or [*source_costs.DUMPS, CRAWL]:
        with tempfile.TemporaryDirectory() as scratch:
            path = project(name, options.data, options.megabytes, Path(scratch))
            if options.trial:
                plan = corpus("plan", str(path), "--trial", options.trial)
                print(*(line.strip() for line in plan.splitlines() if line.startswith("  ")), sep="; ", flush=True)
            corpus("run", "-q", str(path))
            (step,) = json.loads((Path(scratch) / "OUT/run.json").read_text())["steps"]
        said = [
            f"{what} {step[what] / unit:,.1f} of {step['forecast'][what] / unit:,.1f} {named}"
            f" ({step[what] / step['forecast'][what] - 1:+.0%})"
            for what, unit, named in (
                ("wall_seconds", 1, "s"), ("cpu_seconds", 1, "s"), ("disk_bytes", 1e6, "MB"),
                ("memory_bytes", 1e6, "MB"),
            )
        ]  # fmt: skip
        print(f"{name}: {'; '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
