"""What links show, in the namespaces of 20 languages."""

from __future__ import annotations

import pytest

from filters.wikipedia.links import is_embedded, is_mostly_link, show_external_links, without_link_marks
from filters.wikipedia.names import CATEGORY, FILE
from filters.wikipedia.page import plain_text

SHOWN = {
    "plain": ("[[a]]s", "as"),
    "labelled": ("[[a (b)|c]]", "c"),
    "a label with a bar": ("[[a|b|c]]", "b|c"),
    "a label of markup": ("[[a|''b'' {{nowrap|c}}]]", "b c"),
    "an empty label": ("[[Pizza (food)|]] [[Help:Pizza|]]", "Pizza Pizza"),
    "a section": ("see [[#History]] [[a#b]]", "see #History a#b"),
    "a title with a colon": ("[[Star Wars: Episode IV]]", "Star Wars: Episode IV"),
    "a category shown": ("[[:Category:Foo]] [[:Kategorie:Bar|b]]", "Foo b"),
    "a file shown": ("[[:File:Foo.jpg]]", "Foo.jpg"),
    "another wiki": ("[[wikt:word]] [[wikt:word|w]] [[:de:Wort]] [[s:fr:Mot]]", "word w Wort Mot"),
    "another language's page": ("a[[de:Wort]][[zh-min-nan:x]]", "a"),
    "a picture": ("a[[File:x.jpg|thumb|20px|b [[c|d]] {{e}}]]f", "af"),
    "a picture by an unknown name": ("a[[Obraz:x y.JPG|thumb|b]]c", "ac"),
    "a broken link": ("a [[b c", "a b c"),
    "a broken picture": ("a [[File:x.jpg|thumb|20px|b c", "a b c"),
}


@pytest.mark.parametrize(("wikitext", "expected"), SHOWN.values(), ids=SHOWN.keys())
def test_link_shows(wikitext: str, expected: str) -> None:
    assert plain_text(wikitext, nesting=9, marks=99) == expected


FILES = """bg Файл, ca Fitxer, cs Soubor, da Fil, de Datei, en File, es Archivo, fr Fichier, hr Datoteka, hu Fájl,
    it File, nl Bestand, pl Plik, pt Ficheiro, ro Fișier, ru Файл, sl Slika, sr Датотека, sv Fil,
    uk Файл, el Αρχείο, vi Tập tin"""
ALIASES = """bg Картинка, ca Imatge, cs Obrázek, da Billede, de Bild, en Image, es Imagen, fr Image, hr Slika, hu Kép,
    it Immagine, nl Afbeelding, pl Grafika, pt Imagem, ro Imagine, ru Изображение, sr Слика, sv Bild, uk Зображення"""
CATEGORIES = """bg Категория, ca Categoria, cs Kategorie, da Kategori, de Kategorie, en Category, es Categoría,
    fr Catégorie, hr Kategorija, hu Kategória, it Categoria, nl Categorie, pl Kategoria, pt Categoria, ro Categorie,
    ru Категория, sl Kategorija, sr Категорија, sv Kategori, uk Категорія, el Κατηγορία, vi Thể loại"""
NAMES = [entry.strip() for row in (FILES, ALIASES, CATEGORIES) for entry in row.split(",")]


@pytest.mark.parametrize("name", [entry.partition(" ")[2] for entry in NAMES], ids=NAMES)
def test_localised_namespace_goes(name: str) -> None:
    assert plain_text(f"a[[{name}:B c|thumb|d]][[ {name.upper()} : E]]f", nesting=9, marks=99) == "af"


@pytest.mark.parametrize("target", [":File:a|b", "Files: a]]", "A: b|c", "File a|b", "http://x|y"])
def test_what_is_no_namespace_stays(target: str) -> None:
    assert not is_embedded(target, FILE, CATEGORY)


EXTERNAL = {
    "a label": ("[http://a.b c d]", "c d"),
    "no label": ("a [http://a.b] c", "a \x01 c"),
    "no scheme": ("[//a.b c]", "c"),
    "mail": ("[mailto:a@b c]", "c"),
    "not over lines": ("[http://a.b c\nd]", "[http://a.b c\nd]"),
    "a bracket that is none": ("[sic] [1]", "[sic] [1]"),
    "a bare address": ("see http://a.b/c", "see http://a.b/c"),
}


@pytest.mark.parametrize(("wikitext", "expected"), EXTERNAL.values(), ids=EXTERNAL.keys())
def test_external_link_shows(wikitext: str, expected: str) -> None:
    assert without_link_marks(show_external_links(wikitext)) == expected


def test_mostly_link_on_both_sides_of_the_limit() -> None:
    entry = show_external_links("- [http://a.b long label of the site], nine more")
    assert is_mostly_link(entry, len("- , nine more") + 1)
    assert not is_mostly_link(entry, len("- , nine more"))
    assert is_mostly_link("- http://a.b/c x", 40)
    assert not is_mostly_link("- no link", 40)
