"""A file of an output in its place in a published folder: a second name of it, or a copy where there can be none."""

from __future__ import annotations

import os
import shutil
from typing import BinaryIO

from corpus.output.manifest import OutputFile
from corpus.output.read import Output
from corpus.output.write import Writing
from corpus.storage import CHUNK_BYTES, LocalStorage, link


def place_file(out: Writing, name: str, of: Output, file: OutputFile, opened: BinaryIO) -> None:
    """Put a file in its place.

    Args:
        out: the published folder.
        name: what the file is called there.
        of: the output that lists it.
        opened: the file, its bytes compared, at its first byte.
    """
    if isinstance(out.storage, LocalStorage) and isinstance(of.storage, LocalStorage):
        link(os.path.realpath(of.path(file)), f"{out.folder}/{name}")
    else:
        with out.create(name) as new:
            shutil.copyfileobj(opened, new, CHUNK_BYTES)
    out.files[name] = file._replace(name=name)
