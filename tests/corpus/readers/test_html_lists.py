from __future__ import annotations

import pytest

from corpus.readers.html_lists import LIST_DEPTH, shallow_lists
from filters.stackexchange.html import text_of_html
from filters.web.webpage import text_of_page

MOST = LIST_DEPTH.value


def nested(depth: int, tag: str = "ul") -> str:
    return f"<{tag}><li>a" * depth + f"</li></{tag}>" * depth


@pytest.mark.parametrize("tag", ["ul", "OL", "dl", "menu", "dir"])
def test_lists_up_to_the_limit_stay(tag: str) -> None:
    assert shallow_lists(nested(MOST, tag)) == nested(MOST, tag)
    many = nested(2, tag) * 100
    assert shallow_lists(many) == many


def test_tags_beyond_it_are_left_out_and_what_they_hold_stays() -> None:
    html = shallow_lists(nested(MOST + 3, "ul class='x'").replace("</ul class='x'>", "</ul>") + "<ul><li>b</ul>")
    assert html == ("<ul class='x'><li>a" * MOST + "<li>a" * 3 + "</li>" * 3 + "</li></ul>" * MOST + "<ul><li>b</ul>")


def test_other_elements_are_no_lists() -> None:
    html = "<ulx><olive><dlong><ul-x>" * 100 + nested(3)
    assert shallow_lists(html) == html


@pytest.mark.parametrize(
    "read", [text_of_html, lambda html: text_of_page(html, main_content=False)], ids=["post", "page"]
)
def test_a_text_grows_with_its_page(read: object) -> None:
    text = read(nested(5000))  # type: ignore[operator]
    assert text.count("a") == 5000
    assert len(text) < 40 * len(nested(5000))
