"""Books: Project Gutenberg, and any folder of books.

The licence and the marks that Project Gutenberg puts around a book are removed, and what its transcribers say of their
work; the book's own text stays as it is. Then books are compared: of two books with more than 90 % content overlap the
longer one is kept. A book is dropped when more than 90 % of its words lie in runs of five words that one
kept book has too.
"""

from corpus.mixture import SHARES
from corpus.readers.books import read as books
from corpus.recipe import Recipe, cited
from filters.books.gutenberg import is_blank, remove_credits, remove_licence, remove_notes
from pipelines.engine.dedup.near import Near
from pipelines.engine.stages import EachDocument, Source, drop, edit
from pipelines.sources.books.catalogue import add_catalogue

_SHARED = "with one word in ten changed, half of the shingles are left"

RECIPE = Recipe(
    "books",
    overlap_share=cited(0.9, "section 2.1, Gutenberg and Books3: more than 90% content overlap", "share", "paper"),
    shingle_words=cited(5, "five words in a row are rarely an accident; a changed word spoils five runs", "words"),
    sample_one_in=cited(64, "a novel is known by some 1,500 to 2,000 hashes, a story of 1,000 words by 16", "shingles"),
    probe_hashes=cited(32, f"{_SHARED}: fewer than 4 hits of 32 come once in a million", "hashes"),
    min_probe_share=cited(0.125, f"{_SHARED}: 4 of 32 probes leave room for chance", "share"),
    max_postings=cited(32, "a phrase of the whole language is put to the longest books only", "books"),
    evidence_words=cited(60, "a paragraph of both books shows that they are the same", "words"),
    opening_paragraphs=cited(12, "credits and notes stand before the book's first pages", "paragraphs"),
    closing_share=cited(0.1, "transcribers' closing notes take 0.2 to 2 % of a book", "share"),
    longest_book_bytes=cited(32 << 20, "works of Gutenberg are below 10 MB; genomes and tables are longer", "bytes"),
    largest_ratio=cited(100, "prose packs 3 to 5 times; deflate reaches 1,032", "times"),
    control_share=cited(0.001, "a text has none but tabs, line ends and page breaks", "share"),
    part_bytes=cited(64 << 20, "an archive or table of books is read in parts like this", "bytes"),
)

SOURCE = Source(
    "books",
    reader=books.READER.with_limits(
        longest_book_bytes=RECIPE.longest_book_bytes, largest_ratio=RECIPE.largest_ratio,
        control_share=RECIPE.control_share, part_bytes=RECIPE.part_bytes,
    ),
    recipe=RECIPE,
    share=SHARES.books,
    prepare=add_catalogue,
    stages=(
        EachDocument(
            "boilerplate",
            edit("licence", remove_licence),
            edit("credits", remove_credits, fields=("collection",), opening_paragraphs=RECIPE.opening_paragraphs),
            edit("notes", remove_notes, closing_share=RECIPE.closing_share),
            drop("empty", is_blank),
        ),
        Near(
            "overlap",
            overlap_share=RECIPE.overlap_share, shingle_words=RECIPE.shingle_words,
            sample_one_in=RECIPE.sample_one_in, probe_hashes=RECIPE.probe_hashes, max_postings=RECIPE.max_postings,
            min_probe_share=RECIPE.min_probe_share, evidence_words=RECIPE.evidence_words,
        ),
    ),
)  # fmt: skip
