"""A Posts.xml of any size, of rows like those of the real sites: their own bodies, each in letters of its own.

Every row is one of a real site with another id. The letters of its texts are exchanged for others, differently in each
of a thousand alphabets, and markup, entities, digits and marks are not: so lengths, tags and code are real, and no row
packs well because the same text stands elsewhere. Answers follow their question after some thousand other rows.
"""

from __future__ import annotations

import random
import re
import string
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.readers.base import Seen
from corpus.readers.unpack import unpacked

ALPHABETS = 1_000
WAITING = 4_000
_ROW = re.compile(rb"<row [^<]*/>")
_APART = re.compile(rb"(&lt;.*?&gt;|&[#\w]+;)", re.DOTALL)
_NUMBER = re.compile(rb' (Id|PostTypeId|ParentId|AnswerCount|AcceptedAnswerId)="(\d*)"')


class Template(NamedTuple):
    """A real row without its numbers: what stands before its body, and the body, texts and markup in turns."""

    is_answer: bool
    fields: bytes
    body: list[bytes]


def templates(folder: Path) -> list[Template]:
    """The questions and answers of the real sites, by path and place."""
    found = []
    for path in sorted(folder.glob("*.7z")):
        with path.open("rb") as file:
            data = b"".join(piece.data for piece in unpacked(file, Seen(), path.name, "Posts.xml"))
        for row in _ROW.findall(data):
            numbers = dict(_NUMBER.findall(row))
            body = re.search(rb' Body="([^"]*)"', row)
            if body and numbers.get(b"PostTypeId") in (b"1", b"2"):
                fields = _NUMBER.sub(b"", row.replace(body[0], b"")).removeprefix(b"<row").removesuffix(b"/>")
                found.append(Template(numbers[b"PostTypeId"] == b"2", fields, _APART.split(body[1])))
    return found


def rows(found: list[Template], size: int) -> Iterator[bytes]:
    """Rows of `size` bytes and a little more."""
    chance = random.Random(size)
    letters = [_alphabet(chance) for _ in range(ALPHABETS)]
    questions = [row for row in found if not row.is_answer]
    answers = [row for row in found if row.is_answer]
    waiting: deque[int] = deque()
    number = written = 0
    while written < size:
        number += 1
        if len(waiting) > WAITING or (waiting and chance.random() < 0.5):
            row = chance.choice(answers)
            head = b'<row Id="%d" PostTypeId="2" ParentId="%d"' % (number, waiting.popleft())
        else:
            row, count = chance.choice(questions), min(9, int(chance.expovariate(0.6)))
            waiting.extend([number] * count)
            head = b'<row Id="%d" PostTypeId="1" AnswerCount="%d"' % (number, count)
        alphabet = letters[chance.randrange(ALPHABETS)]
        body = b"".join(part if at % 2 else part.translate(alphabet) for at, part in enumerate(row.body))
        line = b'  %s Body="%s"%s/>\n' % (head, body, row.fields)
        written += len(line)
        yield line


def _alphabet(chance: random.Random) -> bytes:
    """A table that exchanges letters of one kind: vowels stay vowels, so that words look like words to a packer."""
    table = bytearray(range(256))
    for kind in ("aeiou", "".join(sorted(set(string.ascii_lowercase) - set("aeiou")))):
        mixed = chance.sample(kind, len(kind))
        for one, other in zip(kind, mixed, strict=True):
            table[ord(one)], table[ord(one.upper())] = ord(other), ord(other.upper())
    return bytes(table)


def write(path: Path, data: Path, size: int) -> None:
    """A Posts.xml of about so many bytes."""
    with path.open("wb") as file:
        file.write(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<posts>\n')
        for row in rows(templates(data), size):
            file.write(row)
        file.write(b"</posts>\n")
