"""What a card counts of a build: licences, languages, days, and the texts it shows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import BinaryIO

from made_dataset import GITHUB, WIKIPEDIA, make_source

from corpus.document import Document
from corpus.output.manifest import BUILD, OutputFile
from corpus.output.read import read_output
from pipelines.publish.facts import SAMPLES, Facts, gather

FIRST = ["github:33", "github:28", "github:21"]
"""Of forty, those with the smallest hashes."""


def gathered(folder: Path, placed: list[tuple[str, bytes]] | None = None) -> Facts:
    def place(file: OutputFile, opened: BinaryIO) -> None:
        if placed is not None:
            placed.append((file.name, opened.read()))

    return gather(read_output(str(folder), BUILD), place)


def test_counts_over_all_files(tmp_path: Path) -> None:
    facts = gathered(make_source(tmp_path / "github", GITHUB, files=2))
    assert (facts.source, facts.documents, facts.chars) == ("github", 3, sum(one.chars for one in GITHUB))
    assert facts.licences == Counter({"mit": 2, "apache-2.0": 1})
    assert facts.languages == Counter({"": 3})
    assert facts.dates == ("", "")
    assert facts.bytes == sum(path.stat().st_size for path in (tmp_path / "github" / "data").iterdir())


def test_days_are_those_that_can_be_ordered(tmp_path: Path) -> None:
    dates = ("July 1997", "1997", "2020-05-06T01:02:03Z", "0000-0x-00", "1999-12-31x")
    odd = [Document(f"wikipedia:x/{at}", "a", "wikipedia", {"date": date}) for at, date in enumerate(dates)]
    facts = gathered(make_source(tmp_path / "wikipedia", (*WIKIPEDIA, *odd), files=3))
    assert facts.dates == ("1999-12-31", "2023-06-07")


def test_each_file_is_placed_from_its_first_byte(tmp_path: Path) -> None:
    placed: list[tuple[str, bytes]] = []
    folder = make_source(tmp_path / "github", GITHUB, files=2)
    gathered(folder, placed)
    assert sorted(placed) == [(f"data/{path.name}", path.read_bytes()) for path in sorted((folder / "data").iterdir())]


def test_samples_are_of_the_first_files_in_no_order(tmp_path: Path) -> None:
    many = tuple(Document(f"github:{at}", f"text {at}", "github") for at in range(40))
    first = [one.id for one in gathered(make_source(tmp_path / "a", many)).samples]
    again = [one.id for one in gathered(make_source(tmp_path / "b", many[::-1])).samples]
    assert first == again
    assert first == FIRST
    assert len(first) == SAMPLES
    spread = gathered(make_source(tmp_path / "c", many[:5], files=5)).samples
    assert sorted(one.id for one in spread) == ["github:0", "github:1", "github:2"]
