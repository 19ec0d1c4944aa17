"""Templates that say nothing in the text: their names in the 20 languages, by what they are for."""

from __future__ import annotations

from filters.wikipedia.templates import Row, nothing

_SOURCES = """
    r, rp, ref, refn, efn, efn-la, efn-ua, efn-lr, note, notetag, note label, ref label, refnote, sfn, sfnp, sfnm,
    sfnb, harv, harvnb, harvp, harvtxt, harvsp, harvnp, harvcol, harvcolnb, harvcoltxt, harvard citation, odn,
    odwołanie, snf, #tag:ref, обн, ref+, ref-
"""  # footnotes and short citations
_REQUESTS = """
    нет аи, нет аи 2, нет в источнике, источник?, джерело, fact, факт, cn, citation needed, citation need,
    citeneeded, clarify, clarification needed, who, who?, when, when?, which, which?, where, where?, what, why,
    how, by whom, by whom?, whom, whose, according to whom, attribution needed, page needed, pn, dubious,
    dubious-inline, disputed inline, disputed-inline, vague, ambiguous, better source, better source needed,
    unreliable source?, unreliable source, rs?, or, original research inline, synthesis inline, verify source,
    verify credibility, failed verification, not in source, update inline, update after, weasel-inline,
    weasel inline, peacock inline, pov-inline, pov statement, lopsided, full citation needed, full, specify,
    inconsistent, relevance inline, importance inline, undue inline, buzzword inline, time needed, year missing,
    year needed, date missing, self-published inline, third-party inline, primary source inline, sps, dead link,
    webarchive, wayback, cbignore, bare url inline, link rot, permanent dead link, мёртвая ссылка,
    недоступная ссылка, недоступне посилання, enlace roto, lien brisé, lien mort, kaputter link, toter link,
    død link, død lenke, dödläk, мртва веза, ligação inativa, legătură nefuncțională, halott link,
    collegamento interrotto, doplňte zdroj, fakt?, chybí zdroj, bez źródła, necesită citare, nc, nes,
    nedostaje izvor, kilde mangler, källa behövs, чињеница, чињеница?, citiranje, forráskérő, hiv,
    citação necessária, quem?, quem, onde, quando, qué?, cuándo, quién, dónde, který, kdo?, kdy?, de quand, qui?,
    коли, коли?, яка?, який?, хто?, хто, де?, кто?, кто, когда?, где?, как?, какой?, каких?, чей?, уточнить,
    уточнити, значимость факта?, неавторитетный источник, немає в джерелі, немає ад, нет ад, значущість факту,
    значимість факту, стиль?, пояснити
"""  # what editors ask of each other
_PLACES = """
    anchor, anchors, anker, якорь, якір, kotwica, ancre, ancla, ancora, âncora, clear, clr, clearleft, clearright,
    -, --clear, br clear, absatz, -clear, breakafter, clear left, clear right, toc, toc left, toc right, toclimit,
    tocright, horizontal toc, compact toc, зміст у лінію
"""  # anchors, line clearing, tables of contents
_POINTERS = """
    main, main article, see also, see, further, details, about, for, for2, other uses, other uses2, otheruses,
    redirect, redirect-distinguish, distinguish, hatnote, broader, main list, related articles, vedi anche,
    nota disambigua, article détaillé, hauptartikel, siehe auch, artículo principal, véase también, ap, vt,
    vegeu també, article principal, hovedartikel, uddybende, huvudartikel, se även, za glavni članek,
    glavni članek, glavni, zie hoofdartikel, zie ook, zie dp, osobny artykuł, seealso, artigo principal,
    ver também, vedi, main2, основная статья, falta, дивіться, докладніше, основна стаття, див. також, см. также,
    основна, основна статия, вижте също, уикиизточник, превод от, q, főcikk, bővebben, lásd még, articol principal,
    vezi și, podrobně, viz též, главни чланак, глави, lookfrom, intitle, переход, перехід
"""  # "main article", "see also", "for other uses"
_REFERENCE_LISTS = """
    reflist, références, references, notelist, refbegin, refend, refs, przypisy, примечания, примітки, reference,
    jegyzetek, listaref, sklici, opombe, reflista, reflist2, viite, notas, appendix, referencias, izvori, отпратки
"""  # where footnotes are listed
_NAVIGATION = """
    commons, commonscat, commons category, commons category-inline, commons-inline, commonscat-inline, commons cat,
    wiktionary, wikiquote, wikisource, wikibooks, wikispecies, wikiversity, wikivoyage, wikinews,
    sister project links, sisterlinks, sister project, interprogetto, autres projets, wikislovník, wikicitáty,
    wikizdroje, wikicitaty, schwesterprojekt, wikt, portal, portal bar, portal-inline, portale, portail, portál,
    портал, authority control, autorité, controllo di autorità, normdaten, control de autoridades, bases,
    bases recherche, dictionnaires, liens, autoritetsdata, auktoritetsdata, нормативный контроль,
    нормативний контроль, kontrola autorytatywna, autorská kontrola, nemzetközi katalógusok,
    controle de autoridade, normativna kontrola, bibliowiki, collegamenti esterni, navbox, navboxes,
    succession box, s-start, s-end, stub, italic title, displaytitle, defaultsort, short description,
    use dmy dates, use mdy dates, use british english, good article, featured article, pp-protected, pp-semi, pp,
    authority, coord missing, lifetime, ordenar, bd, персоналия, взаимовики
"""  # sister projects, portals, norm data, navigation boxes
_PICTURES = """
    audio, listen, sound, lydfil, ljud, prononciation, écouter, pronunciation, audio-ipa, aussprache, слушать,
    pronunță, izgovor, file, multiple image, gallery, image frame, css image crop, wide image, superimpose,
    photomontage, panorama, location map, osm location map, graph:chart, chart, side box, timeline, carte, audio2
"""  # pictures, maps, sound
_FLAGS = """
    naz, flagicon, flag icon, flagdeco, flagg, bandera, bandiera, drapeau, flagge, flaga, флаг, флагче, прапорець,
    прапорзначок, прапор, ікона, bandeira, flaggbild, flaggikon, zászló, зас, застава, ikonazastave, ikona zastave,
    zastava, vlajka, vlag, flagikon, steag, simbolo, bandiera simbolo, flagicon image, флагсср, coa, player, medal,
    gold01, silver02, bronze03, gold medal, silver medal, bronze medal, increase, decrease, steady, up, down, yes,
    no, won, nom, rating, stars, sortkey, hs, hidden sort key, ntsn
"""  # flags, medals, symbols of a table
_OTHER_SITES = """
    official website, official, website, web oficial, site officiel, sito ufficiale, offizielle website,
    официальный сайт, офіційний сайт, званични веб-сајт, web officiel, imdb, imdb name, imdb title, youtube,
    twitter, facebook, instagram, dmoz, curlie, osmrelation-inline, osmrelation, oclc, doi, pmid, pmc, jstor,
    arxiv, issn, issn search link, lccn, bibcode, asin, ol, oclc search, dnb-portal, dnb, zdb, bnf, gnd, lsj,
    internet archive author, librivox author, gutenberg author, worldcat id, cia world factbook link, wikiatlas,
    in our time, opencorp, mathworld, planetmath, eb1911, catholic, britannica, 1911, sep, iep
"""  # identifiers and links at other sites
_CITATIONS = """
    citation, vcite book, citar, literatur, literatuur, internetquelle, литература, книга, статья, стаття,
    публікація, література, ouvrage, article, chapitre, lien web, plume, opracowanie, navedi, cytuj, opgave,
    bogudgivelse, kirja, ws, webbref, bokref, tidningsref, bronvermelding, cytuj stronę, cytuj książkę
"""  # works cited
_LANGUAGE_ICONS = """
    en icon, in lang, language icon, de, en, fr, es, it, ru, la, pl, pt, nl, cs, hu, uk, ca, mul, sr, hr, sl, sv,
    da, ro, bg, el, ja, he, sk, fi, lt, lv, et, eu, gl, eng, ger
"""  # "(in German)"
_NOTICES = """
    inflation, inflation-fn, inflation/year, sprogikon, byline, age, age in years, portalleiste,
    gesprochene version, prettytable, col-begin, col-end, col-2, col-3, col-4, col-break, colbegin, colend,
    div col, div col end, multicol, multicol-break, multicol-end, columns-list-end, начало цитаты, конец цитаты,
    quote-end, fin citation, s-bef, s-ttl, s-aft, шрифты, contains special characters, noprint, значення, значения,
    другие значения, про значення, refimprove, unreferenced, multiple issues, expand, cleanup, no footnotes,
    more citations needed, orphan, update, tone, pov, advert, expand section, empty section, section stub,
    unreferenced section, sep entry, metadaten einwohnerzahl, fldez, actualizar, harvid, ac
"""  # notices about the article, columns, what only a server can compute

ROWS = tuple(Row(nothing, names) for names in (
    _SOURCES, _REQUESTS, _PLACES, _POINTERS, _REFERENCE_LISTS, _NAVIGATION,
    _PICTURES, _FLAGS, _OTHER_SITES, _CITATIONS, _LANGUAGE_ICONS, _NOTICES,
))  # fmt: skip
