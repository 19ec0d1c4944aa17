"""Demo books: Project Gutenberg files of several decades, an archive, an EPUB, a table and a catalogue, all our own.

The stories are made of a few sentence patterns of ours with changing people, places and things. Among them: a later
release of one book, a story that a collection contains, half a tale, a book that is only licence, and files that are
no books.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import zipfile
from html import escape
from pathlib import Path

_WHO = (
    "ferryman", "miller", "widow", "schoolmaster", "postmistress", "watchman", "cooper", "gardener", "deacon",
    "piper", "carter", "weaver", "midwife", "printer", "shepherd", "tinker", "chandler", "surveyor", "organist",
    "baker",
)  # fmt: skip
_WHAT = (
    "key", "letter", "loaf", "ledger", "lantern", "map", "ring", "linnet", "bill", "oar", "coat", "clock",
    "ladle", "psalter", "kettle", "spade", "ribbon", "whistle", "crate", "mirror", "barrel", "candle", "saddle",
    "trunk",
)  # fmt: skip
_WHERE = (
    "harbour", "meadow", "chapel", "bridge", "mill", "inn", "lighthouse", "quarry", "market", "orchard", "ford",
    "cellar", "loft", "tollhouse", "churchyard", "kiln", "ropewalk", "pier", "smithy", "courtyard",
)  # fmt: skip
_HOW = (
    "patient", "crooked", "borrowed", "pale", "stubborn", "narrow", "silver", "forgotten", "hollow", "quiet",
    "painted", "heavy", "foreign", "mended", "damp", "early", "broken", "honest", "bitter", "distant", "second",
    "frozen", "proud", "empty",
)  # fmt: skip
_DID = (
    "carried", "hid", "sold", "mended", "counted", "painted", "traded", "found", "lost", "remembered", "weighed",
    "promised", "buried", "returned", "praised", "described", "feared", "guarded", "divided", "followed",
)  # fmt: skip
_WHEN = (
    "before the frost", "after midnight", "at low tide", "on the second Sunday", "when the bells stopped",
    "in the flood year", "during the hay harvest", "all that winter", "an hour too late", "while others slept",
)  # fmt: skip
_SENTENCES = (
    "The {how} {who} {did} a {how} {what} beside the {how} {where} {when}.",
    "{when}, no {how} {who} of the {where} {did} so {how} a {what}.",
    '"A {how} {what}," the {who} said, "was never {did} near this {how} {where}."',
    "Nobody but the {who} knew why the {how} {where} smelt of {how} {what}s {when}.",
    "It was the {how} {who} who {did} it, {when}, and the {who} of the {where} {did} the {what}.",
    "Between {where} and {where} the {how} {who} {did} every {how} {what}.",
    "Had the {who} {did} the {what} {when}, that {how} {where} would still stand.",
    "Each {how} {what} that the {who} {did} came back to the {where} {how} and {how}.",
    "Which {who} {did} the {how} {what}? The {where} was too {how} to tell {when}.",
)


_LICENCE = "This eBook is for the use of anyone anywhere at no cost and with\nalmost no restrictions whatsoever."
_FULL = (
    "*** START: FULL LICENSE ***\n\nTHE FULL PROJECT GUTENBERG LICENSE\n\nSection 1.  General Terms of Use and"
    " Redistributing Project Gutenberg-tm\nelectronic works\n"
)
_SMALL_PRINT = (
    "**The Project Gutenberg Etext of {title}, by {author}**\n\n"
    "Copyright laws are changing all over the world, be sure to check\nthe laws for your country before redistributing"
    " these files!!!\n\nTitle: {title}\nAuthor: {author}\nCharacter set encoding: ISO-8859-1\n\n"
    "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is this here?  You know: lawyers.\n"
    "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n\n"
)


def story(number: int, paragraphs: int = 14) -> str:
    """One story, the same for the same number: `paragraphs` paragraphs of six sentences, about 90 words each."""
    chance = random.Random(number)
    return "\n\n".join("\n".join(_sentence(chance) for _ in range(6)) for _ in range(paragraphs))


def _sentence(chance: random.Random) -> str:
    words = {"who": _WHO, "what": _WHAT, "where": _WHERE, "how": _HOW, "did": _DID, "when": _WHEN}
    sentence = re.sub(r"\{(\w+)\}", lambda slot: chance.choice(words[slot[1]]), chance.choice(_SENTENCES))
    return sentence[0].upper() + sentence[1:]


def write(folder: Path) -> None:
    """Write the demo books into a folder."""
    (folder / "gutenberg").mkdir(parents=True, exist_ok=True)
    (folder / "mine").mkdir(exist_ok=True)
    _write_gutenberg(folder / "gutenberg")
    _write_mine(folder / "mine")
    (folder / "pg_catalog.csv").write_text(
        "Text#,Type,Issued,Title,Language,Authors,Subjects,LoCC,Bookshelves\n"
        '9001,Text,2005-01-01,"The Miller\'s Key\nA Tale",en,"Vane, Harriet, 1861-1930",,,\n'
        '9003,Text,2010-01-01,Drei Briefe,de,"Alder, Jost",,,\n',
        encoding="utf-8",
    )


def _write_gutenberg(folder: Path) -> None:
    key = f"THE MILLER'S KEY\n\nby HARRIET VANE\n\n\n{story(1)}\n"
    _bytes(folder / "9001-0.txt", _modern("The Miller's Key", 9001, f"Produced by A. Reader\n\n\n{key}"), "utf-8-sig")
    later = key.replace("crooked", "winding").replace("THE MILLER'S KEY", "The Miller's Key, a new edition")
    _packed(folder / "9001-later.txt.gz", _modern("The Miller's Key", 9001, later))
    old = _SMALL_PRINT.format(title="Café Songs", author="M. Élan") + _titled("CAFÉ SONGS", 2)
    _bytes(folder / "9002-8.txt", f"{old}\n\nEnd of Project Gutenberg Etext of Café Songs\n", "latin-1")
    note = "[Transcriber's Note: two misprints were corrected.]\n\n"
    _zip(
        folder / "9003.zip",
        "9003.txt",
        _modern("Drei Briefe", 9003, note + _titled("DREI BRIEFE", 3)).replace("\n", "\r"),
    )
    _bytes(folder / "9004.txt", _unmarked("The Spare Oar", _titled("THE SPARE OAR", 4)), "ascii")
    label = "Character set encoding: UTF-8\n"
    _bytes(folder / "9005.txt", label + _modern("“Quoted”", 9005, _titled("“QUOTED”", 5)), "cp1252")
    _bytes(folder / "9006.txt", _modern("Nothing", 9006, ""), "utf-8")
    _bytes(
        folder / "9007.txt", _modern("Notes", 9007, f"{_titled('NOTES', 7)}\n\nTRANSCRIBER'S NOTES\n\nSpelling kept.\n")
    )


def _write_mine(folder: Path) -> None:
    _epub(folder / "Collected Stories - Vane.epub", [story(1), story(20), story(2), story(21)])
    _bytes(folder / "Gilbert - Half a Tale.txt", story(22, 40)[: len(story(22, 40)) // 2])
    _bytes(folder / "Gilbert - The Whole Tale.epub.txt", story(22, 40))
    (folder / "cover.txt").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    (folder / "nothing.txt").write_bytes(b"")
    rows = [{"text": story(number, 6), "meta": {"short_book_title": f"Tale {number}"}} for number in range(100, 118)]
    lines = [json.dumps(row) for row in rows] + ['{"text": 7}', '{"text": "broken off']
    (folder / "tales.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _titled(title: str, number: int) -> str:
    return f"{title}\n\n\n{story(number)}\n"


def _modern(title: str, number: int, body: str) -> str:
    return (
        f"The Project Gutenberg EBook of {title}, by Nobody\n\n{_LICENCE}\n\nTitle: {title}\n\nAuthor: Nobody\n\n"
        f"Release Date: May, 2005 [EBook #{number}]\n\nLanguage: English\n\n"
        f"*** START OF THIS PROJECT GUTENBERG EBOOK {title.upper()} ***\n\n\n{body}\n\n"
        f"End of the Project Gutenberg EBook of {title}, by Nobody\n\n"
        f"*** END OF THIS PROJECT GUTENBERG EBOOK {title.upper()} ***\n\n{_FULL}"
    )


def _unmarked(title: str, body: str) -> str:
    return (
        f"The Project Gutenberg Etext of {title}\n\nThis etext is in the public domain.\n\nWelcome to the world of free"
        f" plain vanilla electronic texts\n\n\n{body}\n\nEnd of The Project Gutenberg Etext of {title}\n"
    )


def _bytes(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))


def _packed(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def _zip(path: Path, name: str, text: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        _member(archive, name, text)


def _member(archive: zipfile.ZipFile, name: str, text: str, packing: int = zipfile.ZIP_DEFLATED) -> None:
    archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text.encode(), packing)


def _epub(path: Path, chapters: list[str]) -> None:
    pages = {f"Chapter-{number}.xhtml": chapter for number, chapter in enumerate(chapters, 1)}
    items = "".join(f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages)
    with zipfile.ZipFile(path, "w") as archive:
        _member(archive, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        container = '<container><rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>'
        _member(archive, "META-INF/container.xml", container)
        _member(
            archive,
            "OPS/book.opf",
            '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Collected Stories</dc:title>'
            f"<dc:creator>Harriet Vane</dc:creator><dc:language>en</dc:language></metadata><manifest>{items}</manifest>"
            f"<spine>{''.join(f'<itemref idref={name!r}/>' for name in pages)}</spine></package>",
        )
        for name, chapter in pages.items():
            body = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in chapter.split("\n\n"))
            _member(archive, f"OPS/{name}", f"<html><body><h1>{name.removesuffix('.xhtml')}</h1>{body}</body></html>")
