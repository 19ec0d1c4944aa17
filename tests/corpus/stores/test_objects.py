"""Object stores as a filesystem: read by ranges, written whole, listed in pages, faults named and waited for."""

from __future__ import annotations

import errno
import io
import random

import pytest
from memory_store import PAGE_FILES, MemoryStore

from corpus.errors import OutputError
from corpus.storage import Stored, create
from corpus.stores import faults
from corpus.stores.faults import StatusError
from corpus.stores.objects import FIRST_BYTES, ObjectStorage
from corpus.stores.store import PART_BYTES


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    monkeypatch.setattr(faults, "_answered", set())
    return found


@pytest.mark.parametrize("size", [0, 1, FIRST_BYTES - 1, FIRST_BYTES, FIRST_BYTES + 1, 1_000_000])
def test_a_file_is_read_as_one_in_memory(store: MemoryStore, size: int) -> None:
    chance = random.Random(size)
    store.kept["gs://b/a"] = data = chance.randbytes(size)
    truth = io.BytesIO(data)
    with ObjectStorage(store).open("gs://b/a") as file:
        for _ in range(200):
            if chance.random() < 0.5:
                place = chance.randrange(size + 10), io.SEEK_SET
                assert file.seek(*place) == truth.seek(*place)
            length = chance.choice([0, 1, 10, 70_000, 300_000])
            assert file.read(length) == truth.read(length)
        assert (file.seek(0, io.SEEK_END), file.read()) == (size, b"")
        file.seek(0)
        assert file.read() == data


def test_reading_on_asks_for_more_at_a_time_and_a_head_is_one_request(store: MemoryStore) -> None:
    store.kept["gs://b/a"] = bytes(16 * FIRST_BYTES)
    assert ObjectStorage(store).head("gs://b/a", 512) == bytes(512)
    assert store.requests == {"get": 1}
    with ObjectStorage(store).open("gs://b/a") as file:
        while file.read(1000):
            pass
        assert store.requests == {"get": 1 + 1 + 4}  # 1, 2, 4, 8 and the last of 16 blocks
        file.seek(0)
        assert file.read(FIRST_BYTES) == bytes(FIRST_BYTES)
    assert store.requests == {"get": 6}


@pytest.mark.parametrize("kind", ["page", "stat", "get", "put", "remove"])
def test_faults_that_pass_are_waited_for(store: MemoryStore, kind: str, pauses: list[float]) -> None:
    storage = ObjectStorage(store)
    store.kept["gs://b/folder/a"] = b"text"
    store.raised = {kind: [StatusError(500, "an outage"), ConnectionResetError("reset"), StatusError(429, "slow")]}
    assert [one.path for one in storage.files_below("gs://b/folder")] == ["gs://b/folder/a"]
    assert storage.stat("gs://b/folder/a") == Stored("gs://b/folder/a", 4, 1.0)
    with storage.open("gs://b/folder/a") as file:
        assert file.read() == b"text"
    with storage.open_new("gs://b/folder/b") as new:
        new.write(b"more")
    assert store.kept["gs://b/folder/b"] == b"more"
    storage.remove("gs://b/folder/a")
    assert sorted(store.kept) == ["gs://b/folder/b"]
    assert pauses == [1.0, 4.0, 16.0]


def test_an_answer_that_is_short_is_asked_for_again(store: MemoryStore, pauses: list[float]) -> None:
    store.kept["gs://b/a"] = data = random.Random(1).randbytes(3 * FIRST_BYTES)
    storage = ObjectStorage(store)
    with storage.open("gs://b/a") as file:
        store.short = 2
        assert file.read() == data
    assert pauses == [1.0, 4.0]
    store.short = 1
    assert storage.slice("gs://b/a", 5, 1000) == data[5:1005]


def test_a_host_that_never_answered_is_given_up_soon(store: MemoryStore, pauses: list[float]) -> None:
    store.raised = {"get": [ConnectionRefusedError("no one there")] * 9}
    with pytest.raises(OSError, match="no one there") as raised:
        ObjectStorage(store).open("gs://nobody/a")
    assert (raised.value.errno, raised.value.filename, pauses) == (errno.ECONNRESET, "gs://nobody/a", [1.0])


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        (StatusError(404, "x"), errno.ENOENT), (StatusError(403, "x"), errno.EACCES),
        (StatusError(400, "x"), errno.EINVAL), (type("NoCredentialsError", (Exception,), {})("x"), errno.EACCES),
        (type("ParamValidationError", (Exception,), {})("x"), errno.EINVAL),
    ],
    ids=["absent", "forbidden", "refused", "no credentials", "no name of a bucket"],
)  # fmt: skip
def test_what_stays_is_a_fault_of_the_disk(store: MemoryStore, fault: Exception, number: int) -> None:
    store.raised = {"page": [fault] * 9}
    with pytest.raises(OSError, match="x") as raised:
        ObjectStorage(store).files_below("gs://b/folder")
    assert (raised.value.errno, raised.value.filename, len(store.raised["page"])) == (number, "gs://b/folder/", 8)


@pytest.mark.parametrize("size", [0, 5, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES])
def test_a_file_is_sent_at_once_or_in_parts(store: MemoryStore, size: int) -> None:
    data = bytes(size)
    with create("gs://b/new", ObjectStorage(store)) as file:
        for start in range(0, size, 1 << 22):
            file.write(data[start : start + (1 << 22)])
        assert "gs://b/new" not in store.kept
    assert (store.kept, file.bytes) == ({"gs://b/new": data}, size)
    assert store.requests == ({"put": 1} if size <= PART_BYTES else {"send": 2})


@pytest.mark.parametrize("size", [5, PART_BYTES + 1])
def test_a_file_that_breaks_off_leaves_what_was_there(store: MemoryStore, size: int) -> None:
    store.kept["gs://b/new"] = b"old"

    def break_off() -> None:
        with create("gs://b/new", ObjectStorage(store)) as file:
            file.write(bytes(size))
            raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        break_off()
    assert (store.kept, store.abandoned) == ({"gs://b/new": b"old"}, int(size > PART_BYTES))


def test_a_store_that_refuses_to_keep_a_file_says_so(store: MemoryStore) -> None:
    store.raised = {"put": [StatusError(403, "no right to write")]}
    with (
        pytest.raises(OutputError, match="gs://b/new: expected to write a file, got 403 no right to write"),
        create("gs://b/new", ObjectStorage(store)) as file,
    ):
        file.write(b"text")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("gs://b/*", ["x.gz"]), ("gs://b/**", ["a/1.gz", "a/2.txt", "a/b/3.gz", "a/b/4[1].gz", "x.gz"]),
        ("gs://b/a/*.gz", ["a/1.gz"]), ("gs://b/a/**.gz", ["a/1.gz", "a/b/3.gz", "a/b/4[1].gz"]),
        ("gs://b/?/[12].*", ["a/1.gz", "a/2.txt"]), ("gs://b/?/[!1].*", ["a/2.txt"]), ("gs://b/a/1.gz", ["a/1.gz"]),
        ("gs://b/a", []), ("gs://b/a/", []),
    ],
)  # fmt: skip
def test_globs_name_files(store: MemoryStore, pattern: str, found: list[str]) -> None:
    names = ("a/1.gz", "a/2.txt", "a/b/3.gz", "a/b/4[1].gz", "x.gz", "a/")
    store.kept = {f"gs://b/{name}": b"" for name in names}
    assert [one.path for one in ObjectStorage(store).match(pattern)] == [f"gs://b/{name}" for name in found]


def test_folders_are_listed_and_deleted_in_pages(store: MemoryStore) -> None:
    storage = ObjectStorage(store)
    store.kept = {f"gs://b/a/{number}": b"" for number in range(2 * PAGE_FILES + 1)} | {"gs://b/ab": b""}
    assert [one.path for one in storage.files_below("gs://b/a")] == [f"gs://b/a/{number}" for number in range(7)]
    assert storage.matching("gs://b/a", "[0-2]*") == storage.files_below("gs://b/a")[:3]
    assert (storage.exists("gs://b/a"), storage.exists("gs://b/a/1"), storage.exists("gs://b/a/x")) == (
        True,
        True,
        False,
    )
    store.requests.clear()
    storage.remove_folder("gs://b/a")
    assert (store.kept, store.requests) == ({"gs://b/ab": b""}, {"page": 3, "remove": 7})
