"""C4: one April's pages of Common Crawl, cut down to the lines that are English sentences.

The paper takes the published dataset: a build reads its files and keeps the training split.

Preset `rebuild` makes it again from WET files by the released code's rules in their order (`fast`: with fastText). A
page of at most 190,000 characters is kept once for each address, in its newest copy. Only lines of five words or more
that end in a sentence's mark stay; pages with filler text, a curly bracket or fewer than three sentences go. Of a line
that several pages have, only one copy stays. Then the page must still have three sentences, be in English, and hold no
listed bad word.
"""

from corpus.mixture import SHARES
from corpus.readers.c4 import read as c4
from corpus.readers.web import warc
from corpus.recipe import Recipe, cited
from filters.c4.badwords import BadWords
from filters.c4.langdetect import load_detector, locate_detector
from filters.c4.rules import clean_page, count_words, lacks_end_mark, line_keys, wet_lines, whole_page, with_split
from filters.c4.sentences import count_sentences
from filters.web.urls import by_url_hash, newest_first, url_key
from pipelines.engine.dedup.keys import Dedup, repeated_ids
from pipelines.engine.stages import EachDocument, Score, Source, Variant, drop, drop_lines, edit, transform

_RELEASED = "tensorflow/datasets, text/c4_utils.py"
_DATATROVE = "huggingface/datatrove, pipeline/filters/c4_filters.py"
_DOLMA = "allenai/dolma, taggers/c4.py and examples/c4-like/mixer.yaml"
_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")

RECIPE = Recipe(
    "c4",
    {
        "rebuild": {"language_model": cited("langdetect", f"{_RELEASED}, detect_english", basis="peer")},
        "fast": {
            "language_model": cited(
                "lid.176", "reads the openings of 15 MB of pages a second; langdetect 0.5 MB/s, its Rust port 13"
            ),
            "min_language_probability": cited(
                0.5, "of 1,000 pages langdetect calls English at 0.99 it keeps 993, and no other", "probability"
            ),
        },
        "datatrove": {
            "language_model": cited("langdetect", f"{_RELEASED}, detect_english", basis="peer"),
            "min_sentences": cited(5, _DATATROVE, "sentences", "peer"),
            "min_sentences_left": cited(0, f"{_DATATROVE} counts them once only", "sentences", "peer"),
            "min_line_words": cited(3, _DATATROVE, "words", "peer"),
            "end_marks": cited((".", "?", "!", '"', "'"), _DATATROVE, basis="peer"),
            "marks_are_words": cited(True, _DATATROVE, basis="peer"),
        },
        "dolma": {
            "language_model": cited("lid.176", _DOLMA, basis="peer"),
            "min_line_words": cited(3, _DOLMA, "words", "peer"),
            "min_language_probability": cited(0.5, _DOLMA, "probability", "peer"),
        },
    },
    record_bytes=cited(16 << 20, "eighty times the longest page the released rules let through", "bytes"),
    part_bytes=cited(64 << 20, "a WET file of Common Crawl, 60 to 150 MB, makes one to three shards", "bytes"),
    content_types=cited(("text/plain",), "C4 was made of WET files; a WARC file's pages are still HTML"),
    max_page_chars=cited(190_000, f"{_RELEASED}, is_valid_length", "chars", "peer"),
    max_word_chars=cited(1000, f"{_RELEASED}, _MAX_WORD_LENGTH", "chars", "peer"),
    end_marks=cited((".", "?", "!", '"'), f"{_RELEASED}, _END_MARKS", basis="peer"),
    min_line_words=cited(5, f"{_RELEASED}, _MIN_WORDS_PER_LINE", "words", "peer"),
    marks_are_words=cited(False, f"{_RELEASED}, clean_page: citation marks go first", basis="peer"),
    policy_phrases=cited(_POLICY, f"{_RELEASED}, _POLICY_SUBSTRINGS", basis="peer"),
    min_sentences=cited(3, f"{_RELEASED}, _MIN_NUM_SENTENCES", "sentences", "peer"),
    min_sentences_left=cited(3, f"{_RELEASED}, remove_duplicate_text", "sentences", "peer"),
    language_model=cited(
        "", "published pages were checked; `langdetect`, or a fastText model such as lid.176, checks again"
    ),
    languages=cited(("en",), f"{_RELEASED}, detect_english", basis="peer"),
    min_language_probability=cited(0.99, f"{_RELEASED}, detect_english", "probability", "peer"),
    fasttext_chars=cited(2000, "the opening tells what the whole page tells, at twice the speed", "chars"),
    langdetect_seed=cited(0, f"{_RELEASED}, detect_english", basis="peer"),
    bad_words_file=cited(
        "", "the public LDNOOBW list, one word per line, is the user's to bring; without it the rule is off"
    ),
    validation_one_in=cited(1000, "tensorflow/datasets, text/c4.py, _split_generators", "pages", "peer"),
    splits=cited(("train",), "the validation split is for measuring"),
)

LANGUAGE = Score(
    "language", load_detector, RECIPE.language_model, locate=locate_detector,
    limits={"languages": RECIPE.languages, "seed": RECIPE.langdetect_seed, "fasttext_chars": RECIPE.fasttext_chars},
    steps=(
        drop("language_uncertain", "language_score", below=RECIPE.min_language_probability),
        drop("other_language", "language", outside=RECIPE.languages),
    ),
)  # fmt: skip
SPLIT = EachDocument(
    "split",
    transform("by_url", with_split, validation_one_in=RECIPE.validation_one_in),
    drop("other_split", "split", outside=RECIPE.splits),
)
BAD_WORDS = Score("bad_words", BadWords.load, RECIPE.bad_words_file, steps=(drop("bad_word", "bad_words"),))

NOT_A_WET = drop("not_plain_text", "content_type", outside=RECIPE.content_types)
SHORT_ENOUGH = EachDocument(
    "length",
    NOT_A_WET,
    edit("wet_lines", wet_lines),
    drop("page_too_long", len, above=RECIPE.max_page_chars),
)
NEWEST = Dedup("urls", url_key, fields=("url",), rank=newest_first, reason="duplicate_url")
LINES = Dedup("lines", line_keys, unit="line", rank=by_url_hash, reason="duplicate_line")
RULES = EachDocument(
    "page",
    transform(
        "clean_page", clean_page,
        max_word_chars=RECIPE.max_word_chars, end_marks=RECIPE.end_marks,
        min_line_words=RECIPE.min_line_words, marks_are_words=RECIPE.marks_are_words,
        policy_phrases=RECIPE.policy_phrases, min_sentences=RECIPE.min_sentences,
    ),
)  # fmt: skip
STILL_A_PAGE = EachDocument(
    "after_lines",
    drop("too_few_sentences", count_sentences, below=RECIPE.min_sentences_left, at_most=RECIPE.min_sentences_left),
)
DOLMA_RULES = EachDocument(
    "page",
    NOT_A_WET,
    transform("whole_page", whole_page),
    drop_lines("no_end_mark", lacks_end_mark, end_marks=RECIPE.end_marks),
    drop_lines("too_few_words", count_words, below=RECIPE.min_line_words),
)

WET = warc.reader("c4", record_bytes=RECIPE.record_bytes, part_bytes=RECIPE.part_bytes)
REBUILT = (SHORT_ENOUGH, NEWEST, RULES, LINES, STILL_A_PAGE, LANGUAGE, BAD_WORDS, SPLIT)

SOURCE = Source(
    "c4",
    reader=c4.reader(record_bytes=RECIPE.record_bytes, part_bytes=RECIPE.part_bytes),
    recipe=RECIPE,
    share=SHARES.c4,
    stages=(LANGUAGE, SPLIT, repeated_ids()),
    variants={
        "rebuild": Variant(WET, REBUILT),
        "fast": Variant(WET, REBUILT),
        "datatrove": Variant(WET, REBUILT),
        "dolma": Variant(WET, (NEWEST, DOLMA_RULES, LANGUAGE, BAD_WORDS, SPLIT)),
    },
)
