"""A question and its answers: from the HTML of the posts to one text."""

from __future__ import annotations

from corpus.document import Document, Outcome
from corpus.readers.stackexchange.posts import Posts
from filters.stackexchange.html import texts_of_html

EMPTY, EMPTY_ANSWER = "empty_text", "empty_answer"
POST = "post"
"""The unit of answers dropped inside a thread."""

FORMS = ("plain", "redpajama")


def question_text(document: Document, *, form: str) -> Outcome:
    """A thread as a reader of the site sees it: title, question, then the answers in the order of its Posts.

    An answer without text (a picture alone) is dropped and counted as a post; a thread without any text is dropped.

    Args:
        form: one of FORMS, see `assemble`.
    """
    posts = document.payload
    assert isinstance(posts, Posts)
    question, *answers = texts_of_html([document.text, *posts.answers])
    title = " ".join(posts.title.split())
    with_text = [answer for answer in answers if answer]
    if not (title or question or with_text):
        return Outcome(document._replace(text="", payload=None), EMPTY)
    text = assemble(title, question, with_text, form)
    empty_chars = [len(html) for html, answer in zip(posts.answers, answers, strict=True) if not answer]
    parts = {(POST, EMPTY_ANSWER): (len(empty_chars), sum(empty_chars))} if empty_chars else {}
    return Outcome(document._replace(text=text, payload=None), parts=parts)


def assemble(title: str, question: str, answers: list[str], form: str) -> str:
    """The posts in order: `plain`, an empty line between them, or `redpajama`, each marked `Q: ` or `A: `.

    Source: redpajama as in RedPajama v1, data_prep/stack_exchange/post_processing.py.
    """
    if form == "redpajama":
        asked = " ".join(filter(None, (title, question)))
        return "\n".join([f"Q: {asked}", *(f"A: {answer}" for answer in answers)])
    return "\n\n".join(filter(None, (title, question, *answers)))
