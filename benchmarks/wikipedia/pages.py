"""The real pages that Wikipedia's benchmarks read, and the ways to turn them into text that they compare."""

from __future__ import annotations

import argparse
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mwparserfromhell

from corpus.readers.base import InputSplit, Seen
from corpus.readers.wikipedia.read import accepts, read
from filters.wikipedia.page import is_disambiguation, plain_text
from pipelines.engine.files import head, open_file
from pipelines.sources.wikipedia import RECIPE

LIMITS = {name: RECIPE[name].value for name in ("nesting", "marks", "sections_dropped", "link_note_chars")}
SET_ASIDE = re.compile(r"(?is)<(math|chem|ce|nowiki|pre|source|syntaxhighlight)\b[^<>/]*>.*?</\1\s*>")


class Article(NamedTuple):
    """An article as its dump has it."""

    language: str
    title: str
    wikitext: str


Way = Callable[[Article], str]


def arguments(text: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with wikipedia/ in it")
    parser.add_argument("--every", type=int, default=4, help="take one article in this many of the large excerpts")
    return parser.parse_args()


def articles(folder: Path, every: int) -> list[Article]:
    """The articles of all dumps below a folder (and of an archive of bare pages), minidumps whole."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and accepts(str(path), head(str(path))):
            outcomes = read(open_file, InputSplit(0, 1, str(path)), Seen(), page_bytes=1 << 26)
            kept = [outcome.document for outcome in outcomes if outcome.kept]
            found += [
                Article(page.meta["language"], page.meta["title"], page.text)
                for page in kept[:: every if len(kept) > every * 10 else 1]
                if not is_disambiguation(page.text)
            ]
        elif path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                members = [(member.name, archive.extractfile(member)) for member in archive if member.isfile()]
                found += [Article("en", name, file.read().decode()) for name, file in members if file]
    return found


def ours(article: Article) -> str:
    return plain_text(article.wikitext, language=article.language, title=article.title, **LIMITS)  # type: ignore[arg-type]


def strip_code(article: Article) -> str:
    return str(mwparserfromhell.parse(article.wikitext).strip_code())


def ways() -> dict[str, Way]:
    """The ways at hand: ours, mwparserfromhell's own, wikiextractor's where it is installed."""
    found: dict[str, Way] = {"llama-corpus": ours, "mwparserfromhell": strip_code}
    try:
        from wikiextractor.extract import Extractor
    except ImportError:
        print("wikiextractor is not installed (pip install wikiextractor): not compared")
        return found
    found["wikiextractor"] = lambda article: "\n".join(
        Extractor(1, 1, "https://x", article.title, []).clean_text(article.wikitext)
    )
    return found
