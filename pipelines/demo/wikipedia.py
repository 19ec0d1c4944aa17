"""The demo dumps of Wikipedia: four wikis in their true format, one of them of two dates, some forty pages."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Page(NamedTuple):
    """One page of a demo wiki; redirect is the title it leads to."""

    title: str
    text: str
    namespace: int = 0
    redirect: str = ""
    model: str = "wikitext"


class Wiki(NamedTuple):
    """A demo wiki: its code, and its names for talk pages, files and categories."""

    language: str
    talk: str
    file: str
    category: str


ENGLISH = Wiki("en", "Talk", "File", "Category")
GERMAN = Wiki("de", "Diskussion", "Datei", "Kategorie")
ITALIAN = Wiki("it", "Discussione", "File", "Categoria")
RUSSIAN = Wiki("ru", "Обсуждение", "Файл", "Категория")

_SALT_ROAD = """{{Use dmy dates|date=May 2022}}
{{Infobox road
| name   = Salt Road
| length = {{convert|42|km|mi}}
}}
The '''Salt Road''' ({{lang-de|Salzweg}}) is a {{convert|42|km|mi|adj=on}} footpath between [[Harbour Town]] and the
[[salt pan]]s of Ost.<ref>{{cite book|title=Roads of the coast|year=1988|url=https://books.example.org/roads}}</ref>

[[File:Salt road.jpg|thumb|upright|The path near its [[milestone]] 12]]
== History ==
Carts used the road until {{start date|1911|5|2|df=y}}, when the railway took over.{{citation needed|date=May 2022}} In
its best year {{formatnum:18400}} carts paid toll.<!-- see the toll book -->

{| class="wikitable"
! Year !! Carts
|-
| 1890 || 18,400
|}
=== Today ===
Walkers need two days. The signs show:
* the distance in hours
* the height above the sea
** in metres, never in feet

== References ==
{{reflist}}
== External links ==
* [https://walks.example.org Walks on the coast]
* [https://map.example.org Map], drawn by the schoolchildren of Ost over one long winter
{{Roads of the coast}}
[[Category:Footpaths]]
"""
_WEIGHING = """'''Weighing''' finds the [[mass]] of a thing by balance. The force is <math>F = m g</math>, so a body of
{{val|2.5|u=kg}} presses with 24.5&nbsp;N, and water of 1&nbsp;m<sup>3</sup> holds H<sub>2</sub>O enough for a week.

== Steps ==
# Set the pan to {{frac|1|2}} of the range.
# Wait until the needle rests.
#* A draught is enough to move it.
# Read the scale: <code>pan - tare</code>.

== See also ==
* [[Balance]]
"""
_LIGHTHOUSE = """{{Leuchtturm|Höhe=31}}
Der '''Leuchtturm Ost''' steht seit dem 3.&nbsp;Mai 1874 auf {{Höhe|12|DE-NHN}} und ist 31&nbsp;Meter hoch.<ref>Amt für
Seezeichen: ''Türme'', S.&nbsp;8.</ref> {{"|Er sieht weiter als wir}}, sagte der erste Wärter.

[[Datei:Turm.jpg|mini|Der Turm im Winter]]
== Technik ==
Das Licht reicht {{FormatNum|21}} Seemeilen weit. Seine Kennung:
* weiß, zwei Blitze
* alle 15 Sekunden

== Einzelnachweise ==
<references />
[[Kategorie:Leuchtturm]]
"""
_ENGINEER = """{{Bio
|Nome = Livia
|Cognome = Sartori
|Sesso = F
|LuogoNascita = Rovereto
|GiornoMeseNascita = 4 marzo
|AnnoNascita = 1869
|LuogoMorte = Trieste
|GiornoMeseMorte = 19 ottobre
|AnnoMorte = 1941
|Attività = geologa
|Nazionalità = italiana
|PostNazionalità = , studiosa delle [[salina|saline]]
}}

Lavorò per anni a quota {{M|212|u=m}} in un paese di {{formatnum:1350}} abitanti.<ref>{{cita web
|url=https://saline.example.org|titolo=Saline}}</ref>

== Opere ==
* ''Il sale'' (1899)
* ''L'acqua e il sale'' (1904)

== Note ==
<references/>
[[Categoria:Geologi italiani]]
"""
_VILLAGE = """{{Divisione amministrativa
|Nome = Salina di Ost
|Abitanti = 1350
}}
'''Salina di Ost''' è un [[comune italiano]] di {{Popolazione|ITA}} abitanti, su {{TA|21,4 km²}}.
[[File:Salina.jpg|thumb|Le vasche]]
[[Categoria:Comuni]]
"""
_BRIDGE = """{{Мост|длина=348}}
XX
[[Файл:Мост.jpg|мини|Мост зимой]]
== История ==
Открыт {{OldStyleDate|19|апреля|1899|7}} и стоил {{formatnum:730000}} рублей.

== Примечания ==
{{примечания}}
[[Категория:Мосты]]
"""
_NAMES = """'''Ost''' may be:
* [[Ost (river)]]
* [[Ost (town)]]
{{disambiguation}}
"""
_ONLY_A_TABLE = """{| class="wikitable"
|+ Tides at Harbour Town
! Day !! High water
|-
| Monday || 6:12
|-
| Tuesday || 7:01
|}
"""

_SUBJECTS = {
    "Pan": "a shallow basin in which brine dries",
    "Rake": "a tool of {{convert|3|m|ft}} with which salt is drawn to the edge",
    "Brine": "water with {{val|26|u=%}} of salt",
    "Toll book": "the list of all carts since {{circa|1790}}",
    "Milestone": "a stone every {{convert|1|mi|km}}, {{convert|5|ft|6|in}} high",
    "Ferry": "a boat that holds {{formatnum:60}} people",
    "Harbour Town": "a town at {{coord|54|10|N|12|5|E|display=inline,title}}",
    "Sluice": "a gate of [[oak]] and {{nowrap|iron bands}}",
    "Gull": "a bird ({{lang|la|Larus}}) that knows the hours of the ferry",
    "Wind pump": "a mill that lifts {{formatnum:4000}} litres an hour",
}

_SITE = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="{language}">
  <siteinfo>
    <sitename>Wikipedia</sitename>
    <dbname>{language}wiki</dbname>
    <base>https://{language}.wikipedia.org/wiki/Main</base>
    <case>first-letter</case>
    <namespaces>
      <namespace key="-2" case="first-letter">Media</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="1" case="first-letter">{talk}</namespace>
      <namespace key="6" case="first-letter">{file}</namespace>
      <namespace key="14" case="first-letter">{category}</namespace>
    </namespaces>
  </siteinfo>
"""
_PAGE = """  <page>
    <title>{title}</title>
    <ns>{namespace}</ns>
    <id>{number}</id>{redirect}
    <revision>
      <id>{revision}</id>
      <timestamp>2022-0{month}-01T08:00:00Z</timestamp>
      <model>{model}</model>
      <format>text/x-wiki</format>
      <text bytes="{bytes}" xml:space="preserve">{text}</text>
    </revision>
  </page>
"""
_END = "</mediawiki>\n"
_JUNE, _JULY = 6, 7


def english_pages() -> list[Page]:
    """The English demo wiki: articles, and a page for every reason to go."""
    return [
        Page("Salt Road", _SALT_ROAD),
        Page("Weighing", _WEIGHING),
        *(Page(title, f"'''{title}''' is {what}.\n[[Category:Salt]]\n") for title, what in _SUBJECTS.items()),
        Page("Ost", _NAMES),
        Page("Tides at Harbour Town", _ONLY_A_TABLE),
        Page("Salt way", "#REDIRECT [[Salt Road]]", redirect="Salt Road"),
        Page("Talk:Salt Road", "Is the toll book still in the archive?", namespace=1),
        Page("Salt Road/map.json", "{}", model="json"),
        Page("Blank", " "),
        Page("Only a picture", "[[File:Pan.jpg|thumb]]"),
        Page("Nests", "{{nowrap|" * 120 + "too deep" + "}}" * 120),
    ]


def page_xml(page: Page, number: int, month: int) -> str:
    """A page as the dump of a month has it; later dumps have later revisions."""
    redirect = f"\n    <redirect title={quoteattr(page.redirect)} />" if page.redirect else ""
    return _PAGE.format(
        title=escape(page.title), namespace=page.namespace, number=number, redirect=redirect, month=month,
        revision=1000 * month + number, model=page.model, bytes=len(page.text.encode()), text=escape(page.text),
    )  # fmt: skip


def dump(wiki: Wiki, pages: list[Page], month: int) -> list[str]:
    """A dump in the pieces that a multistream file packs apart: head, pages, end."""
    return [_SITE.format(**wiki._asdict()), *(page_xml(page, n, month) for n, page in enumerate(pages, 1)), _END]


def write(folder: Path) -> None:
    """Write the demo dumps: bzip2 of many streams, gzip, xz, and UTF-16 that breaks off inside its last page."""
    english = english_pages()
    now = dump(ENGLISH, english, _JULY)
    before = dump(ENGLISH, english[:2], _JUNE)
    (folder / "enwiki-20220701-pages-articles-multistream.xml.bz2").write_bytes(
        b"".join(bz2.compress(part.encode()) for part in now)
    )
    (folder / "enwiki-20220601-pages-articles.xml.gz").write_bytes(gzip.compress("".join(before).encode(), mtime=0))
    german = "".join(dump(GERMAN, [Page("Leuchtturm Ost", _LIGHTHOUSE)], _JULY))
    (folder / "dewiki-20220701-pages-articles.xml").write_text(german, encoding="utf-8", newline="\n")
    italian = "".join(dump(ITALIAN, [Page("Livia Sartori", _ENGINEER), Page("Salina di Ost", _VILLAGE)], _JULY))
    (folder / "itwiki-20220701-pages-articles.xml.xz").write_bytes(lzma.compress(italian.encode(), preset=6))
    russian = "".join(dump(RUSSIAN, [Page("Солёный мост", _BRIDGE), Page("Сломанная страница", _BRIDGE)], _JULY))
    broken = russian[: russian.rindex("</revision>")]
    (folder / "ruwiki-20220701-pages-articles.xml").write_bytes(b"\xff\xfe" + broken.encode("utf-16-le"))
