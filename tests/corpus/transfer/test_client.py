from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from faulty_server import Answer, FaultyServer, breaks_off, says, sends, serving

from corpus.errors import InputError
from corpus.transfer.answers import TRIES, retry_after
from corpus.transfer.client import Client, Pace, fetch_all
from corpus.transfer.limits import Limits
from corpus.transfer.part import Remote

DATA = random.Random(5).randbytes(700_000)
SHA1 = hashlib.sha1(DATA).hexdigest()


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with serving() as running:
        running.files["/dump.bz2"] = DATA
        yield running


def dump(server: FaultyServer, **known: object) -> Remote:
    return Remote(f"{server.url}/dump.bz2", "dump.bz2", **{"size": len(DATA), "checksum": ("sha1", SHA1), **known})  # type: ignore[arg-type]


def patient(waited: list[float] | None = None) -> Client:
    """A client that notes its pauses instead of waiting."""
    return Client(sleep=(waited if waited is not None else []).append)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "dump.bz2")


def test_a_file_arrives_with_its_size_and_digest(server: FaultyServer, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    arrived = patient().fetch(dump(server), str(tmp_path), lambda *report: seen.append(report))
    assert (arrived.bytes, arrived.received, arrived.fault) == (len(DATA), len(DATA), "")
    assert arrived.sha256 == hashlib.sha256(DATA).hexdigest()
    assert (tmp_path / "dump.bz2").read_bytes() == DATA
    assert leftovers(tmp_path) == []
    assert seen[-1] == ("dump.bz2", len(DATA), len(DATA))


def test_what_is_here_is_compared_and_not_asked_for(server: FaultyServer, tmp_path: Path) -> None:
    patient().fetch(dump(server), str(tmp_path))
    server.asked.clear()
    arrived = patient().fetch(dump(server), str(tmp_path))
    assert (arrived.received, arrived.fault, server.asked) == (0, "", [])
    (tmp_path / "dump.bz2").write_bytes(DATA[:-1] + b"x")
    again = patient().fetch(dump(server), str(tmp_path))
    assert "expected sha1" in again.fault
    assert "delete the file" in again.fault


TRANSFERS = {
    "broken_off_once": [breaks_off(300_000)],
    "broken_off_often": [breaks_off(50_000)] * (TRIES + 4),
    "busy": [says(503, Retry_After="7"), says(429), says(502)],
    "range_not_known": [breaks_off(300_000), sends(DATA)],
    "reset_at_once": [breaks_off(0)] * (TRIES - 1),
    "other_bytes_first": [sends(DATA[::-1])],
    "redirect": [says(302, Location="/dump.bz2")],
    "refused_range": [breaks_off(300_000), says(416, Content_Range="bytes */5")],
}


@pytest.mark.parametrize("faults", TRANSFERS.values(), ids=TRANSFERS)
def test_a_transfer_survives(server: FaultyServer, tmp_path: Path, faults: list[Answer]) -> None:
    server.faults["/dump.bz2"] = list(faults)
    arrived = patient().fetch(dump(server), str(tmp_path))
    assert arrived.fault == ""
    assert (tmp_path / "dump.bz2").read_bytes() == DATA
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        pytest.param(
            [breaks_off(0)] * TRIES, "broke off (IncompleteRead(0 bytes read, 700000 more expected))", id="always_reset"
        ),
        pytest.param([says(500)] * TRIES, "status 500", id="always_broken"),
        pytest.param([says(403)], "status 403", id="forbidden"),
        pytest.param([says(304)], "status 304", id="no_file_in_the_answer"),
        pytest.param([sends(DATA[::-1])] * 2, f"expected sha1 {SHA1}", id="another_file"),
        pytest.param([sends(DATA + b"x")], "expected 700000 bytes, as listed, got 700001", id="longer_than_listed"),
        pytest.param([sends(b"short")], "expected 700000 bytes, as listed, got 5", id="shorter_than_listed"),
        pytest.param([says(302, Location="/dump.bz2")] * 20, "at most 10 redirects", id="redirects_in_a_circle"),
        pytest.param(
            [says(302, Location="file:///etc/passwd")], "an address of http or https", id="redirect_to_a_file"
        ),
        pytest.param([sends(DATA, Content_Encoding="br")] * 2, "packed on its way", id="packed_on_its_way"),
    ],
)
def test_a_transfer_fails_in_one_line(server: FaultyServer, tmp_path: Path, faults: list[Answer], words: str) -> None:
    server.faults["/dump.bz2"] = list(faults)
    arrived = patient().fetch(dump(server), str(tmp_path))
    assert words in arrived.fault
    assert "\n" not in arrived.fault
    assert not (tmp_path / "dump.bz2").exists()


def test_the_next_run_asks_for_the_rest(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/dump.bz2"] = [breaks_off(200_000), says(403)]
    assert patient().fetch(dump(server), str(tmp_path)).fault
    server.asked.clear()
    arrived = patient().fetch(dump(server), str(tmp_path))
    assert (arrived.received, arrived.fault) == (len(DATA) - 200_000, "")
    assert server.asked == [("/dump.bz2", "bytes=200000-")]
    assert (tmp_path / "dump.bz2").read_bytes() == DATA


@pytest.mark.parametrize("checksum", [None, ("sha1", hashlib.sha1(DATA[::-1]).hexdigest())])
def test_a_file_that_changed_begins_again(
    server: FaultyServer, tmp_path: Path, checksum: tuple[str, str] | None
) -> None:
    server.faults["/dump.bz2"] = [breaks_off(200_000), says(403)]
    patient().fetch(dump(server, checksum=checksum), str(tmp_path))
    server.files["/dump.bz2"], server.tags["/dump.bz2"] = DATA[::-1], '"2"'
    arrived = patient().fetch(dump(server, checksum=checksum), str(tmp_path))
    assert (arrived.fault, arrived.received) == ("", len(DATA))
    assert (tmp_path / "dump.bz2").read_bytes() == DATA[::-1]


def test_a_listing_that_changed_begins_again(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/dump.bz2"] = [breaks_off(200_000), says(403)]
    patient().fetch(dump(server, checksum=("sha1", "0" * 40)), str(tmp_path))
    server.asked.clear()
    assert patient().fetch(dump(server), str(tmp_path)).fault == ""
    assert server.asked == [("/dump.bz2", "")]


def test_a_kill_between_the_bytes_and_the_name_costs_nothing(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/dump.bz2"] = [breaks_off(200_000), says(403)]
    patient().fetch(dump(server), str(tmp_path))
    (tmp_path / "dump.bz2.part").write_bytes(DATA)
    server.asked.clear()
    assert patient().fetch(dump(server), str(tmp_path)).fault == ""
    assert server.asked == []


def test_pauses_double_and_follow_the_server(server: FaultyServer, tmp_path: Path) -> None:
    waited: list[float] = []
    server.faults["/dump.bz2"] = [says(503), says(503), says(503, Retry_After="90"), says(503, Retry_After="9999999")]
    assert patient(waited).fetch(dump(server), str(tmp_path)).fault == ""
    assert waited == [1.0, 2.0, 90.0, 600.0]


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/../../b", "a//b", "..", "a\\b", "a\0b"])
def test_a_name_that_leads_out_of_the_folder_is_refused(server: FaultyServer, tmp_path: Path, name: str) -> None:
    arrived = patient().fetch(Remote(f"{server.url}/dump.bz2", name), str(tmp_path / "in"))
    assert "expected a file name below the folder" in arrived.fault
    assert server.asked == []


def test_what_need_not_be_there_is_no_fault(server: FaultyServer, tmp_path: Path) -> None:
    missing = Remote(f"{server.url}/none", "none")
    assert "status 404" in patient().fetch(missing, str(tmp_path)).fault
    arrived = patient().fetch(missing._replace(may_be_absent=True), str(tmp_path))
    assert (arrived.absent, arrived.fault) == (True, "")


def test_https_does_not_lead_to_http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import requests

    answer = requests.Response()
    answer.status_code, answer.headers["Location"], answer.raw = 302, "http://127.0.0.1/x", None
    monkeypatch.setattr(requests.Session, "get", lambda *_args, **_options: answer)
    monkeypatch.setattr(answer, "close", lambda: None)
    arrived = patient().fetch(Remote("https://127.0.0.1/x", "x"), str(tmp_path))
    assert "expected a redirect to https, got http://127.0.0.1/x" in arrived.fault


def test_nobody_there(tmp_path: Path) -> None:
    with serving() as server:
        url = server.url
    arrived = patient().fetch(Remote(f"{url}/x", "x"), str(tmp_path))
    assert "Connection refused" in arrived.fault
    assert "it continues where it broke off" in arrived.fault


def test_files_at_once_stay_in_order(server: FaultyServer, tmp_path: Path) -> None:
    remotes = []
    for number in range(12):
        server.files[f"/{number}"] = DATA[: 1000 * number]
        remotes.append(Remote(f"{server.url}/{number}", f"in/{number}"))
    arrived = list(fetch_all(remotes, str(tmp_path), Client(Limits(at_once=3), sleep=lambda _: None)))
    assert [one.bytes for one in arrived] == [1000 * number for number in range(12)]
    assert [one.remote for one in arrived] == remotes


def test_listings_are_bounded_and_whole(server: FaultyServer) -> None:
    server.faults["/dump.bz2"] = [breaks_off(10)]
    assert patient().get(f"{server.url}/dump.bz2") == DATA
    with pytest.raises(InputError, match="expected at most 1000 bytes"):
        patient().get(f"{server.url}/dump.bz2", most=1000)
    server.files["/deep"] = b"[" * 200_000
    with pytest.raises(InputError, match="expected JSON"):
        patient().json(f"{server.url}/deep")


def test_a_rate_is_kept_over_all_threads() -> None:
    waited: list[float] = []
    pace = Pace(1000, waited.append)
    for _ in range(5):
        pace.take(2000)
    assert waited == pytest.approx([2, 4, 6, 8, 10], abs=0.5)


def test_a_pause_between_files_is_kept(server: FaultyServer, tmp_path: Path) -> None:
    waited: list[float] = []
    client = Client(Limits(at_once=1, pause_seconds=2.0), waited.append)
    for number in range(3):
        client.fetch(Remote(f"{server.url}/dump.bz2", f"{number}"), str(tmp_path))
    assert waited == pytest.approx([0, 2, 4], abs=0.5)


@pytest.mark.parametrize(("value", "seconds"), [("", 0), ("30", 30), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)])
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after(value) == seconds


def test_addresses_of_buckets_are_signed_for_each_request(server: FaultyServer, tmp_path: Path) -> None:
    server.faults["/dump.bz2?signed=1"] = []
    signed: list[str] = []

    def sign(url: str) -> str:
        signed.append(url)
        return url.replace("s3://bucket", server.url) + f"?signature={len(signed)}"

    server.faults["/dump.bz2"] = [breaks_off(100)]
    arrived = Client(sleep=lambda _: None, sign=sign).fetch(Remote("s3://bucket/dump.bz2", "dump.bz2"), str(tmp_path))
    assert (arrived.fault, signed) == ("", ["s3://bucket/dump.bz2"] * 2)
