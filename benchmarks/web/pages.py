"""What the Common Crawl benchmarks share: pages of WET files, models trained on half of their texts, builds apart."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import NamedTuple

from corpus.document import Document
from corpus.output.manifest import BUILD
from corpus.output.write import writing
from corpus.readers.base import InputSplit, Seen
from corpus.readers.web.warc import read_records
from corpus.writers import DocumentWriter
from filters.web.lines import title_apart
from pipelines.engine import files
from pipelines.training.fasttext import train_supervised
from pipelines.training.lm import RECIPE, Trained, train_lm

RECORD_BYTES = 64 << 20


def arguments(about: str) -> argparse.ArgumentParser:
    """A parser that knows where the real dumps are."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    return parser


def pages(data: Path) -> list[Document]:
    """The pages of all WET files of the real dumps, titles apart."""
    found = []
    for path in sorted((data / "commoncrawl").glob("*.warc.wet.gz")):
        shard = InputSplit(0, 1, str(path))
        records = read_records(files.open_file, shard, Seen(), source="web", record_bytes=RECORD_BYTES)
        found += [title_apart(outcome.document).document for outcome in records if outcome.kept]
    return found


def language_model(texts: list[str], folder: Path, pieces: str = "16000") -> Trained:
    """A language model of texts, in folder/lm."""
    with writing(str(folder / "build"), BUILD, ["data/documents-*"]) as build:
        with build.create("data/documents-00000-of-00001.parquet") as file:
            writer = DocumentWriter(file, parquet=True)
            for number, text in enumerate(texts):
                writer.write(Document(f"web:{number}", text, "web"))
            writer.close()
        build.finish(source="web", share=None, faults=[])
    recipe = RECIPE.resolve(settings={"opening_chars": "0", "pieces": pieces})
    return train_lm([str(folder / "build")], folder / "lm", "en", [], recipe)


def classifier(texts: list[str], folder: Path) -> Path:
    """A classifier of longer pages against shorter ones: as large and as fast as one of references."""
    ranked = sorted(texts, key=len)
    lines = [f"__label__{'wiki' if at * 2 > len(ranked) else 'cc'} {text}" for at, text in enumerate(ranked)]
    text = Path(tempfile.mkdtemp()) / "pages.txt"
    text.write_text("\n".join(line.replace("\n", " ") for line in lines) + "\n", "utf-8", "replace")
    train_supervised(text, folder / "reference.bin", seed=1, epoch=2, dim=16, wordNgrams=2, bucket=200_000)
    return folder / "reference.bin"


def cpu_seconds(work: Callable[[], object], times: int = 3) -> float:
    """CPU time of work, the least of several tries."""
    least = float("inf")
    for _ in range(times):
        start = process_time()
        work()
        least = min(least, process_time() - start)
    return least


class Spent(NamedTuple):
    """What a process and its children took: CPU seconds, and the most memory in GB; and what it printed."""

    seconds: float
    gigabytes: float
    printed: str


def run_apart(command: list[str], folder: Path | None = None) -> Spent:
    """Run a command in a process of its own.

    Raises:
        SystemExit: it failed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, cwd=folder)
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            raise SystemExit(f"{command[0]} ended with {process.returncode}: {errors.read()[-2000:]}")
        return Spent(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6, out.read())


def build_apart(inputs: list[str], output: Path, stop_after: str, *settings: str) -> Spent:
    """Build with the command, on one worker, in a process of its own."""
    return run_apart([
        sys.executable, "-m", "pipelines", "build", "commoncrawl", "--input", *inputs, "--output", str(output),
        "--stop-after", stop_after, *(["--set", *settings] if settings else []), "--", "--direct_num_workers=1",
    ])  # fmt: skip
