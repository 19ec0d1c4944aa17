"""A worker process of a portable engine (Flink, Spark, Prism), as Beam's container contract has it: `corpus-worker`.

The engine starts it with the address of its provision service, asks for nothing else, and ends it. This is what the
program `boot` does in Beam's own containers, for machines on which the project is installed and no container runs:

    --environment_type=PROCESS --environment_config='{"command": "/path/to/corpus-worker"}'

It installs nothing: what a job would stage (--setup_file, --requirements_file) is refused.
"""

from __future__ import annotations

import argparse
import atexit
import os
import sys
import threading
import time
from typing import Any

import grpc
from apache_beam.portability.api import (
    beam_provision_api_pb2,
    beam_provision_api_pb2_grpc,
    beam_runner_api_pb2,
    endpoints_pb2,
)
from apache_beam.runners.worker.worker_id_interceptor import WorkerIdInterceptor
from google.protobuf import json_format, text_format

from pipelines.engine.ended_with import ENGINE
from pipelines.engine.hand import at_work

CONNECT_SECONDS = 60.0
"""An engine that has started a worker and does not answer it for so long is gone."""
LOOK_SECONDS = 1.0
"""Between two looks whether the engine lives."""
STAGED = ("workflow.tar.gz", "requirements.txt", "extra_packages.txt")
"""The names under which Beam stages packages that a worker is to install."""


def main(words: list[str] | None = None) -> int:
    """Work until the engine says that all is done; the exit code."""
    engine = int(os.environ.get(ENGINE) or os.getppid())
    threading.Thread(target=_end_with, args=(engine,), name="end_with_engine", daemon=True).start()
    options = _parsed(sys.argv[1:] if words is None else words)
    worker = options.id.strip("'")  # Prism quotes it as for a shell, and starts it without one
    provision = _provision(options.provision_endpoint, worker)
    refused = [name for name in map(_staged_name, provision.dependencies) if name in STAGED]
    if refused:
        do = "install it on each machine and submit without it, or run workers in a container (docs/engines.md)"
        print(f"corpus-worker: expected a job that stages no package, got {refused[0]}; {do}", file=sys.stderr)
        return 2
    os.environ.update(_environment(options, provision, worker))
    from apache_beam.runners.worker import sdk_worker_main

    import pipelines.engine.build  # noqa: F401  what the plans and passes of a job are made of

    with at_work():
        sdk_worker_main.main([])
    return 0


def _end_with(parent: int) -> None:
    """End this process once that which started it has ended: a step in hand would hold it up, for nobody.

    Not by the kernel's signal on a parent's end: that comes when the thread ends which started the process, and threads
    of a JVM do.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _parsed(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("corpus-worker", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--id", required=True, help="the name by which the engine knows the worker")
    parser.add_argument("--provision_endpoint", required=True, help="where it is told what to do")
    parser.add_argument("--control_endpoint", help="where it gets its work; by default what the provision says")
    parser.add_argument("--logging_endpoint", help="where it logs; by default what the provision says")
    return parser.parse_known_args(words)[0]


def _provision(endpoint: str, worker: str) -> Any:
    """What the engine says of the job: options and endpoints."""
    with grpc.insecure_channel(endpoint) as channel:
        known = grpc.intercept_channel(channel, WorkerIdInterceptor(worker))
        stub = beam_provision_api_pb2_grpc.ProvisionServiceStub(known)
        request = beam_provision_api_pb2.GetProvisionInfoRequest()
        return stub.GetProvisionInfo(request, timeout=CONNECT_SECONDS, wait_for_ready=True).info


def _staged_name(artifact: Any) -> str:
    """The name of a file that a job stages; "" for one of another kind."""
    role = beam_runner_api_pb2.ArtifactStagingToRolePayload.FromString(artifact.role_payload)
    return str(role.staged_name)


def _environment(options: argparse.Namespace, provision: Any, worker: str) -> dict[str, str]:
    """The variables that a worker of Beam reads (apache_beam/runners/worker/sdk_worker_main.py)."""
    endpoints = {
        "CONTROL": options.control_endpoint or provision.control_endpoint.url,
        "LOGGING": options.logging_endpoint or provision.logging_endpoint.url,
        "STATUS": provision.status_endpoint.url,
    }
    described = {
        f"{name}_API_SERVICE_DESCRIPTOR": text_format.MessageToString(endpoints_pb2.ApiServiceDescriptor(url=url))
        for name, url in endpoints.items()
        if url
    }
    return {
        **described,
        "WORKER_ID": worker,
        "PIPELINE_OPTIONS": json_format.MessageToJson(provision.pipeline_options),
        "RUNNER_CAPABILITIES": " ".join(provision.runner_capabilities),
    }


def console() -> None:
    """The command `corpus-worker`."""
    code = main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # as `leave` of pipelines/cli.py: daemon threads of gRPC are not torn down


if __name__ == "__main__":
    console()
