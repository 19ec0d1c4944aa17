"""Run one benchmark and keep what it printed, with date, processor, versions and commit.

  python benchmarks/record.py arxiv/speed.py
  python benchmarks/record.py web/line_dedup.py --megabytes 100

The result is benchmarks/results/<room>-<name>.md; the newest run stands first. A figure in the README is one of these.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
LIBRARIES = ("apache-beam", "numpy", "pyarrow")


def processor() -> str:
    """The processor's model name, and how many of its cores this process may use."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = models[0] if models else platform.processor() or platform.machine()
    return f"{name}, {len(os.sched_getaffinity(0))} cores"


def commit() -> str:
    """The commit that ran, marked where the tree held other changes; results that were just written are none."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    changed = git("status", "--porcelain", "--", ".", f":!{RESULTS.relative_to(ROOT)}")
    return git("rev-parse", "--short=12", "HEAD") + (" and uncommitted changes" if changed else "")


def entry(script: str, words: list[str], output: str, seconds: float, commit: str) -> str:
    """One run as Markdown."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
    return (
        f"## {datetime.now(UTC):%Y-%m-%d}, commit {commit}\n\n"
        f"{processor()}; CPython {platform.python_version()}, {versions}; {seconds:.0f} s\n\n"
        f"```\n$ python benchmarks/{shlex.join([script, *words])}\n{output.rstrip()}\n```\n"
    )


def record(script: str, words: list[str]) -> Path:
    """Run a benchmark of this folder and put its output in front of the earlier ones."""
    start, began_at = time.monotonic(), commit()
    path_to_peers = os.environ.get("PYTHONPATH", "")  # where peers may lie that this environment does not hold
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), path_to_peers)))}
    command = [sys.executable, str(ROOT / "benchmarks" / script), *words]
    ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    print(ended.stdout, end="")
    path = RESULTS / f"{script.removesuffix('.py').replace('/', '-')}.md"
    title = f"# {script}\n\n"
    earlier = path.read_text().removeprefix(title) if path.exists() else ""
    RESULTS.mkdir(exist_ok=True)
    newest = entry(script, words, ended.stdout, time.monotonic() - start, began_at)
    path.write_text("\n".join([title + newest, earlier]) if earlier else title + newest)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", help="a benchmark, such as arxiv/speed.py")
    parser.add_argument("words", nargs=argparse.REMAINDER, help="its own arguments")
    options = parser.parse_args()
    print(record(options.script, options.words))


if __name__ == "__main__":
    main()
