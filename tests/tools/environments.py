"""An environment for each file of pins in tests/tools/requirements, on top of this one, and its tests run in it.

python -m tools.environments FOLDER [NAME ...]. FOLDER/NAME has what the pins add to requirements-dev.lock or have in
another version; all else, torch above all, is found in the environment that runs this. FOLDER/made has the outputs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "tests" / "tools" / "requirements"
HERE = "here"
"""The tools that requirements-dev.lock has: no environment of their own."""


def main(folder: Path, names: list[str]) -> int:
    """Run the tests of some environments, or of all; 1 where some fail."""
    known = [HERE, *sorted(path.stem for path in PINS.glob("*.txt"))]
    if unknown := [name for name in names if name not in known]:
        print(f"expected some of {', '.join(known)}, got {', '.join(unknown)}")
        return 2
    made = _made(folder / "made")
    failed = [name for name in names or known if not _passes(name, folder, made)]
    print(f"failed: {', '.join(failed)}" if failed else "all passed")
    return bool(failed)


def _made(folder: Path) -> Path:
    """The outputs of all sources, made anew by the commands on the page."""
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "tools.made", str(folder)], stdout=subprocess.DEVNULL)
    return folder


def _passes(name: str, folder: Path, made: Path) -> bool:
    python = sys.executable if name == HERE else str(environment(name, folder / name))
    modules = ["lines_and_tables", "training"] if name == HERE else [name, "pins"]
    words = [python, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-m", "tools or not tools", "-W", "ignore"]
    print(f"\n== {name}", flush=True)
    return not run([*words, *(f"tests/tools/test_{one}.py" for one in modules)], check=False, made=made, name=name)


def environment(name: str, folder: Path) -> Path:
    """The Python of an environment with these pins, made where it is not there or was of others."""
    pins, python = PINS / f"{name}.txt", folder / "bin" / "python"
    stamp = folder / "pins.txt"
    if stamp.is_file() and stamp.read_text() == pins.read_text():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, symlinks=True)
    words = ["--disable-pip-version-check", "install", "--quiet", "--no-deps", "--requirement", str(pins)]
    run([sys.executable, "-m", "pip", "--python", str(python), *words])
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "shared.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    shutil.copyfile(pins, stamp)
    return python


def run(
    words: list[str], check: bool = True, made: Path | None = None, name: str = "", stdout: int | None = None
) -> int:
    """Run a command in this project's folder, with its packages; its exit code."""
    more = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "TOOLS_ENVIRONMENT": name}
    more |= {"TOOLS_MADE": str(made.resolve())} if made else {}
    return subprocess.run(words, check=check, cwd=ROOT, env={**os.environ, **more}, stdout=stdout).returncode


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
