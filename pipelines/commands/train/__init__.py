"""train the tokenizer, an n-gram language model, or the reference classifier, from documents

corpus train tokenizer --input OUT --output MODELS/tokenizer
corpus train lm --language en --input OUT/wikipedia --output MODELS/lm
corpus train reference --positives 'OUT/wikipedia/evidence/references-*' --pages OUT/commoncrawl --output REF
"""

from __future__ import annotations

import argparse
import sys

from pipelines.parsing import add_commands, modules_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments: those of each thing that can be trained."""
    add_commands(parser, modules_of(sys.modules[__name__]), "WHAT", "what to train")


def run(options: argparse.Namespace) -> int:
    """Train what was named."""
    code: int = options.run_what(options)
    return code
