"""Digests of what a result was made from, by which it is reused or refused later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

CODE = ("corpus", "filters", "pipelines", "tokenizer")
LIBRARIES = (
    "apache-beam", "pyarrow", "numpy", "resiliparse", "isal", "mwparserfromhell", "fasttext",
    "fasttext-community", "kenlm", "ufal.kenlm", "sentencepiece", "gigatoken", "datasketch", "xxhash",
)  # fmt: skip


def digest(value: Any) -> str:
    """A digest of a JSON value: SHA-256, first 32 hexadecimal digits."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=list)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def file_digest(path: str | Path) -> str:
    """SHA-256 of a local file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def code_digest() -> str:
    """A digest of the code that makes documents: any change of it makes earlier results stale."""
    root = Path(__file__).resolve().parent.parent
    files = sorted(path for package in CODE for path in (root / package).rglob("*.py"))
    return digest([[path.relative_to(root).as_posix(), file_digest(path)] for path in files])


def versions(names: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """The versions of the libraries that a document depends on, by name; those not installed are left out."""
    installed = {}
    for name in names:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return installed
