"""Check a wheel against the checkout: every module and data file of the packages is in it, and nothing else."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUFFIXES = (".py", ".typed", ".sql")


def packages() -> list[str]:
    """The import packages of this checkout: the folders with an __init__.py."""
    return sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))


def expected() -> set[str]:
    """The files that a wheel must hold."""
    files = (path for name in packages() for path in (ROOT / name).rglob("*") if path.suffix in SUFFIXES)
    return {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}


def main() -> int:
    """Print what is missing and what is foreign; 1 if there is any."""
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    missing, foreign = sorted(expected() - held), sorted(held - expected())
    for name in missing:
        print(f"missing in the wheel: {name}")
    for name in foreign:
        print(f"not of this checkout: {name}")
    return 1 if missing or foreign else 0


if __name__ == "__main__":
    sys.exit(main())
