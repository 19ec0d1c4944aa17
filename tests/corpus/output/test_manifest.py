"""The manifest: the same bytes for the same fields, and every changed bit is seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.output.manifest import (
    DAMAGED,
    FINISHED,
    FOREIGN,
    FORMAT,
    OutputFile,
    files_of,
    is_named,
    read_manifest,
    sealed,
    unsealed,
    write_manifest,
)

FIELDS = {
    "kind": "build",
    "state": FINISHED,
    "recipe": {"share": {"value": 0.1, "unit": "ü"}, "words": ("a", "b")},
    "files": [OutputFile("a.parquet", 5, "00ff", 3).to_json(), OutputFile("b", 0, "11").to_json()],
}


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = write_manifest(str(tmp_path), FIELDS)
    assert read_manifest(str(tmp_path)) == written
    assert written["recipe"] == {"share": {"value": 0.1, "unit": "ü"}, "words": ["a", "b"]}
    assert files_of(written) == {"a.parquet": OutputFile("a.parquet", 5, "00ff", 3), "b": OutputFile("b", 0, "11")}
    assert read_manifest(str(tmp_path / "none")) is None


def test_its_bytes_depend_on_nothing_but_the_fields() -> None:
    assert sealed(FIELDS) == sealed(dict(reversed(FIELDS.items())))
    assert json.loads(sealed(FIELDS))["sha256"] != json.loads(sealed({**FIELDS, "state": "x"}))["sha256"]


def test_a_name_that_is_no_utf_8_is_kept() -> None:
    fields = {"format": "llama-corpus output 1", "state": FINISHED, "inputs": ["odd\udcff.warc"]}
    assert unsealed(sealed(fields))["inputs"] == ["odd\udcff.warc"]


@pytest.mark.parametrize("name", ["../a.parquet", "/etc/passwd", "b/../../a", "..", 7, None])
def test_one_that_lists_a_file_outside_its_folder_is_damaged(name: object) -> None:
    inside, outside = ({"format": FORMAT, "kind": "build", "files": [{"name": one}]} for one in ("b/a..parquet", name))
    assert unsealed(sealed(inside))["kind"] == "build"
    assert unsealed(sealed(outside)) == {"state": DAMAGED}


def test_every_flipped_bit_is_seen(tmp_path: Path) -> None:
    write_manifest(str(tmp_path), FIELDS)
    data = (tmp_path / "manifest.json").read_bytes()
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        assert unsealed(bytes(changed)) == {"state": DAMAGED}, at


@pytest.mark.parametrize(
    ("data", "state"),
    [
        (b"", DAMAGED),
        (b"[]", DAMAGED),
        (b"[" * 100_000, DAMAGED),
        (b'{"format": "llama-corpus output 1"}', DAMAGED),
        (b'{"name": "an app of the web", "icons": []}', FOREIGN),
    ],
    ids=["empty", "list", "deep", "unsealed", "another program's"],
)
def test_what_is_no_manifest_is_told(data: bytes, state: str) -> None:
    assert unsealed(data) == {"state": state}


@pytest.mark.parametrize(
    ("pattern", "name", "named"),
    [
        ("documents-*.parquet", "documents-00000-of-00001.parquet", True),
        ("documents-*.parquet", "old/documents-00000-of-00001.parquet", False),
        ("*/index.json", "github/index.json", True),
        ("*/index.json", "index.json", False),
        ("a[1].txt", "a[1].txt", False),
    ],
)
def test_a_star_stops_at_a_slash(pattern: str, name: str, named: bool) -> None:
    assert is_named(pattern, name) is named
