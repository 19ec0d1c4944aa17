"""What input files hold, by digest: a file that was renamed, moved or touched is the same, and a copy is known as one.

Reading a dump to digest it is saved where a local file has not changed since the last time (device, inode, size, times
of data and of name). Remote files are not read: their stores keep checksums.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from corpus.errors import InputError
from corpus.manifest import digest
from corpus.progress.work import add, step
from corpus.readers.base import InputFile
from corpus.storage import measure
from corpus.stores.addresses import is_local
from pipelines.engine import files
from pipelines.engine.inputs import each_of, find_inputs

WATCHED_BYTES = 64 << 20
"""Files of fewer bytes are digested in no time worth a step of the command."""
RACY_NANOSECONDS = 2_000_000_000
"""A file that changed this short a time before it was digested may change again under the same time stamp."""


class Contents:
    """Digests of files: known ones of an earlier time by `version_of`, and versions, those that were asked for now."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        self.versions: dict[str, str] = {}

    def digested(self, found: list[InputFile]) -> list[InputFile]:
        """The files with digests: of local ones SHA-256, of remote ones the checksum of their store.

        Where a store keeps no checksums, size and time stand for the content.

        Raises:
            InputError: a file cannot be read.
        """
        if not all(is_local(file.path) for file in found):
            return each_of(self._digested, found)
        size = sum(file.size for file in found)
        watched = step("compare inputs", size) if size >= WATCHED_BYTES else nullcontext()
        with watched, ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(self._digested, found))

    def _digested(self, file: InputFile) -> InputFile:
        if not is_local(file.path):
            return file._replace(digest=files.checksum(file))
        try:
            return file._replace(digest=self._sha256(file.path))
        except OSError as error:
            do = "see to it, or leave it out"
            raise InputError("a file that can be read", error.strerror or str(error), file.path, do) from error

    def _sha256(self, path: str) -> str:
        version = version_of(path)
        content = self._known.get(version) or self.versions.get(version) or _sha256_of(path)
        if version in self._known or (version_of(path) == version and _age(path) > RACY_NANOSECONDS):
            self.versions[version] = content
        return content

    def beside(self, path: str) -> str:
        """A digest of the folder of a file: of all files in it and below, with their names."""
        folder = os.path.dirname(path) or "."
        found = self.digested(find_inputs([folder], f"{folder}/.none").files)
        return digest(sorted((file.name, file.digest) for file in found))


def _sha256_of(path: str) -> str:
    """The SHA-256 of a local file, whose bytes count in the step that is being done."""
    with open(path, "rb") as file:
        return measure(file, watch=add)[1]


def version_of(path: str) -> str:
    """What tells whether a local file has changed: device, inode, size, time of its data and of its inode."""
    status = os.stat(path)
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def _age(path: str) -> int:
    """Nanoseconds since a file was last changed."""
    status = os.stat(path)
    return time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns)


def once(found: list[InputFile]) -> tuple[list[InputFile], list[tuple[InputFile, InputFile]]]:
    """The files without those that hold the same as another; and each of those, with the one that is read.

    Read is the one with the shortest name, as a copy's is mostly longer; of equally long ones the first.
    """
    first: dict[tuple[str, int], InputFile] = {}
    for file in sorted(found, key=lambda file: (len(file.name), file.name, file.path)):
        first.setdefault((file.digest, file.size), file)
    chosen = [(file, first[file.digest, file.size]) for file in found]
    return [file for file, read in chosen if file == read], [(file, read) for file, read in chosen if file != read]
