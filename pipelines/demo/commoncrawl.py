"""The demo crawl: a village's web in two WET files and a WARC, with menus that repeat and records that are broken.

The pages are made of a few sentence patterns of ours with changing trades, tools and seasons, so that a language model
can learn from them what such a page sounds like.
"""

from __future__ import annotations

import gzip
from html import escape
from pathlib import Path
from random import Random
from uuid import NAMESPACE_URL, uuid5

BEFORE = (
    ("build", "commoncrawl", "--input", "{dump}", "--output", "{models}/pages", "--stop-after", "language"),
    (
        "train", "lm", "--language", "en", "--input", "{models}/pages", "--pages", "{models}/pages",
        "--output", "{models}/lm", "--set", "pieces=400", "held_one_in=6", "opening_chars=200", "estimator=numpy",
    ),
)  # fmt: skip
"""The demo's language model learns from the openings of its own pages, for want of a Wikipedia that large."""
SETTINGS = ("perplexity_models={models}/lm", "reference_model=")

MENU = ("Start", "Opening hours", "How to find us", "Guest book")
FOOTER = "These pages are looked after by the people of the valley; write to us if something is wrong."
TRADES = (
    "baker", "cooper", "saddler", "weaver", "potter", "glazier", "thatcher", "wheelwright", "tinsmith", "bookbinder",
    "clockmaker", "ropemaker", "basket maker", "stonemason", "beekeeper", "gardener", "miller", "boat builder",
)  # fmt: skip
_TOOLS = (
    "a curved knife", "two pairs of pliers", "an iron mandrel", "a wooden mallet", "a copper ladle", "a steel rule",
    "a horn of grease", "a bundle of willow", "a sack of lime", "a lamp with a green shade", "a roll of canvas",
)  # fmt: skip
_PLACES = (
    "behind the old mill", "under the railway arch", "beside the weir", "at the top of the lane", "in the tithe barn",
    "across from the school", "where the two brooks meet", "above the post office", "next to the smithy",
)  # fmt: skip
_TIMES = (
    "before the first frost", "in the week after Easter", "when the hay is in", "on dark November evenings",
    "between the two fairs", "as soon as the river falls", "while the ground is still wet", "at the end of the summer",
)  # fmt: skip
_PATTERNS = (
    "The {trade} keeps a workshop {place} and opens it to visitors {time}.",
    "Nobody becomes a {trade} in less than seven years, and most people need {tool} and a good deal of patience.",
    "With {tool} and {tool2} a skilled {trade} can finish a piece of work in a single day.",
    "{Time} the apprentices carry everything out into the yard, because the light {place} is better.",
    "An old account book shows that the {trade} was paid in flour and candles, and once with {tool}.",
    "Those who want to learn from the {trade} should come {time} and bring {tool} with them.",
    "The last {trade} but one left {tool} to the museum, where it hangs {place} to this day.",
    "It is said that a house {place} stays dry only if the {trade} has been there {time}.",
    "Repairs cost little {time}, for then the {trade} has nothing else to do and is glad of company.",
    "Our photographs show the {trade} at work {place}, with {tool} in one hand and {tool2} in the other.",
)
_GERMAN = (
    "Die Werkstatt des {trade} liegt hinter der alten Mühle und ist am Samstag für Besucher geöffnet.",
    "Wer bei einem {trade} lernen möchte, braucht sieben Jahre Geduld und gutes Werkzeug.",
    "Im Winter kostet eine Reparatur beim {trade} wenig, denn dann ist er froh über Gesellschaft.",
    "Das alte Rechnungsbuch zeigt, dass man den {trade} früher mit Mehl und Kerzen bezahlte.",
    "Nach der Heuernte trägt der {trade} alles in den Hof, weil dort das Licht besser ist.",
)
_GLYPHS = (
    "Zqx jkw vvb qqn xkj wqz bbn vxq kjq zzw nvb qxk jwq",
    "Wqj zvx qnb vbn xqz wkj zzv bqk",
    "Qjz xvw bnq wvz kqx",
)


def article(number: int, lines: int = 9) -> list[str]:
    """The lines of page `number` in English; equal numbers give equal lines."""
    dice = Random(number)
    trade = TRADES[number % len(TRADES)]
    sentences = []
    for pattern in dice.sample(_PATTERNS, min(lines, len(_PATTERNS))):
        tool, tool2 = dice.sample(_TOOLS, 2)
        time = dice.choice(_TIMES)
        words = {"trade": trade, "place": dice.choice(_PLACES), "tool": tool, "tool2": tool2, "time": time}
        sentences.append(pattern.format(Time=time.capitalize(), **words))
    return sentences


def pages() -> dict[str, list[str]]:
    """address -> title and lines of every page that is sound."""
    made = {}
    for number in range(24):
        trade = TRADES[number % len(TRADES)]
        body = [*MENU, *article(number), FOOTER]
        made[f"https://valley.example/{trade.replace(' ', '-')}/{number}"] = [f"The {trade}, page {number}", *body]
    made["https://valley.example/mirror/3"] = ["A copy of page 3", *article(3)]
    made["https://valley.example/closed"] = ["Closed", "The path is closed until the bridge has been mended."]
    made["https://valley.example/part-number"] = [
        "Part numbers",
        *(" ".join(_GLYPHS[turn:] + _GLYPHS[:turn]) * 2 for turn in range(3)),
    ]
    for trade in ("Müllers", "Sattlers"):
        lines = [line.format(trade=trade) for line in _GERMAN]
        made[f"https://tal.example/{trade.lower()}"] = [f"Bei der Werkstatt des {trade}", *lines]
    return made


def write(folder: Path) -> None:
    """Write two WET files and a WARC into a folder named like a crawl."""
    crawl = folder / "CC-MAIN-2020-05"
    crawl.mkdir(parents=True, exist_ok=True)
    texts = [_wet(url, lines) for url, lines in pages().items()]
    half = len(texts) // 2
    broken = [
        record(
            "conversion", "https://valley.example/cut", b"Cut\nThis text says it is longer than it is.\n", length=9000
        ),
        record("conversion", "https://valley.example/bytes", b"Bytes\nNot \xff\xfe UTF-8.\n"),
    ]
    _packed(crawl / "demo-00000.warc.wet.gz", [_INFO, *texts[:half], *broken])
    _packed(crawl / "demo-00001.warc.wet.gz", [_INFO, *texts[half:]])
    _packed(crawl / "demo-00000.warc.gz", [_INFO, *_answers()])


def record(kind: str, url: str, block: bytes, media: str = "text/plain", length: int | None = None) -> bytes:
    """One record as Common Crawl writes it."""
    head = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": "2020-01-17T08:15:00Z",
        "WARC-Record-ID": f"<urn:uuid:{uuid5(NAMESPACE_URL, kind + url)}>",
        "Content-Type": media,
        "Content-Length": str(len(block) if length is None else length),
    }
    lines = "\r\n".join(["WARC/1.0", *(f"{name}: {value}" for name, value in head.items())])
    return lines.encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


_INFO = record("warcinfo", "", b"software: the demo crawl\r\n", "application/warc-fields")


def _wet(url: str, lines: list[str]) -> bytes:
    return record("conversion", url, "\n".join([*lines, ""]).encode())


def _answers() -> list[bytes]:
    body = "".join(f"<p>{escape(line)}</p>" for line in article(101))
    menu = "".join(f"<li><a href='/'>{item}</a></li>" for item in MENU)
    page = f"<html><head><title>The weaver at home</title></head><body><ul>{menu}</ul>{body}</body></html>"
    answers = {
        "page": (200, "text/html; charset=utf-8", page.encode()),
        "gone": (404, "text/html", b"<p>Nothing here any more.</p>"),
        "photo": (200, "image/jpeg", b"\xff\xd8\xff\xe0 not much of a photograph"),
    }
    return [
        record(
            "response",
            f"https://valley.example/weaver/{name}",
            f"HTTP/1.1 {status} Demo\r\nContent-Type: {media}\r\n\r\n".encode() + content,
            "application/http; msgtype=response",
        )
        for name, (status, media, content) in answers.items()
    ]


def _packed(path: Path, records: list[bytes]) -> None:
    path.write_bytes(b"".join(gzip.compress(each, mtime=0) for each in records))
