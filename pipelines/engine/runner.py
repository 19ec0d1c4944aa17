"""Runners: which one a build runs on, and running a pipeline to its end with the project's own error when it fails.

The defaults make a local run use every core and no network.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions

from corpus.errors import BuildError, CorpusError
from pipelines.engine import engines
from pipelines.engine.dask_cluster import DASK, require_one_end
from pipelines.engine.dataflow import require_begun, say_where
from pipelines.packages import worker_environment

LOCAL = ("FnApiRunner", "DirectRunner", "BundleBasedDirectRunner")


def pipeline_options(arguments: list[str], shards: int) -> PipelineOptions:
    """Beam's options from those after `--`, completed for a local run.

    Without --runner the build runs on this machine, one process a core, but not more than there are shards. Beam's own
    default is passed over because it looks for another runner on the network first.
    """
    options = PipelineOptions(arguments)
    standard, direct = options.view_as(StandardOptions), options.view_as(DirectOptions)
    if standard.runner is None:
        standard.runner = "FnApiRunner"
    if is_local(options) and not any("direct_num_workers" in argument for argument in arguments):
        direct.direct_num_workers = max(1, min(os.cpu_count() or 1, shards))
    if is_local(options) and direct.direct_num_workers > 1 and not any("running_mode" in word for word in arguments):
        direct.direct_running_mode = "multi_processing"
    engines.complete(options, arguments, max(1, min(os.cpu_count() or 1, shards)))
    return options


def is_local(options: PipelineOptions) -> bool:
    """Whether all workers see this machine's files."""
    runner: str = options.view_as(StandardOptions).runner
    return runner.rsplit(".", 1)[-1] in LOCAL


def run_pipeline(pipeline: beam.Pipeline) -> None:
    """Run a pipeline and wait for its end.

    Raises:
        BuildError: it failed; the message is that of the worker's error, not the runner's wrapping.
    """
    try:
        if engines.runner_of(pipeline.options) == DASK:
            require_one_end(pipeline)
        with _workers_import_what_we_do():
            result = pipeline.run()
            require_begun(pipeline.options)
            say_where(result, pipeline.options)
            _wait_for(result)
    except CorpusError as error:
        raise type(error)(*(_STEP_NAME.sub("", part) for part in error.args)) from error
    except Exception as error:  # a runner wraps what a worker raised, each in its own way
        raise _unwrapped(error) from error


def _wait_for(result: Any) -> None:
    """Wait until a pipeline has ended, and let go of the engine."""
    try:
        result.wait_until_finish()
    finally:
        if hasattr(result, "client"):  # Dask's, which Beam leaves open
            result.client.close()


@contextmanager
def _workers_import_what_we_do() -> Iterator[None]:
    """Worker processes take the environment of this one, which for this long says what they may import."""
    ours = worker_environment()
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _unwrapped(error: Exception) -> BuildError:
    """The error of the project inside a runner's, or else the runner's own last line."""
    details = getattr(error, "details", None)  # of an error of gRPC, whose text is a dump of its fields
    text = _STEP_NAME.sub("", str(details() or error) if callable(details) else str(error))
    ours = re.findall(r"corpus\.errors\.\w+: (.+)", text)
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return BuildError("the pipeline to end", ours[-1].strip() if ours else lines[-1] if lines else repr(error))


_STEP_NAME = re.compile(r" \[while running '[^']*'\]")
"""Beam puts the step's name into the first argument of an exception, so in the middle of our message."""
