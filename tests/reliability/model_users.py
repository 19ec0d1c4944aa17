"""Loads models as the project does and asks them something; a process of its own, as a fault may end it.

python model_users.py: reads a line `KIND FOLDER` and answers with `used`, `refused: ...` or `raised: ...`, and so on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from corpus import models
from corpus.errors import CorpusError
from filters.web.language import LanguageModel
from filters.web.perplexity import Perplexity
from filters.web.reference import ReferenceModel
from model.checkpoint import read_weights
from model.commands import open_tokenizer
from tokenizer.encode import load_encoder

TEXTS = ["A ship of the navy was built in 1912, it says.\nIt sank.", "zqx jkw 水水水 \ud800 <s> </s>", "", "x" * 5000]
ENGLISH = ["en"] * len(TEXTS)


def _language(folder: Path) -> None:
    LanguageModel(str(folder / "lid.176.ftz"), languages=("en",))(TEXTS)


def _reference(folder: Path) -> None:
    ReferenceModel(str(folder))(TEXTS)


def _perplexity(folder: Path) -> None:
    Perplexity(str(folder), languages=("en",))(TEXTS, language=ENGLISH)


def _tokenizer(folder: Path) -> None:
    encoder = load_encoder(folder / "tokenizer.model")
    encoder.decode(encoder.encode(TEXTS[0] + TEXTS[3]))


def _evaluated(folder: Path) -> None:
    open_tokenizer(folder / "tokenizer.model", folder).encode(TEXTS[0])


def _card(folder: Path) -> None:
    models.find(str(folder))


def _weights(folder: Path) -> None:
    for weight in read_weights(folder)[1].values():
        weight.sum()


USERS: dict[str, Callable[[Path], None]] = {
    "language": _language, "reference": _reference, "perplexity": _perplexity, "tokenizer": _tokenizer,
    "evaluated": _evaluated, "card": _card, "weights": _weights,
}  # fmt: skip


def outcome(kind: str, folder: Path) -> str:
    """What came of it: used, or refused in words for a user, or an exception that no user should meet."""
    try:
        USERS[kind](folder)
    except CorpusError as error:
        return f"refused: {error}"
    except BaseException as error:
        return f"raised: {type(error).__name__}: {error}"
    return "used"


if __name__ == "__main__":
    for line in sys.stdin:
        asked, place = line.rstrip("\n").split(" ", 1)
        said = outcome(asked, Path(place))
        print(" ".join(said.encode("utf-8", "replace").decode().split()), flush=True)
