"""The demo dumps of C4: its published form, and the crawl it could be made again from, some thirty pages each."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

FOOTER = "The town council publishes these pages for everyone who lives by the water."
COOKIES = "This site uses cookies to remember which tide table you like."
SCRIPT = "Please turn on JavaScript to see the ferries move."
MENU = ("Home", "Timetable", "About the town", "Contact us")

VALIDATION_URL = "http://harbour.example/log/1213"
"""An address whose md5 falls into the validation split, as that of one page in a thousand does."""


class Page(NamedTuple):
    """One page of the demo crawl."""

    url: str
    lines: tuple[str, ...]
    date: str = "2019-04-22T08:15:00Z"


ARTICLES = {
    "ferry": (
        "The first ferry of the day leaves the old pier at six minutes past five. Most of its passengers are nurses.",
        "In winter the deckhands clear the ramp with hot sea water, because salt alone does not melt the ice.",
        "A ticket bought on the island costs the same as one bought in town. That was not always so.",
    ),
    "lighthouse": (
        "Nobody has lived in the lighthouse since 1974, when the lamp was given an electric motor.",
        "The stairs have 214 steps, and every twentieth one is painted white.",
        "On clear nights its beam can be seen from the mainland, forty kilometres away.",
    ),
    "bakery": (
        "Why does rye bread keep longer than wheat bread? The answer lies in how it holds water.",
        "Our baker starts the dough at midnight and lets it rest beside the oven for seven hours.",
        "If you knock on the crust and it sounds hollow, the loaf is done!",
    ),
    "tides": (
        "High water comes about fifty minutes later each day, as the moon moves on.",
        "Spring tides have nothing to do with the season. They follow every new and every full moon.",
        "The lowest tide of last year uncovered the ribs of a ship that nobody had on record.",
    ),
    "library": (
        "The travelling library stops at the school on Tuesdays and at the mill on Fridays.",
        "Books may be kept for four weeks, or six if you live beyond the causeway.",
        "\"Bring them back dry,\" the librarian says to every child. \"That is the only rule.\"",
    ),
    "seals": (
        "Grey seals rest on the sandbank for two or three hours around low water.",
        "Please keep a distance of one hundred metres, since frightened pups lose their mothers.",
        "Last August the wardens counted 312 animals. The year before there had been 287.",
    ),
    "potatoes": (
        "Early potatoes go into the ground when the blackthorn flowers, or so the saying goes.",
        "Seaweed has been carried up to the fields here for at least three hundred years.",
        "It brings potash and, what matters more on sand, it keeps the soil damp.",
    ),
    "bells": (
        "The great bell was cast in 1611 and cracked in the frost of 1709.",
        "It was melted down together with four bronze cannon and cast again, a third heavier.",
        "Dr. Holm, who measured it, says that its lowest tone lies a quarter step below A.",
    ),
    "weather": (
        "Fog forms here when warm air from the south meets the cold water of the sound.",
        "The station has been read three times a day since 1881, also in both wars.",
        "Only one page of its log is missing. A goat ate it.",
    ),
    "school": (
        "There were eleven pupils in the year the bridge was opened, and there are sixty today.",
        "Every class grows something. The youngest ones grow cress, the oldest ones grow apple trees.",
        "Who waters the garden in the holidays? The whole village takes turns.",
    ),
    "boatyard": (
        "Larch is used for the planks and oak for the frames, as both stand up to fresh water badly and to salt well.",
        "A wooden boat that lies dry for a summer opens at the seams and must drink before it floats.",
        "The yard builds two hulls a year and repairs about thirty.",
    ),
    "honey": (
        "Heather honey is so thick that it cannot be spun out of the comb.",
        "It is pressed instead, which is slow work, and that is why a jar costs twice as much.",
        "In a wet August the bees may find nothing at all. They are then fed until the ivy flowers.",
    ),
    "choir": (
        "The choir meets on Wednesdays in the room above the fire station.",
        "When the siren sounds, the tenors leave, for most of them are firemen.",
        "New voices are always welcome, and nobody has to sing alone.",
    ),
    "causeway": (
        "The causeway lies under water for five hours of every twelve.",
        "A board at each end shows when it is safe to cross. Believe the board and not your eyes.",
        "In fifty years the lifeboat has fetched eighty-one cars from it, and one hearse.",
    ),
    "museum": (
        "The museum owns four thousand buttons, sorted by the shape of their holes.",
        "They were left to the town by a tailor who had never thrown one away.",
        "Children may look for the one with five holes. Nobody has found a second.",
    ),
    "mill": (
        "The mill still grinds on the first Saturday of the month if there is any wind.",
        "Its cap turns on wooden rollers that are greased with mutton fat twice a year.",
        "A single stone weighs as much as a small car, and lasts about as long.",
    ),
}  # fmt: skip

PLAIN = tuple(Page(f"http://harbour.example/{name}", lines) for name, lines in ARTICLES.items())

FAULTY = (
    Page("http://www.harbour.example/ferry/", ("This is the older copy of a page that was crawled twice.",),
         "2019-04-18T21:40:11Z"),
    Page("http://harbour.example/index", ("Home", "Timetable", "Prices", "Map", "Contact us today.")),
    Page("http://harbour.example/short", ("The pier is closed for repairs. It opens again in May.",)),
    Page("http://harbour.example/draft", ("Lorem ipsum dolor sit amet goes here.", *ARTICLES["mill"])),
    Page("http://harbour.example/code", ("The old timetable began with body { color: grey } and ended badly.",)),
    Page("http://harbour.example/copy", ARTICLES["tides"]),
    Page("http://harbour.example/nearly-a-copy", ("Someone added a single sentence of his own.", *ARTICLES["seals"])),
    Page("http://harbour.example/echo", (
        "The echo in the cistern lasts for nine seconds.", "The echo in the cistern lasts for nine seconds.",
        "Singers come from far away to try it. They bring candles. They sing one note and wait.")),
    Page("http://hafen.example/faehre", (
        "Die erste Fähre des Tages legt um sechs Minuten nach fünf vom alten Anleger ab.",
        "Im Winter wird die Rampe mit heißem Meerwasser vom Eis befreit, denn Salz allein genügt nicht.",
        "Eine Fahrkarte kostet auf der Insel genauso viel wie in der Stadt.")),
    Page("http://harbour.example/twin-town", (
        "Our twin town wrote to us.", "Unsere Partnerstadt hat uns einen Brief geschrieben.", "We were glad of it.",
        "Wir haben uns sehr gefreut.", "They will visit us in June and stay a week.")),
    Page("http://harbour.example/limericks", (
        "A sailor once called himself Grumph.", "He would dive from the mast with a flumph.",
        "The rest of this verse is not fit to print here.", "Ask for it at the bar on any Friday.")),
    Page("http://harbour.example/chart", (
        f"The code on the chart reads {'7' * 1001} in full.", "Nobody knows what it stands for.",
        "Some say it is a depth. Others say it is a very long telephone number.")),
    Page("http://harbour.example/log/all", tuple(
        f"Entry {n} of the harbour log says that {n % 17} boats came in and {n % 13} went out before dark."
        for n in range(2400))),
)  # fmt: skip


def write(folder: Path) -> None:
    """Write `c4-train.00000-of-00001.json.gz` and `demo-00000.warc.wet.gz` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    published, crawled = folder / "c4-train.00000-of-00001.json.gz", folder / "demo-00000.warc.wet.gz"
    published.write_bytes(gzip.compress(_published(), mtime=0))
    crawled.write_bytes(b"".join(gzip.compress(record, mtime=0) for record in _crawled()))


def _published() -> bytes:
    """Clean pages, one per line; two as other copies of the dataset have them, one of the other split, one cut."""
    validation = Page(VALIDATION_URL, ARTICLES["weather"])
    lines = [_json(page) for page in (*PLAIN, validation)]
    lines[1] = lines[1].replace("/", "\\/")
    lines[2] = lines[2].replace("T08:15:00Z", " 08:15:00")
    lines[3] = lines[3][:-40]
    return "\n".join(lines).encode() + b"\n"


def _json(page: Page) -> str:
    record = {"text": "\n".join(page.lines), "timestamp": page.date, "url": page.url}
    return json.dumps(record, separators=(",", ":"))


def _crawled() -> list[bytes]:
    """The records of a WET file: its description, pages with all that surrounds their text, and one that breaks off."""
    pages = [page._replace(lines=(*MENU, *page.lines, COOKIES, SCRIPT, "Thank you!", FOOTER)) for page in PLAIN]
    pages += [*FAULTY, Page(VALIDATION_URL, (*ARTICLES["weather"][:2], "The station is open to visitors in July."))]
    description = _record("warcinfo", "", "2019-04-26T00:00:00Z", "Software-Info: a demo written by hand")
    records = [_record("conversion", page.url, page.date, "\n".join(page.lines) + "\n") for page in pages]
    broken = _record("conversion", "http://harbour.example/broken", PLAIN[0].date, FOOTER)[:-60]
    return [description, *records, broken]


def _record(kind: str, url: str, date: str, text: str) -> bytes:
    block = text.encode()
    fields = {
        "WARC-Type": kind,
        "WARC-Target-URI": url,
        "WARC-Date": date,
        "WARC-Record-ID": f"<urn:uuid:{uuid5(NAMESPACE_URL, url + date)}>",
        "Content-Type": "text/plain" if url else "application/warc-fields",
        "Content-Length": str(len(block)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"
