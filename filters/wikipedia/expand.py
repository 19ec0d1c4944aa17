"""One walk over a page's spans: links become what they show, templates what they say, tables go (or become rows)."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.recipe import cited
from filters.wikipedia.aside import GONE
from filters.wikipedia.links import is_embedded, shown
from filters.wikipedia.quantities import coordinates
from filters.wikipedia.scan import LINK, TABLE, TEMPLATE, Span
from filters.wikipedia.template_table import renderer_of, unknown
from filters.wikipedia.templates import Page, Template, nothing

_NAME = re.compile(r"\{\{[\s\x01]*(?:(?:subst|safesubst|msg):)?[\s\x01]*([^|{}\[\]\n<]*)", re.IGNORECASE)
_ARGUMENT_NAME = re.compile(r"[^\[\]<>{}]{0,60}")
_LINE_CHARS = cited(400, "as far a line is looked at for what a template or a link stands beside", "chars")
_TITLE_CHARS = cited(255, "MediaWiki, MediaWikiTitleCodec: no title has more bytes", "chars", "peer")
_TITLE_WORDS = frozenset(("pagename", "fullpagename", "basepagename", "subpagename", "nomepagina"))
_COLON_FUNCTIONS = re.compile(r"(formatnum|lc|uc|lcfirst|ucfirst|nowrap)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)


class Walk(NamedTuple):
    """What the walk needs beside the spans: the text they were found in, the page, its names.

    keep_all keeps what is dropped where there is prose: tables as rows, captions of pictures.
    """

    text: str
    page: Page
    file_names: frozenset[str]
    category_names: frozenset[str]
    keep_all: bool = False


def expand(walk: Walk, spans: list[Span], start: int = 0, end: int | None = None) -> str:
    """The text from start to end with every span in it replaced by what it reads as."""
    end = len(walk.text) if end is None else end
    out: list[str] = []
    at = start
    for span in spans:
        out.append(walk.text[at : span.start])
        out.append(_read(walk, span))
        at = span.end
    out.append(walk.text[at:end])
    return "".join(out)


def _read(walk: Walk, span: Span) -> str:
    if span.kind == TEMPLATE:
        return _template(walk, span)
    if span.kind == LINK:
        return _link(walk, span)
    return _table(walk, span) if span.kind == TABLE and walk.keep_all else GONE


def _link(walk: Walk, span: Span) -> str:
    inner = walk.text[span.start + 2 : span.start + 2 + _LINE_CHARS.value]
    if is_embedded(inner, walk.file_names, walk.category_names):
        is_picture = walk.keep_all and is_embedded(inner, walk.file_names, frozenset())
        return _caption(walk, span) if is_picture else GONE
    return shown(_arguments(walk, span, 2))


def _caption(walk: Walk, span: Span) -> str:
    """The caption of a picture, its last argument when that is words and no option, as a paragraph."""
    last = ["", *_arguments(walk, span, 2)[1:]][-1].strip()
    return f"\n\n{last}\n\n" if " " in last and not last.endswith("px") else GONE


def _arguments(walk: Walk, span: Span, skip: int) -> list[str]:
    """The rendered arguments of a span: only bars of its own text divide them, not those inside its children."""
    # Text between children is split at `|`; a child, once rendered, belongs to the argument that is open. None is the
    # text behind the last child.
    arguments: list[list[str]] = [[]]
    at = span.start + skip
    for child in (*span.children, None):
        first, *others = walk.text[at : child.start if child else span.end - 2].split("|")
        arguments[-1].append(first)
        arguments.extend([other] for other in others)
        if child:
            arguments[-1].append(_read(walk, child))
            at = child.end
    return ["".join(parts) for parts in arguments]


def _template(walk: Walk, span: Span) -> str:
    match = _NAME.match(walk.text, span.start)
    written = match[1].strip() if match else ""
    name = written.replace("_", " ").lower().replace("\x01", "").strip()
    if not name:
        return GONE
    if ":" in name or name in _TITLE_WORDS:
        return _function(walk, span, name)
    renderer = renderer_of(name, walk.page.language)
    if renderer is None or renderer is coordinates:
        if _stands_alone(walk.text, span):
            return GONE
        renderer = renderer or unknown
    if renderer is nothing:
        return GONE
    return renderer(_call(walk, span, name)) or GONE


def _call(walk: Walk, span: Span, name: str) -> Template:
    arguments: dict[str, str] = {}
    place = 0
    for argument in _arguments(walk, span, 2)[1:]:
        key, equals, value = argument.partition("=")
        if equals and _ARGUMENT_NAME.fullmatch(key) and "\x00" not in key:
            arguments[key.strip(" \n\t\x01").lower()] = value.strip()
        else:
            place += 1
            arguments[str(place)] = argument
    return Template(name, arguments, walk.page)


def _function(walk: Walk, span: Span, name: str) -> str:
    """What a parser function says: `{{formatnum:5}}`, `{{PAGENAME}}`; the others compute, and say nothing here."""
    if name in _TITLE_WORDS:
        return walk.page.title[: _TITLE_CHARS.value]
    if name.startswith(("#tag", "#if", "#switch", "#invoke", "#expr")):
        return GONE
    whole = _arguments(walk, span, 2)[0].strip()
    match = _COLON_FUNCTIONS.match(whole)
    if match:
        return match[2].strip() or GONE
    return GONE


def _stands_alone(text: str, span: Span) -> bool:
    """Whether nothing but list marks and templates shares the template's line: an infobox, a notice, a source."""
    before = text[max(0, span.start - _LINE_CHARS.value) : span.start]
    before = before[before.rfind("\n") + 1 :].strip(" \t\x01*#:;•—–-")
    after = text[span.end : span.end + _LINE_CHARS.value].partition("\n")[0].strip(" \t\x01.")
    return (not before or (before.endswith("}}") and before.startswith("{{"))) and (not after or after.startswith("{{"))


_CAPTION = re.compile(r"\n[ \t]*\|\+([^\n]*)")
_ROW = re.compile(r"\n[ \t]*\|-[^\n]*")
_CELL = re.compile(r"\n[ \t]*[|!]|\|\||!!")
_UP_TO_BAR = re.compile(r"(?<![^|\n])[^|\n]*+\|(?!\|)")


def _table(walk: Walk, span: Span) -> str:
    """A table as lines, one per row, its cells separated by commas: for pages that are nothing but a table."""
    inner = expand(walk, span.children, span.start, span.end).removesuffix("|}")
    inner = _CAPTION.sub(r"\n|-\n|\1\n|-", inner)
    rows = []
    for row in _ROW.split(inner):
        cells = [_without_attributes(cell).replace(GONE, "").strip() for cell in _CELL.split(row)[1:]]
        rows.append(", ".join(filter(None, cells)))
    return "\n\n" + "\n\n".join(filter(None, rows)) + "\n\n"


def _without_attributes(cell: str) -> str:
    """A cell without the attributes before its text: from a name with an equals sign to the bar that ends them."""
    for before in _UP_TO_BAR.finditer(cell):
        equals = cell.find("=", before.start(), before.end())
        if equals >= 0:
            start = max(before.start(), *(cell.rfind(bracket, before.start(), equals) + 1 for bracket in "[]"))
            return cell[:start] + cell[before.end() :]
    return cell
