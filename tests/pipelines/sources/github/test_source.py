"""GitHub from its export to documents: the demo repositories, exactly."""

from __future__ import annotations

import json
from pathlib import Path

from built_files import built_rows

from corpus.ledger import Ledger
from pipelines.demo import github as demo
from pipelines.engine.build import Built, build
from pipelines.sources import find_source

ONE, TWO = ["--direct_num_workers=1"], ["--direct_num_workers=2"]
TIDES_TOP = "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n#\n# Predicts the height"


def built(folder: Path, inputs: list[str] | None = None, beam: list[str] = ONE, **options: object) -> Built:
    demo.write(folder / "dump")
    return build(
        find_source("github"), inputs or [str(folder / "dump")], str(folder / "out"), beam_arguments=beam, **options
    )


def documents(result: Built) -> dict[str, dict]:
    """Documents by repository and path."""
    rows = built_rows(result.folder, "documents")
    return {"{repo}/{path}".format(**json.loads(row["metadata"])): row for row in rows}


def tally(ledger: Ledger) -> dict[tuple[str, str], dict[str, int]]:
    return {(stage, unit): counts for stage, unit, counts in ledger.tallies()}


def test_demo_repositories(tmp_path: Path):
    result = built(tmp_path)
    found = documents(result)
    twins = {"harbour/charts/src/Sounding.java", "harbour/tides/java/Sounding.java"}
    assert set(found) - twins == {
        "harbour/charts/copied/tides.py",
        "harbour/tides/tools/soundings.c",
        "meadow/bees/gate.go",
        "meadow/bees/README.md",
    }
    assert len(set(found) & twins) == 1
    assert found["harbour/charts/copied/tides.py"]["text"].startswith(TIDES_TOP)
    assert found["meadow/bees/README.md"]["text"] == demo._README
    assert found["harbour/tides/tools/soundings.c"]["text"] == demo._SOUNDINGS
    assert found[(set(found) & twins).pop()]["text"] == demo._CHART
    assert tally(result.ledger) == {
        ("input", "file"): {"entered": 4, "kept": 4},
        ("input", "byte"): {"entered": 6325, "kept": 5359, "companion": 966},
        ("input", "files byte"): {"entered": 836, "kept": 836},
        ("input", "licenses byte"): {"entered": 130, "kept": 130},
        ("read", "byte"): {"entered": 5359, "kept": 5359},
        ("input", "files row"): {"entered": 20, "kept": 20},
        ("input", "licenses row"): {"entered": 4, "kept": 4},
        ("read", "blob"): {
            "entered": 21, "kept": 15, "unreadable": 1, "binary": 1, "no_repo_file": 1, "symbolic_link": 1,
            "licence_not_permitted": 1, "no_licence_row": 1,
        },
        ("read", "document"): {"entered": 15, "kept": 15},
        ("files", "document"): {
            "entered": 15, "kept": 9, "empty": 1, "licence_file": 1, "vendored": 1, "generated": 1, "minified": 1,
            "data_table": 1,
        },
        ("boilerplate", "document"): {"entered": 9, "kept": 9},
        ("quality", "document"): {
            "entered": 9, "kept": 6, "nothing_left": 1, "line_too_long": 1, "too_few_alphanumerics": 1
        },
        ("exact", "document"): {"entered": 6, "kept": 5, "duplicate": 1},
    }  # fmt: skip


def test_bytes_do_not_depend_on_workers_or_input_order(tmp_path: Path):
    one = built(tmp_path / "1")
    names = sorted((path.name for path in (tmp_path / "1" / "dump").iterdir()), reverse=True)
    two = built(tmp_path / "2", [str(tmp_path / "2" / "dump" / name) for name in names], TWO)
    pieces = [sorted(Path(result.folder).glob("data/documents-*")) for result in (one, two)]
    first, second = ([(path.name, path.read_bytes()) for path in paths] for paths in pieces)
    assert first == second
    assert len(first) == 2


def test_preset_redpajama_lists_suffixes_and_counts_letters(tmp_path: Path):
    result = built(tmp_path, preset="redpajama")
    counts = tally(result.ledger)
    assert counts["files", "document"]["path_not_listed"] == 1
    assert counts["letters", "document"]["entered"] == counts["quality", "document"]["kept"]


def test_licences_are_a_choice(tmp_path: Path):
    found = documents(built(tmp_path, settings={"licences": "gpl-3.0"}))
    assert set(found) == {"copyleft/loom/loom.py"}
