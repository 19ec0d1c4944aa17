"""Claim: a line that every page has does not make the line dedup of C4 hold more in memory.

Dumps of PAGES and of eight times as many pages, three sentences of its own and one that all have on each, are rebuilt,
each in a process of its own. Printed: the peak memory of each, and what the same dump takes without the common line.
(How often the common line travels is counted in tests/pipelines/engine/dedup/test_keys.py: once per run.)
"""

from __future__ import annotations

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines.demo.c4 import FOOTER, _record
from pipelines.engine.build import build
from pipelines.sources import find_source

PAGES = 4000
TIMES = 8
FILES = 8


def write_dump(folder: Path, pages: int, common: str) -> None:
    folder.mkdir(parents=True)
    for number in range(FILES):
        records = (
            _record("conversion", f"http://page-{at}.example/", "2019-04-22T08:15:00Z", page_text(at) + common)
            for at in range(number, pages, FILES)
        )
        (folder / f"{number}.warc.wet.gz").write_bytes(b"".join(gzip.compress(record, 1) for record in records))


def page_text(at: int) -> str:
    return "".join(f"Sentence {part} of page {at} says that {at * 7919 % 10007} boats came in.\n" for part in "abc")


def measure(dump: str, output: str) -> None:
    """Build in this process, and print its peak memory in MB."""
    settings = {"language_model": "", "run_bytes": "240000"}
    built = build(
        find_source("c4"),
        [dump],
        output,
        preset="rebuild",
        settings=settings,
        beam_arguments=["--direct_num_workers=1"],
    )
    assert built.manifest["documents"] > 0
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs=2, metavar=("DUMP", "OUTPUT"))
    chosen = parser.parse_args().measure
    if chosen:
        return measure(*chosen)
    with tempfile.TemporaryDirectory() as scratch:
        for pages in (PAGES, PAGES * TIMES):
            for name, common in (("with", FOOTER), ("without", "")):
                dump, output = Path(scratch, f"{name}-{pages}"), f"{scratch}/out-{name}-{pages}"
                write_dump(dump, pages, common)
                command = [sys.executable, __file__, "--measure", str(dump), output]
                printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                print(f"{pages:6} pages, {name} a common line: peak {printed.split()[-1]} MB")


if __name__ == "__main__":
    main()
