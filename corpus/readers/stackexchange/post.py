"""A post: one row of Posts.xml, as far as the corpus needs it."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.containment import said_of
from corpus.errors import RecordError
from corpus.readers.stackexchange.posts_xml import SHOWN_BYTES, Row

QUESTION, ANSWER = 1, 2
UNKNOWN = -1
_WHOLE = re.compile(r"-?[0-9]{1,18}")


class Post(NamedTuple):
    """One row; answers is how many a question has, as its row states."""

    id: int
    type: int
    parent: int
    score: int
    title: str
    tags: str
    body: str
    licence: str
    deleted: bool
    answers: int

    @property
    def thread(self) -> int:
        """The number of its question."""
        return self.parent if self.type == ANSWER else self.id


def post_or_fault(row: Row) -> Post | Row:
    """The post of a row, or the row with what is wrong with it."""
    if row.fault:
        return row
    try:
        return _post(row.fields)
    except Exception as error:
        fault, is_failed = said_of(error)
        raw = str(row.fields).encode("utf-8", "surrogatepass")[:SHOWN_BYTES]
        return row._replace(fault=fault, raw=raw, is_failed=is_failed)


def _post(fields: dict[str, str]) -> Post:
    """The post of a row.

    Raises:
        RecordError: a number is missing or is none.
    """
    get = fields.get
    numbers = (get("Id", ""), get("PostTypeId", ""), get("ParentId", "0"), get("Score", "0"))
    if not all(map(_WHOLE.fullmatch, numbers)):
        raise RecordError("whole numbers in Id, PostTypeId, ParentId and Score")
    identity, kind, parent, score = map(int, numbers)
    stated = get("AnswerCount", "")
    answers = int(stated) if _WHOLE.fullmatch(stated) else UNKNOWN
    title, tags, body, licence = get("Title", ""), get("Tags", ""), get("Body", ""), get("ContentLicense", "")
    return Post(identity, kind, parent, score, title, tags, body, licence, "DeletionDate" in fields, answers)
