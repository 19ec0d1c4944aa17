"""What a module of this folder says of a dump: its files, what a person should know first, and what it costs."""

from __future__ import annotations

from typing import NamedTuple

from corpus.errors import UsageError
from corpus.manifest import digest
from corpus.transfer.part import Remote


class Listing(NamedTuple):
    """The files to bring; notes are lines for people; dollars is what the one who fetches pays, None for nothing."""

    files: list[Remote]
    notes: tuple[str, ...] = ()
    dollars: float | None = None


def chosen(names: list[str], files: int | None, share: str | None) -> list[str]:
    """Some of the names, always the same ones, drawn by their hashes; all of them where neither is given.

    Args:
        files: how many.
        share: a part of them as `1/1000` or `0.001`.

    Raises:
        UsageError: share is no number from 0 to 1.
    """
    most = len(names) if files is None else files
    if share is not None:
        most = max(1, round(share_of(share) * len(names)))
    return sorted(sorted(names, key=digest)[:most], key=names.index) if most < len(names) else names


def share_of(text: str) -> float:
    """A share (0 to 1) as people write it: `1/1000`, `0.001` or `0.1%`.

    Raises:
        UsageError: it is none.
    """
    over, cut, under = text.removesuffix("%").partition("/")
    try:
        share = float(over) / float(under if cut else "1") / (100 if text.endswith("%") else 1)
    except (ValueError, ZeroDivisionError):
        share = -1.0
    if not 0 < share <= 1:
        raise UsageError("a share above 0 and at most 1, such as 1/1000", repr(text), "--share")
    return share
