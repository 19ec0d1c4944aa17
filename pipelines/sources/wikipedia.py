"""Wikipedia: the articles of 20 languages, as their readers see them.

Dumps of bg, ca, cs, da, de, en, es, fr, hr, hu, it, nl, pl, pt, ro, ru, sl, sr, sv and uk are read, all in one build;
articles of other wikis are dropped. Articles are kept, of dumps of several dates the newest revision; redirects, other
namespaces and pages that only tell names apart are dropped. Hyperlinks become their text; comments, references, tables,
galleries, pictures, categories and navigation are removed; templates that carry a sentence's words or numbers are read
out. Beside the documents stand the pages of the web that each article cites.
"""

import pyarrow as pa

from corpus.document import Document
from corpus.mixture import SHARES
from corpus.readers.wikipedia import read as wikipedia
from corpus.recipe import Recipe, cited
from filters.wikipedia.page import clean_page
from filters.wikipedia.references import references
from filters.wikipedia.revisions import newest_revision, page_key
from filters.wikipedia.wikis import of_wikis
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Source, Table, transform

_MEDIAWIKI = "MediaWiki, includes/MainConfigSchema.php"

RECIPE = Recipe(
    "wikipedia",
    {
        "every_section": {
            "sections_dropped": cited((), "wikiextractor, Hugging Face's script: all stay", basis="peer")
        },
        "every_wiki": {"languages": cited((), "Hugging Face's wikipedia: any of 300 languages", basis="peer")},
    },
    page_bytes=cited(64 << 20, "an export element holds one revision of at most 2 MiB; ours is generous", "bytes"),
    part_bytes=cited(64 << 20, "a minute's work; an English dump of 20 GB makes 320 shards", "bytes"),
    languages=cited(
        (
            "bg",
            "ca",
            "cs",
            "da",
            "de",
            "en",
            "es",
            "fr",
            "hr",
            "hu",
            "it",
            "nl",
            "pl",
            "pt",
            "ro",
            "ru",
            "sl",
            "sr",
            "sv",
            "uk",
        ),
        "arXiv 2302.13971, section 2.1, Wikipedia: 20 languages, which use the Latin or Cyrillic scripts",
        basis="paper",
    ),
    page_chars=cited(2 << 20, f"{_MEDIAWIKI}, MaxArticleSize: 2048 KiB", "chars", "peer"),
    nesting=cited(100, f"{_MEDIAWIKI}, MaxPPExpandDepth", "levels", "peer"),
    marks=cited(200_000, "ten times the most of any page at hand; MediaWiki stops at 1,000,000 nodes", "marks"),
    disambiguation=cited("drop", "the paper is silent; such a page is a list of links", choices=("drop", "keep")),
    sections_dropped=cited(
        ("references", "links"), "the paper: formatting boilerplate is removed; `literature` may be added"
    ),
    link_note_chars=cited(40, "an entry of a section of links that says as much beside its link is prose", "chars"),
)


def _references(document: Document) -> list[tuple[str, str]]:
    return [(document.id, url) for url in references(document.text)]


SOURCE = Source(
    "wikipedia",
    reader=wikipedia.READER.with_limits(page_bytes=RECIPE.page_bytes, part_bytes=RECIPE.part_bytes),
    recipe=RECIPE,
    share=SHARES.wikipedia,
    stages=(
        EachDocument(
            "text",
            transform("of_wikis", of_wikis, languages=RECIPE.languages),
            transform(
                "clean_page", clean_page,
                page_chars=RECIPE.page_chars, nesting=RECIPE.nesting, marks=RECIPE.marks,
                sections_dropped=RECIPE.sections_dropped, link_note_chars=RECIPE.link_note_chars,
                disambiguation=RECIPE.disambiguation,
            ),
        ),
        Dedup("pages", page_key, fields=("language", "page_id"), rank=newest_revision, reason="older_revision"),
    ),
    tables={"references": Table(_references, pa.schema([("page", pa.string()), ("url", pa.string())]))},
)  # fmt: skip
