"""docs/RELIABILITY.md is written by the suites: what each measured is between marks, with date, machine and commit.

A suite calls `record`; the results of all are in docs/reliability.json, from which `python -m reliability.page` writes
the page anew. Text outside the marks is written by hand.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE, RESULTS = ROOT / "docs" / "RELIABILITY.md", ROOT / "docs" / "reliability.json"
_MARKED = re.compile(r"(<!-- results: ([\w ]+) -->\n).*?(<!-- end of results -->)", re.DOTALL)


def record(
    section: str,
    command: str,
    head: Sequence[str],
    rows: Sequence[Sequence[object]],
    said: str = "",
    trials: int = 0,
) -> None:
    """Put what a suite measured into the results and onto the page.

    Of suites of random trials the page keeps the run of the most: a short one finds faults, and measures little.

    Args:
        section: the name in the page's mark.
        command: what measured it.
        head: the table's head.
        rows: its rows.
        said: a sentence or more that follows the table.
        trials: how many random trials this was; 0 for a suite that has none.
    """
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    if not rows or trials < (before := results.get(section, {}).get("trials", 0)):
        print(f"{PAGE.name} keeps what it has; this run had {trials} trials, that one {before if rows else 'some'}")
        return
    table = [[str(cell) for cell in row] for row in rows]
    results[section] = {
        **_measured(),
        "command": command,
        "head": list(head),
        "rows": table,
        "said": said,
        "trials": trials,
    }
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(filled(PAGE.read_text("utf-8"), results), "utf-8")


def _measured() -> dict[str, str]:
    """Date, processor and commit of a measurement."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return {"date": time.strftime("%Y-%m-%d"), "processor": processor(), "commit": commit or "unknown"}


def processor() -> str:
    """The processor of this machine by its maker's name, and how many cores there are."""
    try:
        names = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        names = []
    name = " ".join(names[0].split()) if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def filled(page: str, results: dict[str, Any]) -> str:
    """The page with what the results say between its marks."""
    return _MARKED.sub(lambda mark: mark[1] + _section(results.get(mark[2])) + mark[3], page)


def _section(result: dict[str, Any] | None) -> str:
    if result is None:
        return "Not measured yet.\n"
    lines = ["| " + " | ".join(row) + " |" for row in (result["head"], ["---"] * len(result["head"]), *result["rows"])]
    where = f"`{result['command']}`, {result['date']}, {result['processor']}, at {result['commit']}."
    return "\n".join([*lines, "", *filter(None, [result["said"]]), where]) + "\n"


def sections(page: str) -> list[str]:
    """The names in the page's marks."""
    return [mark[1] for mark in _MARKED.findall(page)]


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8"), json.loads(RESULTS.read_text("utf-8"))), "utf-8")
    sys.exit(0)
