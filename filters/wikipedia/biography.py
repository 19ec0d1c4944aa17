"""The first sentence of Italian biographies, which the wiki writes as a template: `{{Bio|Nome=...|Attività=...}}`.

Source: it.wikipedia.org, Template:Bio, the manual's account of what each argument adds to the sentence.
"""

from __future__ import annotations

from filters.wikipedia.templates import Template

_VOWELS = "aeiouàèéìòù"
_IMPURE = ("z", "gn", "ps", "pn", "x", "y", *(f"s{letter}" for letter in "bcdfglmnpqrtv"))


def biography(call: Template) -> str:
    """Name, places and dates of birth and death, what the person is: one sentence with every number of the call."""
    subject = " ".join(filter(None, (call.get("titolo"), call.get("nome"), call.get("cognome"))))
    if call.get("cognomeprima"):
        subject = " ".join(filter(None, (call.get("titolo"), call.get("cognome"), call.get("nome"))))
    subject += _after(call.get("postcognome"))
    if call.get("pseudonimo"):
        subject = f"{call.get('pseudonimo')}, pseudonimo di {subject}"
    lives = _life(call)
    head = f"{subject} ({lives})" if lives else subject
    ending = call.get("fineincipit")
    if ending:
        return _stop(f"{head}{_after(ending)}" if ending[:1] == "," else f"{head} {ending}")
    return _stop(f"{head} {_trade(call)}") if call.get("attività") else _stop(head)


def _life(call: Template) -> str:
    birth = _event(call, "nascita")
    death = _event(call, "morte")
    dates = f"{birth or '...'} – {death}" if death else birth
    return "; ".join(part.strip(" ,;") for part in (call.get("predata"), dates) if part.strip(" ,;"))


def _event(call: Template, which: str) -> str:
    day, year = call.get(f"giornomese{which}"), call.get(f"anno{which}")
    when = " ".join(part for part in (day, year) if part and part != "?")
    return ", ".join(part for part in (call.get(f"luogo{which}"), when) if part)


def _trade(call: Template) -> str:
    trades = [call.get(key) for key in ("attività", "attività2", "attività3", "attività4") if call.get(key)]
    others = call.get("attivitàaltre")
    text = ", ".join(trades) if others or len(trades) == 1 else f"{', '.join(trades[:-1])} e {trades[-1]}"
    woman = call.get("sesso").upper() == "F"
    verb = ("è stata" if woman else "è stato") if call.get("annomorte") else "è"
    nation = " ".join(filter(None, (call.get("nazionalità"), call.get("nazionalitànaturalizzato"))))
    words = f"{text}{_after(others)} {nation}".strip() if nation else f"{text}{_after(others)}"
    return f"{verb} {_article(trades[0].lower(), woman)}{words}{_after(call.get('postnazionalità'))}"


def _article(noun: str, woman: bool) -> str:
    noun = noun.lstrip("[")
    if woman:
        return "un'" if noun[:1] in _VOWELS else "una "
    return "uno " if noun.startswith(_IMPURE) else "un "


def _after(text: str) -> str:
    """A continuation: joined to what stands before by a space, unless it opens with a comma."""
    return text if not text or text[0] in ",.;:)" else f" {text}"


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
