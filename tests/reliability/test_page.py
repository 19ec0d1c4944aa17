"""docs/RELIABILITY.md says what the results say, and nothing in a mark is written by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reliability import page
from reliability.page import PAGE, RESULTS, filled, processor, sections

HEAD = "## Kills\n\n<!-- results: kills -->\nold\n<!-- end of results -->\n\nby hand\n"
RESULT = {
    "date": "2026-01-02", "processor": "a chip, 2 cores", "commit": "abc1234", "command": "python -m kills",
    "head": ["command", "trials"], "rows": [["build", "3"]], "said": "All sound.",
}  # fmt: skip


def test_the_page_says_what_the_results_say() -> None:
    text, results = PAGE.read_text("utf-8"), json.loads(RESULTS.read_text("utf-8"))
    assert filled(text, results) == text
    assert set(results) <= set(sections(text))


def test_a_section_is_a_table_with_where_and_when() -> None:
    assert filled(HEAD, {"kills": RESULT}) == (
        "## Kills\n\n<!-- results: kills -->\n| command | trials |\n| --- | --- |\n| build | 3 |\n\nAll sound.\n"
        "`python -m kills`, 2026-01-02, a chip, 2 cores, at abc1234.\n<!-- end of results -->\n\nby hand\n"
    )


@pytest.mark.parametrize("results", [{}, {"other": RESULT}])
def test_what_was_not_measured_says_so(results: dict[str, object]) -> None:
    assert "<!-- results: kills -->\nNot measured yet.\n<!-- end" in filled(HEAD, results)


def test_the_processor_is_named_with_its_cores() -> None:
    assert re.fullmatch(r".+, \d+ cores", processor())


@pytest.mark.parametrize(("trials", "stays"), [(2, True), (3, False), (9, False)])
def test_the_page_keeps_the_run_of_the_most_trials(
    trials: int, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, written = tmp_path / "results.json", tmp_path / "page.md"
    results.write_text(json.dumps({"kills": {**RESULT, "trials": 3}}))
    written.write_text(HEAD)
    monkeypatch.setattr(page, "RESULTS", results)
    monkeypatch.setattr(page, "PAGE", written)
    page.record("kills", "python -m kills", ["command"], [["other"]], trials=trials)
    assert (json.loads(results.read_text())["kills"]["rows"] == [["build", "3"]]) == stays
    page.record("kills", "python -m kills", ["command"], [], trials=99)
    assert json.loads(results.read_text())["kills"]["rows"]
