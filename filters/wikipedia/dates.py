"""Days, months and years as the 20 languages (and Greek and Vietnamese) write them inside a sentence.

Source: Unicode CLDR, gregorian calendar, months in the form used with a day; order of the long date format.
"""

from __future__ import annotations

from corpus.recipe import cited

_MONTHS = {
    "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
    "ca": "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "el": "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου "
    "Δεκεμβρίου",
    "en": "January February March April May June July August September October November December",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "hr": "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
    "hu": "január február március április május június július augusztus szeptember október november december",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "sl": "januar februar marec april maj junij julij avgust september oktober november december",
    "sr": "јануар фебруар март април мај јун јул август септембар октобар новембар децембар",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
}
MONTHS = {language: tuple(words.split()) for language, words in _MONTHS.items()}
_ORDERS = {
    "ca": "{d} de {m} de {y}", "es": "{d} de {m} de {y}", "pt": "{d} de {m} de {y}", "hu": "{y}. {m} {d}.",
    "de": "{d}. {m} {y}", "da": "{d}. {m} {y}", "cs": "{d}. {m} {y}", "sl": "{d}. {m} {y}",
    "hr": "{d}. {m} {y}.", "sr": "{d}. {m} {y}.", "vi": "{d} tháng {n} năm {y}",
}  # fmt: skip
_DAY_FIRST = "{d} {m} {y}"
_MONTH_FIRST = "{m} {d}, {y}"
_MOST_YEAR_DIGITS = cited(4, "a longer number beside days and months is no year", "digits")
_MONTHS_A_YEAR = 12


def written(year: str, month: str, day: str, language: str, day_first: bool = True) -> str:
    """A date as the language writes it; a part that is absent or no number stands as it was given."""
    year, month, day = year.strip(), month.strip(), day.strip()
    if not (year and month and day):
        return " ".join(part for part in (day, month_name(month, language), year) if part)
    order = _ORDERS.get(language, _DAY_FIRST)
    if language == "en" and not day_first:
        order = _MONTH_FIRST
    number = month.lstrip("0") or month
    return order.format(d=day.lstrip("0") or day, m=month_name(month, language), n=number, y=year.lstrip("0") or year)


def month_name(month: str, language: str) -> str:
    """The name of a month by its number; anything else as it was given."""
    is_number = month.isdecimal() and len(month) <= _MOST_YEAR_DIGITS.value
    if is_number and 1 <= int(month) <= _MONTHS_A_YEAR and language in MONTHS:
        return MONTHS[language][int(month) - 1]
    return month


def is_year(text: str) -> bool:
    """Whether this is a year's number rather than a day's or a month's."""
    digits = text.strip()
    return digits.isdecimal() and 2 < len(digits) <= _MOST_YEAR_DIGITS.value
