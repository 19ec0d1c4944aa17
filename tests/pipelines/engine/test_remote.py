"""Faults of an object store: those that pass are waited for, others end a command in one line; none costs a record."""

from __future__ import annotations

import errno
import hashlib
import io
from http.client import IncompleteRead
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pytest
import toy
from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem, MatchResult

from corpus.errors import OutputError
from corpus.stores.faults import number_of
from pipelines.cli import main
from pipelines.engine import files, remote

ONE = "--direct_num_workers=1"
TEXT = b"first document\n\nsecond one\n\nand a third"


class StoreError(Exception):
    """As clients of stores raise them: with the status of the answer."""

    def __init__(self, code: int, said: str = "said the store") -> None:
        super().__init__(said)
        self.code = code


class Faulty(FileSystem):
    """faulty://: a store in memory; `faults` are raised one for each request of a kind, before it is answered."""

    kept: ClassVar[dict[str, bytes]] = {}
    faults: ClassVar[dict[str, list[BaseException]]] = {}
    pauses: ClassVar[list[float]] = []

    @classmethod
    def scheme(cls) -> str:
        return "faulty"

    def _ask(self, kind: str) -> None:
        if self.faults.get(kind):
            raise self.faults[kind].pop(0)

    def match(self, patterns: list[str], limits: Any = None) -> list[MatchResult]:
        self._ask("match")
        found = []
        for pattern in patterns:
            start = pattern.partition("*")[0]
            names = [
                name for name in sorted(self.kept) if name == pattern or ("*" in pattern and name.startswith(start))
            ]
            found.append(MatchResult(pattern, [FileMetadata(name, len(self.kept[name]), 1.0) for name in names]))
        return found

    def open(self, path: str, *_: Any, **__: Any) -> BinaryIO:
        self._ask("open")
        if path not in self.kept:
            raise BeamIOError("Open failed", {path: StoreError(404, "no such object")})
        return Connection(self.kept[path], self._ask)  # type: ignore[return-value]

    def exists(self, path: str) -> bool:
        self._ask("exists")
        return path in self.kept

    def checksum(self, path: str) -> str:
        return hashlib.md5(self.kept[path]).hexdigest()

    def join(self, *_: Any) -> Any: ...
    def split(self, path: str) -> Any: ...
    def mkdirs(self, path: str) -> Any: ...
    def has_dirs(self) -> bool:
        return False

    def _list(self, dir_or_prefix: str) -> Any: ...
    def create(self, path: str, *_: Any, **__: Any) -> Any: ...
    def copy(self, *_: Any) -> Any: ...
    def rename(self, *_: Any) -> Any: ...
    def size(self, path: str) -> int:
        return len(self.kept[path])

    def last_updated(self, path: str) -> float:
        return 1.0

    def metadata(self, path: str) -> FileMetadata:
        return FileMetadata(path, len(self.kept[path]), 1.0)

    def delete(self, paths: list[str]) -> None: ...


class Connection(io.BytesIO):
    """An open object: each read of at most five bytes, before which a fault may be raised; EOFError is an early end."""

    def __init__(self, data: bytes, ask: Any) -> None:
        super().__init__(data)
        self._ask = ask

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            self._ask("read")
        except EOFError:
            return b""
        return super().read(min(5, 5 if size is None or size < 0 else size))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> type[Faulty]:
    Faulty.kept, Faulty.faults, Faulty.pauses = {"faulty://bucket/dump/a.txt": TEXT}, {}, []
    monkeypatch.setattr("time.sleep", Faulty.pauses.append)
    return Faulty


PASSING: list[BaseException] = [
    StoreError(500), StoreError(503), StoreError(429), StoreError(408), ConnectionResetError("reset"),
    TimeoutError("late"), IncompleteRead(b"", 7), BeamIOError("x", {"faulty://bucket": StoreError(502)}), EOFError(),
]  # fmt: skip


@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{type(fault).__name__} {getattr(fault, 'code', '')}")
def test_a_file_is_read_on_where_its_connection_broke_off(store: type[Faulty], fault: BaseException) -> None:
    with files.open_file("faulty://bucket/dump/a.txt") as file:
        assert file.read(7) == TEXT[:7]
        file.seek(3)
        store.faults["read"] = [fault]
        assert file.read() == TEXT[3:]
        assert (file.seek(-5, io.SEEK_END), file.read()) == (len(TEXT) - 5, TEXT[-5:])
    assert store.pauses == [1.0]


@pytest.mark.parametrize(
    ("fault", "number", "attempts"),
    [
        (StoreError(403, "no right to it"), errno.EACCES, 1),
        (StoreError(404, "no such object"), errno.ENOENT, 1),
        (StoreError(500, "an outage"), errno.EIO, 4),
        (EOFError(), errno.EIO, 4),
    ],
    ids=["403", "404", "500", "cut off"],
)
def test_a_fault_that_stays_is_one_of_the_disk(
    store: type[Faulty], fault: BaseException, number: int, attempts: int
) -> None:
    with files.open_file("faulty://bucket/dump/a.txt") as file:
        store.faults["read"] = [fault] * 9
        with pytest.raises(OSError) as raised:
            file.read()
    assert (raised.value.errno, raised.value.filename) == (number, "faulty://bucket/dump/a.txt")
    assert len(store.faults["read"]) == 9 - attempts


def test_what_is_no_fault_of_a_store_stays_what_it_is() -> None:
    for error in (TypeError("x"), NotImplementedError(), KeyError("y")):
        assert number_of(error) is None


def build(folder: Path, dump: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, dict[str, bytes]]:
    """The end of a build, what it said as errors, and its files."""
    (folder / "notes.py").write_text("from toy import CLEAN, source\n\nSOURCE = source(CLEAN)\n")
    code = main(["build", f"{folder}/notes.py", "--input", dump, "--output", str(folder / "out"), "--", ONE])
    said = capsys.readouterr().err
    return code, said, {path.name: path.read_bytes() for path in (folder / "out").glob("toy/**/*.parquet")}


@pytest.mark.parametrize("kind", ["match", "open", "read", "exists"])
def test_a_build_outlasts_faults_that_pass(
    store: type[Faulty], kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.faults = {kind: [StoreError(500), ConnectionResetError("reset"), StoreError(503)]}
    code, _said, made = build(tmp_path, "faulty://bucket/dump", capsys)
    (tmp_path / "local").mkdir()
    toy.write(tmp_path / "local" / "dump", a=TEXT.decode())
    truth = build(tmp_path / "local", str(tmp_path / "local" / "dump"), capsys)
    assert (code, made["documents-00000-of-00001.parquet"]) == (0, truth[2]["documents-00000-of-00001.parquet"])


@pytest.mark.parametrize("kind", ["match", "open", "read"])
@pytest.mark.parametrize(("status", "said"), [(403, "no right"), (404, "no such bucket"), (500, "an outage")])
def test_a_build_ends_in_one_line_for_those_that_stay(
    store: type[Faulty], kind: str, status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.faults = {kind: [StoreError(status, said)] * 99}
    code, error, made = build(tmp_path, "faulty://bucket/dump", capsys)
    lines = [line for line in error.splitlines() if line.startswith("corpus: ")]
    assert (code, len(lines), "Traceback" in error, made) == (1, 1, False, {})
    assert "faulty://bucket/dump" in lines[0]
    assert said in lines[0]
    assert "again" in lines[0]


def test_what_fails_while_a_file_is_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def close(self) -> None:
            raise StoreError(403, "no right to write")

    monkeypatch.setattr(remote.FileSystems, "create", lambda *_, **__: Broken())
    monkeypatch.setattr(remote.FileSystems, "exists", lambda path: False)
    with (
        pytest.raises((OutputError, OSError), match="no right to write") as raised,
        files.create("faulty://b/x") as file,
    ):
        file.write(b"text")
    assert getattr(raised.value, "errno", errno.EACCES) == errno.EACCES
