"""Engines other than Beam's local runner: found to be there before anything is read, begun and ended with a command.

    FlinkRunner, SparkRunner, PrismRunner   a job server in between: named, or started here (job_server.py)
    PortableRunner                          a job server that is named by --job_endpoint
    DaskRunner                              a scheduler that is named, or a cluster of this machine (dask_cluster.py)

docs/engines.md has the command lines, and what was measured.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from apache_beam.options.pipeline_options import (
    DirectOptions,
    FlinkRunnerOptions,
    PipelineOptions,
    PortableOptions,
    PrismRunnerOptions,
    SparkRunnerOptions,
    StandardOptions,
)
from apache_beam.runners.runner import create_runner

from corpus.errors import UsageError
from corpus.extras import extra
from pipelines.engine.dask_cluster import DASK, DASK_CLASS, dask_cluster, require_dask
from pipelines.engine.job_server import FILES, SERVERS, started, worker_command

PORTABLE = (*SERVERS, "PortableRunner")
GOOGLES = ("DataflowRunner", "TestDataflowRunner")
"""Runners whose packages the extra `gcp` brings."""
REACH_SECONDS = 8.0
"""An address at which nobody answers for so long is refused."""
JOB_SECONDS = 10 * 365 * 24 * 3600
"""The longest job: Beam gives up on one that runs longer than --job_server_timeout, five minutes if nothing is said."""
CACHE_MILLISECONDS = 24 * 3600 * 1000
"""Workers live from one stage of a job to the next: without this Spark ends them after each, which is no loss."""
_OF_THIS_MACHINE = ("[local]", "[auto]")
"""Words for a Flink that is started for one job, in the process of the job server."""


def runner_of(options: PipelineOptions) -> str:
    """The name of the runner, without its package, in the case in which it is known; "" where none is named."""
    name = str(options.view_as(StandardOptions).runner or "").rpartition(".")[2]
    return next((known for known in (*PORTABLE, DASK) if known.lower() == name.lower()), name)


def runs_here(options: PipelineOptions) -> bool:
    """Whether a portable engine is one that is started on this machine, for this command alone."""
    masters = {
        "FlinkRunner": options.view_as(FlinkRunnerOptions).flink_master in _OF_THIS_MACHINE,
        "SparkRunner": options.view_as(SparkRunnerOptions).spark_master_url.startswith("local"),
        "PrismRunner": True,
    }
    return not options.view_as(PortableOptions).job_endpoint and masters.get(runner_of(options), False)


def complete(options: PipelineOptions, words: list[str], workers: int) -> None:
    """Fill in what a portable engine needs and Beam's own defaults would spoil; words are the options as given."""
    if runner_of(options) == DASK:
        options.view_as(StandardOptions).runner = DASK_CLASS  # which Beam does not know by its name
        if not _is_named("direct_num_workers", words):
            options.view_as(DirectOptions).direct_num_workers = workers
    if runner_of(options) not in PORTABLE:
        return
    portable = options.view_as(PortableOptions)
    if not _is_named("job_server_timeout", words):
        portable.job_server_timeout = JOB_SECONDS
    if not _is_named("environment_cache_millis", words):
        portable.environment_cache_millis = CACHE_MILLISECONDS
    if not runs_here(options):
        return
    if not _is_named("sdk_worker_parallelism", words):
        portable.sdk_worker_parallelism = workers
    if not _is_named("parallelism", words):
        options.view_as(FlinkRunnerOptions).parallelism = workers
    if not _is_named("spark_master_url", words):
        options.view_as(SparkRunnerOptions).spark_master_url = f"local[{workers}]"


def _is_named(option: str, words: list[str]) -> bool:
    return any(word.removeprefix("--").partition("=")[0].replace("-", "_") == option for word in words)


def require_engine(options: PipelineOptions) -> None:
    """Find out, within ten seconds, whether a portable engine can be had.

    Raises:
        UsageError: a file that is not there, or an address at which nobody answers.
        MissingExtraError: packages of the runner are not installed.
    """
    name = runner_of(options)
    if name == DASK:
        require_dask()
    if name in GOOGLES:
        with extra("gcp", f"--runner={name}"):
            import apitools.base.py  # noqa: F401
            import google.cloud.storage  # noqa: F401
    try:
        create_runner(options.view_as(StandardOptions).runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise UsageError("a runner of Beam", str(error), f"--runner={name}") from None
    if name not in PORTABLE:
        return
    endpoint = options.view_as(PortableOptions).job_endpoint
    if endpoint and endpoint != "embed":
        _require_answer(endpoint, "--job_endpoint", "start the job server, or leave the option out to have one started")
        return
    if name in SERVERS:
        _require_file(name, options)
        _require_master(name, options)


def _require_file(name: str, options: PipelineOptions) -> None:
    views = {"FlinkRunner": FlinkRunnerOptions, "SparkRunner": SparkRunnerOptions, "PrismRunner": PrismRunnerOptions}
    path = getattr(options.view_as(views[name]), FILES[name])
    if path and "://" not in path and not os.path.isfile(path):
        do = "`make engines` fetches it into .engines/ (docs/engines.md)"
        raise UsageError(f"the job server of {name}", "no such file", f"--{FILES[name]}={path}", do)


def _require_master(name: str, options: PipelineOptions) -> None:
    """A cluster that is named answers."""
    if name == "FlinkRunner":
        option, url = "--flink_master", options.view_as(FlinkRunnerOptions).flink_master
        is_here = url in _OF_THIS_MACHINE
    elif name == "SparkRunner":
        option, url = "--spark_master_url", options.view_as(SparkRunnerOptions).spark_master_url
        is_here = not url.startswith("spark://")  # local[2], yarn, k8s://...: no address of a port of Spark's own
    else:
        return
    if not is_here:
        _require_answer(url, option, "start the cluster, or name the host and port at which it answers")


def _require_answer(url: str, option: str, do: str) -> None:
    """Somebody listens at host:port.

    Raises:
        UsageError: nobody does, or it is no address.
    """
    found = urlsplit(url if "://" in url else f"//{url}")
    try:
        host, port = found.hostname, found.port
        if not host or not port:
            raise ValueError("no host:port")
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError("somebody to answer there", said, f"{option}={url}", do) from None


@contextmanager
def served(options: PipelineOptions, log: Path, lost: Callable[[], object]) -> Iterator[PipelineOptions]:
    """Within the block the engine answers; the options with its address, for one run of a pipeline.

    Args:
        log: where a job server that is started here, and its workers, write.
        lost: says whether a worker of this machine was lost; such a job server is ended then, and the run with it.

    Raises:
        BuildError: the job server that was started ended, or said nothing.
    """
    name = runner_of(options)
    if name == DASK:
        with dask_cluster(options) as chosen:
            yield chosen
        return
    own = name in SERVERS and not options.view_as(PortableOptions).job_endpoint and not _is_submitted_whole(options)
    if not own:
        yield options
        return
    run = PipelineOptions.from_dictionary(options.get_all_options(retain_unknown_options=True))
    portable = run.view_as(PortableOptions)
    if runs_here(options) and portable.environment_type is None:
        portable.environment_type, portable.environment_config = "PROCESS", json.dumps({"command": worker_command()})
    with started(name, run, log, lost) as endpoint:
        portable.job_endpoint = endpoint
        yield run


def _is_submitted_whole(options: PipelineOptions) -> bool:
    """Whether a cluster is to get the pipeline as one jar, and there is no job server."""
    flink, spark = options.view_as(FlinkRunnerOptions), options.view_as(SparkRunnerOptions)
    return bool(flink.flink_submit_uber_jar or spark.spark_submit_uber_jar)
