"""Work dealt to the worker processes of a local build as they become free.

Beam's local runner (2.77) gives each worker its part of a step's elements before the step begins. Shards take unequal
time, and nobody knows it before: one worker then has nothing to do while another has several left. Here a step is cut
into portions, in their order, and a worker takes the next as soon as it has done one (docs/hacks.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from apache_beam.metrics import monitoring_infos
from apache_beam.portability.api import beam_fn_api_pb2
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.utils import thread_pool_executor

PORTIONS = 64
"""Portions of a step for each worker: the last ones are below 2 % of a worker's time, and a portion costs 5 ms."""
Portion = Mapping[str, list[bytes]]
"""Encoded elements, by the step that reads them."""


class _OneWorker:
    """A step's context that knows one worker alone; Beam would give bundles to its workers in turns."""

    def __init__(self, context: Any, worker: Any) -> None:
        self._context, self.worker_handlers = context, [worker]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


class Dealer(fn_runner.ParallelBundleManager):
    """Runs one step: each worker has a thread, which takes the next portion when it has done one."""

    def process_bundle(
        self, inputs: Any, expected_outputs: Any, fired_timers: Any, expected_output_timers: Any, dry_run: bool = False
    ) -> Any:
        if fired_timers or expected_output_timers:  # timers are one worker's, which Beam sees to
            return super().process_bundle(inputs, expected_outputs, fired_timers, expected_output_timers, dry_run)
        workers = self.bundle_context_manager.worker_handlers
        waiting, failed = iter(_portions(inputs, PORTIONS * len(workers))), list[BaseException]()

        def work(worker: Any) -> list[Any]:
            context: Any = _OneWorker(self.bundle_context_manager, worker)
            done = list[Any]()
            while not failed and (portion := next(waiting, None)) is not None:
                one: Any = fn_runner.BundleManager(
                    context, self._progress_frequency, cache_token_generator=self._cache_token_generator
                )
                try:
                    done.append(one.process_bundle(portion, expected_outputs, {}, {}, dry_run)[0])
                except BaseException as error:
                    failed.append(error)
                    raise
            return done

        with thread_pool_executor.shared_unbounded_instance() as executor:
            return _merged([result for done in executor.map(work, workers) for result in done]), []


def _portions(inputs: Mapping[str, Any], most: int) -> list[Portion]:
    """A step's elements in at most so many portions; one of none at least, as such a step begins and ends, too."""
    parts = {name: buffer.partition(most) for name, buffer in inputs.items()}
    every: list[Portion] = [dict(zip(parts, portion, strict=True)) for portion in zip(*parts.values(), strict=True)]
    return [portion for portion in every if any(map(any, portion.values()))] or every[:1]


def _merged(results: list[Any]) -> beam_fn_api_pb2.InstructionResponse:
    """What a runner wants of several bundles: their counters, put together."""
    infos = itertools.chain.from_iterable(result.process_bundle.monitoring_infos for result in results)
    response = beam_fn_api_pb2.ProcessBundleResponse(monitoring_infos=monitoring_infos.consolidate(infos))
    return beam_fn_api_pb2.InstructionResponse(process_bundle=response)


@contextmanager
def dealt_as_workers_become_free() -> Iterator[None]:
    """Within the block, Beam's local runner deals work so."""
    before = fn_runner.ParallelBundleManager
    fn_runner.ParallelBundleManager = Dealer  # type: ignore[misc]
    try:
        yield
    finally:
        fn_runner.ParallelBundleManager = before  # type: ignore[misc]
