"""write token shards, the tokenizer, or documents in another tool's format

  corpus export tokenizer --input MODELS/tokenizer/tokenizer.model --output HF
  corpus export megatron --input TOKENS --output MEGATRON
  corpus export jsonl --input OUT/github --output JSONL

tokenizer: tokenizer.json and configs for transformers. megatron: .bin and .idx, a pair per source. mds: MosaicML
Streaming, a folder per source. arrayrecord: for Grain (needs the package array-record). nanogpt: train.bin and val.bin.
jsonl: the documents of builds as documents-*.jsonl.zst.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from pipelines.plugins import EXPORTS, load, plugins

FORMATS = {
    "tokenizer": "tokenizer.export.hugging_face",
    "megatron": "tokenizer.export.megatron",
    "mds": "tokenizer.export.mds",
    "arrayrecord": "tokenizer.export.arrayrecord",
    "nanogpt": "tokenizer.export.nanogpt",
    "jsonl": "corpus.jsonl",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = [*FORMATS, *plugins(EXPORTS, FORMATS)]
    parser.add_argument("format", choices=sorted(names), metavar="FORMAT", help="one of " + ", ".join(names))
    parser.add_argument("--input", required=True, metavar="PATH", help="token shards, tokenizer.model, or builds")
    parser.add_argument("--output", required=True, metavar="DIR", help="a folder")


def run(options: argparse.Namespace) -> int:
    """Export and print what was written."""
    written = exporter(options.format)(options.input, options.output)
    print("\n".join(str(path) for path in written))
    return 0


def exporter(name: str) -> Callable[[str, str], Any]:
    """The function of a format: export(input, output) -> the paths it wrote."""
    found: Any = import_module(FORMATS[name]) if name in FORMATS else load(plugins(EXPORTS)[name])
    function: Callable[[str, str], Any] = getattr(found, "export", found)
    return function
