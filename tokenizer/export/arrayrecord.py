"""ArrayRecord, which Grain reads: SOURCE-00000-of-NNNNN.arrayrecord, one record per document: its ids as bytes."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import OutputError, UsageError
from tokenizer.export.output import exporting
from tokenizer.shards import TokenShard, shards_by_source


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write each shard below folder to a file in output; the files.

    A record is the little-endian ids (of the shards' type) of a document: np.frombuffer(record, "<u2").

    Raises:
        ShardError: a shard is damaged.
        UsageError: the package array-record is not installed.
    """
    try:
        from array_record.python.array_record_module import ArrayRecordWriter
    except ImportError as error:
        raise UsageError("the package array-record", str(error), "arrayrecord", "pip install array-record") from None
    names = {
        f"{source}-{number:05d}-of-{len(paths):05d}.arrayrecord": path
        for source, paths in shards_by_source(folder).items()
        for number, path in enumerate(paths)
    }
    with exporting("arrayrecord", folder, output, ["*.arrayrecord"]) as out:
        for name, path in names.items():
            with out.create_at(name) as new, TokenShard(path, check=False) as shard:
                try:
                    # group_size:1: every record is compressed alone, as Grain's random access needs it
                    writer = ArrayRecordWriter(new.path, "group_size:1")
                    for ids in shard:
                        writer.write(ids.tobytes())
                    writer.close()
                except RuntimeError as error:  # the library's own word for what the disk refuses
                    do = "see to room and permission there, then run the same command again"
                    raise OutputError("to write a file", str(error).partition(";")[0], name, do) from error
    return [f"{output}/{name}" for name in names]
