"""The demo on one engine: all seven sources, what is trained on them, token shards; with time and memory of each step.

`python -m engines.demo_run FOLDER ENGINE` prints a row per step. ENGINES has the engines that are compared: options of
Beam, in which {engines} is the folder that `make engines` fills.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
from conftest import ROOT
from content import content_sha256

from pipelines.commands.demo import steps

FETCHED = Path(os.environ.get("LLAMA_CORPUS_ENGINES", ROOT / ".engines"))
"""What `make engines` has fetched."""
BEAM = ("build", "tokenize")
"""The commands that run on an engine."""
STEP_SECONDS = 600
SAMPLE_SECONDS = 0.05
WRITTEN = 1_700_000_000
"""When the dumps were written, in seconds of Unix time."""

ENGINES: dict[str, list[str]] = {
    "local": ["--direct_num_workers=1"],
    "local, 2 processes": ["--direct_num_workers=2", "--direct_running_mode=multi_processing"],
    "prism": ["--runner=PrismRunner", "--prism_location={engines}/prism"],
    "prism, loopback": ["--runner=PrismRunner", "--prism_location={engines}/prism", "--environment_type=LOOPBACK"],
    "dask": ["--runner=DaskRunner", "--direct_num_workers=2"],
    "flink": [
        "--runner=FlinkRunner", "--flink_job_server_jar={engines}/flink-job-server.jar",
        "--parallelism=2", "--sdk_worker_parallelism=2",
    ],
    "spark": [
        "--runner=SparkRunner", "--spark_job_server_jar={engines}/spark-job-server.jar",
        "--spark_master_url=local[2]", "--sdk_worker_parallelism=2",
    ],
}  # fmt: skip


class Step(NamedTuple):
    """One command: what it was, its time in seconds, and the peak memory of all its processes together, in bytes."""

    name: str
    seconds: float
    peak_bytes: int


def options_of(engine: str) -> list[str]:
    """The options of Beam for an engine, with the paths of what was fetched."""
    return [word.format(engines=FETCHED) for word in ENGINES[engine]]


def missing(engine: str) -> str:
    """The file that an engine needs and `make engines` has not fetched; "" where all are there."""
    paths = [word.partition("=")[2] for word in options_of(engine) if str(FETCHED) in word]
    return next((path for path in paths if not Path(path).is_file()), "")


def run_demo(output: Path, options: list[str], only: frozenset[str] = frozenset()) -> Iterator[Step]:
    """Run the demo's commands with these options of Beam; only: of the builds, those of these sources.

    Raises:
        AssertionError: a command failed, or printed a traceback.
    """
    commands = steps(output)
    for path in (output / "dumps").rglob("*"):
        os.utime(path, (WRITTEN, WRITTEN))  # which manifests state
    for words in commands:
        if only and words[0] == "build" and words[1] not in only:
            continue
        beam = ["--", *options] if words[0] in BEAM else []
        yield run_command([*words, *beam])


def run_command(words: list[str]) -> Step:
    """Run one command line of `corpus` in a process of its own.

    Raises:
        AssertionError: it failed, or printed a traceback.
    """
    started = time.monotonic()
    with (
        subprocess.Popen(
            [sys.executable, "-m", "pipelines", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process,
        _watched(process.pid) as peak,
    ):
        _out, errors = process.communicate(timeout=STEP_SECONDS)
    assert process.returncode == 0, f"{words}: {errors[-2000:]}"
    assert "Traceback" not in errors, f"{words}: {errors[-2000:]}"
    name = " ".join(words[:2]) if words[0] in ("build", "train") else words[0]
    return Step(name, time.monotonic() - started, peak[0])


@contextmanager
def _watched(pid: int) -> Iterator[list[int]]:
    """Within the block, the memory of a process and of all below it is looked at; the list holds the most, in bytes."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], tree_bytes(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def tree_bytes(pid: int) -> int:
    """The memory of a process and of all below it; pages that several share count once, in parts (Pss)."""
    total = 0
    with suppress(psutil.Error):
        whole = psutil.Process(pid)
        for one in (whole, *whole.children(recursive=True)):
            with suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that the commands left, by its name below the folder; the work folders are no result."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".work" not in path.parts]
    return {str(path.relative_to(folder)): content_sha256(path) for path in files}


if __name__ == "__main__":
    for row in run_demo(Path(sys.argv[1]), options_of(sys.argv[2])):
        print(f"{row.name:<24} {row.seconds:>6.1f} s {row.peak_bytes / 1e6:>8.0f} MB", flush=True)
