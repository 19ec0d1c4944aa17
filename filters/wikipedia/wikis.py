"""Which wikis are kept."""

from __future__ import annotations

from corpus.document import KEPT, Document, Outcome


def of_wikis(document: Document, *, languages: tuple[str, ...]) -> Outcome:
    """A document of one of these wikis; of any wiki where languages is empty; else dropped as `other_wiki_CODE`.

    Args:
        languages: their codes, as in `de.wikipedia.org`.
    """
    language = document.meta["language"]
    if not languages or language in languages:
        return Outcome(document, KEPT)
    return Outcome(document._replace(payload=None), f"other_wiki_{language}" if language.isalpha() else "other_wiki")
