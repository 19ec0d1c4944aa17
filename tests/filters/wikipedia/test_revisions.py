"""Which revision of a page is the newest."""

from __future__ import annotations

import pytest

from corpus.document import Document
from filters.wikipedia.revisions import newest_revision

LAST = 2**63 - 1


@pytest.mark.parametrize(
    ("revision", "rank"),
    [
        ("7", LAST - 7), ("1085", LAST - 1085), ("1", LAST - 1), ("", LAST), ("x", LAST), ("-3", LAST),
        ("9" * 18, LAST - 999_999_999_999_999_999), ("9" * 19, LAST),
    ],
)  # fmt: skip
def test_the_newest_revision_ranks_first_and_a_page_without_one_last(revision: str, rank: int) -> None:
    assert newest_revision(Document("a", "", "wikipedia", {"revision": revision})) == rank
    assert newest_revision(Document("a", "", "wikipedia")) == LAST
