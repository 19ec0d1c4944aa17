"""Files that no dump is, and archives of other projects' tests: read under every name, they cost rows, not a build."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from corpus.document import Outcome
from reliability.dumps import tarred, zipped
from reliability.outside_files import NAMES, files, reading

ODD = {
    "zeros": bytes(3000),
    "all bytes": bytes(range(256)) * 12,
    "heads of many formats": b"\x1f\x8b\x08BZh9\xfd7zXZ\x00\x28\xb5\x2f\xfdPK\x03\x04PAR1WARC/1.0\r\n",
    "a tar of nothing": tarred({}),
    "a zip of zips": zipped({"a.zip": zipped({"b.zip": zipped({"c.txt": b"text"})})}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize(("source", "name"), [(source, name) for source, names in NAMES.items() for name in names])
def test_an_odd_file_costs_rows(source: str, name: str, kind: str) -> None:
    assert reading(source, name, ODD[kind], 20).fault == ""


def test_the_archives_of_pythons_own_tests_cost_rows() -> None:
    """recursion.tar never ends for who trusts its header; others have damaged heads, sizes and names."""
    spec = importlib.util.find_spec("test")
    folder = Path(spec.origin or "").parent if spec else Path()
    archives = [path for path in folder.glob("*") if path.suffix in (".tar", ".zip", ".xz")]
    if not archives:
        pytest.skip("Python was installed without its tests")
    for path in archives:
        for source, name in (("arxiv", "a.tar"), ("books", "a.zip"), ("wikipedia", "awiki-pages-articles.xml.xz")):
            assert (path.name, reading(source, name, path.read_bytes(), 20).fault) == (path.name, "")


def test_a_reader_that_raises_or_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*_arguments: object) -> Outcome:
        raise ValueError("odd")

    monkeypatch.setattr("corpus.readers.books.read.decode_book", odd)
    assert "failed: ValueError: odd" in reading("books", "a.txt", b"text", 20).fault
    monkeypatch.setattr("corpus.readers.books.read.decode_book", _endless)
    assert reading("books", "a.txt", b"text", 1).fault == "longer than 1 s"


def _endless(*_arguments: object) -> Outcome:
    while True:
        pass


def test_files_up_to_a_size_are_read(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"ab")
    (tmp_path / "large").write_bytes(b"abc")
    (tmp_path / "empty").write_bytes(b"")
    assert [(path.name, data) for path, data in files([tmp_path], 2)] == [("small", b"ab")]
