"""A fastText classifier, loaded so that a damaged file is named and lone surrogates do no harm."""

from __future__ import annotations

import struct
from typing import Any

import fasttext
import numpy as np
from numpy.typing import NDArray

from corpus.errors import ModelError
from corpus.model_files import Mapped, mapped

LABEL = "__label__"
_FASTTEXT, _VERSION = 793712314, 12
_MAGIC, _DICTIONARY, _SHAPE = struct.Struct("<ii"), struct.Struct("<iiiqq"), struct.Struct("<?qq")
_ENTRIES = 92
"""Where the dictionary's entries start: after 8 bytes of magic, 56 of settings, 28 of sizes."""
_ENTRY_BYTES = 9
"""What follows the text of an entry and its closing zero: its count and kind."""
_BROKEN_LABEL = "__ label__"


def load(path: str, needed: tuple[str, ...]) -> Any:
    """The model of a file, in fastText's own binding, which predicts a line at a time.

    Differs: fasttext.predict fails on numpy 2; the binding below it does not, and is faster.

    Raises:
        ModelError: no fastText model, or one without a label that is needed.
    """
    try:
        _check_whole(path)
        model = fasttext.load_model(path)
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        raise ModelError("a fastText model", str(error), path, "the file is damaged or of another kind") from None
    labels = {label.removeprefix(LABEL) for label in model.get_labels()}
    if missing := sorted(set(needed) - labels):
        some = ", ".join(sorted(labels)[:4])
        raise ModelError(f"a classifier that knows {', '.join(missing)}", f"labels {some}, ...", path)
    return model.f


def _check_whole(path: str) -> None:
    """Look whether a model file holds what it announces: from one that was cut, fastText reads on until memory ends.

    Raises:
        ValueError: it does not.
    """
    with mapped(path) as data:
        if len(data) < _DICTIONARY.size + _ENTRIES or _MAGIC.unpack_from(data) != (_FASTTEXT, _VERSION):
            raise ValueError("a file of another kind, or its first bytes alone")
        entries, _words, _labels, _tokens, pruned = _DICTIONARY.unpack_from(data, _ENTRIES - _DICTIONARY.size)
        at = _after_entries(data, entries)
        at += 8 * max(0, pruned)
        for _matrix in ("input", "output"):
            if at + _SHAPE.size > len(data):
                raise ValueError(f"a file that ends before its weights, after {len(data)} bytes")
            packed, rows, columns = _SHAPE.unpack_from(data, at)
            if packed:  # of a compressed matrix the size is not known beforehand
                return
            at += _SHAPE.size + 4 * rows * columns
        if at != len(data):
            raise ValueError(f"{len(data)} bytes where {at} are announced")


def _after_entries(data: Mapped, entries: int) -> int:
    """Where the dictionary's entries end.

    Raises:
        ValueError: the file ends before.
    """
    at = _ENTRIES
    for _ in range(entries):
        at = data.find(b"\0", at) + 1 + _ENTRY_BYTES
        if at <= _ENTRY_BYTES or at > len(data):
            raise ValueError(f"a file that ends within its dictionary, after {len(data)} bytes")
    return at


def kept_ngrams(path: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The n-grams that a whole compressed model kept, as hashes, and which row after its words each has."""
    with mapped(path) as data:
        entries, _words, _labels, _tokens, pruned = _DICTIONARY.unpack_from(data, _ENTRIES - _DICTIONARY.size)
        at = _after_entries(data, entries)
        pairs = np.frombuffer(data[at : at + 8 * max(0, pruned)], "<i4").reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def predict(model: Any, line: str, most: int) -> list[tuple[float, str]]:
    """The likeliest labels of a line, at most so many, as (probability, label)."""
    line += "\n"
    try:
        found = model.predict(line, most, 0.0, "strict")
    except TypeError:  # a lone surrogate has no UTF-8
        found = model.predict(line.encode("utf-8", "replace").decode(), most, 0.0, "strict")
    return [(score, label.removeprefix(LABEL)) for score, label in found]


def one_line(text: str) -> str:
    """A text as the one line a classifier is trained on and asked about; words that look like labels are broken."""
    return text.replace("\n", " ").replace(LABEL, _BROKEN_LABEL)
