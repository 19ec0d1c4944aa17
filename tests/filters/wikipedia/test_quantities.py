"""How templates that carry numbers read, with every way their arguments come."""

from __future__ import annotations

import pytest

from filters.wikipedia.quantities import lowered, raised, unit_name
from filters.wikipedia.template_table import renderer_of
from filters.wikipedia.templates import Page, Template


def read(written: str, language: str = "", source: str = "") -> str:
    """What a call written as `name|argument|name=argument` reads as."""
    name, *arguments = written.split("|")
    by_place = [argument for argument in arguments if "=" not in argument]
    given = {str(place): argument for place, argument in enumerate(by_place, 1)}
    given |= dict(argument.split("=") for argument in arguments if "=" in argument)
    renderer = renderer_of(name, language)
    assert renderer is not None
    return renderer(Template(name, given, Page(language, "Title", source)))


QUANTITIES = {
    # convert: numbers and words between them alternate with units; the unit to convert into ends it
    "convert|5|km": "5 km",
    "convert|5|km|mi": "5 km",
    "convert|5": "5",
    "convert|5|to|10|km|mi": "5 to 10 km",
    "convert|5|to(-)|10|km": "5 to 10 km",
    "convert|5|and|10|km": "5 and 10 km",
    "convert|5|ft|6|in|cm": "5 ft 6 in",
    "convert|5||km": "5",
    "convert|1+1/2|in": "1 1/2 in",
    "convert|5+6|in": "5+6 in",
    "convert|100|-|200|m": "100-200 m",
    "convert|3|,|4|m": "3, 4 m",
    "convert|20|/sqkm": "20/km²",
    "convert|~5|km": "~5 km",
    "convert|five|km|mi": "five km",
    "convert|2|C": "2 °C",
    "convert|2|s": "2 s",
    "convert|2|T": "2 T",
    "convert|2|m2": "2 m²",
    # quantity: number, unit and its power
    "unité|3797|m": "3797 m",
    "unité|5|km|2": "5 km²",
    "unité|5|m|s|-1": "5 m s⁻¹",
    "unité|5|6|2": "5 6 2",
    "unité|5|2": "5 2",
    "unité|5|km|h": "5 km h",
    "unité|n|2": "n 2",
    "unité|5|m2|3": "5 m2 3",
    "unité": "",
    "unité|value=7": "7",
    "unité|valeur=8|u=m": "8",
    "unité|5|u=km": "5 km",
    "unité|5|à=6|m": "5 – 6 m",
    "unité|5|et=6|m": "5 m",
    "unité|5|e=3|m": "5 × 10³ m",
    "unité|5|10=n|m": "5 × 10ⁿ m",
    # height
    "height|m=1.80": "1.80 m",
    "height|cm=180": "180 cm",
    "height|ft=5|in=6": "5 ft 6 in",
    "height|ft=5": "5 ft",
    "ft in|5|6": "5 ft 6 in",
    "height|cm=180|m=1.8|ft=5": "180 cm 1.8 m 5 ft",
    # a scientific value
    "val|5": "5",
    "val|1.23|0.05": "1.23±0.05",
    "val|1.23|(5)": "1.23(5)",
    "val|1.23|0.05|e=18|u=m": "1.23±0.05×10¹⁸ m",
    "val|5|p=~|ul=kg": "~5 kg",
    "val|5|upl=V": "5 V",
    "e|18": "×10¹⁸",
    "e|-n": "×10⁻ⁿ",
    # fractions
    "frac": "",
    "frac|2": "1/2",
    "frac|1|2": "1/2",
    "frac|3|1|2": "3 1/2",
    "frac|7|8|": "7/8",
    # formulas
    "chem|C|2|H|6": "C₂H₆",
    "chem|C|12|H|22|O|11": "C₁₂H₂₂O₁₁",
    "chem|SO|4|2-": "SO₄²⁻",
    "chem|Fe|3+": "Fe³⁺",
    "chem|Na|+": "Na⁺",
    "chem|Cl|−": "Cl⁻",
    # coordinates, where the page shows them in the text
    "coord|52|30|59|N|13|22|39|E": "52°30′59″N 13°22′39″E",
    "coord|52|30|N|13|22|E": "52°30′N 13°22′E",
    "coord|52|N|13|E|type:city": "52°N 13°E",
    "coord|52.5|13.4": "52.5, 13.4",
    "coord|-52.5|−13.4|region:X": "-52.5, −13.4",
    "coord|52.5|13.4|7": "",
    "coord|5.5|3.4": "5.5, 3.4",
    "coord|52.5": "",
    "coord|52|N": "",
    "coord|52|N|type:city|13|E": "",
    "coord|52|N|13|E|5": "52°N 13°E",
    "coord|52|N|13|E|14|W": "",
    "coord|N|13": "",
    "coord|52|N|13|E|display=inline": "52°N 13°E",
    "coord|52|N|13|E|display=inline,title": "52°N 13°E",
    "coord|52|N|13|E|display=title": "",
    "coord|52|N|13|E|display=INLINE": "52°N 13°E",
    "coordinate|ns=52/30/59/n|ew=13/22//e": "52°30′59″n 13°22′e",
    "coordinate|ns=52|ew=13": "52° 13°",
    "coordinate|ns=52": "",
    # money and signs, by their rows
    "eur|5": "€5", "us$|5": "$5", "gbp|5": "£5", "inr|5": "₹5", "yen|5": "¥5", "krw|5": "₩5",
    "aud|5": "A$5", "cad|5": "C$5",
    "currency|5|USD|x": "5 USD",
    "gaps|123|456|789": "123456789",
    "nuclide|uranium|235|x": "uranium-235",
    "sqrt|2": "√2",
    "градус цельсія": "°C", "deg": "°", "pi": "π", "rub": "₽", "times": "×", "infinity": "∞",
}  # fmt: skip


@pytest.mark.parametrize("written", QUANTITIES)
def test_quantity_reads(written: str) -> None:
    assert read(written) == QUANTITIES[written]


@pytest.mark.parametrize(
    ("language", "written", "text"),
    [
        ("it", "m|3743,21||km2", "3743,21 km²"),
        ("it", "m|5|km", "5 km"),
        ("it", "m|5|0,1|km", "5 km"),
        ("it", "m|5|ul=km", "5 km"),
        ("it", "m|5|e=3|u=m", "5×10³ m"),
        ("it", "m|5|exp=3", "5×10³"),
        ("it", "m", ""),
        ("de", "höhe|115|DE-NHN", "115 m"),
        ("fr", "euro|5", "5 €"),
        ("it", "euros|5", "5 €"),
    ],
)
def test_quantity_of_one_wiki_reads(language: str, written: str, text: str) -> None:
    assert read(written, language) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{Info\n| Abitanti = 4.512\n| x = 1}}", "4.512"),
        ("{{Info|population=7,000 <!-- x -->}}", "7,000"),
        ("{{Info|population_total={{formatnum:90000}}}}", "90000"),
        ("{{Info|population=many}}", ""),
        ("", ""),
    ],
)
def test_population_is_that_of_the_infobox(source: str, text: str) -> None:
    assert read("popolazione|ITA", "it", source) == text


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("sqkm", "km²"), ("SQ KM", "km²"), ("km", "km"), ("Xyz", "Xyz"), ("ha", "ha"), ("t", "t"), ("m", "m"),
        *((sign, "°C") for sign in "cC"), *((sign, "°F") for sign in "fF"), *((sign, "L") for sign in "lL"),
    ],
)  # fmt: skip
def test_unit_reads(code: str, name: str) -> None:
    assert unit_name(code) == name


def test_signs_are_raised_and_lowered_where_all_can_be() -> None:
    assert [raised(text) for text in ("0123456789", "+-−=()n", "19th", " 2", "")] == [
        "⁰¹²³⁴⁵⁶⁷⁸⁹", "⁺⁻⁻⁼⁽⁾ⁿ", "19th", " ²", "",
    ]  # fmt: skip
    assert [lowered(text) for text in ("0123456789", "+-−=()", "n", "2n", "i")] == [
        "₀₁₂₃₄₅₆₇₈₉", "₊₋₋₌₍₎", "n", "2n", "i",
    ]  # fmt: skip
