"""The same input twice, in every way that happens, for every source: what of it is built, and what the ledger says.

PYTHONPATH=.:tests python -m reliability.input_twice [--record]

Dumps are those of `corpus demo`. Documents (their ids and texts) must be those of a build of the dump as it is; where a
record is there twice in files that differ, one of both is kept, and the ledger says why the other one is not.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import lzma
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import py7zr
import pyarrow.parquet as pq

from corpus.errors import CorpusError
from pipelines.engine.build import Built, build
from pipelines.sources import find_source
from reliability import page

ONE = ["--direct_num_workers=1"]
SOURCES = ("arxiv", "books", "c4", "commoncrawl", "github", "stackexchange", "wikipedia")
SETTINGS = {"commoncrawl": {"language_model": "", "perplexity_models": "", "reference_model": ""}}
UNREAD = (".csv", "files-000000000000.json.gz", "licenses-000000000000.json.gz")
"""Ends of names of files beside those with documents."""
Documents = Counter[tuple[str, str]]


def dump_of(source: str, folder: Path) -> Path:
    """The demo's dump of a source, in a new folder."""
    folder.mkdir(parents=True)
    import_module(f"pipelines.demo.{source}").write(folder)
    return folder


def built(source: str, inputs: list[Path], output: Path) -> Built:
    """A build of some inputs."""
    settings = SETTINGS.get(source)
    return build(
        find_source(source), [str(path) for path in inputs], str(output), settings=settings, beam_arguments=ONE
    )


def documents(made: Built) -> Documents:
    """Ids and texts of a build's documents."""
    rows = [
        row
        for path in sorted(Path(made.folder).glob("data/documents-*.parquet"))
        for row in pq.read_table(path).to_pylist()
    ]
    return Counter((row["id"], row["text"]) for row in rows)


def first_file(dump: Path) -> Path:
    """A file with documents, of several the first."""
    found = sorted(path for path in dump.rglob("*") if path.is_file() and not path.name.endswith(UNREAD))
    return next((path for path in found if path.suffix != ".zip"), found[0])


def packed_again(path: Path, target: Path) -> None:
    """The same records in other bytes: packed otherwise, or, of a format that is not packed, with room at its end."""
    data = path.read_bytes()
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        target.write_bytes(gzip.compress(gzip.decompress(data), 1, mtime=0))
    elif path.suffix == ".bz2":
        target.write_bytes(bz2.compress(bz2.decompress(data), 1))
    elif path.suffix == ".xz":
        target.write_bytes(lzma.compress(lzma.decompress(data), preset=0))
    elif path.suffix == ".7z":
        with tempfile.TemporaryDirectory() as folder:
            with py7zr.SevenZipFile(path) as archive:
                archive.extractall(folder)
            with py7zr.SevenZipFile(target, "w", filters=[{"id": py7zr.FILTER_BZIP2}]) as archive:
                archive.write(Path(folder, "Posts.xml"), "Posts.xml")
    elif path.suffix == ".tar":
        target.write_bytes(data + bytes(10240))
    else:
        target.write_bytes(data + b"\n")


Case = Callable[[str, Path], tuple[list[Path], Path]]
"""Of a source and a new folder: the inputs, and the output."""


def overlapping_globs(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    return [dump, dump / "*", dump / "**" / "*", dump / ".." / "dump", first_file(dump)], folder / "out"


def file_copied(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    one = first_file(dump)
    shutil.copy(one, one.with_name(f"copy-of-{one.name}"))
    return [dump], folder / "out"


def record_met_again(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    one = first_file(dump)
    packed_again(one, dump / "later" / one.name)
    return [dump], folder / "out"


def output_in_the_input(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    built(source, [dump], dump / "out")
    return [dump], dump / "out"


def linked_folders(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    (folder / "aside").mkdir()
    for path in sorted(dump.iterdir()):
        path.rename(folder / "aside" / path.name)
        path.symlink_to(Path("..", "aside", path.name))
    (dump / "round").symlink_to(dump)
    return [dump], folder / "out"


def name_of_no_utf_8(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    one = first_file(dump)
    shutil.copy(one, os.fsdecode(os.fsencode(one.parent) + b"/caf\xe9-" + os.fsencode(one.name)))
    return [dump], folder / "out"


def bracket_in_the_output(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    built(source, [dump], folder / "out[1-9]*?")
    return [dump], folder / "out[1-9]*?"


def folder_renamed(source: str, folder: Path) -> tuple[list[Path], Path]:
    dump = dump_of(source, folder / "dump")
    built(source, [dump], folder / "out")
    return [dump.rename(folder / "elsewhere")], folder / "out"


CASES: dict[str, Case] = {
    case.__name__.replace("_", " "): case
    for case in (overlapping_globs, file_copied, record_met_again, output_in_the_input, linked_folders,
                 name_of_no_utf_8, bracket_in_the_output, folder_renamed)
}  # fmt: skip
NO_DOCUMENTS = "no documents"


def said(made: Built, truth: Built) -> str:
    """What the ledger says more than that of the dump as it is, reason by reason."""

    def reasons(one: Built) -> Counter[str]:
        found: Counter[str] = Counter()
        for _stage, unit, counts in one.ledger.tallies():
            kept = {name: n for name, n in counts.items() if name not in ("entered", "kept") and "byte" not in unit}
            found.update(kept)
        return found

    more = reasons(made)
    more.subtract(reasons(truth))
    return ", ".join(f"{name} {n}" for name, n in sorted(more.items()) if n > 0)


def outcome(source: str, name: str, folder: Path) -> tuple[str, bool]:
    """What came of a case, in a few words, and whether that is right."""
    truth = built(source, [dump_of(source, folder / "true" / "dump")], folder / "true" / "out")
    inputs, output = CASES[name](source, folder)
    made = built(source, inputs, output)
    if documents(made) == documents(truth):
        return said(made, truth) or "the same", True
    ids = Counter(identity for identity, _text in documents(made).elements())
    more, less = documents(made) - documents(truth), documents(truth) - documents(made)
    twice = sum(n - 1 for n in ids.values() if n > 1)
    return f"{more.total()} more, {less.total()} fewer, {twice} ids twice; {said(made, truth)}", False


def nothing_left(source: str, folder: Path) -> tuple[str, bool]:
    """What is said of a dump without a document: of its files, each is empty."""
    dump = dump_of(source, folder / "dump")
    for path in dump.rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    try:
        built(source, [dump], folder / "out")
    except CorpusError as error:
        return f"refused: {type(error).__name__}", True
    return "built", False


def main() -> int:
    parser = argparse.ArgumentParser("python -m reliability.input_twice", description=__doc__)
    parser.add_argument("--source", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--record", action="store_true", help="write the page")
    options = parser.parse_args()
    rows, wrong = [], 0
    for name in (*CASES, NO_DOCUMENTS):
        row: list[str] = [name]
        for source in options.source:
            with tempfile.TemporaryDirectory() as folder:
                came, right = (
                    nothing_left(source, Path(folder)) if name == NO_DOCUMENTS else outcome(source, name, Path(folder))
                )
            wrong += not right
            row.append(came if right else f"WRONG: {came}")
            print(f"{name}: {source}: {row[-1]}", flush=True)
        rows.append(row)
    if options.record:
        page.record("twice", "python -m reliability.input_twice", ("case", *options.source), rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
