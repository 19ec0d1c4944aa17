"""What the wikis of 20 languages (and some more) call the same thing.

Source: `<siteinfo>` of each wiki's dump (namespaces) and its api.php?meta=siteinfo (namespace aliases); the headings
are those that the manuals of style of the wikis ask for. A dump's own siteinfo adds to them (see the reader).
All names are lower case, as MediaWiki compares namespaces without case.
"""

from __future__ import annotations


def _names(words: str) -> frozenset[str]:
    return frozenset(name.strip() for line in words.splitlines() for name in line.split(",") if name.strip())


FILE = _names("""
    file, image, media, obrázek, médium, файл, картинка, изображение, медия, медиа, медіа,
    зображення, fitxer, imatge, soubor,
    medium, fil, billede, datei, bild, archivo, imagen, medio, fichier, datoteka, slika, mediji, medij, mediju,
    fájl, kép, média, immagine, bestand, afbeelding, plik, grafika, ficheiro, imagem, arquivo, multimédia,
    fișier, fişier, imagine, датотека, слика, медији, medija, αρχείο, εικόνα, μέσο, tập tin, hình, phương tiện,
    attēls, fails, vaizdas, pilt, tiedosto, kuva, mynd, dosya, resim, fasciculus, imago, dosiero, bilde, lêer,
    berkas, ไฟล์
""")
CATEGORY = _names("""
    category, категория, категорія, categoria, kategorie, kategori, categoría, catégorie, kategorija,
    kategória, categorie, kategoria, категорија, κατηγορία, thể loại, kateguoreja, luokka, flokkur, kategorio,
    kategooria
""")
OTHER_SPACES = _names("""
    wikipedia, project, wp, help, special, user, talk, portal, template, module, draft, mediawiki, hilfe, aide,
    ayuda, помощь, довідка, помощ, помоћ, ajuda, aiuto, pomoc, hulp, súgó, pomoć, pomoč, hjälp, hjælp,
    nápověda, ajutor, википедия, вікіпедія, уикипедия, википедија, wikipédia, wikipedie, wikipedija,
    viquipèdia, portail, портал, portaal, portál, шаблон, vorlage, modèle, plantilla, predefinição, format,
    šablona, sablon, szablon, sjabloon, mall, skabelon, predloga, predložak, benutzer, utilisateur, usuario,
    участник, користувач
""")
SISTERS = _names("""
    w, wikt, wiktionary, s, wikisource, src, commons, c, q, wikiquote, b, wikibooks, n, wikinews, v,
    wikiversity, voy, wikivoyage, d, wikidata, species, wikispecies, m, meta, mw, incubator, doi, pmid, arxiv,
    iarchive, gutenberg, imdbtitle, imdbname, google, wmf, foundation, phab, mediazilla, bugzilla, tools,
    toollabs, oclc
""")
LANGUAGES = frozenset(
    """
    aa ab ace ady af ak als am an ang ar arc ary arz as ast atj av avk awa ay az azb ba ban bar bat-smg bcl be
    be-tarask be-x-old bg bh bi bjn blk bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce ceb ch cho chr chy ckb co
    cr crh cs csb cu cv cy da dag de din diq dsb dty dv dz ee el eml en eo es et eu ext fa ff fi fiu-vro fj fo
    fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gu guc guw gv ha hak haw he hi hif ho hr hsb ht
    hu hy hyw hz ia id ie ig ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab kbd kbp kcg kg ki kj kk kl km
    kn ko koi kr krc ks ksh ku kv kw ky la lad lb lbe lez lfn lg li lij lld lmo ln lo lrc lt ltg lv mad mai
    map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mr mrj ms mt mus mwl my myv mzn na nah nap nds nds-nl ne
    new ng nia nl nn no nov nqo nrm nso nv ny oc olo om or os pa pag pam pap pcd pcm pdc pfl pi pih pl pms pnb
    pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara ru rue rw sa sah sat sc scn sco sd se sg sh shi shn si
    simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw szl szy ta tay tcy te tet tg th ti tk tl tn to
    tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh xmf yi yo za zea
    zh zh-classical zh-min-nan zh-yue zu nb
""".split()  # noqa: SIM905 -- three hundred codes read better so
)

REFERENCE_SECTIONS = _names("""
    references, reference, notes, notes and references, references and notes, footnotes, citations, endnotes,
    notes and citations, citations and notes, reference list, inline citations, бележки, бележки и източници,
    бележки под линия, referències, notes i referències, poznámky, poznámky a reference, referencer, noter,
    noter og referencer, referencer og noter, einzelnachweise, anmerkungen, fußnoten, nachweise,
    anmerkungen und einzelnachweise, einzelnachweise und anmerkungen, quellen und einzelnachweise, belege,
    referencias, notas, notas y referencias, notas al pie, referencias y notas, notes et références,
    références, références et notes, bilješke, izvori i bilješke, napomene, jegyzetek, hivatkozások,
    lábjegyzetek, megjegyzések, note, note esplicative, riferimenti, note al testo, noten, referenties,
    voetnoten, noten en/of referenties, bronnen en referenties, noten en referenties, przypisy, uwagi,
    uwagi i przypisy, przypisy i uwagi, notas e referências, referências, referências e notas, notas de rodapé,
    referințe, note și referințe, referinţe, примечания, сноски, примечания и источники,
    комментарии и примечания, sklici, opombe, sklici in opombe, viri in sklici, opombe in sklici, референце,
    напомене, белешке, напомене и референце, napomene i reference, referenser, fotnoter, noter och referenser,
    källhänvisningar, referenser och noter, примітки, виноски, посилання на джерела, примітки та джерела,
    παραπομπές, σημειώσεις, υποσημειώσεις, παραπομπές - σημειώσεις, chú thích, ghi chú, chú dẫn,
    specific references, explanatory notes, atsauces
""")
LINK_SECTIONS = _names("""
    external links, external link, weblinks, web links, links, външни препратки, enllaços externs,
    externí odkazy, eksterne henvisninger, eksterne links, eksterne lenker, eksterne kilder og henvisninger,
    enlaces externos, liens externes, lien externe, vanjske poveznice, vanjske veze, külső hivatkozások,
    további információk, collegamenti esterni, externe links, externe link, externe koppelingen,
    linki zewnętrzne, ligações externas, links externos, ligação externa, legături externe, ссылки,
    внешние ссылки, zunanje povezave, спољашње везе, spoljašnje veze, externa länkar, посилання,
    зовнішні посилання, εξωτερικοί σύνδεσμοι, εξωτερικές συνδέσεις, liên kết ngoài, altri progetti,
    interprogetti, uorejuos saitys, nuorodos
""")
LITERATURE_SECTIONS = _names("""
    bibliography, further reading, literature, selected bibliography, литература, библиография, bibliografia,
    literatura, literatur, bibliografía, bibliographie, irodalom, bibliografie, literatuur, література,
    джерела, джерела та література, джерела і література, бібліографія, литература и источники, litteratur,
    bibliografija, библиографија, lectura adicional, lectures complémentaires, letture consigliate,
    leitura adicional, lectură suplimentară, leituras adicionais, läs mer, vidare läsning, yderligere læsning,
    dodatno branje, додатна литература, за четене, βιβλιογραφία, thư mục, đọc thêm, για περαιτέρω ανάγνωση,
    sources, sources and references, works cited, literature cited, cited references, general references,
    references and further reading, general and cited references, източници, цитирана литература, kilder,
    quellen, izvori, források, jegyzetek és források, fonti, bronnen, источники, viri, извори, källor, πηγές,
    note și bibliografie, izvūri, література та джерела
""")
LINKS = "links"
SECTIONS = {"references": REFERENCE_SECTIONS, LINKS: LINK_SECTIONS, "literature": LITERATURE_SECTIONS}

DISAMBIGUATION = _names("""
    disambiguation, disambig, disamb, dab, geodis, hndis, hndis-cleanup, human name disambiguation,
    school disambiguation, disambiguation cleanup, place name disambiguation, numberdis,
    letter-numbercombdisambig, letter disambiguation, letter–number combination disambiguation, mathdab,
    roadindex, airport disambiguation, callsigndis, set index article, пояснение, desambiguació, desambigua,
    desambiguacions, acrònim, rozcestník, rozcestník - příjmení, rozcestník - jméno, flertydig,
    flertydig stednavn, flertydig personnavn, begriffsklärung, desambiguación, desamb, homonymie, patronymie,
    homonymie de personnes, homonymie de toponyme, homonymie de clubs sportifs, homonymie de titre,
    homonymie dynastique, homonymie de bateau, internationalisation, paronymie, razdvojba, razdvojba1,
    višeznačnica, egyért, egyért-redir, egyértelműsítő lap, egyértelműsítő, disambigua, dp, doorverwijspagina,
    dpintro, ujednoznacznienie, desambiguação, desambig, desambig-ini, dezambiguizare, dez, omonimie,
    неоднозначность, многозначность, список однофамильцев, список тёзок, razločitev, večpomenska stran,
    вишезначна одредница, вишезначна, višeznačna odrednica, в.о., förgrening, gren, багатозначність,
    неоднозначність, disambig-surname, αποσαφήνιση, trang định hướng, định hướng, nuzeimu škiršona
""")
