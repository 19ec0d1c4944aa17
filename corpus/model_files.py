"""The files of models, as filters read them: the one door through which a filter reaches a file."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Mapped = mmap.mmap
"""A file as bytes that are read where they are looked at."""


@contextmanager
def mapped(path: str) -> Iterator[Mapped]:
    """The bytes of a file, mapped into memory.

    Raises:
        OSError: it cannot be read.
        ValueError: it is empty.
    """
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data


def read_text(path: str) -> str:
    """The text of a file in UTF-8.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not UTF-8.
    """
    return Path(path).read_text("utf-8")


def within(path: str, name: str) -> str:
    """The file of that name where path is a folder, else path itself."""
    return str(Path(path) / name) if Path(path).is_dir() else path


def find_file(folder: str, *names: str) -> str:
    """The first of these files that a folder holds; "" where it holds none."""
    return next((str(path) for path in (Path(folder) / name for name in names) if path.is_file()), "")


def names_ending(folder: str, ending: str) -> list[str]:
    """The names of a folder's files that end so, sorted."""
    return sorted(path.name for path in Path(folder).glob(f"*{ending}"))
