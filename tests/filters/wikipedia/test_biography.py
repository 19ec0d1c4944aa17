"""The first sentence of Italian biographies."""

from __future__ import annotations

import pytest

from filters.wikipedia.biography import biography
from filters.wikipedia.templates import Template

ADA = {"nome": "Ada", "cognome": "Ponti", "sesso": "F"}
BORN = {"luogonascita": "Trento", "giornomesenascita": "3 maggio", "annonascita": "1871"}
DIED = {"luogomorte": "Roma", "giornomesemorte": "9 luglio", "annomorte": "1940"}
CASES = {
    "alive": ({**ADA, **BORN, "attività": "pittrice", "nazionalità": "italiana"},
              "Ada Ponti (Trento, 3 maggio 1871) è una pittrice italiana."),
    "dead": ({**ADA, **BORN, **DIED, "attività": "attrice", "nazionalità": "italiana"},
             "Ada Ponti (Trento, 3 maggio 1871 – Roma, 9 luglio 1940) è stata un'attrice italiana."),
    "two trades": ({"nome": "Ugo", "sesso": "M", "annonascita": "1900", "attività": "scrittore", "attività2": "poeta",
                    "nazionalità": "svizzero"}, "Ugo (1900) è uno scrittore e poeta svizzero."),
    "more trades": ({"nome": "Ugo", "attività": "medico", "attività2": "poeta", "attivitàaltre": "e marinaio",
                     "nazionalità": "svizzero"}, "Ugo è un medico, poeta e marinaio svizzero."),
    "what follows the nation": ({"nome": "Ugo", "attività": "re", "nazionalità": "svizzero",
                                 "postnazionalità": ", noto per 3 ponti"}, "Ugo è un re svizzero, noto per 3 ponti."),
    "an ending of its own": ({"nome": "Ugo", "annonascita": "1900", "annomorte": "1980", "fineincipit": "fu re"},
                             "Ugo (1900 – 1980) fu re."),
    "a pen name": ({"pseudonimo": "Ugo", "nome": "Ada", "cognome": "Ponti"}, "Ugo, pseudonimo di Ada Ponti."),
    "the surname first": ({"cognomeprima": "sì", "nome": "Min", "cognome": "Li"}, "Li Min."),
    "only dead": ({"nome": "Ugo", "annomorte": "1080", "attività": "abate"}, "Ugo (... – 1080) è stato un abate."),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "expected"), CASES.values(), ids=CASES.keys())
def test_sentence(arguments: dict[str, str], expected: str) -> None:
    assert biography(Template("bio", arguments)) == expected
