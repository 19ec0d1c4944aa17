"""Documents as JSON lines (zstd), with the keys that datatrove and Hugging Face datasets read."""

from __future__ import annotations

from pathlib import Path, PurePath

import orjson
import zstandard

from corpus.columns import METADATA, STATED, metadata_of
from corpus.document import Document
from corpus.output.lineage import MADE_OF, origin
from corpus.output.manifest import BUILD, DOCUMENT_FILES, EXPORT
from corpus.output.read import outputs_in
from corpus.output.write import writing
from corpus.progress.steps import DOCUMENT
from corpus.progress.work import counted, step
from corpus.stores.addresses import storage_of
from corpus.writers import read_parquet

KEYS = tuple(name for name in STATED if name != "date")
LEVEL = 3  # zstd's own default: 212 MB/s at 3.6 times smaller on these texts


def export(folder: str | Path, output: str | Path) -> list[str]:
    """Write each `documents-*.parquet` of the builds below folder as `documents-*.jsonl.zst` in output, in the same
    subfolder.

    Every line has the same keys, and text in each: id, text, source, those of KEYS, empty where a dump does not state
    them, and metadata: all else that is known of the document, date and scores too, as JSON. A file without documents
    is left out, as polars and others take no empty one.

    Raises:
        InputError: there are none; UnsoundError: one that must not be read.
        OutputError: another writer is at it, or the folder is another command's.
    """
    folder, output = str(folder).rstrip("/"), str(output)
    builds, written = outputs_in(folder, BUILD, storage_of(folder)), []
    kind = EXPORT._replace(command=f"{EXPORT.command} jsonl")
    names = "documents-*.jsonl.zst"
    below = {one.folder: one.folder[len(folder) + 1 :] for one in builds}
    owns = [names, *(f"{name}/{names}" for name in below.values())]
    documents = sum(file.documents or 0 for build in builds for file in build.listed(DOCUMENT_FILES))
    with writing(output, kind, owns, storage_of(output)) as out, step("export", documents, DOCUMENT):
        for build in builds:
            for file in build.listed(DOCUMENT_FILES):
                if file.documents == 0:
                    continue
                name = f"{below[build.folder]}/{PurePath(file.name).stem}.jsonl.zst".lstrip("/")
                packer = zstandard.ZstdCompressor(LEVEL)
                with (
                    build.open(file) as parquet,
                    out.create(name) as new,
                    packer.stream_writer(new, closefd=False) as lines,
                ):
                    for document in counted(read_parquet(parquet)):
                        lines.write(json_line(document))
                written.append(f"{output}/{name}")
        out.finish(**{MADE_OF: [origin(one.folder, one.manifest, output) for one in builds]})
    return written


def json_line(document: Document) -> bytes:
    """A document as one line of JSON."""
    # Never null, and only text: tools take a column's type from the first lines that they see, and Arrow takes a text
    # that looks like a date for one.
    fields = {"id": document.id, "text": document.text, "source": document.source}
    fields |= {name: document.meta.get(name, "") for name in KEYS}
    fields[METADATA] = metadata_of(document, but=KEYS)
    return orjson.dumps(fields, option=orjson.OPT_APPEND_NEWLINE)
