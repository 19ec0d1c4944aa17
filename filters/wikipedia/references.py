"""The pages of the web that an article cites: what a classifier of references learns from."""

from __future__ import annotations

import html
import re

_REF_TAG = re.compile(r"<ref(?:\s[^<>]*?)?(/?)>|(</ref\s*>)", re.IGNORECASE)
_CITATION = re.compile(
    r"\{\{\s*(?:cite|cita|citar|citace|citation|citeer|cytuj|citat|navedi|наведи|цитуй|цитат|lien web|article|ouvrage|"
    r"chapitre|internetquelle|literatur|webbref|bokref|tidningsref|книга|статья|публикация|публікація|стаття|web|url|webarchive|"
    r"opgave|kilde|hivatkozás|cit)\b[^{}]*(?:\{\{[^{}]*\}\}[^{}]*)*\}\}",
    re.IGNORECASE,
)
_URL = re.compile(r"(?<![\w/])(?:https?:)?//[^\s|\]\[<>{}\"]+", re.IGNORECASE)
_NOT_PART_OF_IT = ".,;:!?'»”)"


def references(wikitext: str) -> list[str]:
    """The URLs of every external link inside `<ref>` and citation templates, each once, in order of appearance."""
    text = _without_comments(wikitext)
    found: dict[str, None] = {}
    for cited in (*_refs(text), *(citation[0] for citation in _CITATION.finditer(text))):
        for url in _URL.findall(cited):
            found[_clean(url)] = None
    return [url for url in found if "." in url.partition("//")[2]]


def _without_comments(text: str) -> str:
    parts, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + len("<!--"))) >= 0:
        parts.append(text[at:start])
        at = end + len("-->")
    return "".join([*parts, text[at:]])


def _refs(text: str) -> list[str]:
    """The contents of `<ref>` elements; one that is not closed ends where the next begins."""
    contents: list[str] = []
    opened = -1
    for tag in _REF_TAG.finditer(text):
        if tag[1]:
            continue
        if opened >= 0:
            contents.append(text[opened : tag.start()])
        opened = -1 if tag[2] else tag.end()
    return contents


def _clean(url: str) -> str:
    """A URL as its server knows it: entities read, a scheme given, without the sentence's full stop or bold quotes."""
    url = html.unescape(url).partition("''")[0]
    end, open_brackets = len(url), url.count("(") - url.count(")")
    while end and url[end - 1] in _NOT_PART_OF_IT and not (url[end - 1] == ")" and open_brackets >= 0):
        end -= 1
        open_brackets += url[end] == ")"
    url = url[:end]
    return f"https:{url}" if url.startswith("//") else url
