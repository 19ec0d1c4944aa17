"""What a change costs after a finished build: shards done again, by pass, and is the result that of a fresh build?

  python benchmarks/engine/change_costs.py --data ../shared/data [--builds stackexchange books] [--work DIR]

Every build runs the command itself, by a copy of this checkout, in which code is changed. A row is a build, and of how
many shards it is; a column is a change: `1+2` are one shard in the first pass and two in the second. `tokens` are the
files of documents that are encoded again, of how many, once a file was added to the dump. After a change of inputs or
values the same is built from nothing in another folder; documents, drops and ledger of both must be equal, byte for
byte, and so must token shards. Exit 1 when one is not.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from changed_dumps import SUBJECTS, Subject, cut, without_last_record

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("corpus", "filters", "llama_corpus", "model", "pipelines", "tokenizer")
PIECES = 4000
"""Of the tokenizer: enough for the letters of seven alphabets."""
FAKE_VERSION = """
import os
from importlib import metadata
_real, _name = metadata.version, os.environ.get("NEWER_LIBRARY", "")
metadata.version = lambda name: "99" if name == _name else _real(name)
"""
"""A sitecustomize.py: one library states another version."""


@dataclass
class Bench:
    """One source while it is measured: a copy of the code, a dump, a finished build, and what was found unequal."""

    name: str
    subject: Subject
    folder: Path
    unequal: list[str] = field(default_factory=list)

    @property
    def code(self) -> Path:
        """The copy of the checkout that builds."""
        return self.folder / "code"

    def prepare(self, data: Path) -> None:
        """Write the copy and the dump, less the file that is added later, and build."""
        for package in PACKAGES:
            shutil.copytree(ROOT / package, self.code / package, ignore=shutil.ignore_patterns("__pycache__"))
        (self.code / "sitecustomize.py").write_text(FAKE_VERSION)
        dump = self.folder / "dump"
        dump.mkdir()
        for path in sorted(path for pattern in self.subject.files for path in data.glob(pattern)):
            if self.subject.pieces > 1:
                cut(path, self.subject.pieces, dump)
            else:
                shutil.copy(path, dump)
        (dump / self.subject.added).rename(self.folder / "later")
        self.build("out")

    def build(self, out: str, *words: str, dump: str = "dump", library: str = "") -> None:
        """Run `corpus build` into a folder."""
        settings = [*self.subject.always, *words]
        self.run(
            "build", self.subject.source, "--input", str(self.folder / dump), "--output", str(self.folder / out),
            "--preset", self.subject.preset, *(["--set", *settings] if settings else []), library=library,
        )  # fmt: skip

    def run(self, *words: str, library: str = "") -> None:
        """Run `corpus`, in the state in which the copy of the code is."""
        command = [sys.executable, "-c", "from pipelines.cli import console; console()", *words]
        environment = {**os.environ, "PYTHONPATH": str(self.code), "NEWER_LIBRARY": library}
        ended = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(f"{command}\n{ended.stdout}{ended.stderr}")

    def cost(self, change: Callable[[Bench], dict[str, str]], fresh: bool) -> str:
        """What a change costs: made, built upon the finished build, compared, and undone."""
        before = self.folder / "before"
        for name in ("dump", "out", "code"):
            shutil.copytree(self.folder / name, before / name)
        words = change(self)
        done = {path: path.stat().st_mtime_ns for path in self._done("out")}
        dump, library = words.get("dump", "dump"), words.get("library", "")
        settings = (words["set"],) if "set" in words else ()
        self.build("out", *settings, dump=dump, library=library)
        again = [path for path in self._done("out") if path.stat().st_mtime_ns != done.get(path)]
        if fresh:
            self.build("fresh", *settings, dump=dump)
        self._compare(change.__name__, "out", "fresh" if fresh else "before/out")
        said = self._said(again)
        for name in {"dump", "out", "code", "fresh", dump}:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in ("dump", "out", "code"):
            (before / name).rename(self.folder / name)
        return said

    def tokens_cost(self) -> str:
        """The files of documents that are encoded again once a file was added, of how many."""

        documents, model = str(self.folder / "out"), str(self.folder / "model")
        self.run("train", "tokenizer", "--input", documents, "--output", model, "--set", f"vocab_size={PIECES}")

        def tokenized(tokens: str) -> dict[Path, int]:
            words = ("--input", documents, "--output", str(self.folder / tokens))
            self.run("tokenize", *words, "--tokenizer", f"{model}/tokenizer.model")
            shards = (self.folder / tokens / self.subject.source).glob("*.tokens")
            return {path: path.stat().st_ino for path in shards}

        before = tokenized("tokens")  # what is taken over is the same file under another name
        added_file(self)
        self.build("out")
        after = tokenized("tokens")
        again = after.keys() - {path for path, inode in after.items() if inode in before.values()}
        tokenized("fresh-tokens")
        self._compare("tokens", "tokens", "fresh-tokens", "tokens-*")
        return f"{len(again)} of {len(after)}"

    def _done(self, out: str) -> list[Path]:
        return sorted((self.folder / out / self.subject.source / ".work").glob("pass-*/done-*.json"))

    def _said(self, again: list[Path]) -> str:
        numbers = sorted({path.parent.name for path in self._done("out")})
        return "+".join(str(sum(path.parent.name == number for path in again)) for number in numbers)

    def shards(self) -> int:
        """Of how many shards the build is."""
        return len(list((self.folder / "out" / self.subject.source / ".work" / "pass-0").glob("done-*.json")))

    def _compare(self, change: str, one: str, other: str, files: str = "*.parquet") -> None:
        """Note the files of an output that are not those of another, but for the manifest, which names folders."""
        ours, theirs = (
            {path.name: path.read_bytes() for path in (self.folder / out / self.subject.source).glob(files)}
            for out in (one, other)
        )
        different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        self.unequal += [f"{self.name}, {change}: {name}" for name in different]


def added_file(bench: Bench) -> dict[str, str]:
    """A file that the dump did not have."""
    shutil.copy(bench.folder / "later", bench.folder / "dump" / bench.subject.added)
    return {}


def changed_file(bench: Bench) -> dict[str, str]:
    """A file of the dump without its last record."""
    without_last_record(bench.folder / "dump" / bench.subject.changed)
    return {}


def last_limit(bench: Bench) -> dict[str, str]:
    """A value that the last pass uses."""
    return {"set": bench.subject.last}


def first_limit(bench: Bench) -> dict[str, str]:
    """A value that the first pass uses."""
    return {"set": bench.subject.first}


def comment(bench: Bench) -> dict[str, str]:
    """A comment in every module of the filters, readers and sources."""
    for folder in ("filters", "corpus", "pipelines"):
        for path in (bench.code / folder).rglob("*.py"):
            path.write_text(path.read_text() + "\n# a comment\n")
    return {}


def other_code(bench: Bench) -> dict[str, str]:
    """A function added to a filter module of the source, which nothing calls."""
    path = bench.code / bench.subject.code
    path.write_text(path.read_text() + "\n\ndef never_called() -> int:\n    return 1\n")
    return {}


def library_imported(bench: Bench) -> dict[str, str]:
    """Another version of a library that the source's reader or filters import."""
    return {"library": bench.subject.library[0]}


def library_not_imported(bench: Bench) -> dict[str, str]:
    """Another version of a library that only other sources import."""
    return {"library": bench.subject.library[1]}


def time_stamps(bench: Bench) -> dict[str, str]:
    """All files of the dump touched."""
    for path in (bench.folder / "dump").iterdir():
        os.utime(path, (1, 1))
    return {}


def renamed_folder(bench: Bench) -> dict[str, str]:
    """The dump's folder renamed."""
    (bench.folder / "dump").rename(bench.folder / "elsewhere")
    return {"dump": "elsewhere"}


CHANGES = {
    added_file: True, changed_file: True, last_limit: True, first_limit: True, comment: False, other_code: False,
    library_imported: False, library_not_imported: False, time_stamps: False, renamed_folder: False,
}  # fmt: skip
"""Each change, and whether it is compared with a fresh build (or with the build before it)."""


def measured(name: str, data: Path, folder: Path) -> tuple[list[str], list[str]]:
    """The row of one build, and what was unequal."""
    bench = Bench(name, SUBJECTS[name], folder)
    bench.prepare(data)
    row = [f"{name} ({bench.shards()})"]
    for change, fresh in CHANGES.items():
        row.append(bench.cost(change, fresh))
        print(name, change.__name__, row[-1], file=sys.stderr, flush=True)
    return [*row, bench.tokens_cost()], bench.unequal


def main() -> int:
    """Measure, print the table, and say what was unequal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real dumps")
    parser.add_argument("--builds", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS))
    options = parser.parse_args()
    rows = [["build (shards)", *(change.__name__.replace("_", " ") for change in CHANGES), "tokens"]]
    unequal: list[str] = []
    for name in options.builds:
        with tempfile.TemporaryDirectory() as folder:
            row, different = measured(name, options.data.resolve(), Path(folder))
            rows.append(row)
            unequal += different
    rows.insert(1, ["---"] * len(rows[0]))
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))
    print("\n".join(["", *unequal] if unequal else ["", "all results equal"]))
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
