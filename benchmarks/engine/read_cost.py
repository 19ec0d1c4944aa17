"""What reading undamaged dumps costs, against an earlier version of the code: CPU time of every reader, both in turn.

    git worktree add ../before COMMIT
    python benchmarks/engine/read_cost.py --before ../before --data DATA [--rounds 5]

Each round reads every dump once with either version, each in a process of its own; the fastest round counts. Ratios are
comparable, seconds are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

DUMPS = {
    "WARC": ("commoncrawl", "commoncrawl/pages-trafilatura-0000[01].warc.gz"),
    "WET": ("commoncrawl", "commoncrawl/pages-*.warc.wet.gz"),
    "C4 (gzip, JSON lines)": ("c4", "c4/*.json.gz"),
    "GitHub (gzip, JSON lines)": ("github", "github/contents-*.json.gz"),
    "Wikipedia (bzip2)": ("wikipedia", "wikipedia/*.bz2"),
    "Wikipedia (xz)": ("wikipedia", "wikipedia/*.xz"),
    "Gutenberg (gzip)": ("books", "gutenberg/*.txt.gz"),
    "arXiv (tar of gzip)": ("arxiv", "arxiv/arXiv_src_repack_001.tar"),
    "Stack Exchange (7z)": ("stackexchange", "stackexchange/*.7z"),
}
REPEATS = 3


def read(source_name: str, pattern: str, data: str) -> tuple[float, int]:
    """CPU seconds, and documents, of reading the files of one source REPEATS times."""
    from corpus.readers.base import InputSplit, Seen
    from pipelines.engine import files
    from pipelines.engine.stages import valued
    from pipelines.sources import find_source

    source = find_source(source_name)
    recipe = source.recipe
    values = {name: number.value for name, number in recipe.resolve(next(iter(recipe.presets))).items()}
    limits = valued(source.reader.limits, values)
    documents, start = 0, time.process_time()
    for _ in range(REPEATS):
        for path in sorted(map(str, Path(data).glob(pattern))):
            seen = Seen()
            opened = seen.counting(files.open_file, path) if hasattr(seen, "counting") else files.open_file
            documents += sum(
                not out.reason for out in source.reader.read(opened, InputSplit(0, 1, path), seen, **limits)
            )
    return time.process_time() - start, documents


def timed(tree: Path, dump: str, data: str) -> tuple[float, int]:
    """What `read` gives when the code of one tree does it."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", dump, "--data", data]
    # The interpreter puts the folder of this script first, in which there is no package of ours.
    environment = {**os.environ, "PYTHONPATH": str(tree.resolve())}
    out = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=tree).stdout
    seconds, documents = json.loads(out.splitlines()[-1])
    return seconds, documents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="the folder of dumps")
    parser.add_argument("--before", type=Path, help="the tree of an earlier version")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(DUMPS), help="some of the dumps")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(read(*DUMPS[arguments.one], arguments.data)))
        return
    data = str(Path(arguments.data).resolve())
    here = Path(__file__).resolve().parents[2]
    print(f"{'dump':28} {'before s':>9} {'now s':>9} {'ratio':>6} {'documents':>17}")
    for dump in arguments.only:
        rounds = [(timed(arguments.before, dump, data), timed(here, dump, data)) for _ in range(arguments.rounds)]
        before, now = min(one[0] for one in rounds), min(one[1] for one in rounds)
        print(
            f"{dump:28} {before[0]:9.2f} {now[0]:9.2f} {now[0] / before[0]:6.2f} {before[1]:8} {now[1]:8}", flush=True
        )


if __name__ == "__main__":
    main()
