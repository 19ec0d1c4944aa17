"""The whole way of all seven sources in a bucket: dumps, models, documents, tokens, mixture, exports and report.

`make test-storage` runs it on gcp-storage-emulator and moto, each a process of its own; once more with 30 ms added to
each request. It prints how long that took, and fails if an object is left that no manifest lists.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from test_object_stores import free_port

from corpus.output.manifest import MANIFEST, REPORT, files_of, read_manifest
from corpus.stores.addresses import connect, remote_storage, storage_of
from model.data import batches
from pipelines.cli import main
from pipelines.commands.demo import steps

pytestmark = pytest.mark.storage
ONE = "--direct_num_workers=1"
PROXY = ROOT / "benchmarks" / "engine" / "slow_proxy.py"


class Bucket(NamedTuple):
    """A folder in a stand-in's bucket, and options of Beam to reach it with."""

    folder: str
    options: list[str]


@contextmanager
def started(command: list[str], port: int) -> Iterator[None]:
    """A server in a process of its own that answers at a port."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                break
            except URLError as error:
                if getattr(error, "code", None):
                    break
                time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def google(port: int) -> list[str]:
    code = (
        "import sys, time; from gcp_storage_emulator.server import create_server\n"
        "create_server('127.0.0.1', int(sys.argv[1]), in_memory=True, default_bucket='bucket').start()\n"
        "time.sleep(10**6)"
    )
    return [sys.executable, "-c", code, str(port)]


def amazon(port: int) -> list[str]:
    return [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]


BUCKETS = [("google", 0), ("google", 30), ("amazon", 0), ("amazon", 30)]


@pytest.fixture(params=BUCKETS, ids=lambda of: f"{of[0]}-{of[1]}ms")
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    kind, milliseconds = request.param
    module = {"google": "gcp_storage_emulator", "amazon": "moto"}[kind]
    pytest.importorskip(module, reason="`make test-storage` installs it")
    port, slow = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(started({"google": google, "amazon": amazon}[kind](port), port))
        stack.enter_context(started([sys.executable, str(PROXY), str(slow), str(port), str(milliseconds)], slow))
        address = f"http://127.0.0.1:{slow}"
        if kind == "google":
            monkeypatch.setenv("STORAGE_EMULATOR_HOST", address)
            connect({})
            yield Bucket("gs://bucket/all", [])
        else:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.setenv(name, "key")
            monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
            import boto3

            boto3.client("s3", endpoint_url=address).create_bucket(Bucket="bucket")
            connect({"s3_endpoint_url": address})
            yield Bucket("s3://bucket/all", [f"--s3_endpoint_url={address}"])
        connect({})


def uploaded(folder: Path, address: str) -> set[str]:
    """The files of a folder in a bucket; their names."""
    storage, names = remote_storage(address), set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        with storage.open_new(f"{address}/{name}") as file:
            file.write(path.read_bytes())
        names.add(name)
    return names


def unlisted(folder: str) -> set[str]:
    """The objects below a folder that no manifest lists, without manifests and reports."""
    storage = storage_of(folder)
    names = {one.path[len(folder) + 1 :] for one in storage.files_below(folder)}
    listed = set()
    for name in (name for name in names if name.rpartition("/")[2] in (MANIFEST, REPORT)):
        below = name.rpartition("/")[0]
        listed.add(name)
        if name.endswith(MANIFEST):
            manifest = read_manifest(f"{folder}/{below}", storage) or {}
            listed |= {f"{below}/{one}".lstrip("/") for one in files_of(manifest)}
    return names - listed


def more(folder: str, ids: Path) -> list[list[str]]:
    """Commands that come after the demo's, on what it left."""
    tokens, documents = f"{folder}/tokens", f"{folder}/documents"
    references, pages = f"{folder}/cited/references-*", f"{documents}/commoncrawl"
    few = ["least_positives=1", "min_chars=1"]
    return [
        ["train", "reference", "--positives", references, "--pages", pages, "--output", f"{folder}/ref", "--set", *few],
        ["export", "tokenizer", "--input", f"{folder}/tokenizer/tokenizer.model", "--output", f"{folder}/hf"],
        ["export", "megatron", "--input", tokens, "--output", f"{folder}/megatron"],
        ["export", "mds", "--input", tokens, "--output", f"{folder}/mds"],
        ["export", "nanogpt", "--input", tokens, "--output", f"{folder}/nanogpt"],
        ["export", "jsonl", "--input", documents, "--output", f"{folder}/jsonl"],
        ["remove", "--shards", tokens, "--ids", str(ids), "--output", f"{folder}/less"],
        ["mix", "--shards", f"{folder}/less", "--output", f"{folder}/mixture-of-less"],
        ["ledger", documents],
        ["find", documents, ids.read_text().split()[0]],
        ["find", tokens, ids.read_text().split()[0]],
        ["report", documents, "--shards", tokens, "--output", f"{folder}/documents/{REPORT}"],
        ["publish", documents, tokens, f"{folder}/tokenizer", f"{folder}/mixture", "--output", f"{folder}/published"],
        ["verify", folder],
    ]


def test_all_sources_in_a_bucket(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLAMA_CORPUS_CACHE", str(tmp_path / "cache"))
    here, folder = tmp_path / "here", bucket.folder
    commands = [[word.replace(str(here), folder) for word in command] for command in steps(here)]
    dumps = uploaded(here, folder)
    began = time.monotonic()

    def run(command: list[str]) -> str:
        code = main([*command, "--", ONE, *bucket.options])
        said = "".join(capsys.readouterr())
        assert code == 0, f"{' '.join(command)}\n{said}"
        return said

    before = len(commands)
    for command in commands:
        run(command)
    (tmp_path / "ids.txt").write_text(f"{id_of(f'{folder}/documents/books')}\n")
    dumps |= cite_a_page(folder)
    commands += more(folder, tmp_path / "ids.txt")
    for command in commands[before:]:
        said = run(command)
    seconds = time.monotonic() - began
    assert said.splitlines()[-1].endswith("all sound")
    assert unlisted(folder) - dumps == set()
    compare_batches(f"{folder}/mixture", f"{folder}/tokens", tmp_path)
    with capsys.disabled():
        objects = len(storage_of(folder).files_below(folder))
        print(f"\n{folder}: {len(commands)} commands in {seconds:.0f} s; {objects} objects, 0 left besides results")


def id_of(build: str) -> str:
    """The id of a document of a build."""
    from pipelines.documents import documents_in

    return next(documents_in([build]).documents()).id


def cite_a_page(folder: str) -> set[str]:
    """A table of references, to one page of the crawl, in the bucket; its name."""
    from pipelines.documents import documents_in

    page = next(documents_in([f"{folder}/documents/commoncrawl"]).documents())
    name = "cited/references-0.parquet"
    with remote_storage(folder).open_new(f"{folder}/{name}") as file:
        pq.write_table(pa.table({"url": [page.meta["url"]]}), file)
    return {name}


def compare_batches(mixture: str, tokens: str, tmp_path: Path) -> None:
    """Batches of a mixture in a bucket are those of the same mixture on this machine, read twice."""
    from pipelines.shares import shares_of_tokens
    from tokenizer.mixture import mix

    storage = remote_storage(tokens)
    for one in storage.files_below(tokens):
        path = tmp_path / "tokens" / one.path[len(tokens) + 1 :]
        path.parent.mkdir(parents=True, exist_ok=True)
        with storage.open(one.path) as file:
            path.write_bytes(file.read())
    mix([str(tmp_path / "tokens")], str(tmp_path / "mixture"), shares_of_tokens([str(tmp_path / "tokens")]))
    local, there = (batches.open(one, seed=1, rows=8, context=32) for one in (str(tmp_path / "mixture"), mixture))
    for number in (0, 1, 0):
        assert np.array_equal(local.batch(number), there.batch(number))
