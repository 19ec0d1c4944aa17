"""A template call, and the ways one can read in a sentence: each a function of the call that returns its text.

Which template reads in which way is the table in `template_table`. Numbers stand as the source gives them: digit
grouping and the conversion into a second unit are presentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from filters.wikitext import dates


class Page(NamedTuple):
    """What a template may know of its page; source is the page's wikitext."""

    language: str = ""
    title: str = ""
    source: str = ""


class Template(NamedTuple):
    """One call: its name in lower case, its arguments by name in lower case or by place ("1", "2", ...), rendered."""

    name: str
    arguments: Mapping[str, str]
    page: Page

    def get(self, *names: str) -> str:
        """The first of these arguments that says anything."""
        for name in names:
            value = self.arguments.get(name, "").strip()
            if value:
                return value
        return ""

    @property
    def places(self) -> list[str]:
        """The arguments given by place, up to the last one that says anything."""
        values = []
        while str(len(values) + 1) in self.arguments:
            values.append(self.arguments[str(len(values) + 1)].strip())
        while values and not values[-1]:
            values.pop()
        return values


Renderer = Callable[[Template], str]

_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,8})*")
_NUMBER = re.compile(r"[-+−±~<>≈]?\s*\d[\d.,   '/+()e⁄½¼¾-]*")
_BETWEEN = frozenset(
    "- – — to and or by x × + ± +/- & , to(-) and(-) to about plus minus * ; i y e et und do до и та і à a på en og ja"
    " bis tot til till és la sau al".split()
) | {"to about", "and(-)"}
_UNITS = {
    "sqkm": "km²", "km2": "km²", "m2": "m²", "cm2": "cm²", "mm2": "mm²", "km3": "km³", "m3": "m³", "cm3": "cm³",
    "ft2": "sq ft", "sqft": "sq ft", "mi2": "sq mi", "sqmi": "sq mi", "in2": "sq in", "sqin": "sq in", "yd2": "sq yd",
    "cuft": "cu ft", "cuyd": "cu yd", "cuin": "cu in", "ft3": "cu ft", "cumi": "cu mi", "cukm": "km³", "cum": "m³",
    "c": "°C", "f": "°F", "°c": "°C", "°f": "°F", "degc": "°C", "degf": "°F", "usgal": "US gal", "impgal": "imp gal",
    "nmi": "nautical miles", "ltk": "long tons", "lt": "long tons", "st": "st", "kmh": "km/h", "km/h": "km/h",
    "t": "t", "e6acre": "million acres", "e6l": "million litres", "l": "L", "ha": "ha", "ftin": "ft", "/km2": "/km²",
    "/sqkm": "/km²", "pd/sqkm": "/km²", "pd/km2": "/km²", "/mi2": "/sq mi", "/sqmi": "/sq mi", "m/s2": "m/s²",
    "e6usgal": "million US gal", "hp": "hp", "nm": "nautical miles",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPTS = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_DIGITS = re.compile(r"[\d+\-−=()n]+")


def is_code(text: str) -> bool:
    """Whether this is the code of a language (`de`, `grc-Latn`) rather than a word."""
    return _CODE.fullmatch(text) is not None


def raised(text: str) -> str:
    """A superscript: raised digits where Unicode has them, else the text itself (`19th`)."""
    return text.translate(_SUPERSCRIPTS) if _DIGITS.fullmatch(text.strip()) else text


def lowered(text: str) -> str:
    """A subscript: lowered digits where Unicode has them, else the text itself."""
    return text.translate(_SUBSCRIPTS) if _DIGITS.fullmatch(text.strip()) and "n" not in text else text


def nothing(call: Template) -> str:
    return ""


def place(number: int) -> Renderer:
    """The argument at a place; the last one where there are fewer."""

    def render(call: Template) -> str:
        return call.get(*map(str, range(number, 0, -1)), "text", "texto", "texte", "testo", "текст")

    return render


first, second, third = place(1), place(2), place(3)


def last(call: Template) -> str:
    return call.places[-1] if call.places else call.get("text")


def joined(separator: str, start: int = 0, stop: int | None = None, around: str = "{}") -> Renderer:
    """The arguments from one place to another, joined, inside what stands around them."""

    def render(call: Template) -> str:
        text = separator.join(value for value in call.places[start:stop] if value)
        return around.format(text) if text else ""

    return render


def around(frame: str) -> Renderer:
    """The first argument inside a frame of text."""

    def render(call: Template) -> str:
        text = first(call)
        return frame.replace("{}", text) if text else ""

    return render


def named(*names: str) -> Renderer:
    """The first of the named arguments that says anything."""

    def render(call: Template) -> str:
        return call.get(*names)

    return render


def constant(text: str) -> Renderer:
    """A template that always reads the same."""

    def render(call: Template) -> str:
        return text

    return render


def unit_name(code: str) -> str:
    """How a unit reads after its number; a code that is not listed reads as it is."""
    return _UNITS.get(code.replace(" ", "").lower(), code) if len(code) > 1 or code in "cCfFlL" else code


def convert(call: Template) -> str:
    """`5|km` is `5 km`, `5|to|10|km` is `5 to 10 km`, `5|ft|6|in` is `5 ft 6 in`; the second unit is left out."""
    out: list[str] = []
    values = call.places
    at = 0
    while at < len(values) and _NUMBER.fullmatch(values[at]):
        out.append(values[at].replace("+", " ") if "/" in values[at] else values[at])
        at += 1
        if at >= len(values):
            break
        if values[at] in _BETWEEN:
            out.append("to" if values[at] == "to(-)" else values[at])
        elif values[at]:
            out.append(unit_name(values[at]))
        at += 1
    if not out:
        return joined(" ", 0, 2)(call)
    text = " ".join(out)
    return re.sub(r"(?<=[\d½¼¾]) ([–—-]) (?=\d)", r"\1", text).replace(" ,", ",").replace(" /", "/")


def quantity(call: Template) -> str:
    """A number, its unit and the unit's power: `3797|m` is `3797 m`, `5|km|2` is `5 km²`; a range by its own name."""
    values = call.places
    if not values:
        return call.get("value", "valeur", "number")
    words = [values[0]]
    until = call.get("à", "to", "a", "et", "e", "±")
    if call.get("à", "to", "a"):
        words.append(f"– {until}")
    for at, word in enumerate(values[1:], 1):
        power = _DIGITS.fullmatch(word) and at > 1 and not values[at - 1][-1:].isdigit()
        if power and words[-1:] == [values[at - 1]]:
            words[-1] += raised(word)
        else:
            words.append(word)
    unit = call.get("u", "ul", "unit", "unité", "um")
    exponent = call.get("e", "10")
    if exponent:
        words[0] += f" × 10{raised(exponent)}"
    return " ".join([*words, unit] if unit else words)


def measure(call: Template) -> str:
    """The Italian `M`: number, uncertainty or exponent, unit; `3743,21||km2` is `3743,21 km²`."""
    values = call.places
    unit = call.get("u", "ul") or (values[2] if len(values) > 2 else values[1] if len(values) == 2 else "")
    exponent = f"×10{raised(call.get('e', 'exp'))}" if call.get("e", "exp") else ""
    number = values[0] if values else ""
    return f"{number}{exponent} {unit_name(unit)}".strip()


def value(call: Template) -> str:
    """A scientific value: `1.23|0.05|e=18|u=m` is `1.23±0.05×10¹⁸ m`."""
    number = call.get("1")
    spread = call.get("2")
    if spread:
        number += spread if spread.startswith("(") else f"±{spread}"
    exponent = f"×10{raised(call.get('e'))}" if call.get("e") else ""
    return f"{call.get('p')}{number}{exponent} {call.get('u', 'ul', 'upl')}".strip()


def power_of_ten(call: Template) -> str:
    return f"×10{raised(first(call))}"


def fraction(call: Template) -> str:
    """`2` is `1/2`, `1|2` is `1/2`, `3|1|2` is `3 1/2`."""
    values = call.places
    if len(values) <= 1:
        return f"1/{values[0]}" if values else ""
    if len(values) == 2 or not values[2]:
        return f"{values[0]}/{values[1]}"
    return f"{values[0]} {values[1]}/{values[2]}"


def date(order: str) -> Renderer:
    """A date whose numbers come in this order (`ymd`, `dmy`, `mdy`); further numbers (an age, a second date) go."""

    def render(call: Template) -> str:
        values = [value for value in call.places if is_date_part(value)]
        if not values:
            return first(call)
        if len(values) == 1:
            return values[0]
        slots = "ymd" if dates.is_year(values[0]) else "dmy" if order == "ymd" else order
        parts = dict(zip(slots, values, strict=False))
        day_first = call.page.language != "en" or call.get("df") in ("y", "yes", "1")
        return dates.written(parts.get("y", ""), parts.get("m", ""), parts.get("d", ""), call.page.language, day_first)

    return render


def is_date_part(text: str) -> bool:
    """Whether a date template's argument is a day, month or year, and not a switch."""
    return bool(text) and len(text) < 12 and text.lower() not in ("y", "yes", "no", "n", "df", "mf", "j", "si", "sì")


def old_style_date(call: Template) -> str:
    """A date in both calendars: `14|3|1854|2` is `2 (14) березня 1854`, `9|3|1814|25|2` `25 лютого (9 березня) 1814`."""
    values = call.places
    if values and values[0].count(".") == 2:
        values = [*values[0].split("."), *values[1:]]
    day, month, year, old_day, old_month, old_year = [*values, "", "", "", "", "", ""][:6]
    language = call.page.language
    if not day.isdecimal() and month.isdecimal():  # `February 2|1905|January 20`
        return f"{day} [O.S. {year}] {month}" if year else f"{day} {month}"
    month, old_month = dates.month_name(month, language), dates.month_name(old_month, language)
    if not old_day:
        return dates.written(year, month, day, language)
    if not old_month:
        return f"{old_day} ({day}) {month} {year}".strip()
    if not old_year:
        return f"{old_day} {old_month} ({day} {month}) {year}".strip()
    return f"{old_day} {old_month} {old_year} ({day} {month} {year})"


def as_of(call: Template) -> str:
    when = date("ymd")(call)
    return f"{'as' if call.get('lc') else 'As'} of {call.get('alt') or when}" if when else ""


def quotation(call: Template) -> str:
    """A quotation as a paragraph of its own, and who said it."""
    text = call.get("text", "quote", "цитата", "текст", "citat", "testo", "texto", "texte", "1", "citation", "cita",
                    "content", "citazione", "cytat", "treść", "citát", "idézet", "citaat")  # fmt: skip
    author = call.get("author", "sign", "автор", "autor", "2", "auteur", "by", "autore", "źródło", "szerző")
    if not text:
        return ""
    return f"\n\n{text} — {author}\n\n" if author else f"\n\n{text}\n\n"


def inline_quotation(opening: str, closing: str) -> Renderer:
    """A quotation inside a sentence, in the language's own marks."""

    def render(call: Template) -> str:
        text = call.get("1", "text", "testo", "citation")
        return f"{opening}{text}{closing}" if text else ""

    return render


def in_language(call: Template) -> str:
    """`de|Wort` is `Wort`: the text after the code of its language."""
    values = [part for part in call.places if part]
    text = call.get("text", "texte")
    if text or not values:
        return text
    return values[1] if len(values) > 1 and is_code(values[0]) else "" if is_code(values[0]) else values[0]


def word(call: Template) -> str:
    """`lang-de|Wort` is `Wort`: the language stands in the name."""
    text = call.get("1", "text", "lang1", "2")
    script = call.get("translit", "tr")
    return f"{text} {script}" if script and text else text


def nihongo(call: Template) -> str:
    """A name, its Japanese script and its transcription: `Aikido|合気道|Aikidō` is `Aikido (合気道, Aikidō)`."""
    values = [*call.places, "", "", "", ""]
    name, rest = values[0], [part for part in values[1:4] if part]
    if call.name in ("nihongo2", "nihongo core"):
        return name
    if call.name == "nihongo3":
        name, rest = values[2] if values[2] and not name else name, [part for part in (values[1], values[0]) if part]
    if not name:
        return ", ".join(rest)
    return f"{name} ({', '.join(rest)})" if rest else name


def scripts(call: Template) -> str:
    """A name in several scripts, given by name (`c=`, `p=`, `hangul=`): all of them, once each."""
    skipped = {"labels", "link", "links", "first", "lead", "context", "order", "scase", "out", "title"}
    values = [value.strip() for key, value in call.arguments.items() if key not in skipped and value.strip()]
    return "; ".join(dict.fromkeys(values))


def link_elsewhere(call: Template) -> str:
    """A link to another language's article: its label here, else its name here."""
    return call.get("lt", "text", "texte", "display", "текст", "5" if call.name.startswith("link") else "lt", "fr", "1", "trad")


def not_translated(call: Template) -> str:
    """The East Slavic link to an article not yet written: its label (2nd), else its name (1st)."""
    return call.get("текст", "есть", "text", "2", "треба", "надо", "1")


def coordinates(call: Template) -> str:
    """`52|30|59|N|13|22|39|E` is `52°30′59″N 13°22′39″E`, where the page shows it in the text."""
    shown = call.get("display", "положення", "text")
    if shown and not any(word in shown.lower() for word in ("inline", "dms", "it", "i,t", "в тексті")):
        return ""
    if call.get("ns") and call.get("ew"):
        return f"{_degrees(call.get('ns').split('/'))} {_degrees(call.get('ew').split('/'))}"
    out: list[str] = []
    current: list[str] = []
    for part in call.places:
        if part[:1].isdigit() or part[:1] in "-−":
            current.append(part)
        elif len(part) == 1 and part.isalpha() and current:
            out.append(_degrees([*current, part]))
            current = []
        else:
            break
    if len(current) == 2 and not out:
        return f"{current[0]}, {current[1]}"
    return " ".join(out) if len(out) == 2 else ""


def _degrees(parts: list[str]) -> str:
    *numbers, side = parts if parts and parts[-1].isalpha() else [*parts, ""]
    return "".join(f"{number}{mark}" for number, mark in zip(numbers, "°′″", strict=False) if number) + side


def ship(call: Template) -> str:
    """`Hornet|CV-12|6` under the name `uss` is `USS Hornet (CV-12)`; the last number chooses what is shown."""
    values = call.places
    if not values:
        return ""
    prefix = "" if call.name in ("ship", "sclass", "sclass-", "sclass2", "sclass2-") else call.name.upper()
    if call.name == "ship":
        return " ".join(values[:2])
    if call.name.startswith("sclass"):
        return f"{values[0]}-class {' '.join(values[1:2])}".strip()
    hull = values[1] if len(values) > 1 and values[1] and (len(values) < 3 or values[2] in ("", "1", "6")) else ""
    return f"{prefix} {values[0]}" + (f" ({hull})" if hull and call.name != "ms" else "")


def chemistry(call: Template) -> str:
    """`C|2|H|6` is `C₂H₆`."""
    return "".join(lowered(part) if part[:1].isdigit() else part for part in call.places)


def century(frame: str) -> Renderer:
    """A century by its number; further arguments are switches, unless they carry a second century."""

    def render(call: Template) -> str:
        number = first(call)
        return frame.format(number) if number else ""

    return render


def centuries(call: Template) -> str:
    """The French range of centuries: `XIX|e|au|XX|e|s` is `XIXe au XXe siècle`."""
    values = [value for value in call.places if value]
    text = " ".join(values).replace(" er", "er").replace(" e ", "e ").replace(" ème", "ème")
    return re.sub(r" e? ?s\.?$", "e siècle", text).replace("ee ", "e ")


def clock(call: Template) -> str:
    """The French hour: `4|30` is `4 h 30`."""
    return " ".join(f"{value} {mark}".strip() for value, mark in zip(call.places, ("h", "min", "s"), strict=False)
                    if value).removesuffix(" min") if call.places else ""  # fmt: skip


def listed(separator: str) -> Renderer:
    """The items of a list template."""

    def render(call: Template) -> str:
        return separator.join(part.strip("*• \n") for part in call.places if part)

    return render


def population(call: Template) -> str:
    """The inhabitants that the page's own infobox states, for templates that fetch them from another page."""
    found = _POPULATION.search(call.page.source)
    return found[1].strip() if found else ""


_POPULATION = re.compile(
    r"\|\s*(?:abitanti|počet obyvatel|obyvatel|einwohner|inwoners|population[ _]total|population|населення|население"
    r"|población|poblacion|população|populacao|népesség|lakosság|liczba ludności|populație|prebivalstvo|становништво"
    r"|stanovništvo|befolkning|invånare|indbyggere|població|πληθυσμός|dân số)\s*=\s*(?:\{\{formatnum:)?(\d[\d.,   ]*)",
    re.IGNORECASE,
)
