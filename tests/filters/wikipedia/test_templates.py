"""What each kind of template reads as, by wiki; and that what the tables do not know still keeps its numbers."""

from __future__ import annotations

import pytest

from filters.wikipedia.page import plain_text
from filters.wikipedia.template_table import TABLE, renderer_of

CASES = {
    # numbers and units
    ("en", "{{convert|90|km|mi|abbr=on}}"): "90 km",
    ("en", "{{convert|5|to|10|km}}"): "5 to 10 km",
    ("en", "{{convert|100|-|200|m}}"): "100-200 m",
    ("en", "{{convert|5|ft|6|in}}"): "5 ft 6 in",
    ("en", "{{convert|1+1/2|in}}"): "1 1/2 in",
    ("en", "{{cvt|640|sqmi|km2}}"): "640 sq mi",
    ("en", "{{convert|2|C}}"): "2 °C",
    ("ro", "{{conversie|22|–|25|C|F}}"): "22–25 °C",
    ("fr", "{{unité|5|km|2}}"): "5 km²",
    ("fr", "{{unité|3 797|m}}"): "3 797 m",
    ("es", "{{unidad|5|km}}"): "5 km",
    ("hu", "{{szám|180000}}"): "180000",
    ("pt", "{{fmtn|90000|km}}"): "90000 km",
    ("it", "{{M|3743,21||km2}}"): "3743,21 km²",
    ("it", "{{M|5|u=km}}"): "5 km",
    ("it", "{{TA|30 546 km²}}"): "30 546 km²",
    ("it", "{{formatnum:4666175}}"): "4666175",
    ("en", "{{formatnum: 3003}}"): "3003",
    ("fr", "{{tmp|2|°C}}"): "2 °C",
    ("fr", "{{euro|77.80}}"): "77.80 €",
    ("en", "{{US$|5 million}}"): "$5 million",
    ("en", "{{val|6.241|e=18}}"): "6.241×10¹⁸",
    ("en", "{{val|1.23|0.05|u=m}}"): "1.23±0.05 m",
    ("en", "{{frac|3}} {{frac|1|2}} {{frac|3|1|2}}"): "1/3 1/2 3 1/2",
    ("en", "{{sfrac|1|2}}"): "1/2",
    ("de", "{{Bruch|1|2}}"): "1/2",
    ("de", "{{Höhe|115|DE-NHN}}"): "115 m",
    ("en", "{{chem|C|2|H|6}}"): "C₂H₆",
    ("en", "{{height|m=1.80}} {{height|ft=5|in=6}}"): "1.80 m 5 ft 6 in",
    ("en", "x {{coord|52|30|59|N|13|22|39|E|display=inline}}"): "x 52°30′59″N 13°22′39″E",
    ("en", "x {{coord|52.5|13.4}}"): "x 52.5, 13.4",
    ("en", "x {{coord|52|30|N|13|22|E|display=title}}"): "x",
    ("it", "{{Div|Abitanti = 4.512\n}}\nun comune di {{Popolazione|ITA}} abitanti"): "un comune di 4.512 abitanti",
    # dates
    ("en", "{{birth date and age|1954|7|17}}"): "July 17, 1954",
    ("en", "{{birth date|df=yes|1954|7|17}}"): "17 July 1954",
    ("en", "{{death date and age|1954|7|17|1900|1|1}}"): "July 17, 1954",
    ("en", "{{start date|1932}}"): "1932",
    ("en", "{{start date|1932|6}}"): "June 1932",
    ("en", "{{death-date|17 July 1954}}"): "17 July 1954",
    ("en", "{{as of|2014}} {{as of|2014|6|lc=y}}"): "As of 2014 as of June 2014",
    ("en", "{{circa|1500}}"): "c. 1500",
    ("en", "{{OldStyleDate|February 2|1905|January 20}}"): "February 2 [O.S. January 20] 1905",
    ("fr", "{{date|29 9 2019}} {{date de naissance|11|novembre|1866}}"): "29 septembre 2019 11 novembre 1866",
    ("es", "{{fecha|17|7|1954}}"): "17 de julio de 1954",
    ("pt", "{{dtext|17|7|1954}}"): "17 de julho de 1954",
    ("ca", "{{data|17|7|1954}}"): "17 de juliol de 1954",
    ("hu", "{{dátum|1954|07|17}}"): "1954. július 17.",
    ("cs", "{{datum narození|1954|7|17}}"): "17. července 1954",
    ("ru", "{{дата рождения|17|7|1954}}"): "17 июля 1954",
    ("en", "{{start date|abcdefghijk|1954}}"): "abcdefghijk 1954",
    ("en", "{{start date|abcdefghijkl|1954}}"): "1954",
    ("ru", "{{СС|14.3.1854|2}} {{СС|14.3|1854}}"): "2 (14) марта 1854 14.3 1854",
    ("uk", "{{ДН|14|3|1854|2}}"): "2 (14) березня 1854",
    ("uk", "{{ДН|9|3|1814|25|2}}"): "25 лютого (9 березня) 1814",
    ("uk", "{{ДН|8|1|1901|26|12|1900}}"): "26 грудня 1900 (8 січня 1901)",
    ("uk", "{{ДС|30|3|1977}} {{Дата|2000|7|25}}"): "30 березня 1977 25 липня 2000",
    ("vi", "{{ngày sinh và tuổi|1954|7|17}}"): "17 tháng 7 năm 1954",
    ("fr", "{{s-|XXI}} {{-s|II}} {{XXe siècle}}"): "XXIe siècle IIe siècle av. J.-C. XXe siècle",
    ("fr", "{{84e|Congrès}} {{Ier}} {{1re}}"): "84e Congrès Ier 1re",
    ("fr", "{{heure|4|30}}"): "4 h 30",
    ("ca", "{{segle|XIII|s}}"): "segle XIII",
    ("pt", "{{séc|XIII}}"): "século XIII",
    # words
    ("en", "{{lang|de|Wort}} {{lang-de|Wort}} {{langx|de|Wort}}"): "Wort Wort de",
    ("en", "{{Lang|grc-Latn|pélagos}}"): "pélagos",
    ("en", "{{transl|ar|al-Jazā'ir}}"): "al-Jazā'ir",
    ("en", "{{lang|de|Wort|Rest}} {{lang|Wort|Rest}} {{lang|Wort}}"): "Wort Wort Wort",
    ("en", "a{{lang|de}}b {{lang|de|text=Wort}}"): "ab Wort",
    ("en", "{{IPA|/a/}} {{IPA|de|bɛʁ}} {{IPA-de|ˈb|lang|x.ogg}}"): "/a/ bɛʁ ˈb",
    ("en", "{{IPAc-en|ˈ|ʃ|oʊ|p}} {{respell|SHOH|pən}}"): "/ˈʃoʊp/ SHOH-pən",
    ("en", "{{Nihongo|'''Aikido'''|合気道|Aikidō|lead=yes}}"): "Aikido (合気道, Aikidō)",
    (
        "en",
        "{{nihongo3|Tower|塔|Tawā}} {{nihongo3|Tower|塔}} {{nihongo3||塔|Tawā}}",
    ): "Tawā (塔, Tower) Tower (塔) Tawā (塔)",
    ("en", "{{nihongo2|塔}} {{nihongo||塔|Tawā}} {{nihongo|Tower}}"): "塔 塔, Tawā Tower",
    ("en", "{{nihongo|Tower|塔|Tawā|the high one|more}}"): "Tower (塔, Tawā, the high one)",
    (
        "en",
        "{{sclass|Nimitz|carrier|1}} {{sclass|Nimitz}} {{ship|HMS|Victory|1765}}",
    ): "Nimitz-class carrier Nimitz-class HMS Victory",
    ("en", "{{zh|labels=no|c={{linktext|民航}}|l=Civilian}}"): "民航; Civilian",
    ("en", "{{nowrap|2,500 MW}} {{small|a}} {{abbr|b|c}}"): "2,500 MW a b",
    ("en", "{{color|red|text}} {{legend|#FAEB86|won}}"): "text won",
    ("en", "{{USS|Hornet|CV-12|6}} {{HMS|Ajax|22}}"): "USS Hornet (CV-12) HMS Ajax (22)",
    ("en", "{{ill|Foo|de|Bar}} {{ill|Foo|de|Bar|lt=Baz}}"): "Foo Baz",
    ("en", "a{{snd}}b{{mdash}}c{{nbsp}}d{{'s}}"): "a – b—c d's",
    ("en", "{{hlist|a|b}}"): "a, b",
    ("en", "x\n{{quote|Y z.|Ann}}"): "x\n\nY z. — Ann",
    ("de", '{{"|Ja}}'): "„Ja“",
    ("fr", "{{citation|Oui}} {{langue|de|Wort}} {{lien|lang=de|Barbara}}"): "« Oui » Wort Barbara",
    ("fr", "{{refnec|Il plut}} {{incise|dit-il}}"): "Il plut – dit-il –",
    ("it", "{{senza fonte|Piove}} {{chiarire|ieri|quando?}} {{Calcio Juventus|G}}"): "Piove ieri Juventus",
    ("pl", "{{Fakt|Padało|data=2017}}"): "Padało",
    ("es", "{{esd}}x {{esd|5 km}}"): "x 5 km",
    ("ru", "{{нп5|Цель|Целью|de|Ziel}} {{iw|Цель|||Ziel}}"): "Целью Цель",
    ("sr", "{{јез-нем|Wort}}"): "Wort",
    ("sl", "{{jezik-de|Wort}}"): "Wort",
    ("ltg", "{{Vol-ru|слово}}"): "слово",
    ("en", "{{PAGENAME}}"): "Title",
    # nothing
    ("en", "a{{sfn|Smith|2009}}{{citation needed|date=May 2017}}{{efn|x}} b{{rp|30}}."): "a b.",
    ("en", "a ({{lang-en}}; {{coord|1|N|2|E|display=title}}) b ({{flagicon|FR}} c)"): "a b (c)",
    ("uk", "a {{джерело}}, b {{ref-ru}}."): "a, b.",
    # not in the tables
    ("en", "rose to {{no such thing|5|km}} high"): "rose to 5 km high",
    ("en", "on {{no such thing|17|7|1954}} it"): "on 17 7 1954 it",
    ("en", "the {{no such thing|de|Wort}} it"): "the Wort it",
    ("en", "the {{no such thing|url=http://a.org|title=b}} it"): "the it",
    ("en", "the {{no such thing|http://a.org}} it"): "the it",
    ("en", "* {{no such thing|a}}\ntext"): "text",
    ("en", "{{no such thing|a}}\ntext"): "text",
}


@pytest.mark.parametrize(("language", "wikitext"), CASES, ids=[f"{language} {text[:40]}" for language, text in CASES])
def test_template_reads(language: str, wikitext: str) -> None:
    text = plain_text(wikitext, nesting=100, marks=1000, language=language, title="Title")
    assert text == CASES[language, wikitext]


def test_a_row_for_a_wiki_goes_before_one_for_all() -> None:
    assert renderer_of("s", "fr") is not renderer_of("s", "uk")
    assert renderer_of("s", "fr") is TABLE["fr", "s"]


def test_names_are_as_they_are_looked_up() -> None:
    assert [name for _, name in TABLE if name != " ".join(name.lower().split()) or "_" in name] == []
