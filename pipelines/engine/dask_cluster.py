"""Dask: a cluster of this machine for one run, where no scheduler is named; and what Dask must not be given.

Beam's Dask runner (2.77) computes what the last step of a graph needs and nothing else, so a second end of a graph is
lost without a word; so are outputs by other names than the main one. A graph with either is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions
from apache_beam.pipeline import AppliedPTransform, Pipeline, PipelineVisitor

from corpus.errors import BuildError, MissingExtraError

DASK = "DaskRunner"
DASK_CLASS = "apache_beam.runners.dask.dask_runner.DaskRunner"


def require_dask() -> None:
    """Find out whether Dask is installed.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec("distributed") is None:
        raise MissingExtraError("dask", "distributed", "--runner=DaskRunner")


@contextmanager
def dask_cluster(options: PipelineOptions) -> Iterator[PipelineOptions]:
    """Within the block a scheduler answers: the one that is named, or that of a cluster of one thread per process.

    Beam would start one, too, but leave it to the end of the process, when its folders are gone.
    """
    from apache_beam.runners.dask.dask_runner import DaskOptions

    if options.view_as(DaskOptions).address or options.view_as(DaskOptions).scheduler_file:
        yield options
        return
    from distributed import LocalCluster

    workers = options.view_as(DirectOptions).direct_num_workers
    with LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ) as cluster:
        run = PipelineOptions.from_dictionary(options.get_all_options(retain_unknown_options=True))
        run.view_as(DaskOptions).address = cluster.scheduler_address
        yield run


class _Ends(PipelineVisitor):
    """The steps of a graph that nothing reads, and those with more outputs than one."""

    def __init__(self) -> None:
        self.made: dict[Any, str] = {}
        self.read: set[Any] = set()
        self.several: list[str] = []

    def visit_transform(self, transform_node: AppliedPTransform) -> None:
        self.read |= set(transform_node.inputs) | {side.pvalue for side in transform_node.side_inputs}
        self.made |= dict.fromkeys(transform_node.outputs.values(), transform_node.full_label)
        if len(transform_node.outputs) > 1:
            self.several.append(transform_node.full_label)


def require_one_end(pipeline: Pipeline) -> None:
    """Refuse a graph of which Dask would lose a part.

    Raises:
        BuildError: it has several ends, or a step of several outputs.
    """
    seen = _Ends()
    pipeline.visit(seen)
    ends = sorted({label for made, label in seen.made.items() if made not in seen.read})
    if len(ends) > 1 or seen.several:
        got = f"several: {', '.join(ends)}" if len(ends) > 1 else f"several outputs of {seen.several[0]}"
        raise BuildError("a graph with one end", got, "", "another runner takes it (docs/engines.md)")
