"""What a build of each source takes per byte of its dump: the numbers of `pipelines/engine/costs.py`.

    PYTHONPATH=.:benchmarks/web python benchmarks/engine/source_costs.py [--data ../shared/data] [SOURCE ...]
    ... source_costs.py --stop-after language commoncrawl      the stages up to one

Each source is built from real dumps (of GitHub, Stack Exchange, C4 and the web copies that differ, so that the dump is
large enough) in a process of its own, after a small build that loads all code, whose CPU time is subtracted. The work
folder is looked at ten times a second: the most it held, and how large every file of runs grew, which is what would
travel between machines (of books, these files hold texts, too). Memory is the process's most.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

import build as copies
import pages
import two_workers

from pipelines import demo
from pipelines.engine.build import build
from pipelines.parsing import modules_of
from pipelines.sources import find_source

SECONDS_BETWEEN = 0.1
ONE = ["--direct_num_workers=1"]
MB = 1e6


class Taken(NamedTuple):
    """Per input byte: CPU nanoseconds, and bytes in the work folder, that travel, and of the output; memory in MB."""

    input_bytes: int
    cpu_ns: float
    work: float
    sent: float
    output: float
    memory_mb: float
    documents: int


class Watch:
    """Looks at a work folder while a block runs: the most bytes it held, and the sum of its files of runs."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._end = folder, threading.Event()
        self.most, self._runs = 0, dict[str, int]()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    @property
    def runs(self) -> int:
        return sum(self._runs.values())

    def _look(self) -> None:
        while not self._end.wait(SECONDS_BETWEEN):
            sizes: dict[Path, int] = {}
            on_disk: dict[int, int] = {}  # by inode: what a pass takes as it is has two names
            for path in self._folder.rglob("*"):
                try:
                    sizes[path] = path.stat().st_size if path.is_file() else 0
                    on_disk[path.stat().st_ino] = sizes[path]
                except FileNotFoundError:
                    continue
            self.most = max(self.most, sum(on_disk.values()))
            for path, size in sizes.items():
                if path.suffix == ".bin":
                    name = str(path)
                    self._runs[name] = max(self._runs.get(name, 0), size)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and ".work" not in path.parts)


def built(name: str, dump: Path, output: Path, settings: dict[str, str], stop: str) -> tuple[float, Watch, int]:
    """A build in this process: its CPU seconds, what was seen of its work folder, and its documents."""
    start = process_time()
    with Watch(output / name / ".work") as watch:
        source = find_source(name)
        made = build(source, [str(dump)], str(output), settings=settings, stop_after=stop, beam_arguments=ONE)
    return process_time() - start, watch, made.manifest["documents"]


def take(name: str, dump: Path, settings: dict[str, str], stop: str, scratch: Path) -> Taken:
    """Build a small dump of the source, then the one to be measured."""
    module = modules_of(demo)[name]
    (scratch / "small").mkdir()
    module.write(scratch / "small")
    small_settings = {**settings, **({"reference_model": ""} if "reference_model" in settings else {})}
    built(name, scratch / "small", scratch / "first", small_settings, stop)
    base = built(name, scratch / "small", scratch / "second", small_settings, stop)[0]
    seconds, watch, documents = built(name, dump, scratch / "measured", settings, stop)
    size = size_of(dump)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MB
    output = size_of(scratch / "measured")
    return Taken(
        size, (seconds - base) * 1e9 / size, watch.most / size, watch.runs / size, output / size, memory, documents
    )


def commoncrawl(data: Path, dump: Path) -> dict[str, str]:
    words = two_workers.real_dump(dump, data, 60)
    return dict(word.partition("=")[::2] for word in words[1:])


def c4(data: Path, dump: Path) -> dict[str, str]:
    (path,) = (data / "c4").glob("c4-train*.json.gz")
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    dump.mkdir()
    for number in range(20):
        lines = [json.dumps({**row, "url": f"{row['url']}?{number}"}, ensure_ascii=False) for row in rows]
        packed = gzip.compress("\n".join([*lines, ""]).encode(), 6, mtime=0)
        (dump / f"c4-train.{number:05d}-of-01024.json.gz").write_bytes(packed)
    return {}


def github(data: Path, dump: Path) -> dict[str, str]:
    dump.mkdir()
    copies.copy_export(data, dump, 8)
    return {}


def stackexchange(data: Path, dump: Path) -> dict[str, str]:
    dump.mkdir()
    return {"sites": str(len(copies.copy_sites(data, dump, 12)))}


def as_they_are(folder: str, pattern: str) -> Callable[[Path, Path], dict[str, str]]:
    def copy(data: Path, dump: Path) -> dict[str, str]:
        dump.mkdir()
        for path in (data / folder).glob(pattern):
            shutil.copy(path, dump)
        return {}

    return copy


DUMPS: dict[str, Callable[[Path, Path], dict[str, str]]] = {
    "arxiv": as_they_are("arxiv", "arXiv_src_*.tar"),
    "books": as_they_are("gutenberg", "*.txt.gz"),
    "c4": c4,
    "commoncrawl": commoncrawl,
    "github": github,
    "stackexchange": stackexchange,
    "wikipedia": as_they_are("wikipedia", "*pages-articles*.bz2"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--stop-after", default="", help="the last stage, of all of these sources")
    parser.add_argument("sources", nargs="*", help="else all")
    options = parser.parse_args()
    for name in options.sources or DUMPS:
        with tempfile.TemporaryDirectory() as scratch:
            dump = Path(scratch, "dump")
            settings = DUMPS[name](options.data, dump)
            words = [sys.executable, __file__, "--take", name, str(dump), json.dumps(settings), options.stop_after]
            taken = Taken(*json.loads(pages.run_apart(words).printed.splitlines()[-1]))
        print(f"{name}: {taken.input_bytes / MB:,.1f} MB, {taken.documents:,} documents", end="; ")
        print(f"{taken.cpu_ns:,.0f} ns of CPU per byte; bytes per byte: work folder {taken.work:.2f}", end=", ")
        print(f"travelling {taken.sent:.4f}, output {taken.output:.2f}; {taken.memory_mb:,.0f} MB", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--take"]:
        with tempfile.TemporaryDirectory() as work:
            print(json.dumps(take(sys.argv[2], Path(sys.argv[3]), json.loads(sys.argv[4]), sys.argv[5], Path(work))))
    else:
        main()
