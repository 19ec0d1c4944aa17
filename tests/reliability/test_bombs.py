"""Files that unpack to far more than a worker may hold, read in a process that may hold little: they cost rows.

Each unpacks to BOMB_BYTES of one letter; the process that reads them may have SPARE_BYTES of memory more than it
has when it begins.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import py7zr
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from reliability.dumps import epub, seven_zip, zipped

BOMB_BYTES = 400 << 20
SPARE_BYTES = 512 << 20
TEXT = b"x" * BOMB_BYTES


def table(text: str, **options: object) -> bytes:
    """A Parquet of one text."""
    file = io.BytesIO()
    pq.write_table(pa.table({"text": [text], "id": ["a"], "content": [text]}), file, compression="zstd", **options)
    return file.getvalue()


def answer(body: bytes) -> bytes:
    """A WARC of one packed page."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: {len(http)}\r\n\r\n"
    return head.encode() + http + b"\r\n\r\n"


BOMBS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "gzip": ("c4", "c4-train.0.json.gz", lambda: gzip.compress(TEXT, 6)),
    "gzip of gzip": ("books", "a.txt.gz", lambda: gzip.compress(gzip.compress(TEXT, 6), 6)),
    "zstd": ("c4", "c4-train.0.json.zst", lambda: zstandard.compress(TEXT)),
    "bzip2": ("wikipedia", "awiki-pages-articles.xml.bz2", lambda: bz2.compress(TEXT)),
    "xz": ("wikipedia", "awiki-pages-articles.xml.xz", lambda: lzma.compress(TEXT, preset=0)),
    "7z": ("stackexchange", "a.7z", lambda: seven_zip({"Posts.xml": TEXT}, py7zr.FILTER_LZMA2)),
    "zip in a zip": ("books", "a.zip", lambda: zipped({"a.txt": TEXT, "b.zip": zipped({"c.txt": TEXT})})),
    "EPUB": ("books", "a.epub", lambda: epub({"a": TEXT})),
    "submission": ("arxiv", "0001.0001.gz", lambda: gzip.compress(TEXT, 6)),
    "page": ("commoncrawl", "a.warc", lambda: answer(gzip.compress(TEXT, 6))),
    "Parquet": ("books", "a.parquet", lambda: table(TEXT.decode(), use_dictionary=False)),
    "Parquet of a dictionary": ("github", "contents-0.parquet", lambda: table(TEXT.decode())),
}

_CHILD = """
import json, resource, sys
from reliability.outside_files import NAMES, reading
for source, names in NAMES.items():
    reading(source, names[0], b"a", 60)
pages = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (pages + int(sys.argv[1]),) * 2)
for line in sys.stdin:
    source, name, path = json.loads(line)
    print(json.dumps(reading(source, name, open(path, "rb").read(), 60)), flush=True)
"""


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says how much memory a process has")
def test_bombs_are_read_in_little_memory(tmp_path: Path) -> None:
    asked = []
    for kind, (source, name, make) in BOMBS.items():
        path = tmp_path / kind
        path.write_bytes(make())
        asked.append(json.dumps([source, name, str(path)]))
    command = [sys.executable, "-c", _CHILD, str(SPARE_BYTES)]
    ended = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, check=False)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.returncode == 0, ended.stderr[-2000:]
    faults = {kind: got[3] for kind, got in zip(BOMBS, found, strict=True) if got[3]}
    assert faults == {}
    assert {kind: got[:2] for kind, got in zip(BOMBS, found, strict=True) if got[0] or not got[1]} == {}
