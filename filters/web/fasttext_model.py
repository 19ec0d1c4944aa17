"""A fastText classifier, loaded so that a damaged file is named and lone surrogates do no harm."""

from __future__ import annotations

from typing import Any

import fasttext

from corpus.errors import ModelError
from filters.web import fasttext_file

LABEL = "__label__"
_BROKEN_LABEL = "__ label__"
_WORDS_TRIED, _WORDS_IN_A_LINE = 20_000, 50


def load(path: str, needed: tuple[str, ...]) -> Any:
    """The model of a file, in fastText's own binding, which predicts a line at a time.

    Differs: the binding below fasttext.predict is faster; in fasttext 0.9.3 only that works with numpy 2.

    Raises:
        ModelError: no fastText model, or one without a label that is needed.
    """
    try:
        model = fasttext.load_model(path)
        labels = {label.removeprefix(LABEL) for label in model.get_labels()}
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        raise damaged(path, error) from None
    if missing := sorted(set(needed) - labels):
        raise ModelError(
            f"a classifier that knows {', '.join(missing)}", "labels " + ", ".join([*sorted(labels)[:4], "..."]), path
        )
    return model.f


def damaged(path: str, error: Exception) -> ModelError:
    """What is said of a file that is no whole fastText model."""
    return ModelError("a fastText model", str(error), path, "the file is damaged or of another kind")


def check_file(path: str) -> None:
    """Look at the whole of a model file, as fastText does not.

    Raises:
        ModelError: it is damaged.
    """
    try:
        fasttext_file.check(path)
    except (ValueError, OSError) as error:
        raise damaged(path, error) from None


def exercise(model: Any) -> None:
    """Ask a model about the words it knows, as a trial of its numbers: what they point at is looked up."""
    words = model.getVocab("replace")[0][:_WORDS_TRIED]
    for start in range(0, len(words), _WORDS_IN_A_LINE):
        predict(model, " ".join(words[start : start + _WORDS_IN_A_LINE]), 2)


def predict(model: Any, line: str, most: int) -> list[tuple[float, str]]:
    """The likeliest labels of a line, at most k, as (probability, label)."""
    line += "\n"
    try:
        found = model.predict(line, most, 0.0, "strict")
    except TypeError:  # a lone surrogate has no UTF-8
        found = model.predict(line.encode("utf-8", "replace").decode(), most, 0.0, "strict")
    return [(score, label.removeprefix(LABEL)) for score, label in found]


def one_line(text: str) -> str:
    """A text as the one line a classifier is trained on and asked about; words that look like labels are broken."""
    return text.replace("\n", " ").replace(LABEL, _BROKEN_LABEL)
