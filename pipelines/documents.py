"""The documents of finished builds, as other commands read them: listed files alone, their bytes compared first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from corpus.document import Document
from corpus.errors import BuildError
from corpus.output.lineage import origin
from corpus.output.manifest import BUILD, DOCUMENT_FILES
from corpus.output.read import Output, output_of, outputs_in, read_output, require_listed
from corpus.progress.work import counted
from corpus.stores.addresses import is_local, storage_of
from corpus.writers import read_parquet
from pipelines.engine import files

LEDGER = "ledger.parquet"


def find_builds(inputs: Iterable[str], or_failed: bool = False) -> list[Output]:
    """The builds that folders are or hold, each once, by path.

    Raises:
        InputError: a folder holds none.
        UnsoundError: one of them cannot be read; it is named.
    """
    found: dict[str, Output] = {}
    for folder in inputs:
        for each in outputs_in(folder, BUILD, storage_of(folder), or_failed):
            found.setdefault(os.path.realpath(each.folder) if is_local(folder) else each.folder, each)
    return [found[path] for path in sorted(found)]


def refuse_failed(builds: Iterable[Output]) -> None:
    """Say, once the builds have been shown, that one of them failed.

    Raises:
        BuildError: naming it and its first fault.
    """
    for build in builds:
        if faults := build.manifest.get("faults"):
            raise BuildError("a sound build", faults[0], build.folder, "see what it left out, and build again")


class BuiltDocuments:
    """The files of documents in builds. A file's bytes are compared with its digest when it is first opened."""

    def __init__(self, builds: Iterable[Output]) -> None:
        self.builds = list(builds)
        self._listed = {each.path(file): (each, file) for each in self.builds for file in each.listed(DOCUMENT_FILES)}
        self._compared: set[str] = set()

    @property
    def paths(self) -> list[str]:
        """Their paths, in order."""
        return sorted(self._listed)

    @property
    def count(self) -> int:
        """How many documents there are, as far as manifests say."""
        return sum(file.documents or 0 for _build, file in self._listed.values())

    @property
    def bytes(self) -> int:
        """The bytes of all files."""
        return sum(file.bytes for _build, file in self._listed.values())

    def open(self, path: str) -> BinaryIO:
        """One of them, for reading."""
        build, file = self._listed[path]
        if path in self._compared and is_local(path):
            return files.open_file(path)
        opened = build.open(file)
        self._compared.add(path)
        return opened

    def documents(self) -> Iterator[Document]:
        """The documents of all of them, in order."""
        for path in self.paths:
            with self.open(path) as file:
                yield from counted(read_parquet(file))

    def made_of(self, folder: str) -> list[dict[str, str]]:
        """The builds, as the manifest of an output in a folder names what it was made of."""
        return [origin(each.folder, each.manifest, folder) for each in self.builds]


def documents_in(inputs: Iterable[str]) -> BuiltDocuments:
    """The documents of the builds that folders are or hold (see find_builds)."""
    return BuiltDocuments(find_builds(inputs))


def open_table(path: str) -> BinaryIO:
    """A table that a build may have left, for reading; of a build, once all of it was found sound.

    Raises:
        UnsoundError: its build is unfinished, failed, stale or damaged.
    """
    storage = storage_of(path)
    folder, _name = output_of(path, storage)
    if storage.matching(folder, BUILD.sign):
        read_output(folder, BUILD, storage)
    require_listed(path, storage)
    return files.open_file(path)
