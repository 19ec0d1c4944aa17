"""Exact lines, rows and objects from fixed states."""

from __future__ import annotations

import json

import pytest

from corpus.progress.lines import amount, clock, end_line, json_line, line, rows, steps_json
from corpus.progress.steps import Look, Step

PLAN = Step("plan", seconds=2.0, begun=True, ended=True)
FIRST = Step(
    "pass 1 of 2", total=12.4e6, done=3.1e6, busy=10.0, seconds=5.0, begun=True, cost=3e-6, entered=1200, kept=540,
    drops=True, left=4.65e6,
)  # fmt: skip
SECOND = Step("pass 2 of 2", total=12.4e6, cost=1e-6, left=6.2e6, drops=True)
RUNNING = Look("build github", [PLAN, FIRST, SECOND], 7.4)
LOADING = Look("tokenize", [Step("load", begun=True, seconds=2.1)], 2.1)
FETCHING = Look("fetch books", [Step("fetch 3 of 9 files", total=0, done=5e6, seconds=2.0, begun=True)], 2.5)
TRAINING = Look("train lm", [Step("read articles", "document", 30_000, 1_000, seconds=10, begun=True)], 11.0)
ENDED = Look("build github", [PLAN._replace(seconds=3.0)], 65.0)


@pytest.mark.parametrize(
    ("look", "text"),
    [
        (RUNNING, "build github: pass 1 of 2, 3.1 of 12.4 MB, 620 kB/s, 1,200 documents, 45% kept, 0:07, 0:21 left"),
        (LOADING, "tokenize: load, 0:02"),
        (FETCHING, "fetch books: fetch 3 of 9 files, 5 MB, 2.5 MB/s, 0:02"),
        (TRAINING, "train lm: read articles, 1,000 of 30,000 documents, 100 documents/s, 0:11, 4:50 left"),
        (Look("mix", [], 2.0), "mix: begins, 0:02"),
    ],
    ids=["a pass", "nothing counted", "no total", "documents", "no step"],
)
def test_the_line(look: Look, text: str) -> None:
    assert line(look) == text


@pytest.mark.parametrize(
    ("columns", "drawn"),
    [
        (79, ["build github [######------------------] 25%  0:07, 0:21 left",
              "  pass 1 of 2, 3.1 of 12.4 MB, 620 kB/s, 1,200 documents, 45% kept"]),
        (48, ["build github [##--------] 25%  0:07, 0:21 left",
              "  pass 1 of 2, 3.1 of 12.4 MB, 620 kB/s"]),
        (39, ["build github  0:07, 0:21 left", "  pass 1 of 2, 3.1 of 12.4 MB, 620 kB/s"]),
        (20, ["bui  0:07, 0:21 left", "  pass 1 of 2"]),
        (3, ["  0", "  p"]),
    ],
    ids=["79", "48", "39", "20", "3"],
)  # fmt: skip
def test_the_rows_of_a_terminal(columns: int, drawn: list[str]) -> None:
    found = rows(RUNNING, columns)
    assert found == drawn
    assert max(map(len, found)) <= columns


def test_the_last_line() -> None:
    assert end_line(ENDED, "done") == "build github: done after 1:05"


def test_the_keys_of_json() -> None:
    printed = json_line(RUNNING, "progress", "2026-12-01T10:00:00.000+00:00")
    assert "\n" not in printed
    assert json.loads(printed) == {
        "time": "2026-12-01T10:00:00.000+00:00", "event": "progress", "command": "build github",
        "step": "pass 1 of 2", "unit": "byte", "done": 3_100_000, "total": 12_400_000, "per_second": 620_000.0,
        "documents": 1200, "kept_share": 0.45, "elapsed_seconds": 7.4, "left_seconds": 21.7, "share": 0.2546,
    }  # fmt: skip


def test_what_is_not_known_is_null() -> None:
    found = json.loads(json_line(Look("mix", [], 0.0), "begin", "now"))
    assert {key for key, value in found.items() if value is None} == {
        "step", "unit", "done", "total", "per_second", "documents", "kept_share", "left_seconds", "share",
    }  # fmt: skip


def test_steps_as_json_are_read_again_as_the_same_steps() -> None:
    assert [Step(**one) for one in json.loads(json.dumps(steps_json(RUNNING)))] == [PLAN, FIRST, SECOND]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (59.9, "0:59"), (61, "1:01"), (3_600, "1:00:00"), (86_399, "23:59:59"), (90_061, "1d 01:01:01")],
)
def test_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [(0, "byte", "0 B"), (999, "byte", "999 B"), (1e3, "byte", "1 kB"), (3.21e9, "byte", "3.21 GB"),
     (2.5e15, "byte", "2,500 TB"), (1, "document", "1 document"), (1234, "token", "1,234 tokens")],
)  # fmt: skip
def test_amounts(number: float, unit: str, text: str) -> None:
    assert amount(number, unit) == text
