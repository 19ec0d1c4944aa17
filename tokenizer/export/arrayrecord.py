"""ArrayRecord, which Grain reads: SOURCE-00000-of-NNNNN.arrayrecord, one record a document, its ids as they are."""

from __future__ import annotations

from pathlib import Path

from corpus.errors import UsageError
from tokenizer.shards import TokenShard, shards_by_source


def export(folder: str | Path, output: str | Path) -> list[Path]:
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
    target, files = Path(output), []
    target.mkdir(parents=True, exist_ok=True)
    for source, paths in shards_by_source(folder).items():
        for number, path in enumerate(paths):
            name = target / f"{source}-{number:05d}-of-{len(paths):05d}.arrayrecord"
            waiting = name.with_name(name.name + ".part")
            # group_size:1 keeps every record alone, as Grain's random access wants it
            writer = ArrayRecordWriter(str(waiting), "group_size:1")
            try:
                with TokenShard(path, check=False) as shard:
                    for ids in shard:
                        writer.write(ids.tobytes())
                writer.close()
                files.append(waiting.replace(name))
            finally:
                waiting.unlink(missing_ok=True)
    return files
