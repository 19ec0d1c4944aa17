"""A small Stack Exchange dump of our own: two sites, each a .7z with Posts.xml inside, in the true format."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

import py7zr

SAVED = 1_700_000_000
"""Modification time written into the archives, seconds of the epoch: equal bytes on every run."""

QUOTE = '"'


class Asked(NamedTuple):
    """A question and its answers (score, body)."""

    score: int
    title: str
    tags: str
    body: str
    answers: tuple[tuple[int, str], ...] = ()


CYCLING = (
    Asked(
        12,
        "Why does my chain skip only under load?",
        "drivetrain chain wear",
        "<p>On the flat everything is quiet, but as soon as I stand up on a climb the chain jumps forward a tooth. "
        "The <em>chain is new</em>, the cassette is four years old.</p>",
        (
            (
                9,
                "<p>A new chain does not fit worn teeth: replace the cassette too, and next time measure early.</p>",
            ),
            (
                10,
                (
                    "<p>Two things to check, in this order:</p>\n<ol>\n<li>put a chain checker on it: at 0.75 % the "
                    "cassette has worn along with it;</li>\n<li>look at the hanger from behind, a bent one skips in "
                    "the middle gears too.</li>\n</ol>"
                ),
            ),
            (-1, "<p>Mine did that once and stopped by itself.</p>"),
        ),
    ),
    Asked(
        5,
        "How tight should a cartridge bottom bracket be?",
        "bottom-bracket torque",
        "<p>The box says 40&ndash;50 Nm, the frame maker says 35 Nm. Whom do I believe?</p>",
        ((7, "<p>The part that breaks is the frame, so its maker has the last word. Grease the threads first.</p>"),),
    ),
    Asked(
        3,
        "Computing gear inches for a whole cassette",
        "gearing python",
        "<p>I would like a table of all my gears. What is the formula?</p>",
        (
            (
                4,
                (
                    "<p>Wheel diameter times chainring over sprocket:</p>\n<ul>\n<li>in inches, as tradition has it:"
                    "\n<pre><code>def gear_inches(ring, sprocket, wheel=27.0):\n    if sprocket &lt;= 0:\n        "
                    "raise ValueError(sprocket)\n    return wheel * ring / sprocket\n</code></pre></li>\n<li>in metres "
                    "of development, multiply by <code>math.pi * 0.0254</code>.</li>\n</ul>"
                ),
            ),
        ),
    ),
    Asked(1, "Is there a name for the sound of a dry derailleur pulley?", "noise", "<p>It sings like a cricket.</p>"),
    Asked(
        8,
        "Riding home in fog: which light helps others see me?",
        "lights safety",
        "<p>My front light blinds me as soon as fog comes up.</p>\n<blockquote>\n<p>Use the low beam.</p>"
        "\n</blockquote>\n<p>says my neighbour, but a bicycle has none.</p>",
        (
            (
                2,
                "<p>Point it down, fifteen metres ahead, and wear a reflective ankle band: eyes catch movement.</p>",
            ),
            (6, '<p><img src="https://i.example.org/lamp.jpg" alt="a lamp"></p>'),
        ),
    ),
)

GARDEN = (
    Asked(
        15,
        "Do coffee grounds really make soil acid?",
        "soil ph compost",
        "<p>Every second book says so, and every third denies it. Has anybody measured?</p>",
        (
            (21, "<p>I did, for a year: fresh grounds lowered the pH of a pot by 0.3, composted ones not at all.</p>"),
            (2, "<p>They feed the worms, and the worms do the rest.</p>"),
        ),
    ),
    Asked(
        4,
        "Tomato leaves curl upwards in the afternoon",
        "tomatoes watering",
        "<p>In the morning they are flat again. Is that a disease?</p>",
        (
            (
                5,
                "<p>No: they turn their edges up to lose less water. Mulch, and water the soil, not the leaf.</p>",
            ),
        ),
    ),
    Asked(
        0,
        "Can I move a ten-year-old peony?",
        "perennials moving",
        "<p>We are selling the house, and the peony came from my grandmother.</p>",
        (
            (
                3,
                (
                    "<p>Yes, in September. Cut the stalks, lift the crown with a fork, and keep three eyes or more on "
                    "each piece.</p><p>Plant the eyes two fingers deep: deeper, and it will not flower.</p>"
                ),
            ),
        ),
    ),
)


def write(folder: Path) -> None:
    """Write the two archives into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    broken = '  <row Id="901" PostTypeId="1" Score="1" Title="Bell &#x1;" Body="a control character" />\n'
    _archive(folder / "cycling.example.com.7z", [*_rows(CYCLING), *_strays(), broken])
    _archive(folder / "garden.example.com.7z", _rows(GARDEN))


def _rows(asked: tuple[Asked, ...]) -> list[str]:
    """The questions first and all answers after them: in a dump a thread does not stand together."""
    questions, answers, number = [], [], 100
    for identity, question in enumerate(asked, 1):
        questions.append(
            _row(Id=identity, PostTypeId=1, Score=question.score, Body=question.body, Title=question.title,
                 Tags="".join(f"<{tag}>" for tag in question.tags.split()), AnswerCount=len(question.answers),
                 ContentLicense="CC BY-SA 4.0")
        )  # fmt: skip
        for score, body in question.answers:
            number += 1
            answers.append(_row(Id=number, PostTypeId=2, ParentId=identity, Score=score, Body=body))
    return [*questions, *answers]


def _strays() -> list[str]:
    """Posts that become no document, one for each reason."""
    return [
        _row(Id=801, PostTypeId=2, ParentId=800, Score=1, Body="<p>An answer whose question was removed.</p>"),
        _row(Id=802, PostTypeId=4, Score=0, Body="The chain carries the force from the crank to the wheel."),
        _row(Id=803, PostTypeId=5, Score=0, Body="<p>Questions on chains: length, wear, joining pins.</p>"),
        _row(Id=804, PostTypeId=7, Score=0, Body="A page that explains something to every visitor."),
        _row(Id=1, PostTypeId=1, Score=0, Body="<p>The same number a second time.</p>", Title="A repeated row"),
        _row(Id=805, PostTypeId=1, Score=0, Body='<p><img src="only-a-picture.png"></p>', Title=""),
        _row(Id="eight", PostTypeId=1, Score=0, Body="<p>A number that is none.</p>", Title="A row without a number"),
    ]


def _row(**fields: object) -> str:
    quoted = (f"{name}={quoteattr(str(value), {QUOTE: '&quot;'})} " for name, value in fields.items())
    return "  <row " + "".join(quoted) + "/>\n"


def _archive(path: Path, rows: list[str]) -> None:
    text = '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "".join(rows) + "</posts>"
    with tempfile.TemporaryDirectory() as folder:
        posts = Path(folder, "Posts.xml")
        posts.write_text(text, encoding="utf-8")
        posts.chmod(0o644)
        os.utime(posts, (SAVED, SAVED))
        with py7zr.SevenZipFile(path, "w") as archive:
            archive.write(posts, "Posts.xml")
