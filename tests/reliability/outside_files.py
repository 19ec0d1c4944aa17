"""Any files at all, read as a dump of every source: test files of other projects, for one.

  python -m reliability.outside_files FOLDER [FOLDER ...] [--most-bytes 4000000] [--seconds 10]

Each file is read under every name that a reader takes it by. Nothing may be raised or take longer than --seconds, the
ledger's books must be right, and every byte of the file be read or skipped.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from corpus.ledger import BYTE, ENTERED, KEPT_ROW, SKIPPED
from corpus.readers.base import InputSplit
from pipelines.engine.streams import READ, PassLog, read_documents
from reliability.dumps import Dump, reader_of

NAMES = {
    "commoncrawl": ("a.warc", "a.warc.gz", "a.warc.zst", "a.arc", "a.arc.gz"),
    "wikipedia": tuple(f"awiki-pages-articles.xml{packed}" for packed in ("", ".gz", ".bz2", ".xz", ".zst", ".7z")),
    "books": ("a.txt", "a.txt.gz", "a.zip", "a.epub", "a.jsonl", "a.jsonl.zst", "a.parquet"),
    "arxiv": ("arXiv_src_0001_001.tar", "0001.0001.gz", "0001.0001.tex"),
    "stackexchange": ("a.7z", "a/Posts.xml"),
    "c4": ("c4-train.00000.json.gz", "c4-train.00000.json.zst"),
    "github": ("contents-000000000000.json.gz", "contents-000000000000.parquet"),
}
"""By source, names that make its reader take a file whatever is in it."""


class Reading(NamedTuple):
    """What became of a file: documents, rows on what could not be read, and what is wrong with all this."""

    documents: int
    broken: int
    seconds: float
    fault: str = ""


class TooLongError(BaseException):
    """A file took too long; no reader may contain this."""


def reading(source: str, name: str, data: bytes, seconds: int) -> Reading:
    """A file read under a name as a source's dump."""

    def stop(*_signal: Any) -> None:
        raise TooLongError

    started = time.process_time()
    signal.signal(signal.SIGALRM, stop)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        log = PassLog(source, 1, 100)
        reader, values = reader_of(Dump("", "", source, name, data))
        signal.alarm(seconds)
        try:
            documents = sum(1 for _ in read_documents(reader, values, InputSplit(0, 1, str(path)), log))
            log.ledger.check()
            fault = _fault(log, len(data))
        except TooLongError:
            documents, fault = 0, f"longer than {seconds} s"
        except Exception as error:
            documents, fault = 0, f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
    return Reading(documents, len(log.ledger.broken), time.process_time() - started, fault)


def _fault(log: PassLog, size: int) -> str:
    entered, kept, skipped = (log.ledger.count(READ, BYTE, reason) for reason in (ENTERED, KEPT_ROW, SKIPPED))
    failed = [row.detail for row in log.ledger.broken if row.reason == "failed"]
    if failed:
        return f"failed: {failed[0]}"
    if (entered, kept + skipped) != (size, size):
        return f"{size} bytes, of which {kept} are read and {skipped} skipped"
    return ""


def files(folders: list[Path], most_bytes: int) -> Iterator[tuple[Path, bytes]]:
    """The files in some folders, up to a size."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= most_bytes:
                yield path, path.read_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most-bytes", type=int, default=4_000_000)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    tally, slowest = Counter[str](), (0.0, "")
    for path, data in files(options.folders, options.most_bytes):
        tally["files"] += 1
        for source, names in NAMES.items():
            for name in names:
                got = reading(source, name, data, options.seconds)
                tally["readings"] += 1
                tally["documents"] += got.documents
                tally["rows on what could not be read"] += got.broken
                slowest = max(slowest, (got.seconds, f"{path} as {name}"))
                if got.fault:
                    tally["faults"] += 1
                    print(f"{path} as {name}: {got.fault[:300]}", flush=True)
    print(dict(tally), f"slowest: {slowest[0]:.2f} s, {slowest[1]}")
    return 1 if tally["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
