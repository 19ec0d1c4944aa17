"""Imports of packages that only an extra of the distribution brings (setup.py, EXTRAS)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from corpus.errors import MissingExtraError


@contextmanager
def extra(name: str, where: str) -> Iterator[None]:
    """Within the block packages of an extra are imported.

    Args:
        name: the extra's.
        where: the option, address or feature that needs it.

    Raises:
        MissingExtraError: one of them is not installed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(name, error.name or str(error), where) from error
