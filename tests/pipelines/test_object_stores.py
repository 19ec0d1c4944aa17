"""Whole commands on stand-ins for object stores: what kills leave is not read, and the next run leaves nothing else.

`make test-storage` runs them: gs:// is gcp-storage-emulator, s3:// is moto, each a server on this machine.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import toy
from conftest import ROOT
from tokenizer_texts import settings

from corpus.errors import OutputError
from corpus.output.lock import locked
from corpus.stores.addresses import remote_storage, storage_of
from pipelines.cli import main
from pipelines.engine.remote import connect
from tokenizer.train import train

pytestmark = pytest.mark.storage
ONE = "--direct_num_workers=1"
TEXTS = {name: "\n\n".join(f"{name} text number {n}" for n in range(3)) for name in ("a", "b")}


class Store(NamedTuple):
    """A stand-in for an object store: a folder in its bucket, options of Beam and variables to reach it with."""

    folder: str
    options: list[str]
    environment: dict[str, str]


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def amazon() -> Iterator[Store]:
    module = pytest.importorskip("moto.server", reason="`make test-storage` installs it")
    server = module.ThreadedMotoServer(port=free_port())
    server.start()
    host, port = server.get_host_and_port()
    environment = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="bucket")
        yield Store("s3://bucket", [f"--s3_endpoint_url=http://{host}:{port}"], environment)
    server.stop()


@pytest.fixture(scope="module")
def google() -> Iterator[Store]:
    module = pytest.importorskip("gcp_storage_emulator.server", reason="`make test-storage` installs it")
    port = free_port()
    server = module.create_server("127.0.0.1", port, in_memory=True, default_bucket="bucket")
    server.start()
    environment = {"STORAGE_EMULATOR_HOST": f"http://127.0.0.1:{port}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORAGE_EMULATOR_HOST", environment["STORAGE_EMULATOR_HOST"])
        yield Store("gs://bucket", [], environment)
    server.stop()


@pytest.fixture(params=["google", "amazon"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found: Store = request.getfixturevalue(request.param)
    connect(found.options)
    yield found._replace(folder=f"{found.folder}/{tmp_path.name}")
    connect([])


@pytest.fixture
def commands(store: Store, tmp_path: Path) -> dict[str, list[str]]:
    """The words of commands, with a dump of this machine and outputs in the store."""
    (tmp_path / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    model = tmp_path / "tokenizer.model"
    model.write_bytes(train(["one two text as number same"] * 50, settings(vocab_size=280)).model)
    dump, out, tokens = toy.write(tmp_path / "dump", **TEXTS), f"{store.folder}/out", f"{store.folder}/tokens"
    return {
        "build": ["build", f"{tmp_path}/notes.py", "--input", dump, "--output", out, "--set", "shards_least=1000"],
        "tokenize": ["tokenize", "--input", out, "--tokenizer", str(model), "--output", tokens],
        "verify": ["verify", store.folder],
        "ledger": ["ledger", out],
    }


RUN = """
import os, signal, sys
from corpus.stores.objects import NewObject
from pipelines.cli import main

closed, count = NewObject.close, 0

def kill_at(self):
    global count
    count += not self.closed and "/.work/" not in self._path and "/.lock-" not in self._path
    if count == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    closed(self)

NewObject.close = kill_at
sys.exit(main(sys.argv[2:]))
"""


def killed(store: Store, words: list[str], at: int) -> int:
    """The end of a command, in a process of its own, that is killed before its n-th file of the output is there."""
    paths = [ROOT, ROOT / "tests", ROOT / "tests" / "pipelines"]
    environment = {**os.environ, **store.environment, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-c", RUN, str(at), *words, "--", ONE, *store.options]
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def run(store: Store, words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    """All that a command said, which ended with this exit code."""
    found = main([*words, "--", ONE, *store.options])
    said = "".join(capsys.readouterr())
    assert found == code, said
    return said


def names(folder: str) -> dict[str, int]:
    return {one.path[len(folder) + 1 :]: one.bytes for one in remote_storage(folder).files_below(folder)}


def test_kills_leave_nothing_that_is_read_and_the_next_run_leaves_nothing_else(
    store: Store, commands: dict[str, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    run(store, commands["build"], capsys)
    whole = names(f"{store.folder}/out")
    assert "toy/manifest.json" in whole
    remote_storage(store.folder).remove_folder(f"{store.folder}/out")
    assert names(store.folder) == {}
    assert killed(store, commands["build"], 2) == -signal.SIGKILL
    said = run(store, commands["tokenize"], capsys, 1)
    assert f"{store.folder}/out/toy: expected a finished build, got one that is being written by" in said
    # The lock of a killed writer counts for a quarter of an hour on a store, or until it is deleted.
    remote_storage(store.folder).remove(
        *(one.path for one in remote_storage(store.folder).matching(f"{store.folder}/out/toy", ".lock-*"))
    )
    said = run(store, commands["tokenize"], capsys, 1)
    assert said.startswith(f"corpus: {store.folder}/out/toy: expected a finished build, got one that was interrupted")
    run(store, commands["build"], capsys)
    assert names(f"{store.folder}/out") == whole
    for left in ("data/documents-00000-of-00002.parquet.0a1b.part", ".work/pass-0/done-00000.json"):
        with remote_storage(store.folder).open_new(f"{store.folder}/out/toy/{left}") as file:
            file.write(b"left")
    run(store, commands["build"], capsys)  # finds all done, and sweeps
    assert names(f"{store.folder}/out") == whole
    run(store, commands["tokenize"], capsys)
    assert run(store, commands["verify"], capsys).splitlines()[-1] == "2 outputs, all sound"
    run(store, commands["ledger"], capsys)
    before = names(store.folder)
    path = f"{store.folder}/out/toy/data/documents-00001-of-00002.parquet"
    with remote_storage(store.folder).open(path) as file:
        data = file.read()
    with remote_storage(store.folder).open_new(path) as file:
        file.write(data[:-1] + b"x")
    run(store, commands["verify"], capsys, 1)
    run(store, [*commands["tokenize"][:-1], f"{store.folder}/other"], capsys, 1)
    run(store, commands["build"], capsys)
    with remote_storage(store.folder).open(path) as file:
        assert file.read() == data
    remote_storage(store.folder).remove_folder(f"{store.folder}/other")
    assert names(store.folder) == before


def test_two_writers_at_once(store: Store) -> None:
    folder = f"{store.folder}/two"

    def second() -> None:
        with locked(folder, storage_of(folder)):
            pass

    with (
        locked(folder, storage_of(folder)),
        pytest.raises(OutputError, match=r"expected no other writer, got .*counts for 15 min"),
    ):
        second()
    assert names(folder) == {}


@pytest.mark.parametrize(
    "command", ["build", "input", "tokenize", "ledger", "report", "verify", "mix", "export", "remove"]
)
def test_a_bucket_that_is_not_there_is_one_line(
    store: Store, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, here = f"{store.folder.partition('://')[0]}://no-such-bucket/x", str(tmp_path / "here")
    (tmp_path / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    dump = toy.write(tmp_path / "dump", **TEXTS)
    words = {
        "build": ["build", f"{tmp_path}/notes.py", "--input", dump, "--output", nowhere],
        "input": ["build", f"{tmp_path}/notes.py", "--input", nowhere, "--output", here],
        "tokenize": ["tokenize", "--input", nowhere, "--tokenizer", "x.model", "--output", here],
        "ledger": ["ledger", nowhere],
        "report": ["report", nowhere],
        "verify": ["verify", nowhere],
        "mix": ["mix", "--shards", nowhere, "--output", here],
        "export": ["export", "megatron", "--input", nowhere, "--output", here],
        "remove": ["remove", "--shards", nowhere, "--ids", f"{tmp_path}/notes.py", "--output", here],
    }[command]
    code = main([*words, "--", ONE, *store.options])
    said = capsys.readouterr().err.strip().splitlines()
    assert (code in (1, 2), len(said)) == (True, 1), said
    assert "no-such-bucket" in said[0]


def test_s3_without_boto3_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    connect([])
    assert main(["verify", "s3://bucket/x"]) == 1
    assert (
        capsys.readouterr().err
        == "corpus: s3://: expected the packages of the extra 's3', got no boto3; pip install 'llama-corpus[s3]'\n"
    )
    connect([])
