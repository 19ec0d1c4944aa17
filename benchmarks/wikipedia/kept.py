"""Claims: of the numbers that inline templates carry in leads, at most 5 % are lost; of mwparserfromhell's top-level
text runs over 40 characters, outside tables, references, infoboxes and reference sections, 99.9 % are kept.

Numbers: the digits of every template in the prose of a page's lead whose name says that it carries a quantity or a date
(or that only shows its text), up to the unit of a conversion; a month is no number, as it is written out. They count as
kept where the same digits, grouped in whatever way, stand in the lead of the text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import mwparserfromhell
from pages import Article, arguments, articles, ways

from filters.wikipedia.names import SECTIONS

LONG_RUN_CHARS = 40
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REF = re.compile(r"<ref[^<>]*/>|<ref\b[^<>]*>.*?</ref\s*>", re.DOTALL | re.IGNORECASE)
_TABLE = re.compile(r"^\{\|.*?^\|\}", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^==", re.MULTILINE)
_CARRIES = re.compile(
    r"(?i)(?:convert|cvt|conver|unit|unidad|nombre|nb$|szám|fmtn|formatnum|num|число|nts|val$|frac|sfrac|ta$|m$|höhe"
    r"|tmp|heure|euro|us\$|gbp|currency|birth|death|start date|end date|film date|date|fecha|дата|дн|дс|oldstyle|circa"
    r"|as of|nowrap|nobr|s$|s-$|siècle|segle|siglo|séc|height|coord(?!.*title))"
)
_GROUPED = re.compile(r"(?<=\d)[\s.,\u00a0\u202f](?=\d)")
_DATES = re.compile(r"(?i).*(?:date|birth|death|fecha|дата|дн|дс|oldstyle).*")
_NOT_TEXT = re.compile(r"<[^<>]*>?|__[A-Z]+__|^ *[|!{].*$|\{\{.*|\[\[File:.*", re.MULTILINE)  # what it could not parse
_LETTERS = re.compile(r"[\W_]+")


def lead_numbers(article: Article) -> list[str]:
    """The numbers that templates carry in the prose of a page's lead."""
    text = _TABLE.sub("", _REF.sub("", _COMMENT.sub("", article.wikitext)))
    found = []
    for line in _HEADING.split(text, maxsplit=1)[0].split("\n"):
        prose = line.lstrip()
        if prose[:1] in "|!*{" and not re.match(r"\{\{[^{}]*\}\}\s*\w", prose):
            continue
        for call in re.findall(r"\{\{([^{}]*)\}\}", prose):
            name, _, rest = call.replace("formatnum:", "formatnum|").partition("|")
            if _CARRIES.match(name.strip()):
                found += list(_numbers(name, rest.split("|")))
    return found


def _numbers(name: str, values: list[str]) -> Iterator[str]:
    places = [value.strip() for value in values if "=" not in value]
    date = _DATES.match(name)
    until = next((at for at, value in enumerate(places) if at and value.isalpha() and len(value) > 1 and not date), 1)
    for value in places[: 6 if date else max(1, until)]:
        for digits in re.findall(r"\d+", _GROUPED.sub("", value)):
            if not (date and int(digits) <= 12):
                yield digits.lstrip("0") or "0"


def lost_numbers(article: Article, text: str) -> tuple[int, int]:
    """(numbers carried, numbers lost)."""
    wanted = lead_numbers(article)
    lead = text[: 2 * len(article.wikitext)]
    forms = lead, _GROUPED.sub("", lead)
    there = {digits.lstrip("0") or "0" for form in forms for digits in re.findall(r"\d+", form)}
    return len(wanted), sum(number not in there for number in wanted)


def long_runs(article: Article) -> list[str]:
    """The long top-level text runs of mwparserfromhell's parse, outside tables and reference sections."""
    titles = SECTIONS["references"] | SECTIONS["links"]
    runs, inside = [], 0
    for node in mwparserfromhell.parse(_TABLE.sub("", _COMMENT.sub("", article.wikitext))).nodes:
        if isinstance(node, mwparserfromhell.nodes.Heading) and not (inside and node.level > inside):
            inside = node.level if str(node.title.strip_code()).strip(" :.").lower() in titles else 0
        elif isinstance(node, mwparserfromhell.nodes.Text) and not inside and len(str(node).strip()) > LONG_RUN_CHARS:
            runs.append(_NOT_TEXT.sub("", str(node)))
    return [run for run in runs if len(run.strip()) > LONG_RUN_CHARS]


def main() -> None:
    options = arguments(__doc__ or "")
    pages = articles(options.data / "wikipedia", options.every)
    runs = [long_runs(page) for page in pages]
    print(f"{len(pages)} articles, {sum(map(len, runs))} long runs")
    for name, way in ways().items():
        tally: Counter[str] = Counter()
        for page, wanted in zip(pages, runs, strict=True):
            text = way(page)
            carried, lost = lost_numbers(page, text)
            letters = _LETTERS.sub("", text)
            tally.update(
                carried=carried, lost=lost, carrying=carried > 0, runs=len(wanted),
                lost_runs=sum(_LETTERS.sub("", run) not in letters for run in wanted),
            )  # fmt: skip
        print(
            f"{name:18} numbers lost {tally['lost']:4} of {tally['carried']} in {tally['carrying']} leads "
            f"({tally['lost'] / tally['carried']:6.1%})   runs kept {1 - tally['lost_runs'] / tally['runs']:8.3%}"
        )


if __name__ == "__main__":
    main()
