"""Small builds, written without a pipeline, for tests of what is published of builds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from made_outputs import make_build

from corpus.document import Document
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.writers import DocumentWriter

GITHUB = (
    Document("github:1", "int main(void) {\n    return 0; /* `|` */\n}\n", "github", {"licence": "mit", "repo": "a/b"}),
    Document("github:2", "print(1)\n", "github", {"licence": "apache-2.0", "repo": "a/c"}),
    Document("github:3", "```\nfenced\n```\n", "github", {"licence": "mit", "repo": "a/b"}),
)
WIKIPEDIA = (
    Document("wikipedia:en/1", "Tides rise.", "wikipedia",
             {"language": "en", "url": "https://en.wikipedia.org/wiki/Tide_(sea)", "title": "Tide * sea",
              "date": "2023-06-07T00:00:00Z"}),
    Document("wikipedia:de/1", "Ebbe und Flut.", "wikipedia",
             {"language": "de", "url": "https://de.wikipedia.org/wiki/Gezeiten", "title": "Gezeiten",
              "date": "2021-01-01"}),
)  # fmt: skip
RECIPE = {
    "longest_line_chars": {"value": 500, "unit": "chars", "citation": "--set", "basis": "ours"},
    "record_bytes": {"value": 1024, "unit": "bytes", "citation": "ours", "basis": "ours"},
}


def make_source(folder: Path, documents: tuple[Document, ...], files: int = 1, **fields: Any) -> Path:
    """A finished build of some documents, spread over files; its first record is unreadable, its last dropped."""
    source = documents[0].source
    for at in range(files):
        path = folder / "data" / f"documents-{at:05}-of-{files:05}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            writer = DocumentWriter(file, parquet=True)
            for document in documents[at::files]:
                writer.write(document)
            writer.close()
    chars = sum(document.chars for document in documents)
    ledger = Ledger(source)
    ledger.add("read", "record", ENTERED, len(documents) + 2, chars + 9)
    ledger.add("read", "record", KEPT_ROW, len(documents) + 1, chars + 9)
    ledger.add_broken("read", "record", "dump#7", "expected a row, got none")
    ledger.add("read", "document", ENTERED, len(documents) + 1, chars + 9)
    ledger.add("read", "document", KEPT_ROW, len(documents) + 1, chars + 9)
    ledger.add("text", "document", ENTERED, len(documents) + 1, chars + 9)
    ledger.add("text", "document", KEPT_ROW, len(documents), chars)
    ledger.add("text", "document", "too_short", 1, 4)
    ledger.add("text", "edit", "markup", 1, 5)
    ledger.add("text", "line", "before_text", 2, 5)
    pq.write_table(ledger.table(["read", "text"]), folder / "ledger.parquet")
    stated = {
        "preset": "paper", "documents": len(documents), "recipe": RECIPE, "code": "c0de", "fingerprint": f"of {source}",
        "versions": {"numpy": "2.0"}, "stages": ["text"],
        "inputs": [{"path": f"/home/me/{source}.gz", "name": f"{source}.gz", "size": 1000, "digest": "d1"},
                   {"path": "https://me:key@example.org/b.gz?t=1", "name": "b.gz", "size": 2000, "digest": "d2"},
                   {"path": "/home/me/notes.txt", "name": "notes.txt", "size": 5, "digest": ""}],
        "run": {"command": ["corpus", "build", source, "--input", "/home/me/dumps", "--output", "OUT"],
                "folder": "/home/me", "host": "box", "ended": "2026-01-02T03:04:05Z", "cpu_seconds": 7.5,
                "commit": "abc123"},
    }  # fmt: skip
    return make_build(folder, source, **{**stated, **fields})
