"""Which template reads how, in the 20 languages: the rows of all tables, families of names, and the unknown.

To teach the corpus a template, add its name to a row of `quantities`, `moments`, `words` or `silent`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from corpus.recipe import cited
from filters.wikipedia import moments, quantities, silent, words
from filters.wikipedia.templates import Renderer, Template, first, is_code, nothing

_FAMILIES: tuple[tuple[str, Renderer], ...] = (
    (r"lang-.+|langx|lang2-.+|јез-.+|језик-.+|jezik-.+|jez-.+|vol-.+|[a-z]{2,3}s", words.word),
    (r"ipa-.+|ipac-.+|api-.+|afi-.+|мфа-.+|script/.+", first),
    (
        r"cite.*|cita .+|citar .+|citation/.+|citace .+|cytuj .+|citeer .+|navedi .+|наведи .+|книга:.+|цитуй .+|ref-.+"
        r"|infobox.*|infocaja.*|info/.*|taxobox.*|automatic taxobox|speciesbox|navbox.*|.+[ -]stub|stub.*"
        r"|.+ (?:icon|ikon)|wikidata.*|commons.*|s-[a-z]+|esbozo.*|ébauche.*|картка.*|карточка.*|картичка.*"
        r"|.+ infobox|use .+ dates|use .+ english|pp-.+|col-.+|graph:.+|#.+|metadaten .+|statistiek .+|osmrel.*",
        nothing,
    ),
)
_FAMILY = tuple((re.compile(pattern), renderer) for pattern, renderer in _FAMILIES)
_FRENCH_ORDINAL = re.compile(r"(\d+|[ivxlcdm]+)(ers|er|res|re|es|ère|ème|e|nde|nd)( siècle)?")
_CLUB = re.compile(r"(?:calcio|basket|pallavolo|rugby|hockey|pallamano|pallanuoto|futsal) (.+)")
_ADDRESS = re.compile(r"(?:https?:)?//|www\.|#[0-9a-f]{6}", re.IGNORECASE)
_MEDIA = tuple(f".{name}" for name in ["jpg", "jpeg", "png", "svg", "gif", "ogg", "ogv", "webm", "wav", "mp3"])
_UNIT_CHARS = cited(6, "a longer word after a number is no unit", "chars")
_DATE_PARTS = cited(3, "day, month and year: of more numbers the first three are read", "numbers")


def _table() -> dict[tuple[str, str], Renderer]:
    # Reversed, so that of two rows with the same name the one that stands first wins in the dict.
    rows = (*quantities.ROWS, *moments.ROWS, *words.ROWS, *silent.ROWS)
    return {
        (language, " ".join(name.split())): row.renderer
        for row in reversed(rows)
        for language in row.languages.split(",")
        for name in row.names.split(",")
    }


TABLE = _table()
_NAMES_KEPT = 4096


@lru_cache(maxsize=_NAMES_KEPT)
def renderer_of(name: str, language: str) -> Renderer | None:
    """How a template (name in lower case) reads on a wiki; None where the tables do not know it."""
    known = TABLE.get((language, name)) or TABLE.get(("", name))
    if known is not None:
        return known
    for pattern, renderer in _FAMILY:
        if pattern.fullmatch(name):
            return renderer
    if language == "fr" and _FRENCH_ORDINAL.fullmatch(name):
        return french_ordinal
    if language == "it" and _CLUB.fullmatch(name):
        return club
    return None


def french_ordinal(call: Template) -> str:
    """`{{84e|Congrès}}` is `84e Congrès`, `{{XXe siècle}}` is itself."""
    match = _FRENCH_ORDINAL.fullmatch(call.name)
    if match is None:
        return first(call)
    return " ".join([f"{match[1].upper()}{match[2]}{match[3] or ''}", *call.places[:1]])


def club(call: Template) -> str:
    """`{{Calcio Juventus|G}}` is `Juventus`."""
    return call.name.partition(" ")[2].title()


def unknown(call: Template) -> str:
    """A template of a sentence that the tables do not know: what it carries by place, a number with its unit.

    A template whose arguments all have names describes something (a source, a map) and says nothing.
    """
    values = [value for value in call.places if value]
    if not values or _ADDRESS.match(values[0]) or _is_media(values[0]):
        return ""
    if values[0][0].isdigit() and len(values) > 1:
        numbers = [value for value in values[: _DATE_PARTS.value] if value.isdecimal()]
        if len(numbers) > 1:
            return " ".join(numbers)
        return f"{values[0]} {values[1]}" if len(values[1]) <= _UNIT_CHARS.value else values[0]
    if is_code(values[0]):
        return values[1] if len(values) > 1 else ""
    return values[0]


def _is_media(value: str) -> bool:
    """Whether a value of one line is the name of a picture, a sound or a film."""
    tail = value[-_SUFFIX_CHARS:].lower()
    return "\n" not in value and any(tail.endswith(end) and len(value) > len(end) for end in _MEDIA)


_SUFFIX_CHARS = max(map(len, _MEDIA))
