from __future__ import annotations

import pytest

from corpus.readers.html_tags import (
    LARGE_CHARS,
    MOST_ATTRIBUTES,
    MOST_NAMES,
    SMALL_CHARS,
    bounded_html,
    few_names,
)

NAMES, ATTRIBUTES = MOST_NAMES.value, MOST_ATTRIBUTES.value


def tag(attributes: int, form: str = " a{}") -> str:
    return "<p" + "".join(form.format(number) for number in range(attributes)) + ">"


@pytest.mark.parametrize("form", [" a{}", "\ta{}=1", "/a{} = 'x>y'", ' a{}="1"', '\n"a{}'])
def test_attributes_up_to_the_limit_stay_and_others_do_not(form: str) -> None:
    assert few_names(tag(ATTRIBUTES, form)) == tag(ATTRIBUTES, form)
    assert few_names(tag(ATTRIBUTES + 5, form) + "text") == tag(ATTRIBUTES, form) + "text"


@pytest.mark.parametrize("form", ["<a{}>", "</a{}>", "<A{} b=c />"])
def test_elements_up_to_the_limit_stay_and_others_do_not(form: str) -> None:
    tags = "".join(form.format(number) for number in range(NAMES))
    assert few_names(tags + "text") == tags + "text"
    assert few_names(tags + form.format("b").lower() + "text" + form.format(0)) == tags + "text" + form.format(0)


def test_attributes_of_all_tags_have_a_limit() -> None:
    tags = "".join(f"<p a{number}>" for number in range(NAMES))
    assert few_names(tags + "<p a1><p b>") == tags + "<p a1><p>"


@pytest.mark.parametrize(
    "html",
    [
        "<script>if(i<a " + "1, " * 2000 + "</script>",
        "<!-- <p " + "a " * 2000 + " -->",
        "<TITLE><b " + "a " * 2000 + "</title>",
        "<p a='" + "b " * 2000 + "'>",
        "a < b " + "c " * 2000,
        "<!doctype html>" + "a " * 2000,
    ],
    ids=["script", "comment", "title", "one value", "no tag", "a declaration"],
)
def test_what_are_no_attributes_stays(html: str) -> None:
    assert few_names(html + "<p>text") == html + "<p>text"


@pytest.mark.parametrize("form", [" a{}", ' a{}=">"', " a{}='<'", ' "a{}', ' a{}=x"y'])
def test_a_tag_of_too_many_attributes_is_found_in_a_page_of_any_size(form: str) -> None:
    number = SMALL_CHARS.value // 4
    html = f"<div title='it'>a</div>{tag(number, form)}text<b c='1'>"
    assert len(html) > SMALL_CHARS.value
    assert len(bounded_html(html)) < len(html) / 4


def test_names_are_counted_in_large_pages() -> None:
    html = "".join(f"<a{number}>" for number in range(LARGE_CHARS.value // 7))
    assert len(html) > LARGE_CHARS.value
    assert bounded_html(html).count("<") == NAMES
