"""Fetch the engines into a folder, `python -m engines.fetch FOLDER`: what is there is not fetched again.

    prism                   built by go; the checksum database of Go vouches for its modules
    flink-job-server.jar    by Maven, which checks what it gets against the repository's checksums
    spark-job-server.jar

Prism is of the installed Beam's version. The job servers are put together of Beam's runner and the engine itself, each
from its own artifacts: the jar is small, names them, and starts the server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from apache_beam import version

BEAM = version.__version__
PRISM = f"github.com/apache/beam/sdks/v2/go/cmd/prism@v{BEAM}"
RUNNER, SPARK, LOGGER = "2.62.0", "3.5.0", "1.7.30"
"""Versions: of Beam's Java runners, which take the pipelines of later versions, too; of Spark; of a logger."""


class Server(NamedTuple):
    """A job server: its main class, and the artifacts that it is put together of, with all that these need."""

    main: str
    artifacts: tuple[str, ...]


JARS = {
    "flink-job-server.jar": Server(
        "org.apache.beam.runners.flink.FlinkJobServerDriver",
        (f"org.apache.beam:beam-runners-flink-1.19:{RUNNER}", f"org.slf4j:slf4j-simple:{LOGGER}"),
    ),
    "spark-job-server.jar": Server(
        "org.apache.beam.runners.spark.SparkJobServerDriver",
        (
            f"org.apache.beam:beam-runners-spark-3:{RUNNER}",
            f"org.slf4j:slf4j-simple:{LOGGER}",
            *(f"org.apache.spark:spark-{part}_2.12:{SPARK}" for part in ("core", "sql", "streaming")),
        ),
    ),
}
_OPENED = (
    "lang", "lang.invoke", "lang.reflect", "io", "net", "nio", "time", "util", "util.concurrent",
    "util.concurrent.atomic",
)  # fmt: skip
"""Packages of Java whose insides Spark and Flink use, which Java 17 allows those that ask for it."""
_OPENED_OF_SUN = ("sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar")
_MANIFEST_LINE = 72
GO = "/usr/local/go/bin"
"""Where go lies when it is not on PATH."""
FETCH_SECONDS = 1800


def fetch_prism(folder: Path) -> None:
    """Build prism."""
    path = os.pathsep.join([os.environ["PATH"], GO])
    environment = {**os.environ, "GOBIN": str(folder.resolve()), "PATH": path}
    _run([shutil.which("go", path=path) or "go", "install", PRISM], environment)


def fetch_jar(folder: Path, name: str) -> None:
    """Get the artifacts of a job server, and make the jar that starts it."""
    server = JARS[name]
    with tempfile.TemporaryDirectory() as made:
        pom, listed = Path(made, "pom.xml"), Path(made, "jars")
        pom.write_text(_pom(server.artifacts))
        plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath"
        _run([
            "mvn", "--batch-mode", "--quiet", "--strict-checksums", f"--file={pom}", plugin,
            f"-Dmdep.outputFile={listed}",
        ])  # fmt: skip
        jars = listed.read_text().strip().split(os.pathsep)
    waiting = folder / f"{name}.part"
    with zipfile.ZipFile(waiting, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", _manifest(server.main, jars))
    waiting.rename(folder / name)


def _pom(artifacts: tuple[str, ...]) -> str:
    """A project of Maven that needs some artifacts (group:name:version)."""
    fields = ("groupId", "artifactId", "version")
    named = [zip(fields, artifact.split(":"), strict=True) for artifact in artifacts]
    needs = ["".join(f"<{field}>{value}</{field}>" for field, value in one) for one in named]
    listed = "".join(f"<dependency>{one}</dependency>" for one in needs)
    return (
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>llama-corpus</groupId><artifactId>job-server</artifactId><version>1</version>"
        f"<dependencies>{listed}</dependencies></project>"
    )


def _manifest(main: str, jars: list[str]) -> bytes:
    """The manifest of a jar that starts a class out of other jars; its lines are cut as the format wants."""
    opened = [f"java.base/java.{name}" for name in _OPENED] + [f"java.base/{name}" for name in _OPENED_OF_SUN]
    fields = {
        "Manifest-Version": "1.0", "Main-Class": main, "Add-Opens": " ".join(opened),
        "Class-Path": " ".join(Path(jar).as_uri() for jar in jars),
    }  # fmt: skip
    lines = []
    for name, value in fields.items():
        line = f"{name}: {value}"
        lines.append(line[:_MANIFEST_LINE])
        rest = line[_MANIFEST_LINE:]
        lines += [f" {rest[at : at + _MANIFEST_LINE - 1]}" for at in range(0, len(rest), _MANIFEST_LINE - 1)]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()


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
