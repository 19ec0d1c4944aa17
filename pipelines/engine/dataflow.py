"""What only Dataflow reads of a job: its name and labels, the memory that each pass needs, and a template's graph.

A hint of memory makes an environment of its own, for which every machine starts a container of its own, but on Dataflow
Prime, which has machines of several sizes. So only that gets hints.
"""

from __future__ import annotations

import re
import time
from typing import Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from corpus.errors import CorpusError
from corpus.progress.work import current
from corpus.stores.addresses import storage_of
from pipelines.engine.engines import runner_of
from pipelines.engine.layout import Pass, Plan
from pipelines.engine.stages import Score

DATAFLOW = "DataflowRunner"
LABEL = "llama-corpus"
PRIME = "enable_prime"
BASE_BYTES = 2 << 30
"""Memory for a worker: 300 MB for itself, under 1 GB for an ordinary shard, and as much again for its runner."""


class StagedError(CorpusError):
    """No fault: the graph of a job was written as a template, and the job is not begun."""

    exit_code = 0

    def __str__(self) -> str:
        return f"the job's graph is in {self.got}; {self.do}"


def name_job(options: PipelineOptions, what: str) -> None:
    """Give a job of Dataflow a name and a label that say what it makes, where none are given."""
    if runner_of(options) != DATAFLOW:
        return
    cloud, plain = options.view_as(GoogleCloudOptions), re.sub("[^a-z0-9]+", "-", what.lower()).strip("-")
    if cloud.job_name is None:
        cloud.job_name = f"corpus-{plain}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
    if not any(LABEL in label for label in cloud.labels or []):
        cloud.labels = [*(cloud.labels or []), f"{LABEL}={plain}"]


def hints(options: PipelineOptions, plan: Plan, one: Pass) -> dict[str, str]:
    """For Dataflow Prime, the memory that a pass needs on a worker: for itself, and for the models that it loads."""
    if runner_of(options) != DATAFLOW or PRIME not in (
        options.view_as(GoogleCloudOptions).dataflow_service_options or []
    ):
        return {}
    scores = [stage for stage in one.stages if isinstance(stage, Score) and plan.values[stage.model.name]]
    models = {str(plan.values[stage.model.name]) for stage in scores}
    return {"min_ram": f"{BASE_BYTES + sum(map(_bytes_of, models))}B"}


def _bytes_of(path: str) -> int:
    """The size of a model: a file, or the files of a folder."""
    storage = storage_of(path)
    below = storage.files_below(path)
    stored = None if below else storage.stat(path)
    return sum(one.bytes for one in below) + (stored.bytes if stored else 0)


def say_where(result: Any, options: PipelineOptions) -> None:
    """Say which job of Dataflow has begun, and where it can be looked at, as soon as it is known."""
    if runner_of(options) != DATAFLOW or not callable(getattr(result, "job_id", None)):
        return
    cloud = options.view_as(GoogleCloudOptions)
    job, region = result.job_id(), cloud.region
    page = f"https://console.cloud.google.com/dataflow/jobs/{region}/{job}?project={cloud.project}"
    current().note(f"Dataflow job {job}: {page}", always=True)


def require_begun(options: PipelineOptions) -> None:
    """Raise `StagedError` where a graph was to be written as a template: there is no job to wait for."""
    template = options.view_as(GoogleCloudOptions).template_location
    if runner_of(options) == DATAFLOW and template:
        raise StagedError("a job", template, "", "its manifest is written when a job that is started from it has ended")
