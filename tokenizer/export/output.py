"""The folder of an export: an output like others, with a manifest that says what it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.output.lineage import MADE_OF, origin
from corpus.output.manifest import EXPORT, MIXTURE
from corpus.output.read import Output, read_output
from corpus.output.write import Writing, writing
from corpus.progress.steps import TOKEN
from corpus.progress.work import step
from corpus.stores.addresses import storage_of
from tokenizer.shards import find_shards, read_info, token_outputs

MIXED = "mixture"
"""The name of the one dataset that an export of a mixture has, in the place of the sources' names."""


@contextmanager
def exporting(name: str, shards: str | Path, output: str | Path, owns: list[str]) -> Iterator[Writing]:
    """Write an export of the token shards below a folder; it is finished when the block has ended without error.

    Args:
        name: of the format.
        shards: the folder of token shards.
        output: where it is to be.
        owns: names or globs of all files that the export writes.

    Raises:
        InputError: no shards; UnsoundError: some that must not be read.
        OutputError: another writer is at it, or the folder is of another command or format.
    """
    tokens = sum(read_info(path).tokens for path in find_shards(shards))
    with _exporting(name, token_outputs(shards), str(output), owns) as out, step("export", tokens, TOKEN):
        yield out


@contextmanager
def exporting_mixture(name: str, folder: str | Path, output: str | Path, owns: list[str]) -> Iterator[Writing]:
    """As `exporting`, of what is drawn from the mixture in a folder."""
    mixture = read_output(str(folder), MIXTURE, storage_of(str(folder)))
    with _exporting(name, [mixture], str(output), owns) as out:
        yield out


@contextmanager
def _exporting(name: str, made_of: list[Output], output: str, owns: list[str]) -> Iterator[Writing]:
    kind = EXPORT._replace(command=f"{EXPORT.command} {name}")
    with writing(output, kind, owns, storage_of(output)) as out:
        yield out
        out.finish(**{MADE_OF: [origin(one.folder, one.manifest, output) for one in made_of]})
