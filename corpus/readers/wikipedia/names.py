"""WikiNames, what an article's document holds beside its wikitext: its wiki's own names of two namespaces."""

from __future__ import annotations

from typing import NamedTuple


class WikiNames(NamedTuple):
    """What a wiki calls its files and its categories, in lower case, as the siteinfo of its dump says."""

    files: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    @property
    def chars(self) -> int:
        """None: the names are the dump's, not the article's."""
        return 0
