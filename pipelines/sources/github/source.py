"""GitHub: the public dataset on BigQuery, of projects under the Apache, BSD and MIT licences.

A file is read once, whatever the number of repositories it stands in. Files that nobody wrote there are dropped:
licence texts, copies of other projects' code, generated and minified files, tables of data. Boilerplate such as licence
headers is removed from the text. Low-quality files are dropped by the length of their lines and their share of
alphanumeric characters. Of files with equal text only one stays.
"""

from corpus.mixture import SHARES
from corpus.readers.github.read import READER
from corpus.recipe import Recipe, cited
from filters.github import code
from filters.github.licences import remove_licence_header
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Source, drop, edit
from pipelines.sources.github.bigquery import ORIGINS
from pipelines.sources.github.join import join_repo_files

_RUN_FILTER = "RedPajama v1, data_prep/github/github_run_filter.py"
_LINGUIST = "github-linguist, lib/linguist/generated.rb"
_LISTED = (
    ".asm .bat .cmd .c .h .cs .cpp .hpp .c++ .h++ .cc .hh .C .H .cmake .css .dockerfile .f90 .f .f03 .f08 .f77 .f95 "
    ".for .fpp .go .hs .html .java .js .jl .lua .md .markdown .php .php3 .php4 .php5 .phps .phpt .pl .pm .pod .perl "
    ".ps1 .psd1 .psm1 .py .rb .rs .sql .scala .sh .bash .command .zsh .ts .tsx .tex .vb Dockerfile Makefile .xml .rst "
    ".m .smali"
)

RECIPE = Recipe(
    "github",
    {
        "redpajama": {
            "path_endings": cited(tuple(_LISTED.split()), _RUN_FILTER, basis="peer"),
            "letters_per_token": cited(1.5, f"{_RUN_FILTER}; tokens are words and marks here", "letters", "peer"),
        }
    },
    licences=cited(
        ("apache-2.0", "bsd-2-clause", "bsd-3-clause", "mit"),
        "LLaMA, section 2.1, Github: Apache, BSD, MIT",
        basis="paper",
    ),
    row_bytes=cited(8 << 20, "the export has contents up to 1 MiB, of which JSON makes six times as much", "bytes"),
    part_bytes=cited(128 << 20, "a Parquet file is cut at row groups into shards of this size", "bytes"),
    query_dollars=cited(6.25, "BigQuery's price on demand, location US, 2026", "US dollars per TiB read"),
    query_dollars_most=cited(30.0, "the whole dataset has 3 TB; a query that costs more is refused", "US dollars"),
    path_endings=cited((), "the paper names no suffixes: all"),
    data_suffixes=cited(
        (".csv", ".tsv", ".svg", ".geojson", ".topojson", ".dat", ".log", ".arff", ".libsvm", ".ndjson", ".jsonl"),
        "tables and drawings are data, which linguist counts as no programming language",
    ),
    generated_top_lines=cited(40, f"{_LINGUIST}, where Go's mark is looked for", "lines", "peer"),
    minified_mean_chars=cited(110, f"{_LINGUIST}, minified_files?", "chars", "peer"),
    longest_line_chars=cited(1000, f"{_RUN_FILTER}; the paper gives no number", "chars", "peer"),
    mean_line_chars=cited(100, f"{_RUN_FILTER}; the paper gives no number", "chars", "peer"),
    alphanumeric_share=cited(0.25, f"{_RUN_FILTER}; the paper gives no number", "share", "peer"),
    letters_per_token=cited(0.0, "the paper has no such rule: off", "letters"),
)

SOURCE = Source(
    "github",
    reader=READER.with_limits(row_bytes=RECIPE.row_bytes, licences=RECIPE.licences, part_bytes=RECIPE.part_bytes),
    recipe=RECIPE,
    share=SHARES.github,
    prepare=join_repo_files,
    origins=ORIGINS,
    stages=(
        EachDocument(
            "files",
            drop("empty", code.is_empty),
            drop("nul_byte", code.is_binary),
            drop("licence_file", code.is_licence_file, fields=("path",)),
            drop("vendored", code.is_vendored, fields=("path",)),
            drop("generated", code.is_generated, fields=("path",), top_lines=RECIPE.generated_top_lines),
            drop("minified", code.is_minified, fields=("path",), mean_chars=RECIPE.minified_mean_chars),
            drop("data_table", code.suffix, fields=("path",), among=RECIPE.data_suffixes),
            drop("path_not_listed", code.is_unlisted, fields=("path",), endings=RECIPE.path_endings),
        ),
        EachDocument("boilerplate", edit("licence_header", remove_licence_header, fields=("path",))),
        EachDocument(
            "quality",
            drop("nothing_left", code.is_empty),
            drop("line_too_long", code.longest_line_chars, above=RECIPE.longest_line_chars),
            drop("lines_too_long", code.mean_line_chars, above=RECIPE.mean_line_chars),
            drop("too_few_alphanumerics", code.alphanumeric_share, below=RECIPE.alphanumeric_share),
        ),
        EachDocument(
            "letters",
            drop("too_few_letters", code.letters_per_token, below=RECIPE.letters_per_token),
            enabled_by=RECIPE.letters_per_token,
        ),
        Dedup("exact", keys=code.content_key),
    ),
)
