"""C4's rules on a page: which lines stay, and whether the page does.

Source: tensorflow/datasets, text/c4_utils.py, whose order decides which rule a line or page is counted under.
"""

from __future__ import annotations

import re
from hashlib import md5

import numpy as np
from numpy.typing import NDArray

from corpus.document import KEPT, Document, Outcome
from filters.c4.sentences import count_sentences
from filters.web.urls import split_of

WORD_TOO_LONG, NO_END_MARK, TOO_FEW_WORDS = "word_too_long", "no_end_mark", "too_few_words"
JAVASCRIPT, POLICY = "javascript", "policy"
LOREM_IPSUM, CURLY_BRACKET, TOO_FEW_SENTENCES = "lorem_ipsum", "curly_bracket", "too_few_sentences"

_CITATION = re.compile(r"\[(?:\d*|edit|citation needed)\]")
_HEADER_LINES = ("WARC", "CONTENT-", "Content-")


def wet_lines(text: str) -> str:
    """The text of a WET record as C4 measures it: stripped lines, without empty and header lines."""
    lines = map(str.strip, text.replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith(_HEADER_LINES))


def clean_page(
    document: Document, *, max_word_chars: int, end_marks: tuple[str, ...], min_line_words: int, marks_are_words: bool,
    policy_phrases: tuple[str, ...], min_sentences: int,
) -> Outcome:  # fmt: skip
    """The page with the lines that are sentences, or the rule that drops it.

    Args:
        max_word_chars: a line with a longer word is dropped.
        end_marks: a line that does not end in one is dropped, and one that ends in an ellipsis.
        min_line_words: a line with fewer words is dropped.
        marks_are_words: count words before citation marks are taken out.
        policy_phrases: a line with one of them is dropped.
        min_sentences: a page with fewer is dropped.
    """
    kept: list[str] = []
    dropped: dict[str, tuple[int, int]] = {}
    for written in document.text.splitlines():
        line = written.strip()
        reason = WORD_TOO_LONG
        if not _has_word_over(line, max_word_chars):
            whole, line = line, _without_citations(line)
            reason = _shape_fault(line, whole if marks_are_words else line, end_marks, min_line_words)
            reason = reason or _content_fault(line.lower(), policy_phrases)
        if reason == KEPT:
            kept.append(line)
        elif reason in (LOREM_IPSUM, CURLY_BRACKET):
            return Outcome(document, reason, lines=dropped)
        else:
            lines, chars = dropped.get(reason, (0, 0))
            dropped[reason] = lines + 1, chars + len(line)
    if not _has_sentences(kept, min_sentences):
        return Outcome(document, TOO_FEW_SENTENCES, lines=dropped)
    return Outcome(document._replace(text="\n".join(kept).strip()), lines=dropped)


def _has_word_over(line: str, chars: int) -> bool:
    return len(line) > chars and max(map(len, line.split())) > chars


def _without_citations(line: str) -> str:
    return _CITATION.sub("", line) if "[" in line else line


def _shape_fault(line: str, counted: str, end_marks: tuple[str, ...], min_words: int) -> str:
    if not line.endswith(end_marks) or line.endswith("..."):
        return NO_END_MARK
    if len(counted.split(None, min_words)) < min_words:
        return TOO_FEW_WORDS
    return KEPT


def _content_fault(line: str, policy_phrases: tuple[str, ...]) -> str:
    if "lorem ipsum" in line:
        return LOREM_IPSUM
    if "javascript" in line:
        return JAVASCRIPT
    if "{" in line:
        return CURLY_BRACKET
    if any(phrase in line for phrase in policy_phrases):
        return POLICY
    return KEPT


def _has_sentences(lines: list[str], at_least: int) -> bool:
    """Every line is a sentence or more, so most pages need no splitter to tell."""
    missing = at_least - len(lines)
    for line in lines:
        if missing <= 0:
            break
        missing -= count_sentences(line, at_most=missing + 1) - 1
    return missing <= 0


def line_keys(text: str) -> NDArray[np.uint64]:
    """The key of each line, shape (lines,): the first 64 bits of the md5 of the line stripped and in lower case."""
    lines = text.lower().split("\n")
    digests = [md5(line.strip().encode("utf-8", "surrogatepass"), usedforsecurity=False).digest() for line in lines]
    return np.frombuffer(b"".join(digests), "<u8")[::2].astype(np.uint64)


def with_split(document: Document, *, validation_one_in: int) -> Outcome:
    """The document with the split its address falls in, as meta `split`."""
    split = split_of(document.meta.get("url", ""), validation_one_in=validation_one_in)
    return Outcome(document._replace(meta={**document.meta, "split": split}))


def whole_page(document: Document) -> Outcome:
    """The page, or the phrase anywhere in it that drops it.

    Source: allenai/dolma, taggers/c4.py, c4_v2, as examples/c4-like/mixer.yaml uses it.
    """
    text = document.text.lower()
    faults = {"{": CURLY_BRACKET, "lorem ipsum": LOREM_IPSUM, "javascript": JAVASCRIPT}
    return Outcome(document, next((reason for phrase, reason in faults.items() if phrase in text), KEPT))


def lacks_end_mark(line: str, *, end_marks: tuple[str, ...]) -> bool:
    """True if the line, white space aside, ends in none of the marks."""
    return not line.rstrip().endswith(end_marks)


def count_words(line: str) -> int:
    """Words of a line, parted by white space."""
    return len(line.split())
