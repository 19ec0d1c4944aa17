"""Templates that carry dates, years, hours and centuries."""

from __future__ import annotations

import re

from corpus.recipe import cited
from filters.wikipedia import dates
from filters.wikipedia.templates import Renderer, Row, Template, around, first, joined

_SWITCHES = frozenset(("y", "yes", "no", "n", "df", "mf", "j", "si", "sì"))
_MOST_PART_CHARS = cited(11, "`September` and a day; a longer word is no part of a date", "chars")
_BOTH_DATES = 6  # day, month and year in each of two calendars


def date(order: str) -> Renderer:
    """A date whose numbers come in this order (`ymd`, `dmy`); further numbers (an age, a second date) go."""

    def render(call: Template) -> str:
        values = [value for value in call.places if _is_part(value)]
        if len(values) == 1 and all(part.isdecimal() for part in values[0].split()):
            values = values[0].split()
        if len(values) < 2:
            return values[0] if values else first(call)
        # Where a year is first or last, that says the order; the wiki's usual one counts only where it does not.
        slots = "ymd" if dates.is_year(values[0]) else "dmy" if dates.is_year(values[-1]) else order
        parts = dict(zip(slots, values, strict=False))
        day_first = call.page.language != "en" or call.get("df") in _SWITCHES
        return dates.written(parts.get("y", ""), parts.get("m", ""), parts.get("d", ""), call.page.language, day_first)

    return render


def _is_part(text: str) -> bool:
    """Whether a date template's argument is a day, month or year, or a date in words, and not a switch."""
    return bool(text) and text.lower() not in _SWITCHES and (len(text) <= _MOST_PART_CHARS.value or text[0].isdigit())


def old_style_date(call: Template) -> str:
    """A date in both calendars: `14|3|1854|2` is `2 (14) березня 1854`."""
    values = call.places
    if values and values[0].count(".") == 2:
        values = [*values[0].split("."), *values[1:]]
    day, month, year, old_day, old_month, old_year = [*values, "", "", "", "", "", ""][:_BOTH_DATES]
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
    """`2014` is `As of 2014`, inside a sentence (`lc=y`) `as of 2014`."""
    when = date("ymd")(call)
    return f"{'as' if call.get('lc') else 'As'} of {call.get('alt') or when}" if when else ""


def centuries(call: Template) -> str:
    """The French range of centuries: `XIX|e|au|XX|e|s` is `XIXe au XXe siècle`."""
    values = [value for value in call.places if value]
    text = " ".join(values).replace(" er", "er").replace(" e ", "e ").replace(" ème", "ème")
    return re.sub(r" e? ?s\.?$", "e siècle", text).replace("ee ", "e ")


def clock(call: Template) -> str:
    """The French hour: `4|30` is `4 h 30`."""
    return " ".join(f"{value} {mark}".strip() for value, mark in zip(call.places, ("h", "min", "s"), strict=False)
                    if value).removesuffix(" min") if call.places else ""  # fmt: skip


ROWS = (
    Row(date("ymd"), """
        birth date, birth date and age, birth-date, birth-date and age, bda, dob, death date,
        death date and age, death-date, death-date and age, dda, dod, start date, end date,
        start date and age, end date and age, film date, release date, launch date, opening date,
        birth year and age, birth year, death year and age, dts, dátum, születési dátum, halálozási dátum,
        data urodzenia, datum narození, datum narození a věk, datum úmrtí, datum úmrtí a věk, fødselsdato,
        dødsdato, fødselsdato og alder, dødsdato og alder, född, död, födelsedatum, dödsdatum,
        födelsedatum och ålder, dödsdatum och ålder, startdatum, slutdatum, startdato, datum rojstva,
        datum smrti, datum rojstva in starost, datum smrti in starost, datum rođenja, datum smrti i godine,
        dn, data nașterii, data decesului, датум рођења, датум смрти, data naixement, data de naixement,
        data de defunció, data naixement i edat, data defunció i edat, ημερομηνία γέννησης,
        ημερομηνία θανάτου, ημερομηνία γέννησης και ηλικία, ημερομηνία θανάτου και ηλικία,
        ngày sinh và tuổi, ngày sinh, ngày mất"""),
    Row(date("ymd"), "дата, date, datum, data, dato", "uk,en,sl,hr,sv,da,ro"),
    Row(date("dmy"), """
        fecha, fecha de nacimiento, fecha de fallecimiento, fecha de defunción, nacimiento, date, date-,
        date de naissance, date de décès, naissance, décès, jour, data, data di nascita, nascita, morte,
        dtlink, dtext, dni, nascimento, falecimento, dnibr, dni/idade, morte/idade, dnascimento,
        data de nascimento, datum, dato, дата, датум, дата рождения, дата смерти, дата народження, дата раждане,
        дата смърт, дата на раждане, дата и възраст, geburtsdatum, dr"""),
    Row(old_style_date, """
        oldstyledate, oldstyledatedy, oldstyledatenj, old style date, сс, сс2, сс3, сс4, дн, дн2, дс, дс2,
        дст, по старому стилю, старый стиль"""),
    Row(as_of, "as of, asof"), Row(around("c. {}"), "circa, c., ca, circ"), Row(around("fl. {}"), "floruit, fl, fl."),
    Row(around("r. {}"), "reign, r."), Row(around("née {}"), "nee, née"), Row(around("né {}"), "né"),
    Row(around("{}e siècle"), "s, s-, siècle, siècle-", "fr"),
    Row(around("{}e siècle av. J.-C."), "-s, -s-, -siècle", "fr"),
    Row(around("{}e"), "s mini, s mini-, s2, e", "fr"), Row(centuries, "sp, -sp, sp-, -sp-", "fr"),
    Row(around("siglo {}"), "siglo", "es"), Row(around("segle {}"), "segle", "ca"),
    Row(around("século {}"), "séc, século, sec", "pt"), Row(around("secolo {}"), "sec, secolo", "it"),
    Row(around("secolul {}"), "secolul, sec", "ro"), Row(clock, "heure, durée", "fr"),
    Row(joined(":", 3), "duration, durata, длительность, тривалість"),
    Row(joined("–", 2), "dash year, годы жизни, роки життя"),
    Row(first, """
        baseball year, mlb year, nfl year, nba year, nhl year, by, year, рік, год, yearlink, рік у театрі,
        рік в кіно, rok w, anno"""),
)  # fmt: skip
