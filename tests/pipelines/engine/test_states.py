"""What workers say of themselves: in notes and journals of this machine, and in objects of a store."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
import toy

from corpus.progress import work
from corpus.progress.work import Work
from pipelines.engine import hand, states
from pipelines.engine.build import build
from pipelines.engine.hand import Counts, Hand, in_hand, moving_in, noted_in
from pipelines.engine.states import AllStates, LocalStates, Teller, ToldStates, noted, states_of


def test_a_note_says_how_far_a_worker_is(tmp_path: Path) -> None:
    with noted_in(tmp_path / "in-hand"), in_hand("pass 0, shard 3", "a.gz", "pass 0", "3") as held:
        held.expects(9)
        held.enters(5)
        held.keeps(2)
        held.reads(1 << 20)
        (found,) = moving_in(tmp_path / "in-hand")
    assert found == held.moving
    assert found[:3] == ("pass 0", "3", "pass 0, shard 3")
    assert found.counts == Counts(1 << 20, 9, 5, 2)


def test_bytes_that_are_worked_on_count_by_half() -> None:
    held, seen = Hand(None), list[int]()
    for size in (64, 1000, 300, 0):
        held.receives(size)
        seen.append(held.moving.counts.read)
    assert seen == [32, 564, 1214, 1364]


def test_a_journal_says_what_was_done_and_is_read_on(tmp_path: Path) -> None:
    folder = tmp_path / "in-hand"
    with noted_in(folder):
        looks = LocalStates(folder)
        with in_hand("pass 0, shard 3", "", "pass 0", "3") as held:
            held.enters(5)
        first = looks.look()
        with in_hand("pass 0, shard 4", "", "pass 0", "4") as held:
            held.found = True
        with in_hand("the list of shards"):
            assert len(looks.look().moving) == 1
        with pytest.raises(ValueError, match="lost"), in_hand("pass 0, shard 5", "", "pass 0", "5"):
            raise ValueError("lost")
        last = looks.look()
    assert first.ended["pass 0"]["3"].counts.entered == 5
    assert {key: one.found for key, one in last.ended["pass 0"].items()} == {"3": False, "4": True}
    assert last.moving == []


def test_new_workers_begin_anew(tmp_path: Path) -> None:
    folder = tmp_path / "in-hand"
    looks = LocalStates(folder)
    assert looks.look().ended == {}
    with noted_in(folder):
        with in_hand("pass 0, shard 3", "", "pass 0", "3"):
            pass
        assert set(looks.look().ended["pass 0"]) == {"3"}
    os.rename(folder, tmp_path / "before")  # so that the new folder is another one
    with noted_in(folder):
        assert looks.look().ended == {}


def test_a_half_written_line_is_read_when_it_is_whole(tmp_path: Path) -> None:
    journal = tmp_path / "journal-7"
    journal.write_bytes(b"pass 0\t3\t0\t1.5\t1\t0\t2\t3\npass 0\t4\t")
    looks = LocalStates(tmp_path)
    assert set(looks.look().ended["pass 0"]) == {"3"}
    with journal.open("ab") as file:
        file.write(b"0\t1.5\t1\t0\t2\t3\n")
    assert set(looks.look().ended["pass 0"]) == {"3", "4"}


def test_a_pause_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hand.time, "sleep", lambda _seconds: None)
    with work.begun(Work(lambda: 0.0)) as watched, noted_in(tmp_path / "in-hand"):
        with in_hand("pass 0, shard 3", "", "pass 0", "3") as held:
            try:
                raise OSError(errno.EIO, "Input/output error", "a.gz")
            except OSError:
                held.pauses(2.0)
        found = LocalStates(tmp_path / "in-hand").look()
        said = [note.text for note in watched.take_notes()]
    assert set(found.ended) == {"pass 0"}
    assert said == ["pass 0, shard 3: tried again in 2 s after OSError: [Errno 5] Input/output error: 'a.gz'"]


@pytest.mark.parametrize("call", ["posix_fallocate", "open"], ids=["note", "journal"])
def test_a_full_disk_fails_no_build(call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    dump = toy.write(tmp_path / "dump", a="one line\n\nanother line")
    monkeypatch.setattr(hand, "os", _Os(call, full))
    one = ["--direct_num_workers=1"]
    assert build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=one).manifest["documents"] == 2


class _Os:
    """The module os with one function that fails."""

    def __init__(self, name: str, function: Any) -> None:
        self._name, self._function = name, function

    def __getattr__(self, name: str) -> Any:
        return self._function if name == self._name else getattr(os, name)


def test_a_worker_of_another_machine_tells_by_one_object(tmp_path: Path) -> None:
    teller = Teller(str(tmp_path / "states"))
    first, second = Hand(None, "pass 0", "3", "pass 0, shard 3"), Hand(None, "pass 0", "4", "pass 0, shard 4")
    teller._thread = object()  # type: ignore[assignment]  # as if it ran
    for held in (first, second):
        teller.begin(held)
    first.enters(5)
    teller.end(first, done=True)
    states.files.write_json(teller.path, teller.state())
    (tmp_path / "states" / "of-another.json").write_text('{"ended": [["pass 0", "9", true, 0.1, [0, 0, 0, 0]]], "mo')
    found = ToldStates([str(tmp_path / "states")], lambda: 100.0).look()
    assert {key: one.counts.entered for key, one in found.ended["pass 0"].items()} == {"3": 5}
    assert [(one.step, one.key) for one in found.moving] == [("pass 0", "4")]


def test_objects_are_read_no_more_often_than_is_bearable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, now, read = tmp_path / "states", [100.0], list[str]()
    folder.mkdir()
    for number in range(400):
        (folder / f"{number}.json").write_text('{"ended": [], "moving": []}')
    monkeypatch.setattr(states.files, "read_json", lambda path: read.append(path))
    looks = ToldStates([str(folder)], lambda: now[0])
    for _ in range(40):
        looks.look()
        now[0] += 0.5
    assert len(read) == 400  # in 20 seconds


def test_a_store_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "storage_of", lambda _path: (_ for _ in ()).throw(OSError("no answer")))
    assert ToldStates(["gs://bucket/states"], lambda: 1.0).look().moving == []


def test_work_of_no_folder_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(hand.ENVIRONMENT, raising=False)
    monkeypatch.setattr(states, "_tellers", {})
    monkeypatch.setattr(Teller, "_tell", lambda self: None)
    told = str(tmp_path / "states")
    with noted("pass 0, shard 3", "", "pass 0", "3", told):
        assert [one.key for one in states._tellers[told].state()["moving"]] == ["3"]
    assert [one.key for one in states._tellers[told].state()["ended"]] == ["3"]
    with noted("pass 0, shard 4", "", "pass 0", "4"):
        assert [one.key for one in states._tellers[told].state()["moving"]] == []


def test_work_that_was_done_counts_as_done_where_another_found_it() -> None:
    objects = [{"ended": [["pass 0", "3", found, 1.0, [0, 0, 0, 0]]], "moving": []} for found in (True, False, True)]
    assert not states_of([*objects, None, {"ended": 3}]).ended["pass 0"]["3"].found


def test_all_places_together(tmp_path: Path) -> None:
    places = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "journal-1").write_text(f"pass 0\t{name}\t0\t1.0\t0\t0\t0\t0\n")
        places.append(LocalStates(tmp_path / name))
    assert set(AllStates(places).look().ended["pass 0"]) == {"a", "b"}
