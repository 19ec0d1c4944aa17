"""The constants of readers and filters whose numbers decide no text and no outcome, each with the reason.

A constant that is not here must be `cited(...)`; one that is here and has no number in it, or is no more, fails too.
"""

from __future__ import annotations

BUFFERS = {
    "corpus.readers.arxiv.read:_KEPT_BYTES": "of an unreadable submission, kept for people to look at",
    "corpus.readers.books.read:_RAW_BYTES": "of an unreadable book, kept for people to look at",
    "corpus.readers.books.read:_HEAD_BYTES": "read to see how a file begins; its longest magic has 58 bytes",
    "corpus.readers.c4.read:_HEAD_BYTES": "unpacked to see how a file begins",
    "corpus.readers.c4.read:_SHOWN_BYTES": "of an unreadable line, kept for people to look at",
    "corpus.readers.compressed:PIECE_BYTES": "unpacked at a time",
    "corpus.readers.compressed:_READ_BYTES": "read at a time",
    "corpus.readers.compressed:_WAITING_PIECES": "unpacked ahead of the reader",
    "corpus.readers.compressed:_ZSTD_READ_BYTES": "read at a time",
    "corpus.readers.lines:_BUFFER_BYTES": "read at a time",
    "corpus.readers.lines:_PACKED_BYTES": "read at a time",
    "corpus.readers.stackexchange.posts_file:_READ_BYTES": "read at a time",
    "corpus.readers.stackexchange.posts_xml:BLOCK_BYTES": "handed to the parser at a time",
    "corpus.readers.stackexchange.posts_xml:SHOWN_BYTES": "of an unreadable row, kept for people to look at",
    "corpus.readers.stackexchange.read:_OTHER_BYTES": "an estimate of memory, by which threads are joined in parts",
    "corpus.readers.stackexchange.spool:BUFFERED_BYTES": "held before they are packed",
    "corpus.readers.tables:SHOWN_BYTES": "of an unreadable row, kept for people to look at",
    "corpus.readers.tables:_BATCH_ROWS": "read at a time",
    "corpus.readers.web.records:_RAW_BYTES": "of an unreadable record, kept for people to look at",
    "corpus.readers.web.warc:_HEAD_BYTES": "read to see how a file begins",
    "corpus.readers.web.warc_frames:_BLOCK_BYTES": "read at a time",
    "corpus.readers.web.warc_frames:_SLICE_BYTES": "unpacked at a time",
    "corpus.readers.wikipedia.multistream:_READ_BYTES": "read at a time",
    "corpus.readers.wikipedia.read:_SHOWN_BYTES": "of an unreadable page, kept for people to look at",
    "filters.arxiv.source:_PATTERNS_KEPT": "compiled patterns remembered",
    "filters.web.ccnet_text:_MANY_CASED": "from which on another way, with the same result, is faster",
    "filters.web.ccnet_text:_MANY_CHARACTERS": "from which on another way, with the same result, is faster",
    "filters.web.fasttext_lines:BATCH_CHARS": "looked up at a time; longer lines are fastText's, with the same result",
    "filters.web.fasttext_model:_WORDS_IN_A_LINE": "of a line by which a model is tried out before it is used",
    "filters.web.fasttext_model:_WORDS_TRIED": "by which a model is tried out before it is used",
    "filters.web.kneser_ney:_ROWS_AT_ONCE": "looked up at a time",
    "filters.web.perplexity:_TRIED": "a text by which models are tried out before they are used",
}
"""How much is read, held or shown at once: another number gives the same documents."""

FORMATS = {
    "corpus.readers.arxiv.read:_NO_END": "a place behind the end of any file",
    "corpus.readers.arxiv.submission:TAR_MAGIC": "where a tar header says so",
    "corpus.readers.arxiv.submission:_TAR_CHECKSUM": "where a tar header has its checksum",
    "corpus.readers.arxiv.submission:TAR_BLOCK_BYTES": "tar's blocks",
    "corpus.readers.arxiv.submission:_OCTAL": "the base of a tar header's numbers",
    "corpus.readers.books.text:_ASCII": "ASCII's bytes",
    "corpus.readers.books.text:_CONTROLS": "ASCII's control characters, less those of text",
    "corpus.readers.books.zip_file:_MIMETYPE": "where an EPUB's first member states its type",
    "corpus.readers.github.read:_GZIP": "gzip's first bytes",
    "corpus.readers.github.read:_GZIP_FORMAT": "zlib's number for gzip",
    "corpus.readers.lines:_GZIP_FORMAT": "zlib's number for gzip",
    "corpus.readers.stackexchange.read:OTHER_TYPES": "Stack Exchange's numbers for kinds of posts",
    "corpus.readers.web.records:HTTP_OK": "HTTP's number for an answer",
    "corpus.readers.web.warc_frames:_GZIP_FORMAT": "zlib's number for gzip",
    "corpus.readers.web.warc_frames:_LONGEST_FIRST_LINE": "`WARC/1.0` and what may follow it in a header's first line",
    "corpus.readers.web.warc_frames:_MAGIC_BYTES": "the first bytes of gzip and zstd",
    "corpus.readers.wikipedia.multistream:_STREAM_START_BYTES": "bzip2's first bytes",
    "corpus.readers.wikipedia.read:_CATEGORY": "MediaWiki's number for a namespace",
    "corpus.readers.wikipedia.read:_FILE": "MediaWiki's number for a namespace",
    "corpus.readers.wikipedia.read:_MEDIA": "MediaWiki's number for a namespace",
    "filters.arxiv.defining:MOST_PARAMETERS": "TeX's parameters, #1 to #9",
    "filters.arxiv.structure:_LEVELS": "the order of LaTeX's headings",
    "filters.duplicates:_KEY_BITS": "of a 64-bit key",
    "filters.duplicates:_MIX": "of a hash",
    "filters.duplicates:_SCOPE_SHIFT": "of a hash",
    "filters.github.code:_ASCII": "ASCII's bytes",
    "filters.github.code:_BYTES": "all bytes",
    "filters.overlap:_HASHES": "the number of 64-bit hashes",
    "filters.overlap:_LANE": "UTF-16 units in 64 bits",
    "filters.overlap:_MASKS": "the bits of one to four UTF-16 units",
    "filters.overlap:_ODD": "of a hash",
    "filters.overlap:_ODD_TOO": "of a hash",
    "filters.overlap:_SHIFT": "of a hash",
    "filters.overlap:_SHIFT_TOO": "of a hash",
    "filters.overlap:_UNITS": "the number of UTF-16 units",
    "filters.web.ccnet_text:CONTROLS": "Unicode's control characters",
    "filters.web.ccnet_text:_ASCII": "ASCII's bytes",
    "filters.web.ccnet_text:_LOWER_AND_0": "nine digits become 0",
    "filters.web.fasttext_lines:_FACTOR": "of a hash",
    "filters.web.fasttext_lines:_KEY_BITS": "of a hash",
    "filters.web.fasttext_lines:_OFFSET": "FNV-1a's",
    "filters.web.fasttext_lines:_PRIME": "FNV-1a's",
    "filters.web.fasttext_lines:_TOP_BITS": "of a hash",
    "filters.web.fasttext_lines:_WIDE": "UTF-8's first character of two bytes",
    "filters.web.fasttext_lines:_WIDER": "UTF-8's first characters of two, three and four bytes",
    "filters.web.kneser_ney:_MOST_APART": "modified Kneser-Ney's three discounts",
    "filters.web.perplexity:_LOG_BASE": "KenLM's logarithms",
    "filters.web.pieces:_CONTINUES": "UTF-8's bytes within a character",
    "filters.web.pieces:_KIND_BITS": "UTF-8's bits for the kind of a byte",
    "filters.web.urls:_DATE_DIGITS": "a moment, year to second",
    "filters.web.urls:_KEY_BYTES": "of a 64-bit key",
    "filters.web.urls:_LATEST": "the last moment in fourteen digits",
    "filters.wikipedia.blocks:_BODY": "a level below any heading's",
    "filters.wikipedia.dates:_MONTHS_A_YEAR": "months",
    "filters.wikipedia.inline:_BOLD": "MediaWiki's quotes for bold",
    "filters.wikipedia.inline:_ITALIC": "MediaWiki's quotes for italic",
    "filters.wikipedia.moments:ROWS": "how templates read: which arguments are hours, minutes, seconds",
    "filters.wikipedia.moments:_BOTH_DATES": "day, month and year in two calendars",
    "filters.wikipedia.revisions:_KEY_BYTES": "of a 64-bit key",
    "filters.wikipedia.revisions:_LAST": "the largest revision that a rank can hold",
    "filters.wikipedia.scan:_TABLE_ENDS": "MediaWiki's braces",
    "filters.wikipedia.words:ROWS": "how templates read: which arguments are book, chapter and verse",
    "filters.wikipedia.words:_OTHER_SCRIPTS": "which arguments of a template are scripts",
}
"""What a format, a standard or a hash function fixes: another number would be wrong, not another choice."""

CONSTANTS = BUFFERS | FORMATS

FORMAT_MODULES = {
    "filters.web.fasttext_file": "the layout of fastText's files, field by field, by which they are checked"
}
"""Modules that hold nothing but a format's numbers."""

PENDING = {"corpus.readers.compressed"}
"""Modules whose numbers are still to be cited or listed."""
