"""A stand-in for the JVM of a job server: `-X... -jar JAR ... --job-port PORT ...` starts Beam's own job service.

What the command does with FlinkRunner and SparkRunner is tested with it where their jars are not at hand: options,
start and end of the server, errors, and two workers that are processes. What Flink and Spark do is not.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from typing import Any

from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from apache_beam.runners.portability.local_job_service import LocalJobServicer


@worker_handlers.WorkerHandler.register_environment(
    common_urns.environments.PROCESS.urn, beam_runner_api_pb2.ProcessPayload
)
class ProcessHandler(worker_handlers.GrpcWorkerHandler):
    """A worker that is a command of this machine, started with the arguments of Beam's container contract."""

    def __init__(self, payload: Any, state: Any, provision_info: Any, grpc_server: Any) -> None:
        super().__init__(state, provision_info, grpc_server)
        self._command = payload.command

    def start_worker(self) -> None:
        words = [
            f"--id={self.worker_id}", f"--logging_endpoint={self.logging_api_service_descriptor().url}",
            f"--provision_endpoint={self.control_address}", f"--control_endpoint={self.control_address}",
        ]  # fmt: skip
        self._process = subprocess.Popen([self._command, *words])

    def stop_worker(self) -> None:
        self._process.wait()


def main(words: list[str]) -> None:
    """Serve until SIGTERM; a jar that is named `broken.jar` ends as a JVM does that cannot read it."""
    jar = words[words.index("-jar") + 1]
    print("stand-in:", " ".join(words), flush=True)
    if jar.endswith("broken.jar"):
        sys.exit(f"Error: Invalid or corrupt jarfile {jar}")
    logging.basicConfig()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    service = LocalJobServicer()
    service.start_grpc_server(int(words[words.index("--job-port") + 1]))
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1:])
