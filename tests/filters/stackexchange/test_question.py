"""From the posts of a thread to its text."""

import pytest

from corpus.document import Document, Outcome
from corpus.readers.stackexchange.posts import Posts
from filters.stackexchange.question import EMPTY, EMPTY_ANSWER, POST, question_text

META = {"site": "x"}


def thread(title: str, question: str, *answers: str) -> Document:
    return Document("stackexchange:x/1", question, "stackexchange", META, payload=Posts(title, answers))


def text_alone(text: str) -> Document:
    return Document("stackexchange:x/1", text, "stackexchange", META)


ASKED = ("A  title &amp; more ", "<p>Why?</p>\n<p>How?</p>", "<p>So.</p>", "<p><code>x = 1</code></p>")


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("plain", "A title &amp; more\n\nWhy?\n\nHow?\n\nSo.\n\nx = 1"),
        ("redpajama", "Q: A title &amp; more Why?\n\nHow?\nA: So.\nA: x = 1"),
    ],
)
def test_forms(form, text):
    assert question_text(thread(*ASKED), form=form) == Outcome(text_alone(text))


@pytest.mark.parametrize(
    ("posts", "text", "empty_answers", "their_chars"),
    [
        (("T", "<p>q</p>"), "T\n\nq", 0, 0),
        (("", "<p>q</p>", "a"), "q\n\na", 0, 0),
        (("T", "", "a"), "T\n\na", 0, 0),
        (("", "", "a"), "a", 0, 0),
        (("T", "q", "<img src='x'>", "a", " "), "T\n\nq\n\na", 2, 14),
        (("T", "q", "<img src='x'>"), "T\n\nq", 1, 13),
    ],
    ids=["no answers", "no title", "no body", "an answer alone", "two answers without text", "no answer with text"],
)
def test_posts_without_text(posts, text, empty_answers, their_chars):
    outcome = question_text(thread(*posts), form="plain")
    assert outcome.document == text_alone(text)
    assert outcome.kept
    assert outcome.parts == ({(POST, EMPTY_ANSWER): (empty_answers, their_chars)} if empty_answers else {})
    assert outcome.lines == {}


@pytest.mark.parametrize("posts", [("", ""), (" ", "<p> </p>", "<img src='x'>")])
def test_a_thread_without_any_text_is_dropped(posts):
    assert question_text(thread(*posts), form="plain") == Outcome(text_alone(""), EMPTY)
