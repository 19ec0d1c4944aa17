"""A question and its answers: from the HTML of the posts to one text."""

from __future__ import annotations

from corpus.document import Document, Outcome
from corpus.readers.stackexchange.read import POST_BREAK
from filters.html import texts_of_html

EMPTY, EMPTY_ANSWER = "empty_text", "empty_answer"
FORMS = ("plain", "redpajama")


def question_text(document: Document, *, form: str) -> Outcome:
    """A thread as a reader of the site sees it: title, question, then the answers in the order they came.

    An answer without text (a picture alone) goes and is tallied; a thread without any text is dropped.

    Args:
        form: one of FORMS, see `assemble`.
    """
    title, *bodies = document.text.split(POST_BREAK)
    question, *answers = texts_of_html(bodies)
    told = [answer for answer in answers if answer]
    title = " ".join(title.split())
    if not (title or question or told):
        return Outcome(document._replace(text=""), EMPTY)
    lost = len(answers) - len(told)
    text = assemble(title, question, told, form)
    return Outcome(document._replace(text=text), lines={EMPTY_ANSWER: (lost, 0)} if lost else {})


def assemble(title: str, question: str, answers: list[str], form: str) -> str:
    """The posts in order: `plain`, an empty line between them, or `redpajama`, each marked `Q: ` or `A: `.

    Source: redpajama as in RedPajama v1, data_prep/stack_exchange/post_processing.py.
    """
    if form == "redpajama":
        asked = " ".join(filter(None, (title, question)))
        return "\n".join([f"Q: {asked}", *(f"A: {answer}" for answer in answers)])
    return "\n\n".join(filter(None, (title, question, *answers)))
