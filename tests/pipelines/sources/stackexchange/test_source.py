"""Stack Exchange from its dump to documents: the demo sites, exactly."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from built_files import built_rows

from corpus.errors import InputError, RecipeError
from corpus.ledger import Ledger
from pipelines.demo import stackexchange as demo
from pipelines.engine.build import Built, build
from pipelines.sources import find_source

ONE = ["--direct_num_workers=1"]
GEARS = """\
Computing gear inches for a whole cassette

I would like a table of all my gears. What is the formula?

Wheel diameter times chainring over sprocket:

  • in inches, as tradition has it:
    def gear_inches(ring, sprocket, wheel=27.0):
        if sprocket <= 0:
            raise ValueError(sprocket)
        return wheel * ring / sprocket
  • in metres of development, multiply by math.pi * 0.0254."""
LIGHT = (
    "Q: Riding home in fog: which light helps others see me? My front light blinds me as soon as fog comes up.\n\n"
    "Use the low beam.\n\nsays my neighbour, but a bicycle has none.\n"
    "A: Point it down, fifteen metres ahead, and wear a reflective ankle band: eyes catch movement."
)


def built(folder: Path, inputs: list[str] | None = None, beam: list[str] = ONE, **options: object) -> Built:
    demo.write(folder / "dump")
    return build(
        find_source("stackexchange"),
        inputs or [str(folder / "dump")],
        str(folder / "out"),
        beam_arguments=beam,
        **options,
    )


def texts(result: Built) -> dict[str, str]:
    rows = built_rows(result.folder, "documents")
    return {row["id"].removeprefix("stackexchange:"): row["text"] for row in rows}


def tally(ledger: Ledger) -> dict[tuple[str, str], dict[str, int]]:
    return {(stage, unit): counts for stage, unit, counts in ledger.tallies()}


def digests(result: Built) -> dict[str, str]:
    pieces = sorted(Path(result.folder).glob("*.parquet"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in pieces}


def test_demo_sites(tmp_path: Path):
    result = built(tmp_path)
    found = texts(result)
    assert list(found) == [
        *(f"cycling.example.com/{n}" for n in range(1, 6)),
        *(f"garden.example.com/{n}" for n in (1, 2, 3)),
    ]
    assert found["cycling.example.com/3"] == GEARS
    answers = found["cycling.example.com/1"].split("\n\n")[2:]
    assert [answer[:9] for answer in answers] == ["Two thing", "  1. put ", "A new cha", "Mine did "]
    counts = tally(result.ledger)
    assert counts["read", "post"] == {
        "entered": 27, "kept": 20, "orphan_answer": 1, "repeated_post": 1, "tag_wiki": 1, "tag_wiki_excerpt": 1,
        "wiki_placeholder": 1, "unreadable": 2,
    }  # fmt: skip
    assert counts["text", "document"] == {"entered": 9, "kept": 8, "empty_text": 1}
    picture = '<p><img src="https://i.example.org/lamp.jpg" alt="a lamp"></p>'
    assert {
        key: row for key, row in result.ledger.counts.items() if key[1] in ("line", "post") and key[0] == "text"
    } == {("text", "post", "empty_answer"): [1, len(picture)]}


def test_bytes_do_not_depend_on_input_order(tmp_path: Path):
    one = built(tmp_path / "1")
    paths = sorted(str(path) for path in (tmp_path / "1" / "dump").iterdir())
    two = built(tmp_path / "2", [str(tmp_path / "2" / "dump" / Path(path).name) for path in reversed(paths)])
    assert {name: digest for name, digest in digests(one).items() if "documents" in name} == {
        name: digest for name, digest in digests(two).items() if "documents" in name
    }


def test_only_the_largest_sites_stay(tmp_path: Path):
    result = built(tmp_path, settings={"sites": "1"})
    assert {name.partition("/")[0] for name in texts(result)} == {"cycling.example.com"}
    assert tally(result.ledger)["read", "post"]["site_not_among_largest"] == 7


def test_preset_redpajama(tmp_path: Path):
    assert texts(built(tmp_path, preset="redpajama"))["cycling.example.com/5"] == LIGHT


def test_a_truncated_archive_costs_itself(tmp_path: Path):
    demo.write(tmp_path / "dump")
    archive = tmp_path / "dump" / "meadow.example.com.7z"
    archive.write_bytes((tmp_path / "dump" / "garden.example.com.7z").read_bytes()[:-100])
    result = built(tmp_path)
    assert tally(result.ledger)["read", "post"]["unreadable"] == 3
    assert len(texts(result)) == 8
    where = f"{archive.name}#0-{archive.stat().st_size}"
    assert any(row.locator == where and "a whole .7z archive" in row.detail for row in result.ledger.broken)


def test_no_dump_among_the_inputs(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(InputError, match="files that hold posts"):
        built(tmp_path, [str(tmp_path / "notes.txt")])


def test_an_unknown_form(tmp_path: Path):
    with pytest.raises(RecipeError, match="one of plain, redpajama"):
        built(tmp_path, settings={"form": "fancy"})
