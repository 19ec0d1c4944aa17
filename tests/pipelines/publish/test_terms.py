"""Terms of sources: every source of this project has some, each with its address."""

from __future__ import annotations

import re

import pytest

from pipelines.publish.terms import CRAWL_TERMS, ODC_BY, TERMS, UNKNOWN, terms_of
from pipelines.sources import own_names

URL = re.compile(r"https://\S+[^\s.,;:)]")


def test_every_source_of_this_project_has_terms() -> None:
    assert sorted(TERMS) == own_names()


@pytest.mark.parametrize("source", sorted(TERMS))
def test_terms_are_whole_sentences_with_addresses(source: str) -> None:
    terms = TERMS[source]
    assert URL.fullmatch(terms.publisher[1])
    assert terms.licences
    assert [one.name for one in terms.licences if not URL.fullmatch(one.url.rstrip("/"))] == []
    sentences = [terms.what, *terms.asks, *terms.limits]
    assert [text for text in sentences if not re.search(r"[.)]$|https://\S+$", text) or "  " in text] == []
    assert terms.asks


def test_a_source_that_nobody_described() -> None:
    assert terms_of("recipes", "paper") == UNKNOWN
    assert UNKNOWN.licences == ()


@pytest.mark.parametrize(
    ("source", "stated", "shown"),
    [
        ("github", "bsd-3-clause", "[bsd-3-clause](https://choosealicense.com/licenses/bsd-3-clause/)"),
        ("github", "../a b", "`../a b`"),
        ("stackexchange", "CC BY-SA 2.5", "[CC BY-SA 2.5](https://creativecommons.org/licenses/by-sa/2.5/)"),
        ("stackexchange", "mit", "`mit`"),
        ("recipes", "mit", "`mit`"),
    ],
)
def test_a_licence_that_a_document_states(source: str, stated: str, shown: str) -> None:
    assert terms_of(source, "paper").licence_link(stated) == shown


@pytest.mark.parametrize(
    ("preset", "licences"),
    [
        ("paper", (ODC_BY, CRAWL_TERMS)),
        ("rebuild", (CRAWL_TERMS,)),
        ("fast", (CRAWL_TERMS,)),
        ("dolma", (CRAWL_TERMS,)),
    ],
)
def test_c4_made_anew_is_no_part_of_the_published_one(preset: str, licences: tuple[object, ...]) -> None:
    assert terms_of("c4", preset).licences == licences
