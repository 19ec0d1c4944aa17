"""Which template reads how, in the 20 languages: the table to extend when a wiki has a template that is not here.

A row is (how it reads, the wikis it holds for or "" for all, names in lower case separated by commas). A row for named
wikis goes before one for all. What is not in the table: see `read` at the end.
"""

from __future__ import annotations

import re

from filters.wikitext import templates as t
from filters.wikitext.biography import biography
from filters.wikitext.templates import Renderer, Template

_ROWS: tuple[tuple[Renderer, str, str], ...] = (
    # numbers and units
    (t.convert, "", """convert, cvt, conversie, convertir, converter, converti, konvert, converteix, конвертувати,
        конверсия, height in feet, auto in, auto mi, km to mi, ft to m, lb to kg, mi to km, acres to km2, m to ft"""),
    (t.quantity, "", """unité, unite, unidad, unitats, nombre, nb, szám, fmtn, fmn, unidade, unità, unitate, nombre unité,
        num, nts, ntsh, число, значение, formatnum, formatnumber, formnum, format nombre, format price, format number,
        si, unit, tmp, temperatur, nts, getal, liczba, numr, enhed, numero, number, m±, ntsc, rnd, round"""),
    (t.quantity, "fr", "unité/2, heures, dunité, grandeur, nb, nombre, num"),
    (t.measure, "it", "m, misura"),
    (t.value, "", "val, valor, precise, ±"),
    (t.power_of_ten, "", "e, esp, ×10^, x10^"),
    (t.fraction, "", """frac, sfrac, fraction, bruch, fracció, fracción, fração, frazione, ułamek, zlomek, tört, breuk,
        дробь, дріб, frac2, half, bråk, brøk, fracción vulgar, sfracn, zlomek/sfrac"""),
    (t.chemistry, "", "chem, chem2, chemistry, fchim, formule chimique, hím, хім, chem/atom, chemf"),
    (t.around("{} m"), "de", "höhe"),
    (t.coordinates, "", """coord, coor, coor d, coor dm, coor dms, coordinate, coordinates, koordynaty, coordenadas,
        coords, coord dec, coor title d, coordinaten, коорд, координати, koordinate, koordináta"""),
    (t.around("€{}"), "", "eur, €, euro symbol"), (t.around("{} €"), "fr,ca,es,pt,it", "euro, euros"),
    (t.around("${}"), "", "$, us$, usd, us dollar, dollar"), (t.around("£{}"), "", "gbp, pound sterling, £, gbp2"),
    (t.around("₹{}"), "", "inr, indian rupee, indianrupee, rs"), (t.around("¥{}"), "", "jpy, yen, cny, ¥, jp¥"),
    (t.around("₩{}"), "", "krw"), (t.around("A${}"), "", "aud, a$"), (t.around("C${}"), "", "cad, c$"),
    (t.joined(" ", 0, 2), "", "currency, money, währung"),
    (t.joined(""), "", "gaps, linktext, bigmath, gap num, digits"),
    (t.around("{}%"), "", "percentage symbol"), (t.around("{}th"), "", "ordinal th"),
    (t.population, "", """popolazione, numero abitanti, počet obyvatel, abitanti, ew, ewz, einwohnerzahl, населення,
        население, nüfus"""),
    # dates and times
    (t.date("ymd"), "", """birth date, birth date and age, birth-date and age 2, bda, dob, death date, death date and age,
        dda, dod, start date, end date, start date and age, film date, release date, launch date, date ymd, bya, yob,
        start and end dates, end date and age, opening date, birth year and age, death year and age, birth year, dts,
        dátum, dátum2, születési dátum, halálozási dátum, data urodzenia, datum narození, datum narození a věk,
        datum úmrtí, datum úmrtí a věk, fødselsdato, dødsdato, fødselsdato og alder, dødsdato og alder, født, død,
        födelsedatum, dödsdatum, födelsedatum och ålder, dödsdatum och ålder, startdatum, slutdatum, startdato,
        datum rojstva, datum smrti, datum smrti in starost, dn, dnv, data nașterii, data decesului, dataafiliere,
        дата рождения и возраст, датум рођења, датум смрти, date-mf, birthdeathage, data naixement, data de naixement,
        data de defunció, data naixement i edat, data defunció i edat"""),
    (t.date("dmy"), "", """fecha, fecha de nacimiento, fecha de fallecimiento, fecha de defunción, nacimiento, edad,
        date de naissance, date de décès, date, date-, naissance, décès, date rapide, date républicaine, jour, jour2,
        data, data di nascita, nascita, morte, dtlink, dtext, dni, nascimento, falecimento, dnibr, dni/idade, morte/idade,
        dnascimento, data de nascimento, data, datum, dato, дата, дата рождения, дата смерти, дата народження,
        дата раждане, дата смърт, дата на раждане, дата и възраст, geburtsdatum, datum rođenja, datum smrti, dr, ds,
        data nascimento, dn e idade, date-en, dmy"""),
    (t.date("ymd"), "uk,en,sl,hr,sv,da,ro,bg", "дата, date, datum, data, dato"),
    (t.old_style_date, "", """oldstyledate, oldstyledatedy, old style date, oldstyledatenj, сс, сс2, сс3, сс4, дн, дн2, дс, дс2,
        д-ст, дст, по старому стилю, старый стиль, стст"""),
    (t.as_of, "", "as of, asof"), (t.around("c. {}"), "", "circa, c., ca, circ"),
    (t.around("fl. {}"), "", "floruit, fl, fl."), (t.around("r. {}"), "", "reign, r., regnal"),
    (t.around("née {}"), "", "nee, née"), (t.around("né {}"), "", "né"),
    (t.century("{}e siècle"), "fr", "s, s-, siècle, siècle-, sc"), (t.century("{}e siècle av. J.-C."), "fr", "-s, -s-, -siècle"),
    (t.century("{}e"), "fr", "s mini, s mini-, s2, e"), (t.centuries, "fr", "sp, -sp, sp-, -sp-"),
    (t.century("siglo {}"), "es", "siglo"), (t.century("segle {}"), "ca", "segle"),
    (t.century("século {}"), "pt", "séc, século, sec"), (t.century("sec. {}"), "it", "sec, secolo"),
    (t.century("secolul {}"), "ro", "secolul, sec, secol"), (t.clock, "fr", "heure, durée"),
    (t.joined(":", 0, 3), "", "duration, durata, tid, длительность, тривалість"),
    (t.joined("–", 0, 2), "", "dash year, годы жизни, роки життя"),
    # words of other languages, transcription, sound
    (t.in_language, "", """lang, langue, language, langi, lang2, lang3, lingua, язык, мова, vjazyce2, cizojazyčně, langwithname,
        rtl-lang, język, sprache, spr, lang-rtl, transl, transliteration, translit, script, script/, unicode, polytonic, en langue,
        ipa, api, afi, ipac, msapi, мфа, ифа, ipa-text, lautschrift, ipa2, языка, text, ipa-all, afi2"""),
    (t.joined("", 0, None, "/{}/"), "", "ipac-en, ipac-fr, ipac-de, ipac-es, ipac-pl, ipac-it, ipac-hu"),
    (t.joined("-"), "", "respell, pron-en, usdict"), (t.nihongo, "", """nihongo, nihongo2, nihongo3, nihongo4, nihongo foot,
        nihongo core, japonais, giapponese, jap, japonés"""),
    (t.scripts, "", "zh, chinese, cinese, korean, coreano, coréen, kínai, infobox chinese/text, lang-zh, ko-hhrm"),
    (t.first, "", """russo, arabo, ebraico, greco, latin, latino, grec ancien, grec, polytonique, latinx, greek, hebrew, hebräisch,
        arabe, russe, arabisch, grc, hebreo, hebreeuws, grieks, arabic, arab, russian"""),
    (t.around("‘{}’"), "", "gloss, gl, literal translation, lit, ny"), (t.around("⟨{}⟩"), "", "angbr, angle bracket, angbr ipa"),
    (t.around("[{}]"), "", "angbrk, brackets, bracket"), (t.around("*{}"), "", "reconstructed"),
    # text that carries other text
    (t.first, "", """nowrap, nobr, nwr, nobreak, nowr, s, nbr, small, smaller, big, larger, big text, large, resize, nobold, nobold2,
        em, strong, normal, vanchor, visible anchor, va, anker2, tooltip, abbr, abbrlink, abbreviation, abréviation, abréviation discrète,
        abrd, comment, подсказка, пояснение-текст, ударение, tt, hover title, mvar, math, texmath, var, overline, overset, sic, not a typo,
        typo, as written, proper name, linkcolor, sc, smallcaps, small caps, sc1, sc2, scap, pc, petites capitales, kapitälchen, versalitas,
        versalita, pc-, caps, lc, ucfirst, lcfirst, uc, key, keypress, kbd, button, tl code, underline, u, unsure, border, centre, center, block
        indent, in5, bez wrapów, nie dziel, bez przenoszenia, centrowanie, ta, tutto attaccato, unwrapped, esd, incise, nobr, flag, flagu, flagcountry, flaglink, флагификация,
        флагифицировать, drapeau2, bandera2, bandiera2, country flag, flagge2, fb, fbu, nft, fbicon2, land, país, pays, państwo, państwo2, kraj,
        senza fonte, citazione necessaria, chiarire, cn-text, refnec, référence nécessaire, référence souhaitée, passage non neutre,
        fakt, kto, kiedy, bron?, quand, qui, pas clair, référence insuffisante, référence à confirmer, doplňte zdroj-text,
        citace necessaria, forráskérő-text, dubbio, cita requerida, carece de fontes, carece de fontes2, fact-text, mergi, cn needed, partnerské město,
        baseball year, mlb year, nfl year, nba year, nhl season, рік у театрі, by, year, рік, год, yearlink, rok w, medaille, rp-text,
        poem, poemquote-inline, lat, latb, guil-, smaller-, em-text, poème, lien web-text, ill-wd, wikidata-text, wl, link-interwiki, cslink, wle"""),
    (t.second, "", """color, colour, font color, font colour, fontcolor, colored text, couleur, цвет, колір, farbe, resize, font, legend,
        legend inline, legend-line, легенда, legende, legenda, leyenda, légende, fs, fontsize, color box, цветная ссылка, text color,
        farbig, färg, lang-font, hintergrundfarbe, background color, bg, bgcolor, цветной текст, font size"""),
    (t.last, "", "clarify span, citation needed span, fact span, tag-text, plain link, дробное, sortuj, hs2"),
    (t.joined(" "), "", "sortname, sort name, bibleverse, bibleref, bible, bibleref2, bijbel, bibbia, gemellaggio, hms-x, bv, rail line"),
    (t.second, "", "sort, sorted, ордер, sorteren, srt, sorter, sortieren, sortkey"),
    (t.joined("", 0, None), "", "not a typo2, subst, letter, letters"),
    (t.listed(", "), "", "hlist, flatlist, comma separated entries, csv, cslist, flat list, горизонтальный список, liste horizontale, lista orizzontale"),
    (t.listed("\n"), "", "plainlist, ubl, unbulleted list, plain list, bulleted list, ulist, блок"),
    (t.ship, "", "uss, hms, ss, rms, hmas, hmcs, hmnzs, sms, usns, mv, ms, ins, ship, usat, uscgc, sclass, sclass-, sclass2, sclass2-, rfa, hmt"),
    (t.link_elsewhere, "", """ill, interlanguage link, ill2, link-interwiki, illm, lien, interlanguage link multi, interlanguage, red link,
        internal link, ilm, ill-wd2, link if exists, llitjana, enlace, il"""),
    (t.not_translated, "", "нп, нп1, нп2, нп3, нп4, нп5, нп6, не переведено, не переведено 2, не переведено 5, не перекладено, iw, iw2, не преведено, не е преведено"),
    (t.last, "", "link, link audio"), (t.named("2", "1"), "", "nuclide link"),
    (t.around("{}-"), "", "prefix"), (t.nothing, "pt", "link"),
    (t.joined("-", 0, 2), "", "nuclide2, nuclide, isotope"), (t.around("({})"), "", "parentheses"),
    (t.around("⁠√{}"), "", "radic, sqrt, root, √"), (t.around("{}"), "", "sup-text"),
    (biography, "", "bio"),
    # quotations
    (t.quotation, "", """quote, cquote, blockquote, quotation, bquote, rquote, quote box, quotebox, quote frame, zitat, zitat2, цитата, citazione, citat, citát,
        idézet, cytat, cytatd, citaat, citação, citatblok, citation bloc, début citation, cita, cita2, poemquote, verse translation,
        quote without source, zitat-fr, zitat-en, zitat-la, citat2, citat i ram, blockcitat, citação2, citaçao, цитата2, цитування, citace,
        quadro citazione, cita destacada, centered pull quote, pull quote, quote centered, quotation box, citatboks, caixa de citação, врезка, эпиграф, епіграф,
        идент, citát v rámečku"""),
    (t.inline_quotation("« ", " »"), "fr", "citation, guil, guillemets, citation étrangère, incise-q, cita"),
    (t.inline_quotation("„", "“"), "de,cs,bg", "\", zitat-inline, \"-de, citace-inline"),
    (t.inline_quotation("«", "»"), "it", "quote-inline, q"), (t.inline_quotation("“", "”"), "", "qi, tq, talkquote, quote inline, gloss-q, ldquo"),
    # a sign or a word
    *((t.constant(text), "", names) for text, names in (
        ("—", "mdash, em dash, emdash, —, тире, spaced mdash, mdashb, --"), ("–", "ndash, en dash, endash, –, nbndash"),
        (" – ", "snd, spnd, spndash, spaced ndash, spaced en dash, snds, sndash, dash"), (" ", "nbsp, sp, space, thinsp, thin space, hair space, 0, nnbsp, spaces, esp, шпация, nb5, nbs, н, narrow no-break space"),
        ("'", "', apos, apostrophe, s-apos"), ("'s", "'s, 's-"), ("\" '", "\" '"), ("' \"", "' \""), ("'\"", "'\""), ("•", "•, bull, bullet"), ("·", "·, dot, middot, interpunct, *"),
        ("|", "!, pipe"), ("||", "!!"), ("=", "="), ("×", "×, x, times"), ("→", "→, rarr"), ("°C", "градус цельсія, °c"), ("°", "градус, deg, °"), ("π", "pi, π"), ("…", "..., …, ellipsis"),
        ("₽", "рубль, rub"), ("№", "№, numero sign"), ("n°", "n°, numéro, nº"), ("p.", "p., p"), ("etc.", "etc., etc"), ("av. J.-C.", "av jc, av jc., avjc, av. j.-c."), ("apr. J.-C.", "apr jc, ap jc, ap. j.-c."),
        ("a. C.", "ac, a.c., a. c."), ("d. C.", "dc, d.c., d. c."), ("Mme", "mme"), ("Mlle", "mlle"), ("M.", "m."), ("Dr", "dr"), ("Mgr", "mgr"), ("St", "st."), ("\n", "br, break, crlf, паг, newline"), ("♭", "flat, b music"),
        ("♯", "sharp"), ("♮", "natural"), ("†", "†, dagger"), ("‡", "double dagger"), ("♠", "spades"), ("∞", "infinity"))),
    (t.around("n° {}"), "fr", "numéro, n°"), (t.around("p. {}"), "fr", "p., pp., p"),
    # what says nothing in the text: sources, requests, notices, navigation
    (t.nothing, "", """r, rp, ref, refn, efn, efn-la, efn-ua, efn-lr, note, notetag, note label, ref label, refnote, sfn, sfnp, sfnm, sfnb, harv, harvnb, harvp, harvtxt, harvsp, harvnp,
        harvcol, harvcolnb, harvcoltxt, harvard citation, odn, odwołanie, snf, #tag:ref, обн, ref+, ref-, нет аи, нет аи 2, нет в источнике, источник?, джерело, fact, факт, cn, cita requerida2,
        citation needed, citation need, citeneeded, clarify, clarification needed, who, who?, when, when?, which, which?, where, where?, what, why, how, by whom, by whom?, whom, whose, according to whom,
        attribution needed, page needed, pn, dubious, dubious-inline, disputed inline, disputed-inline, vague, ambiguous, better source, better source needed, unreliable source?, unreliable source, rs?, or, original research inline,
        synthesis inline, verify source, verify credibility, failed verification, not in source, update inline, update after, weasel-inline, weasel inline, peacock inline, pov-inline, pov statement, lopsided,
        full citation needed, full, specify, inconsistent, relevance inline, importance inline, undue inline, buzzword inline, time needed, year missing, year needed, date missing, self-published inline, third-party inline, primary source inline, sps,
        dead link, webarchive, wayback, cbignore, bare url inline, link rot, permanent dead link, мёртвая ссылка, недоступная ссылка, недоступне посилання, enlace roto, lien brisé, lien mort, kaputter link, toter link, død link, død lenke, dödläk, мртва веза, ligação inativa, legătură nefuncțională, halott link, collegamento interrotto,
        doplňte zdroj, fakt?, chybí zdroj, bez źródła, necesită citare, nc, nes, nedostaje izvor, kilde mangler, källa behövs, чињеница, чињеница?, citiranje, forráskérő, hiv, citação necessária, quem?, quem, onde, quando, qué?, cuándo, quién, dónde, který, kdo?, kdy?, de quand, qui?, коли, коли?, яка?, який?, хто?, хто, де?, кто?, кто, когда?, где?, как?, какой?, каких?, чей?, уточнить, уточнити, значимость факта?, неавторитетный источник, немає в джерелі, немає ад, нет ад, значущість факту, значимість факту, стиль?, пояснити,
        anchor, anchors, anker, якорь, якір, kotwica, ancre, ancla, ancora, âncora, clear, clr, clearleft, clearright, -, --clear, br clear, absatz, -clear, breakafter, clear left, clear right, toc, toc left, toc right, toclimit, tocright, horizontal toc, compact toc, зміст у лінію,
        main, main article, see also, see, further, details, about, for, for2, other uses, other uses2, otheruses, redirect, redirect-distinguish, distinguish, hatnote, broader, main list, related articles, vedi anche, nota disambigua, article détaillé, hauptartikel, siehe auch, artículo principal, véase también, ap, vt, vegeu també, article principal, hovedartikel, uddybende, huvudartikel, se även, za glavni članek, glavni članek, glavni, zie hoofdartikel, zie ook, zie dp, osobny artykuł, seealso, artigo principal, ver também, vedi, main2, основная статья, falta, дивіться, докладніше, основна стаття, див. також, см. также, основна, основна статия, вижте също, уикиизточник, превод от, q, főcikk, bővebben, lásd még, articol principal, vezi și, podrobně, viz též, главни чланак, глави, lookfrom, intitle, переход, перехід,
        reflist, références, references, notelist, refbegin, refend, refs, przypisy, примечания, примітки, reference, références, jegyzetek, listaref, sklici, opombe, reflista, reflist2, viite, notas, appendix, referencias, izvori, отпратки,
        commons, commonscat, commons category, commons category-inline, commons-inline, commonscat-inline, commons cat, wiktionary, wikiquote, wikisource, wikibooks, wikispecies, wikiversity, wikivoyage, wikinews, sister project links, sisterlinks, sister project, interprogetto, autres projets, wikislovník, wikicitáty, wikizdroje, wikicitaty, schwesterprojekt, wikt, portal, portal bar, portal-inline, portale, portail, portál, портал, authority control, autorité, controllo di autorità, normdaten, control de autoridades, bases, bases recherche, dictionnaires, liens, autoritetsdata, auktoritetsdata, нормативный контроль, нормативний контроль, kontrola autorytatywna, autorská kontrola, nemzetközi katalógusok, controle de autoridade, normativna kontrola, bibliowiki, collegamenti esterni, navbox, navboxes, succession box, s-start, s-end, stub, italic title, displaytitle, defaultsort, short description, use dmy dates, use mdy dates, use british english, good article, featured article, pp-protected, pp-semi, pp, authority, coord missing, lifetime, ordenar, bd, персоналия, взаимовики,
        audio, listen, sound, link audio2, lydfil, ljud, prononciation, écouter, pronunciation, audio-ipa, aussprache, слушать, pronunță, izgovor, file, multiple image, gallery, image frame, css image crop, wide image, superimpose, photomontage, panorama, location map, osm location map, graph:chart, chart, side box, timeline, carte, audio2,
        flagicon, flag icon, flagdeco, flagg, bandera, bandiera, drapeau, flagge, flaga, флаг, флагче, прапорець, прапорзначок, прапор, ікона, bandeira, flaggbild, flaggikon, zászló, зас, застава, ikonazastave, ikona zastave, zastava, vlajka, vlag, flagikon, steag, simbolo, bandiera simbolo, flagicon image, флагсср, coa, player, medal, gold01, silver02, bronze03, gold medal, silver medal, bronze medal, increase, decrease, steady, up, down, yes, no, won, nom, rating, stars, dni?, sortkey, hs, hidden sort key, ntsn,
        official website, official, website, web oficial, site officiel, sito ufficiale, offizielle website, url?, официальный сайт, офіційний сайт, званични веб-сајт, web officiel, imdb, imdb name, imdb title, youtube, twitter, facebook, instagram, dmoz, curlie, osmrelation-inline, osmrelation, isbn?, oclc, doi, pmid, pmc, jstor, arxiv, issn, issn search link, lccn, bibcode, asin, ol, oclc search, dnb-portal, dnb, zdb, bnf, gnd, lsj, internet archive author, librivox author, gutenberg author, worldcat id, nytтopic, cia world factbook link, wikiatlas, in our time, opencorp, mathworld, planetmath, eb1911, catholic, britannica, 1911, sep, iep, cite, citation, vcite book, citar, literatur, literatuur, internetquelle, литература, книга, статья, стаття, cite web 2, публікація, література, книга2, ouvrage, article, chapitre, lien web, lien, link-text, plume, opracowanie, navedi, cytuj, opgave, bogudgivelse, kirja, ws, webbref, bokref, tidningsref, bronvermelding, cytuj stronę, cytuj książkę,
        en icon, in lang, language icon, de, en, fr, es, it, ru, la, pl, pt, nl, cs, hu, uk, ca, mul, sr, hr, sl, sv, da, ro, bg, el, ja, he, sk, fi, no, lt, lv, et, eu, gl, icon, ikona, eng, ger,
        inflation, inflation-fn, inflation/year, sprogikon, byline, citation style, dts sort, age, age in years, lies, portalleiste, gesprochene version, all plot, prettytable, col-begin, col-end, col-2, col-3, col-4, col-break, colbegin, colend, div col, div col end, multicol, multicol-break, multicol-end, columns-list-end, начало цитаты, конец цитаты, quote-end, fin citation, s-bef, s-ttl, s-aft, шрифты, contains special characters, noprint"""),
    (t.link_elsewhere, "fr", "lien"), (t.nothing, "", "lien web"), (t.nothing, "it,es,en", "ref"),
    (t.first, "en", "columns-list, div col text"), (t.nothing, "pt", "esd"), (t.around("ISBN {}"), "", "isbn, isbnt, isbn-10, isbn-13"),
)  # fmt: skip


def _table() -> dict[tuple[str, str], Renderer]:
    return {
        (language, name.strip()): renderer
        for renderer, languages, names in reversed(_ROWS)
        for language in languages.split(",")
        for name in names.split(",")
    }


TABLE = _table()

_FAMILIES: tuple[tuple[re.Pattern[str], Renderer], ...] = tuple((re.compile(pattern), renderer) for pattern, renderer in (
    (r"lang-.+|langx|lang2-.+|јез-.+|језик-.+|jezik-.+|jez-.+|vol-.+|[a-z]{2,3}s|lang[a-z]-.+", t.word),
    (r"ipa-.+|ipac-.+|api-.+|afi-.+|мфа-.+", t.first),
    (r"cite.*|cita .+|citar .+|citation/.+|citace .+|citace-.+|cytuj .+|cit-.+|citeer .+|navedi .+|наведи .+|"
     r"книга:.+|цитуй .+|cita-.+|ref-.+|infobox.*|infocaja.*|info/.*|taxobox.*|automatic taxobox|speciesbox|navbox.*|"
     r".+[ -]stub|.+ icon|stub.*|wikidata.*|commons.*|s-[a-z]+|esbozo.*|ébauche.*|картка.*|карточка.*|картичка.*|"
     r".+ infobox|use .+ dates|use .+ english|pp-.+|db-.+|col-.+|graph:.+|шаблон:.+|#.+|cite_.+|flagg?ic.+|iso[ -].+", t.nothing),
))  # fmt: skip
_FRENCH_ORDINAL = re.compile(r"((?:\d+|[ivxlcdm]+)(?:er|re|e|ère|ème|nd|nde|ers|res|es))( siècle)?")
_CLUB = re.compile(r"(?:calcio|basket|pallavolo|rugby|hockey|pallamano|pallanuoto|naz|football|futsal) (.+)")


def renderer_of(name: str, language: str) -> Renderer | None:
    """How a template (name in lower case) reads on a wiki; None where the table does not know it."""
    known = TABLE.get((language, name)) or TABLE.get(("", name))
    if known is not None:
        return known
    for pattern, renderer in _FAMILIES:
        if pattern.fullmatch(name):
            return renderer
    if language == "fr" and _FRENCH_ORDINAL.fullmatch(name):
        return french_ordinal
    if language == "it" and _CLUB.fullmatch(name):
        return club
    return None


def french_ordinal(call: Template) -> str:
    """`{{84e|Congrès}}` is `84e Congrès`, `{{XXe siècle}}` is itself."""
    match = _FRENCH_ORDINAL.fullmatch(call.name)
    number = match[1] if match else call.name
    stem = re.match(r"\d+|[ivxlcdm]+(?=er$|re$|e$|ère$|ème$|nd$|nde$|ers$|res$|es$)", number)
    roman = stem[0].upper() + number[stem.end() :] if stem else number
    return " ".join([roman + (match[2] or "" if match else ""), *call.places[:1]])


def club(call: Template) -> str:
    """`{{Calcio Juventus|G}}` is `Juventus`."""
    return call.name.partition(" ")[2].title()


def unknown(call: Template) -> str:
    """A template of a sentence that the table does not know: what it carries by place, a number with its unit.

    A template whose arguments all have names describes something (a source, a map) and says nothing.
    """
    values = [value for value in call.places if value]
    if not values or _IS_ADDRESS.match(values[0]):
        return ""
    if values[0][0].isdigit() and len(values) > 1:
        numbers = [value for value in values[:3] if value.isdecimal()]
        if len(numbers) > 1:
            return " ".join(numbers)
        return f"{values[0]} {values[1]}" if len(values[1]) <= _UNIT_CHARS else values[0]
    if len(values) > 1 and t.is_code(values[0]):
        return values[1]
    return values[0] if not t.is_code(values[0]) else ""


_IS_ADDRESS = re.compile(r"(?:https?:)?//|www\.|.+\.(?:jpe?g|png|svg|gif|ogg|webm|ogv|wav|mp3)$", re.IGNORECASE)
_UNIT_CHARS = 6
