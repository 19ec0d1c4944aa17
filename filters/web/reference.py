"""How much a page looks like one that Wikipedia cites: a linear classifier over words, by fastText."""

from __future__ import annotations

from corpus import model_files
from corpus.model_trial import require_sound
from filters.web import fasttext_model
from filters.web.urls import normalize_url

MODEL = "reference.bin"
REFERENCE, OTHER = "wiki", "cc"
"""The two labels, named as RedPajama v1 names them, so that its models load too."""


class ReferenceModel:
    """Gives each text P(reference), 0 to 1.

    Args:
        path: a folder of `corpus train reference`, or a fastText model with the labels wiki and cc.
    """

    def __init__(self, path: str) -> None:
        file = model_files.within(path, MODEL)
        require_sound(__name__, file)
        self._model = fasttext_model.load(file, (REFERENCE, OTHER))

    def exercise(self) -> None:
        """Ask the model about the words it knows, as a trial."""
        fasttext_model.exercise(self._model)

    def __call__(self, texts: list[str]) -> list[dict[str, float]]:
        """For each text `reference`."""
        return [{"reference": self._probability(text)} for text in texts]

    def _probability(self, text: str) -> float:
        found = fasttext_model.predict(self._model, fasttext_model.one_line(text), 2)
        return next((score for score, label in found if label == REFERENCE), 0.0)


def try_model(path: str) -> None:
    """Load a model and ask it, where that may do harm (see corpus.model_trial)."""
    fasttext_model.check_file(path)
    ReferenceModel(path).exercise()


def page_address(url: str) -> str:
    """The address by which a reference and a crawled page are the same: no scheme, fragment, tracking or last slash."""
    host, slash, rest = normalize_url(url.partition("#")[0]).partition("/")
    return host.lower() + slash + rest


def page_host(url: str) -> str:
    """The host of an address, without `www.`; "" where there is none."""
    return page_address(url).partition("/")[0]
