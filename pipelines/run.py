"""Running a Beam pipeline to its end, with the project's own error when it fails."""

from __future__ import annotations

import re

import apache_beam as beam

from corpus.errors import BuildError, CorpusError


def run_pipeline(pipeline: beam.Pipeline) -> None:
    """Run a pipeline and wait for its end.

    Raises:
        BuildError: it failed; the message is that of the worker's error, not the runner's wrapping.
    """
    try:
        pipeline.run().wait_until_finish()
    except CorpusError:
        raise
    except Exception as error:  # a runner wraps what a worker raised, each in its own way
        raise _unwrapped(error) from error


def _unwrapped(error: Exception) -> BuildError:
    """The error of the project inside a runner's, or else the runner's own last line."""
    text = str(error)
    found = re.findall(r"corpus\.errors\.\w+: (.+)", text)
    lines = [line for line in text.strip().splitlines() if line.strip()]
    said = found[-1].strip() if found else lines[-1] if lines else repr(error)
    return BuildError("the pipeline to end", said.split(" [while running")[0])
