"""write the mixture manifest that training reads, over token shards

corpus mix --shards TOKENS --output MIXTURE
corpus mix --shards TOKENS/github TOKENS/books --output MIXTURE --weights weights.json
corpus mix --shards TOKENS --output MIXTURE --tokens 300e9

Shares are those of LLaMA's Table 1 and, of other sources, what they state themselves in percent; or those of a JSON
object of numbers by source. They are divided by their sum over the sources at hand. With --tokens the table tells how
often a training of so many tokens sees each source.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from corpus.errors import InputError
from corpus.mixture import TRAINING_TOKENS, read_weights
from corpus.progress.work import step
from corpus.stores.addresses import read_text
from pipelines.parsing import token_count

if TYPE_CHECKING:
    from tokenizer.mixture import Mixture


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--shards", nargs="+", required=True, metavar="DIR", help="folders of token shards")
    parser.add_argument("--output", required=True, metavar="DIR", help="the manifest is written to DIR/mixture.json")
    help_tokens = "of the training, for the table; LLaMA's 1.4e12 without"
    parser.add_argument("--tokens", type=token_count, metavar="N", help=help_tokens)
    parser.add_argument("--weights", metavar="FILE", help='shares by source: {"github": 4.5, "books": 4.5}')


def run(options: argparse.Namespace) -> int:
    """Write the manifest and print the mixture."""
    with step("load"):
        from pipelines.shares import shares_of_tokens
        from tokenizer.mixture import NAME, mix

    shares = weights(options.weights) if options.weights else shares_of_tokens(options.shards)
    mixture = mix(options.shards, options.output, shares)
    print("\n".join(mixture_lines(mixture, options.tokens)))
    print(f"\n{NAME} in {options.output}")
    return 0


def weights(path: str) -> dict[str, float]:
    """The shares in a JSON file."""
    try:
        return read_weights(read_text(path), f"--weights {path}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a JSON file of shares by source", str(error), "--weights") from None


def mixture_lines(mixture: Mixture, tokens: int | None = None) -> list[str]:
    """The mixture as a table: share, tokens at hand, and epochs over some tokens, or those LLaMA was trained on."""
    wanted = tokens or int(TRAINING_TOKENS.value)
    epochs = mixture.epochs(wanted)
    head = f"{'source':<15} {'share':>7} {'shards':>7} {'tokens':>18} {f'epochs at {short(wanted)}':>16}"
    return [head] + [
        f"{name:<15} {one.share:>7.2%} {len(one.shards):>7,} {one.tokens:>18,} {epochs[name]:>16,.2f}"
        for name, one in sorted(mixture.sources.items(), key=lambda item: -item[1].share)
    ]


def short(count: int) -> str:
    """A number of tokens as people write it: 1.4 T, 300 B, 5 M."""
    for size, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)
