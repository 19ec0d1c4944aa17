"""write token shards, or the tokenizer, in another tool's format

  corpus export tokenizer --input MODELS/tokenizer/tokenizer.model --output HF
  corpus export megatron --input TOKENS --output MEGATRON

tokenizer: tokenizer.json and configs for transformers. megatron: .bin and .idx, a pair a source. mds: MosaicML
Streaming, a folder a source. arrayrecord: for Grain (needs the package array-record). nanogpt: train.bin and val.bin.
"""

from __future__ import annotations

import argparse
from importlib import import_module

FORMATS = {
    "tokenizer": "hugging_face",
    "megatron": "megatron",
    "mds": "mds",
    "arrayrecord": "arrayrecord",
    "nanogpt": "nanogpt",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("format", choices=sorted(FORMATS), metavar="FORMAT", help="one of " + ", ".join(FORMATS))
    parser.add_argument("--input", required=True, metavar="PATH", help="a folder of token shards, or tokenizer.model")
    parser.add_argument("--output", required=True, metavar="DIR", help="a folder")


def run(options: argparse.Namespace) -> int:
    """Export and print what was written."""
    written = import_module(f"tokenizer.exports.{FORMATS[options.format]}").export(options.input, options.output)
    print("\n".join(str(path) for path in written))
    return 0
