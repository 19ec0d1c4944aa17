"""The job server of a portable engine, started for one run of a pipeline and ended with it.

Beam starts one itself, but keeps it until the process ends, and a Prism even longer. Here it writes to the log of the
command, the kernel ends it with the command however that ends, and it ends at once when a worker was lost, for which it
might wait without end.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
from apache_beam.options.pipeline_options import JobServerOptions, PipelineOptions
from apache_beam.runners.portability.flink_runner import FlinkJarJobServer
from apache_beam.runners.portability.prism_runner import PrismJobServer
from apache_beam.runners.portability.spark_runner import SparkJarJobServer

from corpus.errors import BuildError
from corpus.private_cache import key_of, private_cache
from pipelines.engine.ended_with import ENGINE
from pipelines.packages import worker_environment

SERVERS: dict[str, Any] = {
    "FlinkRunner": FlinkJarJobServer,
    "SparkRunner": SparkJarJobServer,
    "PrismRunner": PrismJobServer,
}
FILES = {"FlinkRunner": "flink_job_server_jar", "SparkRunner": "spark_job_server_jar", "PrismRunner": "prism_location"}
"""The option that names the program, by runner."""
START_SECONDS = 120.0
"""A job server that was started, and lives, has so long until it answers: a JVM on a busy machine takes thirty."""
STOP_SECONDS = 10.0
LOOK_SECONDS, LOOKS = 0.5, 4
"""Between two looks whether a worker was lost; how often one is seen before its run is ended, as one that fails with an
error of its own takes its workers with it."""
MEMORY = "-Xmx1g"
"""The heap of a job server that is started here: it holds the pipeline and, with an engine of its own, the shuffle."""


@contextmanager
def started(name: str, options: PipelineOptions, log: Path, lost: Callable[[], object]) -> Iterator[str]:
    """A job server of this block's own: the address at which it answers.

    Args:
        name: of the runner.
        log: where it writes, and its workers.
        lost: says whether one of its workers was lost.

    Raises:
        BuildError: it cannot be started, ended, or said nothing.
    """
    java = options.view_as(JobServerOptions)
    java.job_server_jvm_properties = java.job_server_jvm_properties or [MEMORY]
    try:
        command, endpoint = SERVERS[name](options).subprocess_cmd_and_endpoint()
    except (RuntimeError, OSError, ValueError) as error:
        do = f"`make engines` fetches it; name it by --{FILES[name]} (docs/engines.md)"
        raise BuildError(f"the job server of {name}", str(error), "", do) from error
    with log.open("ab") as out:
        words = [sys.executable, "-m", "pipelines.engine.ended_with", str(os.getpid()), *map(str, command)]
        variables = {**os.environ, **worker_environment()}  # which the workers that it starts take from it
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=variables)
    try:
        _wait_for(process, endpoint, log)
        with _ended_after_loss(process, lost):
            yield endpoint
    finally:
        _stop(process)


@contextmanager
def _ended_after_loss(process: subprocess.Popen[bytes], lost: Callable[[], object]) -> Iterator[None]:
    """Within the block a job server is ended as soon as a worker was lost: it may wait for that one without end."""
    done = threading.Event()

    def watch() -> None:
        seen = 0
        while not done.wait(LOOK_SECONDS) and seen < LOOKS:
            seen = seen + 1 if lost() else 0
        if seen >= LOOKS:
            process.kill()

    watcher = threading.Thread(target=watch, name="watch_job_server", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _wait_for(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    with grpc.insecure_channel(endpoint) as channel:
        ready = grpc.channel_ready_future(channel)
        while time.monotonic() < until and process.poll() is None:
            with suppress(grpc.FutureTimeoutError):
                ready.result(timeout=0.2)
                return
        ready.cancel()
    code = process.poll()
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    got = f"nothing in {START_SECONDS:.0f} s" if code is None else f"its end with exit code {code}"
    raise BuildError("an answer of the job server", f"{got}: {lines[-1].strip()}" if lines else got)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


WORKER = "pipelines.engine.portable_worker"


def worker_command() -> str:
    """A program of this machine that is `corpus-worker` of this very Python, for engines that start workers here."""
    folder = private_cache("workers")
    path = folder / f"{key_of(sys.executable)}.sh"
    with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
        file.write(f'#!/bin/sh\n{ENGINE}=$PPID exec "{sys.executable}" -m {WORKER} "$@"\n')
    os.chmod(file.name, stat.S_IRWXU)
    os.replace(file.name, path)
    return str(path)
