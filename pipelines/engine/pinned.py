"""Models in object stores: their addresses with a digest of their bytes, and the copies of them on this machine.

A build names such a model by its address and the digest of what the planning machine found there. Every machine brings
its own copy, once for each version (corpus/stores/copies.py), and refuses one of other bytes: models may be replaced
while a job runs.
"""

from __future__ import annotations

import os
from pathlib import Path

from corpus import models
from corpus.errors import ModelError
from corpus.manifest import digest, file_digest
from corpus.stores.addresses import is_local

PIN = "#sha256="


def pinned(name: str, located: str) -> str:
    """How workers find a model: its path on this machine, or its address with a digest of its bytes.

    Args:
        name: as the recipe names it.
        located: where its stage found it: on this machine, or its address.
    """
    if is_local(name):
        return located
    here = located if is_local(located) else str(models.brought(name))
    return f"{name}{PIN}{_digest(here)}"


def model_here(located: str) -> str:
    """Where a model lies on this machine, brought where it is not here yet.

    Raises:
        ModelError: what is at its address now is not what the build was planned with.
    """
    address, pin, expected = located.partition(PIN)
    if not pin:
        return located
    here = str(models.brought(address))
    if (found := _digest(here)) != expected:
        do = "run the same command again, once nobody changes the model"
        raise ModelError(f"the model of digest {expected[:12]}", found[:12], address, do)
    return here


def _digest(path: str) -> str:
    """A digest of a file, or of a folder's files with their names."""
    if not os.path.isdir(path):
        return file_digest(path)
    files = [one for one in Path(path).rglob("*") if one.is_file()]
    return digest(sorted((str(one.relative_to(path)), file_digest(str(one))) for one in files))
