"""Golden cases: `### name`, a source, `---`, what must come of it; an empty line between cases."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "golden" / "arxiv"


def read_cases(name: str) -> dict[str, tuple[str, str]]:
    """Source and outcome of each case of a golden file."""
    cases = {}
    for block in (FOLDER / name).read_text("utf-8").split("### ")[1:]:
        title, _, rest = block.partition("\n")
        source, _, outcome = rest.partition("\n---\n")
        cases[title] = source, outcome.removesuffix("\n").removesuffix("\n")
    return cases
