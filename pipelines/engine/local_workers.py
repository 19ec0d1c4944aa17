"""The worker processes of a local build, watched: one that is lost ends the run at once, and says which it was.

Beam's local runner (2.77) starts its workers and does not look at them again. One that is killed while it has a bundle
is noticed by its broken stream; one that is killed before it has connected, or between two bundles, is waited for
without end. This handler takes the place of Beam's own within a block (docs/hacks.md).
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from apache_beam.portability import python_urns
from apache_beam.portability.api import endpoints_pb2
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from google.protobuf import json_format, text_format

from pipelines.engine import fork_server
from pipelines.engine.dealing import dealt_as_workers_become_free
from pipelines.engine.fork_server import PARENT, Forked, ForkServer

STOP_SECONDS = 30.0
"""A worker that lives so long after the end of its run is killed: it was stopped, hangs, or is at a large shard."""


class Lost(NamedTuple):
    """A worker that ended while it was needed: its process id, and how it ended, in words."""

    pid: int
    ending: str


class Workers:
    """The workers of one run of a pipeline.

    Args:
        log: where what they print is added.
        on_loss: called when one is lost, so that the others take no more work.
    """

    def __init__(self, log: Path, on_loss: Callable[[], None]) -> None:
        self.log, self.lost, self._on_loss = log, list[Lost](), on_loss
        self._starting = threading.Lock()
        self._server: ForkServer | None = None
        self._alive: dict[int, Forked] = {}

    def start(self, environment: dict[str, str]) -> Forked:
        """A new worker process."""
        with self._starting:
            self._server = self._server or fork_server.server()
            variables = {**os.environ, **environment, PARENT: str(os.getpid())}
            process = self._server.fork(variables, self.log)
            self._alive[process.pid] = process
        return process

    def ended(self, process: Forked, needed: bool) -> RuntimeError | None:
        """Note the end of a worker; what to tell the runner where it was needed."""
        self._alive.pop(process.pid, None)
        if not needed:
            return None
        self.lost.append(Lost(process.pid, ending(process.wait())))
        self._on_loss()
        return RuntimeError(f"a worker was lost: {self.lost[-1]}")

    def kill(self) -> None:
        """Kill all that are left."""
        for process in list(self._alive.values()):
            process.kill()

    def close(self) -> None:
        """Kill all that are left; no more are started."""
        self.kill()
        if self._server:
            self._server.kill()


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"


class WatchedWorker(worker_handlers.GrpcWorkerHandler):
    """A worker process as Beam's runner knows it: a thread waits for its end."""

    def __init__(self, workers: Workers, _payload: bytes, state: Any, provision_info: Any, grpc_server: Any) -> None:
        super().__init__(state, provision_info, grpc_server)
        self._workers, self._closing = workers, False
        self._started = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watch_worker", daemon=True)
        self._process: Forked | None = None

    def start_worker(self) -> None:
        self._watcher.start()
        self._started.wait()

    def _environment(self) -> dict[str, str]:
        """What a worker of Beam needs to know, as its own runner says it (SubprocessSdkWorker)."""
        control = endpoints_pb2.ApiServiceDescriptor(url=self.control_address)
        return {
            "CONTROL_API_SERVICE_DESCRIPTOR": text_format.MessageToString(control),
            "LOGGING_API_SERVICE_DESCRIPTOR": text_format.MessageToString(self.logging_api_service_descriptor()),
            "PIPELINE_OPTIONS": json_format.MessageToJson(self.provision_info.provision_info.pipeline_options),
            "WORKER_ID": self.worker_id,
        }

    def _watch(self) -> None:
        try:
            self._process = self._workers.start(self._environment())
        except RuntimeError as error:
            self._abort(error)
            return
        finally:
            self._started.set()
        self._process.wait()
        lost = self._workers.ended(self._process, needed=not self._closing)
        if lost:
            self._abort(lost)

    def _abort(self, error: RuntimeError) -> None:
        """Have whoever waits for the worker, or asks it for something later, get the error instead."""
        push = self.control_conn.push

        def refuse(request: Any) -> Any:
            if request is worker_handlers.BeamFnControlServicer._DONE_MARKER:
                return push(request)
            raise error

        self.control_conn.push = refuse  # type: ignore[method-assign, assignment]
        self.control_conn.abort(error)
        self.data_conn.close()

    def close(self) -> None:
        """Wait until the worker has ended, having done what it has in hand; but not for long."""
        self._closing = True
        late = threading.Timer(STOP_SECONDS, self._kill)
        late.start()
        super().close()
        late.cancel()

    def stop_worker(self) -> None:
        self._watcher.join()

    def _kill(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()


@contextmanager
def watched_workers(log: Path, on_loss: Callable[[], None]) -> Iterator[Workers]:
    """Within the block, the local runner's worker processes are watched; SIGTERM and Ctrl-C kill them first."""
    workers, registered = Workers(log, on_loss), worker_handlers.WorkerHandler._registered_environments
    urn = python_urns.SUBPROCESS_SDK
    before = registered[urn]
    registered[urn] = partial(WatchedWorker, workers), bytes
    try:
        with _stopped_by_signals(workers), dealt_as_workers_become_free():
            yield workers
    finally:
        registered[urn] = before
        workers.close()


@contextmanager
def _stopped_by_signals(workers: Workers) -> Iterator[None]:
    """A signal that ends the build kills its workers first: Beam would wait until they have done their bundles."""
    if threading.current_thread() is not threading.main_thread():  # signals are the main thread's
        yield
        return

    def kill_first(before: Any, number: int, frame: FrameType | None) -> None:
        workers.kill()
        if callable(before):
            before(number, frame)
        raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, partial(kill_first, before[number]))
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, before[number])
