"""Templates that carry words: other languages and scripts, styled text, quotations, links, signs."""

from __future__ import annotations

from filters.wikipedia.biography import biography
from filters.wikipedia.templates import (
    Renderer,
    Row,
    Template,
    around,
    constant,
    first,
    is_code,
    joined,
    last,
    listed,
    longest,
    nothing,
    second,
    strictly_second,
)

_OTHER_SCRIPTS = slice(1, 4)
"""The arguments of `nihongo` beside the name: script, transcription, what else it is called."""


def quotation(call: Template) -> str:
    """A quotation as a paragraph of its own, and who said it."""
    text = call.get("text", "quote", "цитата", "текст", "citat", "testo", "texto", "texte", "1", "citation", "cita",
                    "content", "citazione", "cytat", "treść", "citát", "idézet", "citaat")  # fmt: skip
    author = call.get("author", "sign", "автор", "autor", "2", "auteur", "by", "autore", "źródło", "szerző")
    if not text:
        return ""
    return f"\n\n{text} — {author}\n\n" if author else f"\n\n{text}\n\n"


def inline_quotation(opening: str, closing: str) -> Renderer:
    """A quotation inside a sentence, in the language's own marks."""

    def render(call: Template) -> str:
        text = call.get("1", "text", "testo", "citation")
        return f"{opening}{text}{closing}" if text else ""

    return render


def in_language(call: Template) -> str:
    """`de|Wort` is `Wort`: the text after the code of its language."""
    values = [part for part in call.places if part]
    text = call.get("text", "texte")
    if text or not values:
        return text
    return values[1] if len(values) > 1 and is_code(values[0]) else "" if is_code(values[0]) else values[0]


def word(call: Template) -> str:
    """`lang-de|Wort` is `Wort`: the language stands in the name."""
    text = call.get("1", "text", "lang1", "2")
    script = call.get("translit", "tr")
    return f"{text} {script}" if script and text else text


def nihongo(call: Template) -> str:
    """A name, its Japanese script and its transcription: `Aikido|合気道|Aikidō` is `Aikido (合気道, Aikidō)`.

    nihongo3 begins with the transcription: `Aikidō (合気道, Aikido)`.
    """
    values = [*call.places, "", "", "", ""]
    name, rest = values[0], [part for part in values[_OTHER_SCRIPTS] if part]
    if call.name in ("nihongo2", "nihongo core"):
        return name
    if call.name == "nihongo3":
        english = values[0] if values[2] else ""
        name, rest = values[2] or values[0], [part for part in (values[1], english) if part]
    if not name:
        return ", ".join(rest)
    return f"{name} ({', '.join(rest)})" if rest else name


def scripts(call: Template) -> str:
    """A name in several scripts, given by name (`c=`, `p=`, `hangul=`): all of them, once each."""
    skipped = {"labels", "link", "links", "first", "lead", "context", "order", "scase", "out", "title"}
    values = [value.strip() for key, value in call.arguments.items() if key not in skipped and value.strip()]
    return "; ".join(dict.fromkeys(values))


def link_elsewhere(call: Template) -> str:
    """A link to another language's article: its label here, else its name here."""
    return call.get("lt", "text", "texte", "display", "текст", "fr", "1", "trad")


def not_translated(call: Template) -> str:
    """The East Slavic link to an article not yet written: its label (2nd), else its name (1st)."""
    return call.get("текст", "есть", "text", "2", "треба", "надо", "1")


def address(call: Template) -> str:
    """The label of a link to another site; without one the template says nothing."""
    return call.get("2", "title", "текст")


def ship(call: Template) -> str:
    """`Hornet|CV-12|6` under the name `uss` is `USS Hornet (CV-12)`; the last number chooses what is shown."""
    values = call.places
    if not values:
        return ""
    prefix = "" if call.name in ("ship", "sclass", "sclass-", "sclass2", "sclass2-") else call.name.upper()
    if call.name == "ship":
        return " ".join(values[:2])
    if call.name.startswith("sclass"):
        return f"{values[0]}-class {' '.join(values[1:2])}".strip()
    style = values[2] if len(values) > 2 else ""
    hull = values[1] if len(values) > 1 and style in ("", "1", "6") else ""
    return f"{prefix} {values[0]}" + (f" ({hull})" if hull and call.name != "ms" else "")


ROWS = (
    # other languages, transcription, sound
    Row(in_language, """
        lang, langue, language, langi, lang2, lang3, lingua, мова, vjazyce2, cizojazyčně, rtl-lang, język,
        sprache, transl, transliteration, translit, unicode, polytonic, en langue, ipa, api, afi, msapi,
        мфа, мфа2, oq, ipa2, afi2, lautschrift, text, aiga, iast"""),
    Row(joined("", None, "/{}/"), "ipac-en, ipac-fr, ipac-de, ipac-es, ipac-pl, ipac-it, ipac-hu"),
    Row(joined("-"), "respell, usdict"), Row(strictly_second, "script"),
    Row(nihongo, "nihongo, nihongo2, nihongo3, nihongo4, nihongo core, japonais, giapponese, japonés"),
    Row(scripts, "zh, chinese, cinese, korean, coreano, coréen, kínai, lang-zh, ko-hhrm"),
    Row(first, """
        russo, arabo, ebraico, greco, latin, latino, grec ancien, grec, polytonique, greek, hebrew,
        hebräisch, arabe, russe, arabisch, hebreo, hebreeuws, grieks, arabic, russian, nastaliq, nq"""),
    Row(around("‘{}’"), "gloss, literal translation, lit, ny"), Row(around("⟨{}⟩"), "angbr, angle bracket, angbr ipa"),
    # styled text
    Row(first, """
        nowrap, nobr, nobreak, nowr, nwr, s, nbr, small, smaller, big, larger, resize, nobold, em, strong,
        normal, vanchor, visible anchor, va, tooltip, abbr, abbrlink, abbreviation, abréviation,
        abréviation discrète, abrd, comment, подсказка, ударение, tt, hover title, mvar, math, var,
        overline, sic, not a typo, typo, as written, proper name, sc, smallcaps, small caps, sc1, sc2, pc,
        petites capitales, kapitälchen, versalitas, versalita, caps, lc, ucfirst, lcfirst, uc, key,
        keypress, kbd, button, underline, u, border, centre, center, block indent, bez wrapów, nie dziel,
        centrowanie, ta, tutto attaccato, flag, flagu, flagcountry, flaglink, флагификация, флагифицировать,
        drapeau2, bandera2, bandiera2, country flag, flagge2, fb, fbu, nft, land, país, pays, państwo,
        senza fonte, citazione necessaria, chiarire, refnec, référence nécessaire, référence souhaitée,
        passage non neutre, fakt, kto, kiedy, bron?, quand, qui, pas clair, référence insuffisante,
        référence à confirmer, dubbio, cita requerida, carece de fontes, fact2, partnerské město, poem, wl,
        midsize, text2"""),
    Row(around("– {} –"), "incise", "fr"), Row(lambda call: first(call) or " ", "esd", "es,ca"),
    Row(strictly_second, """
        color, colour, font color, font colour, fontcolor, colored text, couleur, цвет, колір, farbe, font,
        legend, legend inline, legend-line, легенда, legende, legenda, leyenda, légende, fs, fontsize,
        color box, цветная ссылка, text color, background color, bg, bgcolor, цветной текст, font size"""),
    Row(longest, "columns-list, colonnes, dělené sloupce, columnas, kolumny, spalten"),
    Row(last, "clarify span, citation needed span, hs2"),
    Row(second, "sort, sorted, sorteren, sorter, sortieren, sortkey"),
    Row(joined(" "), "sortname, sort name"), Row(joined(" ", 3), "bibleverse, bibleref, bible, bibleref2, bijbel"),
    Row(joined(", "), "gemellaggio"), Row(joined(""), "linktext"),
    Row(listed(", "), """
        hlist, flatlist, comma separated entries, cslist, flat list, горизонтальный список,
        liste horizontale, lista orizzontale"""),
    Row(listed("\n* "), "plainlist, ubl, unbulleted list, plain list, bulleted list, ulist"),
    Row(biography, "bio"),
    # links
    Row(ship, """
        uss, hms, ss, rms, hmas, hmcs, hmnzs, sms, usns, mv, ms, ins, ship, usat, uscgc, sclass, sclass-,
        sclass2, sclass2-, rfa, hmt"""),
    Row(link_elsewhere, """
        ill, interlanguage link, ill2, illm, lien, interlanguage link multi, interlanguage, red link, ilm,
        link if exists, enlace, il"""),
    Row(not_translated, """
        нп, нп1, нп2, нп3, нп4, нп5, нп6, не переведено, не переведено 2, не переведено 5, не перекладено,
        iw, iw2, не преведено, не е преведено"""),
    Row(address, "url"), Row(nothing, "link, link audio"),
    # quotations
    Row(nothing, "cita", "it"),
    Row(quotation, """
        quote, cquote, blockquote, quotation, bquote, rquote, quote box, quotebox, quote frame, zitat,
        zitat2, цитата, citazione, citat, citát, idézet, cytat, cytatd, citaat, citação, citation bloc,
        cita, cita2, poemquote, verse translation, zitat-fr, zitat-en, zitat-la, citat2, citação2, цитата2,
        цитування, quadro citazione, cita destacada, pull quote, centered pull quote, quote centered,
        citatboks, врезка, эпиграф, епіграф, citát v rámečku"""),
    Row(inline_quotation("« ", " »"), "citation, guil, guillemets, citation étrangère", "fr"),
    Row(inline_quotation("„", "“"), "\", citace", "de"), Row(inline_quotation("“", "”"), "qi, tq, quote inline"),
    # signs and words
    *(Row(constant(text), names) for text, names in (
        ("—", "mdash, em dash, emdash, —, тире, spaced mdash, mdashb, --"), ("–", "ndash, en dash, endash, –, nbndash"),
        (" – ", "snd, spnd, spndash, spaced ndash, spaced en dash, snds, sndash"),
        (" ", "nbsp, sp, space, thinsp, thin space, hair space, 0, nnbsp, spaces, шпация, nb5, nbs, н"),
        ("'", "', apos, apostrophe"), ("'s", "'s"), ("\" '", "\" '"), ("' \"", "' \""), ("•", "•, bull, bullet"),
        ("·", "·, dot, middot, interpunct, *"), ("|", "!, pipe"), ("||", "!!"), ("=", "="), ("→", "→, rarr"),
        ("…", "..., …, ellipsis"), ("№", "№, numero sign"), ("\n", "br, break, crlf, newline"), ("♭", "flat"),
        ("♯", "sharp"), ("♮", "natural"), ("†", "†, dagger"), ("‡", "double dagger"), ("К.", "к."), ("М.", "м."))),
    *(Row(constant(text), names, languages) for text, names, languages in (
        ("etc.", "etc., etc", "fr"), ("av. J.-C.", "av jc, av jc., avjc, av. j.-c.", "fr"),
        ("apr. J.-C.", "apr jc, ap jc, ap. j.-c.", "fr"), ("Mme", "mme", "fr"), ("Mlle", "mlle", "fr"), 
        ("M.", "m.", "fr"), ("Dr", "dr", "fr"), ("Mgr", "mgr", "fr"), ("a. C.", "ac, a.c., a. c.", "es,pt,it,ca"),
        ("d. C.", "dc, d.c., d. c.", "es,pt,it,ca"))),
    Row(around("n° {}"), "numéro, n°", "fr"), Row(around("p. {}"), "p., pp., p", "fr"),
    Row(around("ISBN {}"), "isbn, isbnt, isbn-10, isbn-13"),
)  # fmt: skip
