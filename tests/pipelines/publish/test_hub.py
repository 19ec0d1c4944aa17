"""Sent to a stand-in for the hub: what it has not, in commits that are kept, and every refusal as one line."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_server import TOKEN, Hub, hub
from made_dataset import GITHUB, WIKIPEDIA, make_source

from corpus.errors import UsageError
from corpus.output.manifest import read_manifest, unsealed
from corpus.output.verify import verify
from pipelines.command_line import run_line
from pipelines.publish import hub as sending
from pipelines.publish import hub_check
from pipelines.publish.hub_check import repository

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of huggingface_hub's own requests
DOCUMENTS = [
    "data/github/documents-00000-of-00002.parquet",
    "data/github/documents-00001-of-00002.parquet",
    "data/wikipedia/documents-00000-of-00001.parquet",
]
PROVENANCE = [
    f"provenance/{source}.{kind}" for source in ("github", "wikipedia") for kind in ("json", "ledger.parquet")
]
DESCRIBING = ["CITATION.cff", "LICENSE.md", "README.md", "croissant.json"]
ALL = [*DOCUMENTS, *PROVENANCE, *DESCRIBING]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A hub in place of the real one; files go to storage in one piece each, as without Xet."""
    from huggingface_hub import constants

    with hub("owner/tides") as one:
        monkeypatch.setenv("HF_ENDPOINT", one.url)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        yield one


@pytest.fixture
def out(tmp_path: Path) -> Path:
    make_source(tmp_path / "out" / "github", GITHUB, files=2)
    make_source(tmp_path / "out" / "wikipedia", WIKIPEDIA)
    return tmp_path / "out"


def publish(out: Path, *words: str, to: str = "hf://datasets/owner/tides") -> int:
    return run_line(["publish", str(out), "--output", str(out.parent / "published"), "--to", to, *words])


def bytes_of(server: Hub, names: list[str]) -> int:
    return sum(len(server.files[name]) for name in names)


def test_everything_is_sent_and_then_nothing(server: Hub, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(out) == 0
    published = out.parent / "published"
    assert sorted(server.files) == sorted([*ALL, "manifest.json"])
    assert {name: (published / name).read_bytes() for name in ALL} == {name: server.files[name] for name in ALL}
    assert server.created == {"name": "tides", "organization": "owner", "visibility": "private", "type": "dataset"}
    assert server.commits == [
        ("corpus publish: 11 files of tides", ALL),
        ("corpus publish: the manifest", ["manifest.json"]),
    ]
    lines = capsys.readouterr().out.splitlines()
    url = f"{server.url}/datasets/owner/tides"
    assert lines[3:] == [
        f"made {url}, which is private: its settings make it public",
        f"sent 11 of 11 files, {bytes_of(server, ALL):,} bytes",
        f"sent 12 files, {bytes_of(server, [*ALL, 'manifest.json']):,} bytes; 0 files were there",
        url,
    ]
    stored = dict(server.stored)
    assert publish(out) == 0
    assert capsys.readouterr().out.splitlines()[3:] == ["sent 0 files, 0 bytes; 12 files were there", url]
    assert (len(server.commits), server.stored) == (2, stored)


def test_the_manifest_that_is_sent_is_sound_and_names_no_folder(server: Hub, out: Path) -> None:
    assert publish(out) == 0
    sent, here = unsealed(server.files["manifest.json"]), read_manifest(str(out.parent / "published"))
    assert here is not None
    assert sent["state"] == "finished"
    assert sent["files"] == here["files"]
    assert {"made_of", "owns", "run"} & sent.keys() == set()
    assert str(out.parent) not in json.dumps(sent)


def test_what_the_hub_has_is_a_sound_output(server: Hub, out: Path, tmp_path: Path) -> None:
    assert publish(out) == 0
    for name, data in server.files.items():
        path = tmp_path / "downloaded" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = list(verify(str(tmp_path / "downloaded")))
    assert [(one.kind, one.files, one.wrong, one.absent) for one in found] == [("published dataset", 11, (), ())]


def test_only_what_changed_is_sent_and_what_is_old_is_deleted(
    server: Hub, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(out) == 0
    server.files["notes/mine.md"] = b"a file of theirs"
    server.files["data/github/mine.parquet"] = b"another"
    for path in (out / "github" / "data").iterdir():
        path.unlink()
    make_source(out / "github", GITHUB[:1])
    server.commits.clear()
    assert publish(out) == 0
    new = ["data/github/documents-00000-of-00001.parquet"]
    changed = [*PROVENANCE[:2], "LICENSE.md", "README.md", "croissant.json"]
    assert server.commits == [
        ("corpus publish: 6 files of tides", [*new, *changed]),
        ("corpus publish: the manifest", ["manifest.json", *DOCUMENTS[:2]]),
    ]
    assert sorted(server.files) == sorted(
        [*new, DOCUMENTS[2], *PROVENANCE, *DESCRIBING, "manifest.json", "notes/mine.md", "data/github/mine.parquet"]
    )
    assert capsys.readouterr().out.splitlines()[-2].endswith("; 4 files were there; 2 old files deleted")


def test_a_hub_that_breaks_off_keeps_what_it_has(
    server: Hub, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "COMMIT_FILES", 4)
    server.commits_left = 2
    assert publish(out) == 1
    url = f"{server.url}/datasets/owner/tides"
    assert capsys.readouterr().err == (
        f"corpus: {url}: expected the hub to take the files, got status 500; run the same command again: what it has "
        "by then is not sent again\n"
    )
    assert sorted(server.files) == sorted(ALL[:8])
    server.commits_left = -1
    assert publish(out) == 0
    assert [names for _, names in server.commits] == [ALL[:4], ALL[4:8], ALL[8:], ["manifest.json"]]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == f"sent 4 files, {bytes_of(server, [*ALL[8:], 'manifest.json']):,} bytes; 8 files were there"


def test_commits_are_bounded_in_bytes_too(server: Hub, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "COMMIT_BYTES", 1)
    assert publish(out) == 0
    assert [names for _, names in server.commits] == [*([name] for name in ALL), ["manifest.json"]]


def test_a_dry_run_says_what_would_be_sent(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert publish(out, "--dry-run") == 0
    published = out.parent / "published"
    files = [path for path in published.rglob("*") if path.is_file()]
    manifest = sending.public_manifest(read_manifest(str(published)) or {})
    size = sum(path.stat().st_size for path in files if path.name != "manifest.json") + len(manifest)
    assert capsys.readouterr().out.splitlines()[3:] == [
        f"would send 12 files, {size:,} bytes, to http://127.0.0.1:9/datasets/owner/tides, less what is there; "
        "nothing was sent"
    ]
    assert 'url: "http://127.0.0.1:9/datasets/owner/tides"' in (published / "CITATION.cff").read_text()


def line_of(capsys: pytest.CaptureFixture[str]) -> str:
    (line,) = capsys.readouterr().err.splitlines()
    return line.removeprefix("corpus: ")


def test_refusals_come_before_anything_is_done(
    server: Hub, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    do = "set HF_TOKEN to a token with the right to write, or run `hf auth login`"
    network = "see to the network, or to HF_ENDPOINT; without --to the folder alone is written"
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    assert publish(out) == 1
    assert line_of(capsys) == f"{server.url}: expected a hub that takes the token, got status 401; {do}"
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    assert publish(out) == 1
    assert line_of(capsys) == (
        f"http://127.0.0.1:{port}: expected the hub to answer, got [Errno 111] Connection refused; {network}"
    )
    monkeypatch.setenv("HF_ENDPOINT", f"{server.url}/elsewhere")
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert publish(out) == 1
    assert line_of(capsys) == f"{server.url}/elsewhere: expected the hub to answer, got status 404; {network}"
    assert not (out.parent / "published").exists()
    assert server.asked == []


def test_a_hub_that_is_silent_is_not_waited_for(
    out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hub_check.SECONDS < 10
    monkeypatch.setattr(hub_check, "SECONDS", 0.05)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("HF_ENDPOINT", url)
        monkeypatch.setattr(hub_check, "_ask", lambda *_: None)
        assert publish(out) == 1
    assert line_of(capsys) == (
        f"{url}: expected the hub to answer, got none within 0 seconds; see to the network, or to HF_ENDPOINT; without "
        "--to the folder alone is written"
    )


def test_without_a_token(out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    assert publish(out) == 2
    assert line_of(capsys) == (
        "--to hf://datasets/owner/tides: expected a token of the hub, got none; set HF_TOKEN to a token with the right "
        "to write, or run `hf auth login`"
    )


def test_without_the_package(out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert publish(out) == 1
    assert line_of(capsys) == (
        "--to: expected the packages of the extra 'publish', got no huggingface_hub; pip install "
        "'llama-corpus[publish]'"
    )
    assert publish(out, "--dry-run") == 0


def test_an_owner_that_is_not_ours(server: Hub, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.refuses = "/api/repos/create"
    assert publish(out) == 1
    url = f"{server.url}/datasets/owner/tides"
    assert line_of(capsys) == (
        f"{url}: expected the hub to take the files, got status 403; see whether the token may write to owner/tides"
    )
    assert server.files == {}


def test_a_file_that_changed_since_it_was_listed_is_not_sent(
    server: Hub, out: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sending._files_there

    def then_damage(*where: object) -> object:
        path = out.parent / "published" / "LICENSE.md"
        path.write_bytes(path.read_bytes().swapcase())
        return before(*where)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "_files_there", then_damage)
    assert publish(out) == 1
    path = out.parent / "published" / "LICENSE.md"
    assert line_of(capsys) == (f"{path}: expected the bytes that were written, got others; run the same command again")
    assert server.commits == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("hf://datasets/owner", None), ("hf://datasets/owner/", None), ("hf://datasets/owner/a/b", None),
        ("hf://datasets//a", None), ("hf://models/owner/a", None), ("owner/a", None), ("hf://datasets/o wner/a", None),
        ("hf://datasets/owner/..", None), ("hf://datasets/owner/a@main", None), ("gs://bucket/a", None),
        ("hf://datasets/owner/a-b.c_1", "owner/a-b.c_1"),
    ],
)  # fmt: skip
def test_addresses(address: str, expected: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    if expected:
        one = repository(address)
        assert (one.id, one.url) == (expected, f"https://huggingface.co/datasets/{expected}")
        return
    with pytest.raises(UsageError) as raised:
        repository(address)
    assert str(raised.value) == f"--to: expected hf://datasets/OWNER/NAME, got {address!r}"


@pytest.mark.parametrize("endpoint", ["huggingface.co", "ftp://huggingface.co", "https://"])
def test_an_endpoint_that_is_none(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(UsageError, match=r"HF_ENDPOINT: expected an address such as https://huggingface\.co, got "):
        repository("hf://datasets/a/b")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--dry-run"], "corpus publish: expected --to with --dry-run, got none; say where it would be sent"),
        (["--to", "hf://datasets/a/b"], "--output: expected a folder of this machine with --to, got gs://b/p"),
    ],
    ids=["nowhere to send", "a folder in a store"],
)
def test_options_that_cannot_be_meant(
    words: list[str], text: str, out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_line(["publish", str(out), "--output", "gs://b/p", *words]) == 2
    assert line_of(capsys) == text
