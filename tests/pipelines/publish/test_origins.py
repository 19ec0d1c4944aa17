"""Where inputs came from: found by their digests in what `corpus fetch` noted beside them, or further up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made_dataset import GITHUB, make_source

from corpus.output.manifest import BUILD
from corpus.output.read import read_output
from pipelines.publish.card_source import source_section
from pipelines.publish.facts import gather
from pipelines.publish.origins import LEVELS, Origin, origins

NOTED = {"a.gz": {"url": "https://example.org/a.gz", "sha256": "d1", "bytes": 1, "date": "2026-01-31"}}


def note(folder: Path, files: dict[str, Any] | str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = files if isinstance(files, str) and files else json.dumps({"files": files or NOTED})
    (folder / "fetched.json").write_text(text)


def one_input(path: Path | str, digest: str = "d1") -> list[dict[str, str]]:
    return [{"path": str(path), "name": "a.gz", "digest": digest}]


@pytest.mark.parametrize("deep", range(LEVELS + 1))
def test_a_record_may_lie_some_folders_above(deep: int, tmp_path: Path) -> None:
    note(tmp_path)
    path = tmp_path.joinpath(*"abcdefgh"[:deep]) / "a.gz"
    found = {"d1": Origin("https://example.org/a.gz", "2026-01-31")} if deep < LEVELS else {}
    assert origins(one_input(path)) == found


@pytest.mark.parametrize(
    ("files", "digest"),
    [(NOTED, "another"), (NOTED, ""), ({"a.gz": {"sha256": "d1"}}, "d1"), ("{broken", "d1"), ('{"files": []}', "d1")],
    ids=["of other bytes", "of a file that was not read", "without an address", "damaged", "no record"],
)
def test_what_says_nothing_of_the_file(files: dict[str, Any] | str, digest: str, tmp_path: Path) -> None:
    note(tmp_path, files)
    assert origins(one_input(tmp_path / "a.gz", digest)) == {}


def test_a_dump_that_is_gone_or_in_a_store_has_no_record(tmp_path: Path) -> None:
    assert origins([*one_input(tmp_path / "gone" / "a.gz"), *one_input("gs://bucket/a.gz")]) == {}


def test_the_card_says_it_where_it_is_known(tmp_path: Path) -> None:
    note(tmp_path / "dumps", {"a.gz": {**NOTED["a.gz"], "url": "https://me:key@example.org/a.gz?token=1"}})
    inputs = [*one_input(tmp_path / "dumps" / "a.gz"), {"path": "/b", "name": "b", "size": 7, "digest": "d2"}]
    build = read_output(str(make_source(tmp_path / "github", GITHUB, inputs=inputs)), BUILD)
    lines = source_section(gather(build, lambda _file, _opened: None)).splitlines()
    assert lines[lines.index("| file | bytes | digest | fetched from |") + 2 :][:2] == [
        "| `a.gz` | 0 | `d1` | <https://example.org/a.gz>, 2026-01-31 |",
        "| `b` | 7 | `d2` |  |",
    ]
