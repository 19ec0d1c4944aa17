"""CommonCrawl by CCNet: dumps of the web, cut down to what reads like a page that Wikipedia cites.

The title is set apart and pages of fewer than 300 characters go. Lines that more than one page has go, every copy of
them. fastText names the language of what is left, and other languages than English go. An n-gram model trained on
Wikipedia says how unlike its articles a page is, and the worst 40 % go. At last a linear classifier, trained to tell
pages that Wikipedia cites as references from random ones, drops pages that do not look like references.
"""

from corpus import models
from corpus.mixture import SHARES
from corpus.readers.web import warc
from corpus.recipe import Recipe, cited
from filters.web.language import LanguageModel
from filters.web.lines import chars, line_keys, title_apart
from filters.web.perplexity import Perplexity, in_bucket
from filters.web.reference import ReferenceModel
from filters.web.webpage import html_to_text
from pipelines.engine.dedup.keys import Dedup, repeated_ids
from pipelines.engine.stages import EachDocument, Score, Source, drop, transform

_CC_NET = "facebookresearch/cc_net"
_REDPAJAMA = "togethercomputer/RedPajama-Data v1, data_prep/cc"
_PAPER = "LLaMA, arXiv 2302.13971, section 2.1"

RECIPE = Recipe(
    "commoncrawl",
    {
        "cc_net": {
            "dedup_scope": cited("group:50", f"{_CC_NET}, mine.py: hash_in_mem of 1600 shards", basis="peer"),
            "buckets": cited(("head", "middle", "tail", "all"), f"{_CC_NET} only sorts pages into them", basis="peer"),
            "reference_model": cited("", f"{_CC_NET} has no classifier", basis="peer"),
        },
        "redpajama": {
            "dedup_scope": cited("shard", f"{_REDPAJAMA}: 5000 shards, hash_in_mem 1", basis="peer"),
        },
        "without_models": {
            "perplexity_models": cited("", "for whoever has no language model yet: nothing is dropped by perplexity"),
            "reference_model": cited("", "for whoever has no classifier yet: nothing is dropped as no reference"),
        },
    },
    record_bytes=cited(64 << 20, "a thousand ordinary pages, and still small beside a worker's memory", "bytes"),
    part_bytes=cited(64 << 20, "a WET file of Common Crawl, 60 to 150 MB, makes one to three shards", "bytes"),
    main_content=cited(False, "WARC only: WET files hold all visible text, and CCNet reads those"),
    min_chars=cited(300, f"{_CC_NET}, mine.py, min_len: the text less its title, before dedup", "chars", "peer"),
    dedup_keep=cited("none", f"{_CC_NET}, dedup.py: the first copy is dropped too", "", "peer", ("none", "first")),
    dedup_scope=cited(
        "dump", f"{_PAPER}: 'deduplicates the data at the line level', nowhere that it does so in parts",
        choices=("shard", "group:N", "dump", "all"),
    ),
    language_model=cited("lid.176", f"{_PAPER}: a fastText linear classifier; {_CC_NET}: lid.176", basis="paper"),
    languages=cited(("en",), f"{_PAPER}: removes non-English pages", basis="paper"),
    min_language_score=cited(0.5, f"{_CC_NET}, mine.py, lang_threshold", "probability", "peer"),
    perplexity_models=cited("lm", "a folder that `corpus train lm` wrote, or cc_net's models; empty leaves it out"),
    head_percentile=cited(30, f"{_CC_NET}, perplexity.py: English below 340 in its cutoff.csv", "percentile", "peer"),
    tail_percentile=cited(60, f"{_CC_NET}, perplexity.py: English from 520 in its cutoff.csv", "percentile", "peer"),
    buckets=cited(("head", "middle"), f"{_REDPAJAMA}: the paper says no more than low quality", "", "peer"),
    reference_model=cited("reference", "a folder that `corpus train reference` wrote; empty leaves it out"),
    min_reference=cited(0.25, f"{_REDPAJAMA}: P(wiki); the paper says classified as references", "probability", "peer"),
)  # fmt: skip

SOURCE = Source(
    "commoncrawl",
    reader=warc.reader("commoncrawl", record_bytes=RECIPE.record_bytes, part_bytes=RECIPE.part_bytes),
    recipe=RECIPE,
    share=SHARES.commoncrawl,
    stages=(
        EachDocument(
            "page",
            transform("html_to_text", html_to_text, main_content=RECIPE.main_content),
            transform("title_apart", title_apart),
            drop("too_short", chars, below=RECIPE.min_chars),
        ),
        repeated_ids(),
        Dedup(
            "line_dedup", line_keys, unit="line", keep=RECIPE.dedup_keep, scope=RECIPE.dedup_scope,
            reason="duplicate_line",
        ),
        Score(
            "language", LanguageModel, RECIPE.language_model, locate=models.find,
            outputs=("language", "language_score"), limits={"languages": RECIPE.languages},
            steps=(
                drop("language_uncertain", "language_score", below=RECIPE.min_language_score),
                drop("other_language", "language", outside=RECIPE.languages),
            ),
        ),
        Score(
            "perplexity", Perplexity, RECIPE.perplexity_models, locate=models.find, fields=("language",),
            outputs=("perplexity", "percentile"), limits={"languages": RECIPE.languages},
            steps=(
                transform(
                    "bucket", in_bucket, head_percentile=RECIPE.head_percentile,
                    tail_percentile=RECIPE.tail_percentile, buckets=RECIPE.buckets,
                ),
            ),
        ),
        Score(
            "reference", ReferenceModel, RECIPE.reference_model, locate=models.find, outputs=("reference",),
            steps=(drop("not_a_reference", "reference", below=RECIPE.min_reference),),
        ),
    ),
)  # fmt: skip
