"""Which runner a build runs on, with the defaults that make a local run use every core and no network."""

from __future__ import annotations

import os

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, StandardOptions

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
    return options


def is_local(options: PipelineOptions) -> bool:
    """Whether all workers see this machine's files."""
    runner: str = options.view_as(StandardOptions).runner
    return runner.rsplit(".", 1)[-1] in LOCAL
