"""ArrayRecord, which Grain reads: SOURCE-00000-of-NNNNN.arrayrecord, one record per document: its ids as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.errors import OutputError
from corpus.extras import extra
from corpus.output.write import Writing
from tokenizer.draws import draw
from tokenizer.export.output import MIXED, exporting, exporting_mixture
from tokenizer.export.parts import count_parts, in_parts
from tokenizer.mixture import read_mixture
from tokenizer.shards import TokenShard, shards_by_source

NAME, FILES = "arrayrecord", "*.arrayrecord"
FILE_TOKENS = 1 << 27
"""Tokens of a file of a mixture: 256 MB of 16 bits, as a token shard has."""


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write each shard below folder to a file in output; the files.

    A record is the little-endian ids (of the shards' type) of a document: np.frombuffer(record, "<u2").

    Raises:
        ShardError: a shard is damaged.
        MissingExtraError: the package array-record is not installed.
    """
    names = {
        f"{source}-{number:05d}-of-{len(paths):05d}.arrayrecord": path
        for source, paths in shards_by_source(folder).items()
        for number, path in enumerate(paths)
    }
    writer = _writer()
    with exporting(NAME, folder, output, [FILES]) as out:
        for name, path in names.items():
            with TokenShard(path, check=False) as shard:
                _write(out, name, (ids.tobytes() for ids in shard), writer)
    return [f"{output}/{name}" for name in names]


def export_mixture(folder: str | Path, output: str | Path, tokens: int, seed: int) -> list[str]:
    """Write what is drawn from the mixture in a folder as files of FILE_TOKENS each, in the order drawn."""
    writer, parts = _writer(), count_parts(tokens, FILE_TOKENS)
    names = [f"{MIXED}-{part:05d}-of-{parts:05d}.arrayrecord" for part in range(parts)]
    drawn = draw(read_mixture(folder), tokens, seed)
    with exporting_mixture(NAME, folder, output, [FILES]) as out:
        for name, part in zip(names, in_parts(drawn, tokens, parts), strict=True):
            _write(out, name, (one.ids.tobytes() for one in part), writer)
    return [f"{output}/{name}" for name in names]


def _writer() -> Any:
    """The class that writes a file.

    Raises:
        UsageError: the package array-record is not installed.
    """
    with extra("export", f"corpus export {NAME}"):
        from array_record.python.array_record_module import ArrayRecordWriter
    return ArrayRecordWriter


def _write(out: Writing, name: str, records: Iterator[bytes], writer: Any) -> None:
    with out.create_at(name) as new:
        try:
            # group_size:1: every record is compressed alone, as Grain's random access needs it
            file = writer(new.path, "group_size:1")
            for record in records:
                file.write(record)
            file.close()
        except RuntimeError as error:  # the library's own word for what the disk refuses
            do = "see to room and permission there, then run the same command again"
            raise OutputError("to write a file", str(error).partition(";")[0], name, do) from error
