"""The time left, from states of real runs: each trace has the steps at every look, and when the run ended.

`benchmarks/engine/progress.py --keep FOLDER` records them, here of 130 MB of C4, as one file and as two hundred, on a
machine that did much else; the same steps are estimated again, at the costs that are stated now, without a clock.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from corpus.progress.estimate import seconds_left
from corpus.progress.steps import Step
from pipelines.commands.build import REPORT_SECONDS
from pipelines.engine.step_costs import costs_of

TRACES = sorted((Path(__file__).parent / "traces").glob("*.jsonl.gz"))
FROM, UNTIL, WITHIN, MOST = 0.2, 0.8, 0.25, 0.75
NAMES = [path.name.partition(".")[0] for path in TRACES]


def looks(path: Path, costs: bool = True) -> list[tuple[float, list[Step]]]:
    """(seconds since the command began, the steps) of each look, with the costs of now, or with none."""
    passes = costs_of("c4", 2).passes
    now = {"pass 1 of 2": passes[0], "pass 2 of 2": passes[1]}
    found = []
    for line in gzip.decompress(path.read_bytes()).splitlines():
        look = json.loads(line)
        steps = [Step(**step) for step in look["steps"]]
        found.append((look["elapsed_seconds"], [_priced(step, now, costs) for step in steps]))
    return found


def _priced(step: Step, now: dict[str, float], costs: bool) -> Step:
    if step.name == "report":
        return step._replace(cost=REPORT_SECONDS / step.total if step.total else REPORT_SECONDS)
    return step._replace(cost=(now[step.name] if costs else 0.0)) if step.name in now else step


def errors_of(trace: list[tuple[float, list[Step]]], until: float = UNTIL) -> list[float]:
    """How far each estimate after the first fifth is off, relative to what was left."""
    total = trace[-1][0]
    chosen = [(at, steps) for at, steps in trace if FROM * total <= at <= until * total]
    found: list[Any] = [(seconds_left(steps), total - at) for at, steps in chosen]
    return [(left - really) / really for left, really in found if left is not None]


@pytest.mark.parametrize("path", TRACES, ids=NAMES)
def test_the_time_left_of_real_runs(path: Path) -> None:
    errors = errors_of(looks(path))
    assert len(errors) > 7
    assert sum(abs(error) <= WITHIN for error in errors) >= MOST * len(errors)


@pytest.mark.parametrize("path", TRACES, ids=NAMES)
def test_bytes_left_of_this_pass_at_the_present_rate_would_be_wrong(path: Path) -> None:
    """The checker itself is shown to fail: without the cost of later steps too little is left."""
    errors = errors_of(looks(path, costs=False))
    assert sum(abs(error) <= WITHIN for error in errors) < MOST * len(errors)
