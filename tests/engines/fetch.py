"""Fetch the engines into a folder, `python -m engines.fetch FOLDER`: what is there is not fetched again.

    prism                   built by go; the checksum database of Go vouches for its modules
    flink-job-server.jar    by Maven, which checks what it gets against the repository's checksum
    spark-job-server.jar

The versions are those of the installed Beam, as a job server takes the pipelines of its own version.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from apache_beam import version

BEAM = version.__version__
FLINK = "1.20"
"""The newest Flink with long support that Beam 2.77 has a job server for."""
PRISM = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{BEAM}"
JARS = {
    "flink-job-server.jar": f"beam-runners-flink-{FLINK}-job-server",
    "spark-job-server.jar": "beam-runners-spark-3-job-server",
}
GO = "/usr/local/go/bin"
"""Where go lies when it is not on PATH."""
FETCH_SECONDS = 1800


def fetch_prism(folder: Path) -> None:
    """Build prism."""
    path = os.pathsep.join([os.environ["PATH"], GO])
    environment = {**os.environ, "GOBIN": str(folder.resolve()), "PATH": path}
    _run([shutil.which("go", path=path) or "go", "install", PRISM], environment)


def fetch_jar(folder: Path, name: str) -> None:
    """Get a jar with all that it needs in it."""
    artifact = JARS[name]
    copied = folder / f"{artifact}-{BEAM}.jar"
    plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
    named = f"-Dartifact=org.apache.beam:{artifact}:{BEAM}"
    _run(["mvn", "--batch-mode", "--quiet", "--strict-checksums", plugin, named, f"-DoutputDirectory={folder}"])
    copied.rename(folder / name)


def _run(words: list[str], environment: dict[str, str] | None = None) -> None:
    """Run a command.

    Raises:
        RuntimeError: it failed; its first line that says why.
    """
    try:
        ended = subprocess.run(
            words, env=environment, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS
        )
    except OSError as error:
        raise RuntimeError(f"{words[0]}: {error.strerror}") from error
    lines = [
        _PLAIN.sub("", line)
        for line in (ended.stdout + ended.stderr).splitlines()
        if "ERROR" in line or "error" in line
    ]
    if ended.returncode:
        raise RuntimeError((lines or ended.stderr.splitlines() or [f"exit code {ended.returncode}"])[0])


_PLAIN = re.compile(r"\x1b\[[0-9;]*m|\[ERROR\] | -> \[Help 1\]$")
"""What Maven puts around a line for terminals."""


def fetch(folder: Path) -> list[str]:
    """Fetch what is not there; what could not be had, a line each."""
    folder.mkdir(parents=True, exist_ok=True)
    ways: dict[str, Callable[[], None]] = {"prism": lambda: fetch_prism(folder)}
    ways |= {name: lambda name=name: fetch_jar(folder, name) for name in JARS}  # type: ignore[misc]
    faults = []
    for name, way in ways.items():
        if (folder / name).is_file():
            continue
        try:
            way()
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            faults.append(f"{folder / name}: expected it to be fetched, got {error}")
    return faults


if __name__ == "__main__":
    said = fetch(Path(sys.argv[1]))
    print("\n".join(said), file=sys.stderr)
    sys.exit(bool(said))
