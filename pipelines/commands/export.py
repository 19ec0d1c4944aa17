"""write token shards, the tokenizer, or documents in another tool's format

  corpus export tokenizer --input MODELS/tokenizer/tokenizer.model --output HF
  corpus export megatron --input TOKENS --output MEGATRON
  corpus export nanogpt --mixture MIXTURE --tokens 300e9 --output NANOGPT
  corpus export jsonl --input OUT/github --output JSONL

tokenizer: tokenizer.json and configs for transformers. megatron: .bin and .idx, a pair per source. mds: MosaicML
Streaming, a folder per source. litdata: for litdata and litgpt, a folder per source. datatrove: for datatrove and
nanotron, a folder per source. arrayrecord: for Grain (needs the package array-record). nanogpt: train.bin and val.bin.
jsonl: the documents of builds as documents-*.jsonl.zst.

With --input each source stands by itself, each document once. With --mixture documents are drawn, shuffled, of all
sources in the mixture's shares, until there are --tokens; a source that has too few begins again. All formats have the
same documents in the same order; jsonl takes their texts from the builds that the tokens were made of.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from corpus.errors import UsageError
from corpus.output.made import FINGERPRINT, contents_at, fingerprint_of, made_before, note_fingerprint
from corpus.output.manifest import EXPORT
from corpus.progress.steps import TOKEN
from corpus.progress.work import step
from corpus.stores.addresses import storage_of
from pipelines.parsing import token_count
from pipelines.plugins import EXPORTS, load, plugins

FORMATS = {
    "tokenizer": "tokenizer.export.hugging_face",
    "megatron": "tokenizer.export.megatron",
    "mds": "tokenizer.export.mds",
    "litdata": "tokenizer.export.litdata",
    "datatrove": "tokenizer.export.datatrove",
    "arrayrecord": "tokenizer.export.arrayrecord",
    "nanogpt": "tokenizer.export.nanogpt",
    "jsonl": "corpus.jsonl",
}
MIXED = FORMATS | {"jsonl": "tokenizer.export.jsonl"}
"""The formats that can be drawn from a mixture have `export_mixture` in these modules."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = [*FORMATS, *plugins(EXPORTS, FORMATS)]
    parser.add_argument("format", choices=sorted(names), metavar="FORMAT", help="one of " + ", ".join(names))
    made_of = parser.add_mutually_exclusive_group(required=True)
    made_of.add_argument("--input", metavar="PATH", help="token shards, tokenizer.model, or builds")
    made_of.add_argument("--mixture", metavar="DIR", help="a mixture over token shards: what it says is drawn of them")
    parser.add_argument("--tokens", type=token_count, metavar="N", help="with --mixture: how many; 300e9 is a number")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="with --mixture: which order; 0 without")
    parser.add_argument("--output", required=True, metavar="DIR", help="a folder")


def run(options: argparse.Namespace) -> int:
    """Export and print what was written.

    Raises:
        UsageError: --mixture without --tokens, or the other way round, or a format that is not of documents.
    """
    if (options.mixture is None) != (options.tokens is None):
        raise UsageError("--mixture DIR and --tokens N together", "one of them", "corpus export")
    made_of, how = options.input or options.mixture, (options.tokens, options.seed)
    function = exporter(options.format) if options.mixture is None else _mixing_exporter(options.format)
    held, output, storage = contents_at(made_of), options.output.rstrip("/"), storage_of(options.output)
    fingerprint = fingerprint_of([function], options.format, held, how)
    if held and made_before(output, EXPORT, lambda it: it.get(FINGERPRINT) == fingerprint, storage):
        print(f"{output} is this very export; nothing to do")
        return 0
    if options.mixture is None:
        written = function(made_of, output)
    else:
        with step("draw", options.tokens, TOKEN):
            written = function(made_of, output, *how)
    if held:
        note_fingerprint(output, fingerprint, storage)
    print("\n".join(str(path) for path in written))
    return 0


def _mixing_exporter(name: str) -> Callable[..., Any]:
    """The function of a format that can be drawn from a mixture: (mixture, output, tokens, seed) -> paths."""
    module = import_module(MIXED[name]) if name in MIXED else None
    function: Callable[..., Any] | None = getattr(module, "export_mixture", None)
    if function is None:
        known = [one for one in MIXED if hasattr(import_module(MIXED[one]), "export_mixture")]
        raise UsageError(f"a format of documents ({', '.join(known)})", name, "corpus export --mixture")
    return function


def exporter(name: str) -> Callable[..., Any]:
    """The function of a format: export(input, output) -> the paths it wrote."""
    found: Any = import_module(FORMATS[name]) if name in FORMATS else load(plugins(EXPORTS)[name])
    function: Callable[..., Any] = getattr(found, "export", found)
    return function
