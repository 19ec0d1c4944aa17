"""Templates that carry numbers: quantities with units, money, fractions, formulas, coordinates, populations.

Numbers stand as the source gives them: grouping digits and converting into a second unit are presentation.
"""

from __future__ import annotations

import re
from functools import lru_cache

from filters.wikipedia.templates import Row, Template, around, constant, first, joined

_NUMBER = re.compile(r"[-+−±~<>≈]?\s*\d[\d.,   '/+()e⁄½¼¾-]*")
_BETWEEN = frozenset(
    re.split(r"[|\n]+", """-|–|—|to|and|or|by|x|×|*|+|±|+/-|&|,|;|to(-)|and(-)|to about|plus|i|y|e|et|und|do|до
и|та|і|à|a|på|en|og|bis|tot|til|till|és|la|sau|al""")
)  # fmt: skip
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
_CHARGES = ("+", "-", "−")
_DIGITS = re.compile(r"[\d+\-−=()n]+")


def raised(text: str) -> str:
    """A superscript: raised digits where Unicode has them, else the text itself (`19th`)."""
    return text.translate(_SUPERSCRIPTS) if _DIGITS.fullmatch(text.strip()) else text


def lowered(text: str) -> str:
    """A subscript: lowered digits where Unicode has them, else the text itself."""
    return text.translate(_SUBSCRIPTS) if _DIGITS.fullmatch(text.strip()) and "n" not in text else text


def unit_name(code: str) -> str:
    """How a unit reads after its number; a code that is not listed reads as it is."""
    return _UNITS.get(code.replace(" ", "").lower(), code) if len(code) > 1 or code in "cCfFlL" else code


def convert(call: Template) -> str:
    """`5|km` is `5 km`, `5|to|10|km` is `5 to 10 km`, `5|ft|6|in` is `5 ft 6 in`; the second unit is left out."""
    # Values alternate: a number, then a unit or a word between numbers (`5|to|10|km`). The first value that is not a
    # number where one belongs is the unit to convert into, and ends the reading.
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
        return joined(" ", 2)(call)
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


def height(call: Template) -> str:
    """`m=1.80` is `1.80 m`, `ft=5|in=6` is `5 ft 6 in`, `5|6` under the name `ft in` too."""
    feet, inches = call.get("ft", "1"), call.get("in", "2")
    parts = [f"{call.get('m')} m" * bool(call.get("m")), f"{feet} ft" * bool(feet), f"{inches} in" * bool(inches)]
    return " ".join(filter(None, [f"{call.get('cm')} cm" * bool(call.get("cm")), *parts]))


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
    """`18` is `×10¹⁸`."""
    return f"×10{raised(first(call))}"


def fraction(call: Template) -> str:
    """`2` is `1/2`, `1|2` is `1/2`, `3|1|2` is `3 1/2`."""
    values = call.places
    if len(values) <= 1:
        return f"1/{values[0]}" if values else ""
    if len(values) == 2 or not values[2]:
        return f"{values[0]}/{values[1]}"
    return f"{values[0]} {values[1]}/{values[2]}"


def coordinates(call: Template) -> str:
    """`52|30|59|N|13|22|39|E` is `52°30′59″N 13°22′39″E`, where the page shows it in the text."""
    shown = call.get("display", "положення", "text").lower()
    if shown and _IN_THE_TEXT.isdisjoint(shown.split(",")):
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


_IN_THE_TEXT = frozenset(("inline", "i", "it", "ti", "dms", "dm", "dec", "в тексті"))


def _degrees(parts: list[str]) -> str:
    *numbers, side = parts if parts and parts[-1].isalpha() else [*parts, ""]
    return "".join(f"{number}{mark}" for number, mark in zip(numbers, "°′″", strict=False) if number) + side


def chemistry(call: Template) -> str:
    """`C|2|H|6` is `C₂H₆`, `SO|4|2-` is `SO₄²⁻`: a number below the line, a charge above it."""
    return "".join(
        raised(part) if part[-1:] in _CHARGES else lowered(part) if part[:1].isdigit() else part for part in call.places
    )


def population(call: Template) -> str:
    """The inhabitants that the page's own infobox states, for templates that fetch them from another page."""
    return _population_in(call.page.source)


@lru_cache(maxsize=1)
def _population_in(wikitext: str) -> str:
    """The inhabitants in the infobox of a page; looked for once in a page, however often it is asked."""
    found = _POPULATION.search(wikitext)
    return found[1].strip() if found else ""


_POPULATION = re.compile(
    r"\|\s*+(?:abitanti|počet obyvatel|obyvatel|einwohner|inwoners|population[ _]total|population|населення|население"
    r"|población|poblacion|população|populacao|népesség|lakosság|liczba ludności|populație|prebivalstvo|становништво"
    r"|stanovništvo|befolkning|invånare|indbyggere|població|πληθυσμός|dân số)"
    r"\s*+=\s*+(?:\{\{formatnum:)?(\d[\d.,   ]{0,30})",
    re.IGNORECASE,
)


ROWS = (
    Row(convert, """
        convert, cvt, conversie, convertir, converter, converti, konvert, конвертувати, конвертиране,
        konvertera, converteix, omregn, height in feet"""),
    Row(quantity, """
        unité, unite, unidad, unitats, nombre, nb, szám, fmtn, fmn, unidade, unità, unitate, num, nts, ntsh,
        ntsc, число, formatnum, formatnumber, formnum, format nombre, format price, format number, si, unit,
        tmp, getal, liczba, numero, number, mértékegység, nombre unité, ref-num, unité/2, grandeur, dunité"""),
    Row(measure, "m, misura", "it"), Row(height, "height, ft in"),
    Row(value, "val, valor, precise, ±"),
    Row(power_of_ten, "e, esp, x10^, ×10^"),
    Row(fraction, """
        frac, sfrac, fraction, bruch, fracció, fracción, fração, frazione, ułamek, zlomek, tört, breuk,
        дробь, дріб, frac2, bråk, brøk"""),
    Row(chemistry, "chem, chem2, chemistry, fchim, formule chimique, хім, chemf"),
    Row(coordinates, """
        coord, coor, coor d, coor dm, coor dms, coor title dms, coor title d, coor title dm, coordinate,
        coordinates, koordynaty, coordenadas, coords, coordinaten, коорд, координати, koordinate,
        koordináta, координаты"""),
    Row(population, """
        popolazione, numero abitanti, počet obyvatel, abitanti, ew, ewz, einwohnerzahl, населення,
        население, кількість населення"""),
    Row(around("{} m"), "höhe", "de"),
    Row(around("€{}"), "eur, €"), Row(around("{} €"), "euro, euros", "fr,ca,es,pt,it"),
    Row(around("${}"), "$, us$, usd, dollar"), Row(around("£{}"), "gbp, £, pound sterling"),
    Row(around("₹{}"), "inr, indian rupee, indianrupee"), Row(around("¥{}"), "jpy, yen, cny, ¥, jp¥"),
    Row(around("₩{}"), "krw"), Row(around("A${}"), "aud, a$"), Row(around("C${}"), "cad, c$"),
    Row(joined(" ", 2), "currency, money"), Row(joined(""), "gaps, digits"),
    Row(joined("-", 2), "nuclide2, nuclide, isotope"), Row(around("√{}"), "radic, sqrt, √"),
    Row(constant("°C"), "градус цельсія, °c"), Row(constant("°"), "градус, deg, °"), Row(constant("π"), "pi, π"),
    Row(constant("₽"), "рубль, rub"), Row(constant("×"), "×, times"), Row(constant("∞"), "infinity"),
)  # fmt: skip
