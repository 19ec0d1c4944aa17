"""`corpus fetch` as a whole command: files, record, cost, and what it says when something fails."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import FaultyServer, breaks_off, says, serving

from corpus.transfer import client
from pipelines.command_line import run_line
from pipelines.fetch import arxiv

TARS = {f"/src/arXiv_src_2201_00{number}.tar": bytes([number]) * 5000 for number in (1, 2, 3)}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    monkeypatch.setattr(client.time, "sleep", lambda _: None)
    with serving() as running:
        entries = "".join(
            f"<file><filename>{name[1:]}</filename><md5sum>{hashlib.md5(data).hexdigest()}</md5sum>"
            f"<size>{len(data)}</size><yymm>2201</yymm></file>"
            for name, data in TARS.items()
        )
        running.files |= {**TARS, "/src/arXiv_src_manifest.xml": f"<arXivSRC>{entries}</arXivSRC>".encode()}
        yield running


def fetch(server: FaultyServer, folder: Path, *words: str) -> int:
    return run_line(["fetch", "arxiv", "--mirror", server.url, "--output", str(folder), *words])


def test_a_dump_is_fetched_once(server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.faults["/src/arXiv_src_2201_002.tar"] = [breaks_off(1000)]
    assert fetch(server, tmp_path) == 0
    assert capsys.readouterr().out == f"3 files, 15.0 kB\n3 files in {tmp_path}, 15.0 kB received\n"
    assert fetch(server, tmp_path) == 0
    assert capsys.readouterr().out == f"3 files, 15.0 kB\n3 files in {tmp_path}, 0 B received\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [*(name[5:] for name in TARS), "fetched.json"]
    record = json.loads((tmp_path / "fetched.json").read_text())["files"]
    name, data = "arXiv_src_2201_003.tar", TARS["/src/arXiv_src_2201_003.tar"]
    facts = {"url": f"{server.url}/src/{name}", "bytes": 5000, "sha256": hashlib.sha256(data).hexdigest()}
    assert {**record[name], "date": ""} == {**facts, "date": ""}
    assert (tmp_path / name).read_bytes() == data


def test_a_file_that_fails_costs_itself(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults["/src/arXiv_src_2201_001.tar"] = [says(403)]
    assert fetch(server, tmp_path) == 1
    printed = capsys.readouterr()
    assert printed.out.endswith(f"2 files in {tmp_path}, 10.0 kB received\n")
    assert "arXiv_src_2201_001.tar: expected the server to have the file, got status 403" in printed.err
    assert printed.err.startswith("corpus: ")
    assert fetch(server, tmp_path) == 0


def test_a_dry_run_fetches_nothing(server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(server, tmp_path / "out", "--dry-run") == 0
    assert f"    5.0 kB  {server.url}/src/arXiv_src_2201_001.tar" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_what_costs_money_waits_for_a_word(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(arxiv, "sign", lambda url: url.replace("s3://arxiv", server.url))
    words = ["fetch", "arxiv", "--output", str(tmp_path / "out")]
    assert run_line(words) == 0
    printed = capsys.readouterr().out
    assert "dollars, billed to the account that signs" in printed
    assert printed.endswith("nothing was fetched: add --pay, and your account is billed\n")
    assert not (tmp_path / "out").exists()
    assert run_line([*words, "--pay"]) == 0
    assert (tmp_path / "out" / "arXiv_src_2201_001.tar").read_bytes() == TARS["/src/arXiv_src_2201_001.tar"]


def test_no_room_is_said_before_anything_is_asked_for(
    server: FaultyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**6, 10**6, 9000))  # type: ignore[attr-defined]
    assert fetch(server, tmp_path) == 1
    assert "expected room for 15.0 kB, got 9.0 kB free" in capsys.readouterr().err
    assert [path for path, _ in server.asked] == ["/src/arXiv_src_manifest.xml"]


def test_a_record_that_is_damaged_is_made_again(server: FaultyServer, tmp_path: Path) -> None:
    assert fetch(server, tmp_path) == 0
    (tmp_path / "fetched.json").write_text('{"files": 5')
    assert fetch(server, tmp_path) == 0
    assert len(json.loads((tmp_path / "fetched.json").read_text())["files"]) == 3


@pytest.mark.parametrize("word", ["wikipedia", "commoncrawl", "c4", "stackexchange", "books", "arxiv", "lid.176"])
def test_each_has_help(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_line(["fetch", word, "--help"])
    assert ended.value.code == 0
    assert "--output DIR" in capsys.readouterr().out


def test_an_unknown_dump_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_line(["fetch", "wikipedai"]) == 2
    assert "wikipedai" in capsys.readouterr().err
