"""Whether the packages that would be imported are this project's own, and what processes it starts may import.

The import names are plain words (`corpus`, `tokenizer`, `model`), so a package from the index or a `model.py` in some
folder can stand in for ours. Standard library only: this is asked before anything of ours is imported.
"""

from __future__ import annotations

import os
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

OWN = ("corpus", "filters", "tokenizer", "pipelines", "model", "llama_corpus")
ROOT = Path(__file__).resolve().parent.parent


def foreign_package(root: Path = ROOT) -> str:
    """One line on the first package that is not the project's own, and what to do; "" where all are."""
    for name in OWN:
        found = _where(name)
        if found != root / name:
            got = f"another at {found}" if found else "none"
            return (
                f"expected the package {name} of llama-corpus at {root / name}, got {got}; {_what_to_do(name, found)}"
            )
    return ""


def _where(name: str) -> Path | None:
    """The folder (or the file, for a module) that `import name` would read; None where there is nothing."""
    spec = find_spec(name)
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or [])
    return Path(folders[0] if folders else spec.origin or "").resolve()


def _what_to_do(name: str, found: Path | None) -> str:
    owners = [owner for owner in metadata.packages_distributions().get(name, []) if owner != "llama-corpus"]
    if found is None:
        return "install llama-corpus again"
    if owners and "-packages" in str(found):
        return f"`pip uninstall {owners[0]}`, or install llama-corpus in an environment of its own"
    return f"rename it, or take {found.parent} out of PYTHONPATH"


def leave_working_folder() -> None:
    """Take the working folder, which `python -m` puts first, off the import path; the project's own root stays."""
    if not sys.flags.safe_path and sys.path and Path(sys.path[0] or ".").resolve() == Path.cwd() != ROOT:
        del sys.path[0]


def worker_environment() -> dict[str, str]:
    """The variables by which a process that is started imports what this one does, and nothing else."""
    paths = [path or os.getcwd() for path in sys.path if os.path.exists(path or ".")]
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONSAFEPATH": "1"}
