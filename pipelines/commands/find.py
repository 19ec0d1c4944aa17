"""say what became of a document: kept, dropped and why, and the twin it matched

corpus find OUT/github github:3f786850e387550fdab836ed7e6dc881de23001b
"""

from __future__ import annotations

import argparse

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus.errors import InputError
from pipelines import files


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", metavar="DIR", help="a build (DIR/SOURCE), or a folder of builds")
    parser.add_argument("id", metavar="ID", help="the document's id")
    parser.add_argument("--text", action="store_true", help="print its text too")


def run(options: argparse.Namespace) -> int:
    """Print every place where the id stands; exit 1 when there is none."""
    found = [line for path in pieces(options.folder) for line in lines_about(path, options.id, options.text)]
    if not found:
        raise InputError("an id of a document of this build", repr(options.id), options.folder)
    print("\n".join(found))
    return 0


def pieces(folder: str) -> list[str]:
    """The files of documents and of dropped ones, in a build or in all builds of a folder."""
    names = ("documents-*.parquet", "dropped-*.parquet")
    base = folder.rstrip("/")
    for pattern in (base, f"{base}/*"):
        globs = [f"{pattern}/{name}" for name in names if files.any_file(f"{pattern}/{name}")]
        found = [file.path for file in files.find(globs)]
        if found:
            return found
    raise InputError("the output folder of a build", "no documents-*.parquet", folder)


def lines_about(path: str, name: str, with_text: bool) -> list[str]:
    """What one file says of an id, a line each."""
    with files.open_file(path) as file:
        table = pq.read_table(file, filters=pc.field("id") == pa.scalar(name))
    return [_told(path, row, with_text) for row in table.to_pylist()]


def _told(path: str, row: dict[str, object], with_text: bool) -> str:
    text = f"\n{row['text']}" if with_text and row["text"] else ""
    if "reason" not in row:
        return f"kept: {path}{text}"
    matched = f", matched {row['matched']}" if row["matched"] else ""
    return f"dropped at {row['stage']} ({row['unit']}): {row['reason']}{matched}: {path}{text}"
