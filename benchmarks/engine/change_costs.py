"""What a change costs after a finished build: shards done again, by pass, and is the result that of a fresh build?

  python benchmarks/engine/change_costs.py --data ../shared/data [--sources stackexchange books] [--work DIR]

Every build runs the command itself, by a copy of this checkout, in which code is changed. A row is a change, a column a
source: `1+2 of 5` are one shard in the first pass and two in the second, of five. After a change of inputs or values
the same is built from nothing in another folder; documents, drops and ledger of both must be equal, byte for byte.
Exit 1 when one is not.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import py7zr

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("corpus", "filters", "llama_corpus", "model", "pipelines", "tokenizer")
FAKE_VERSION = """
import os
from importlib import metadata
_real, _name = metadata.version, os.environ.get("NEWER_LIBRARY", "")
metadata.version = lambda name: "99" if name == _name else _real(name)
"""
"""A sitecustomize.py: one library states another version."""


@dataclass(frozen=True)
class Subject:
    """A source and what is changed of it.

    files: globs of its dump; added and changed: names of the files that are; first and last: `--set` of a limit of the
    first and of the last pass; code: a file of its filters; library: one that it imports, and one that it does not.
    """

    files: tuple[str, ...]
    added: str
    changed: str
    first: str
    last: str
    code: str
    library: tuple[str, str]
    always: tuple[str, ...] = ()


SUBJECTS = {
    "stackexchange": Subject(
        ("stackexchange/*.7z",), "coffee.stackexchange.com.7z", "genai.stackexchange.com.7z",
        "longest_row_bytes=1048577", "form=redpajama", "filters/stackexchange/html.py", ("py7zr", "kenlm"),
    ),
    "github": Subject(
        ("github/*.gz",), "contents-000000000001.json.gz", "contents-000000000000.json.gz",
        "longest_line_chars=900", "duplicate_of_lines=49", "filters/github/code.py", ("orjson", "nltk"),
        ("--set", "shards_least=64"),
    ),
    "commoncrawl": Subject(
        ("commoncrawl/*.wet.gz",), "pages-readability-00000.warc.wet.gz", "pages-newspaper4k-00000.warc.wet.gz",
        "min_chars=310", "min_language_score=0.6", "filters/web/language.py", ("fastwarc", "nltk"),
        ("--set", "perplexity_models=", "reference_model=", "shards_least=64"),
    ),
    "books": Subject(
        ("gutenberg/*.gz",), "98-f.txt.gz", "730-a.txt.gz",
        "opening_paragraphs=11", "duplicate_of_lines=49", "filters/books/gutenberg.py", ("charset_normalizer", "nltk"),
    ),
}  # fmt: skip


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
        (self.folder / "dump").mkdir()
        for pattern in self.subject.files:
            for path in sorted(data.glob(pattern)):
                shutil.copy(path, self.folder / ("later" if path.name == self.subject.added else "dump/"))
        self.build("out")

    def build(self, out: str, *words: str, dump: str = "dump", library: str = "") -> None:
        """Run `corpus build` into a folder."""
        command = [
            sys.executable, "-c", "from pipelines.cli import console; console()", "build", self.name,
            "--input", str(self.folder / dump), "--output", str(self.folder / out), *self._settings(words),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(self.code), "NEWER_LIBRARY": library}
        ended = subprocess.run(command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(f"{command}\n{ended.stdout}{ended.stderr}")

    def _settings(self, words: tuple[str, ...]) -> list[str]:
        """All `--set` in one, as the option is given once."""
        numbers = [word for word in (*self.subject.always, *words) if word != "--set"]
        return ["--set", *numbers] if numbers else []

    def cost(self, change: Callable[[Bench], dict[str, str]], fresh: bool) -> str:
        """What a change costs: made, built upon the finished build, compared, and undone."""
        before = self.folder / "before"
        for name in ("dump", "out", "code"):
            shutil.copytree(self.folder / name, before / name)
        words = change(self)
        done = {path: path.stat().st_mtime_ns for path in self._done("out")}
        dump, library = words.get("dump", "dump"), words.get("library", "")
        settings = ("--set", words["set"]) if "set" in words else ()
        self.build("out", *settings, dump=dump, library=library)
        again = [path for path in self._done("out") if path.stat().st_mtime_ns != done.get(path)]
        if fresh:
            self.build("fresh", *settings, dump=dump)
        self._compare(change.__name__, "fresh" if fresh else "before/out")
        said = self._said(again)
        for name in {"dump", "out", "code", "fresh", dump}:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in ("dump", "out", "code"):
            (before / name).rename(self.folder / name)
        return said

    def _done(self, out: str) -> list[Path]:
        return sorted((self.folder / out / self.name / ".work").glob("pass-*/done-*.json"))

    def _said(self, again: list[Path]) -> str:
        numbers = sorted({path.parent.name for path in self._done("out")})
        shards = len([path for path in self._done("out") if path.parent.name == numbers[0]])
        return "+".join(str(sum(path.parent.name == number for path in again)) for number in numbers) + f" of {shards}"

    def _compare(self, change: str, other: str) -> None:
        """Note the files of the build that are not those of another, but for the manifest, which names folders."""
        ours, theirs = (
            {path.name: path.read_bytes() for path in (self.folder / out / self.name).glob("*.parquet")}
            for out in ("out", other)
        )
        different = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        self.unequal += [f"{self.name}, {change}: {name}" for name in different]


def added_file(bench: Bench) -> dict[str, str]:
    """A file that the dump did not have."""
    shutil.copy(bench.folder / "later", bench.folder / "dump" / bench.subject.added)
    return {}


def changed_file(bench: Bench) -> dict[str, str]:
    """A file of the dump without its last record."""
    path = bench.folder / "dump" / bench.subject.changed
    (_without_last_row if path.suffix == ".7z" else _without_last_record)(path)
    return {}


def _without_last_record(path: Path) -> None:
    data = gzip.decompress(path.read_bytes())
    mark = b"WARC/1.0\r\n" if ".warc." in path.name else b"\n"
    end = data.rstrip(b"\n").rindex(mark) + (0 if mark[:1] == b"W" else 1)
    path.write_bytes(gzip.compress(data[:end], mtime=0))


def _without_last_row(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        with py7zr.SevenZipFile(path) as archive:
            archive.extractall(folder)
        posts = Path(folder, "Posts.xml")
        data = posts.read_bytes()
        posts.write_bytes(data[: data.rindex(b"<row ")] + b"</posts>")
        path.unlink()
        with py7zr.SevenZipFile(path, "w") as archive:
            archive.write(posts, "Posts.xml")


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


def main() -> int:
    """Measure, print the table, and say what was unequal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real dumps")
    parser.add_argument("--sources", nargs="+", choices=list(SUBJECTS), default=list(SUBJECTS))
    options = parser.parse_args()
    table: dict[str, list[str]] = {change.__name__.replace("_", " "): [] for change in CHANGES}
    unequal: list[str] = []
    for name in options.sources:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(name, SUBJECTS[name], Path(folder))
            bench.prepare(options.data)
            for change, fresh in CHANGES.items():
                table[change.__name__.replace("_", " ")].append(bench.cost(change, fresh))
            unequal += bench.unequal
    print(f"{'shards done again':<22}" + "".join(f"{name:>18}" for name in options.sources))
    for change_name, costs in table.items():
        print(f"{change_name:<22}" + "".join(f"{cost:>18}" for cost in costs))
    print("\n".join(["", *unequal] if unequal else ["", "all results equal"]))
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())
