"""What each step of a build is expected to cost, so that the time left counts steps to come at their own price.

Only how the steps of one source compare matters: what a run measures of its first steps corrects those to come by the
same factor (corpus/progress/estimate.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions

from pipelines.engine.dataflow import DATAFLOW
from pipelines.engine.engines import runner_of
from pipelines.engine.layout import PREPARING, Plan
from pipelines.engine.progress import Between, Parted

STEPS: Mapping[str, tuple[float, ...]] = {
    "arxiv": (0.0, 336.0, 0.0, 5.0),
    "books": (0.0, 240.0, 93.0, 95.0),
    "c4": (0.0, 200.0, 0.0, 68.0),
    "commoncrawl": (0.0, 71.0, 0.0, 136.0, 10.0, 763.0),
    "github": (50.0, 181.0, 0.0, 47.0),
    "stackexchange": (0.0, 600.0, 0.0, 22.0),
    "wikipedia": (0.0, 1565.0, 0.0, 166.0),
}
"""By source, ns of a worker per input byte: preparation, pass 0, comparison, pass 1, comparison, pass 2.

Measured by benchmarks/engine/progress.py on real dumps.
"""
PREPARED_PARTS = {"stackexchange": 120.0}
"""By source, ns of a worker per byte of the parts of large files that are prepared before pass 0."""
_OTHERS = (0.0, 300.0, 20.0, 60.0, 20.0, 60.0)
"""Of a source of which nothing was measured."""
START_SECONDS, START_MORE_SECONDS, START_CLUSTER_SECONDS = 0.5, 3.0, 180.0
"""Until the first worker is at work: in this process, in processes of this machine, on machines that are started."""
COMPARE_SECONDS = 0.5
"""Between two passes, however little there is to compare."""
ADD_UP_SECONDS = 0.1
"""After the last pass."""
_NS = 1e-9


class Costs(NamedTuple):
    """Seconds of a worker per input byte: of each pass, and of what comes before each pass."""

    passes: tuple[float, ...]
    before: tuple[float, ...]


def costs_of(source: str, passes: int) -> Costs:
    """What the steps of a source cost; of steps beyond those measured, as much as of the last ones."""
    found = STEPS.get(source, _OTHERS)
    pairs = [(found[at], found[at + 1]) for at in range(0, len(found), 2)]
    pairs += [pairs[-1]] * max(0, passes - len(pairs))
    return Costs(
        tuple(own * _NS for _before, own in pairs[:passes]), tuple(before * _NS for before, _own in pairs[:passes])
    )


def order_of(
    plan: Plan, sizes: Mapping[str, float], options: PipelineOptions, only: set[int] | None, parts: Collection[int] = ()
) -> Sequence[Between | Parted]:
    """The steps of a build: passes, and what comes before each and after the last.

    Args:
        sizes: the bytes of the shards, by number.
        options: of Beam.
        only: the shards that the last pass is to do; None for all.
        parts: numbers of the shards that are parts of a file.
    """
    costs, total, workers = costs_of(plan.source, len(plan.passes)), sum(sizes.values()), workers_of(options)
    order: list[Between | Parted] = []
    for one in plan.passes:
        decided = plan.passes[one.number - 1].collects if one.number else None
        seconds = costs.before[one.number] * total / max(1, workers)
        if decided is None:
            order.append(Between("start", start_seconds(options) + seconds))
        else:
            order.append(Between(f"{decided.name}: compare", COMPARE_SECONDS + seconds))
        if not one.number and plan.source in PREPARED_PARTS and parts:
            prepared = {str(number): sizes[str(number)] for number in parts}
            order.append(Parted("set apart", PREPARING, prepared, PREPARED_PARTS[plan.source] * _NS, drops=False))
        name = f"pass {one.number + 1} of {len(plan.passes)}"
        chosen = sizes if only is None or one.collects else {key: sizes[key] for key in sizes if int(key) in only}
        order.append(Parted(name, pass_step(one.number), chosen, costs.passes[one.number]))
    return [*order, Between("add up", ADD_UP_SECONDS)]


def pass_step(number: int) -> str:
    """The name by which workers say that they are at a pass."""
    return f"pass {number}"


def workers_of(options: PipelineOptions) -> int:
    """How many workers a local run has; 1 where that is not known."""
    return int(options.view_as(DirectOptions).direct_num_workers or 1)


def start_seconds(options: PipelineOptions) -> float:
    """The seconds until the first worker is at work."""
    if runner_of(options) == DATAFLOW:
        return START_CLUSTER_SECONDS
    return START_MORE_SECONDS if workers_of(options) > 1 else START_SECONDS
