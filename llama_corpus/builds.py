"""Builds: to make one, and to read what one left. Beam is imported only to build."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from corpus.amounts import of
from corpus.document import Document
from corpus.ledger import Ledger
from corpus.output.manifest import BUILD, OutputFile, files_of
from corpus.output.read import Output, damaged, open_listed, read_output
from corpus.progress.reporter import Mode, reporting
from corpus.recipe import Value, shown
from corpus.stores.addresses import storage_of
from corpus.writers import read_parquet

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

    from pipelines.engine.stages import Source

DOCUMENTS, DROPPED = "documents", "dropped"


class Build:
    """A finished build: a folder with the documents of one source, and what became of all that entered.

    Args:
        folder: where it lies (OUT/SOURCE), local or in a bucket.
        manifest: source, recipe, inputs, versions: all that its documents were made from.
    """

    def __init__(self, folder: str, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest

    def __repr__(self) -> str:
        return f"<Build of {self.source}: {of(len(self), 'document')} in {self.folder}>"

    def __len__(self) -> int:
        return int(self.manifest["documents"])

    @property
    def source(self) -> str:
        """The name of its source."""
        return str(self.manifest["source"])

    @cached_property
    def ledger(self) -> Ledger:
        """How many documents, lines and records entered each stage, stayed or were dropped, and why."""
        (listed,) = self._listed("ledger.parquet")
        with self._open(listed) as file:
            return Ledger.from_parquet(file)

    def documents(self) -> Iterator[Document]:
        """The documents kept, in order; every call begins anew.

        Raises:
            InputError: a file is missing, or has other bytes than were written; of every method that reads.
        """
        for listed in self._listed(f"*/{DOCUMENTS}-*.parquet"):
            with self._open(listed) as file:
                yield from read_parquet(file)

    def dropped(self) -> Iterator[dict[str, Any]]:
        """A row for each document dropped: id, stage, reason, duplicate_of; the text of a sample."""
        from pyarrow import parquet

        for listed in self._listed(f"*/{DROPPED}-*.parquet"):
            with self._open(listed) as file:
                yield from parquet.read_table(file).to_pylist()

    def dataset(self, kind: str = DOCUMENTS) -> Dataset:
        """The documents, or what was `dropped`, as a pyarrow dataset: for columns, filters and other tools."""
        from pyarrow import dataset

        return dataset.dataset(self.files(kind), format="parquet")

    def files(self, kind: str = DOCUMENTS) -> list[str]:
        """The Parquet files of `documents` or of `dropped`, in order; none that the manifest does not list.

        All their bytes are compared with the manifest's digests first.
        """
        listed = self._listed(f"*/{kind}-*.parquet")
        for one in damaged(listed, self.folder, storage_of(self.folder)):
            self._open(one).close()  # says what is wrong with it
        return [f"{self.folder}/{one.name}" for one in listed]

    def _listed(self, pattern: str) -> list[OutputFile]:
        return Output(self.folder, self.manifest, files_of(self.manifest), storage_of(self.folder)).listed(pattern)

    def _open(self, listed: OutputFile) -> BinaryIO:
        return open_listed(self.folder, listed, storage_of(self.folder))


def build(
    source: str | Source,
    inputs: str | Sequence[str],
    output: str,
    *,
    preset: str = "paper",
    settings: Mapping[str, Value] | None = None,
    stop_after: str = "",
    beam: Sequence[str] = (),
    quiet: bool = False,
) -> Build:
    """Build one source, as `corpus build` does; what is done already is not done again.

    Args:
        source: its name, the path of a .py file with a SOURCE, or a Source.
        inputs: files, folders or globs of its dump, local or in a bucket.
        output: the build is written to output/SOURCE.
        preset: whose numbers to use.
        settings: numbers of the recipe to change, by name.
        stop_after: the last stage to do; empty for all.
        beam: options of Beam, as after `--`; without any the build runs here, on every core.
        quiet: say nothing of its progress; else that is on standard error, as the command's is (docs/progress.md).

    Raises:
        UsageError: source, preset, setting or stage unknown. InputError: nothing to read. Both before anything runs.
        BuildError: it ran, and must not be trusted.
    """
    with _quiet_imports():
        from pipelines.engine.build import build as run_build
        from pipelines.sources import find_source

        found = find_source(source) if isinstance(source, str) else source
    paths = [inputs] if isinstance(inputs, str) else list(inputs)
    texts = {name: shown(value) for name, value in (settings or {}).items()}
    with reporting(f"build {found.name}", Mode(quiet=quiet)):
        built = run_build(found, paths, output, preset, texts, stop_after, beam_arguments=list(beam))
    return Build(built.folder, built.manifest)


@contextmanager
def _quiet_imports() -> Iterator[None]:
    """Within the block the root logger says errors only: Beam warns there that Google's packages are not installed."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def open_build(folder: str | Path) -> Build:
    """The finished build in a folder (OUT/SOURCE).

    Raises:
        InputError: there is none, or it is unfinished, failed or damaged.
    """
    place = str(folder).rstrip("/")
    return Build(place, read_output(place, BUILD, storage_of(place)).manifest)
