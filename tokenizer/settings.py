"""The tokenizer's settings: every number and choice of the trainer, the normaliser and the token shards, cited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from corpus.recipe import Cited, Recipe, cited

_PAPER = "arXiv 2302.13971, section 2.1, Tokenizer"
_SPEC = "trainer_spec of the released tokenizer.model (karpathy/llama2.c, doc/train_llama_tokenizer.md)"
_NORMALIZER = "normalizer_spec of the released tokenizer.model (karpathy/llama2.c, doc/train_llama_tokenizer.md)"

RECIPE = Recipe(
    "tokenizer",
    model_type=cited("bpe", _PAPER, basis="paper", choices=("bpe",)),
    vocab_size=cited(32_000, "meta-llama/llama model card: 32k pieces", "pieces", "paper"),
    split_digits=cited(True, f"{_PAPER}: all numbers are split into individual digits", basis="paper"),
    byte_fallback=cited(True, f"{_PAPER}: bytes decompose unknown UTF-8 characters", basis="paper"),
    input_sentence_size=cited(200_000_000, _SPEC, "lines", "peer"),
    character_coverage=cited(0.99995, _SPEC, "share", "peer"),
    max_sentence_length=cited(4192, _SPEC, "bytes", "peer"),
    max_sentencepiece_length=cited(16, _SPEC, "chars", "peer"),
    split_by_unicode_script=cited(True, _SPEC, basis="peer"),
    split_by_whitespace=cited(True, _SPEC, basis="peer"),
    split_by_number=cited(True, _SPEC, basis="peer"),
    allow_whitespace_only_pieces=cited(True, _SPEC, basis="peer"),
    hard_vocab_limit=cited(True, _SPEC, basis="peer"),
    train_extremely_large_corpus=cited(False, _SPEC, basis="peer"),
    unk_id=cited(0, _SPEC, "id", "peer"),
    bos_id=cited(1, _SPEC, "id", "peer"),
    eos_id=cited(2, _SPEC, "id", "peer"),
    pad_id=cited(-1, _SPEC, "id", "peer"),
    unk_surface=cited(" \u2047 ", _SPEC, basis="peer"),
    normalization_rule_name=cited("identity", _NORMALIZER, basis="peer"),
    add_dummy_prefix=cited(True, _NORMALIZER, basis="peer"),
    remove_extra_whitespaces=cited(False, _NORMALIZER, basis="peer"),
    escape_whitespaces=cited(True, _NORMALIZER, basis="peer"),
    spaces_last=cited(
        True,
        "the released vocabulary: its ids for 1,047 hard strings need pieces of spaces alone to merge last (so a word"
        " after a run of spaces has its own space: `\u2581\u2581\u2581 \u2581return`)",
        "score pieces of spaces below all others",
        "peer",
    ),
    sample_bytes=cited(500_000_000, "the trainer needs about 7 bytes per byte of sample: 3.5 GB", "bytes"),
    sample_seed=cited(0, "any constant; the sample is a pure function of it and of the document ids", "seed"),
    card_bytes=cited(2_000_000, "a rate of one in ten thousand pieces shows in it", "bytes per source"),
    bos=cited(
        True, "LLaMA prepends BOS when it generates; so each document begins with it", "BOS before each document"
    ),
    eos=cited(True, "a model learns where to stop from the EOS of documents", "EOS after each document"),
    shard_bytes=cited(256_000_000, "a shard is copied, checked or rewritten in seconds", "bytes"),
    shuffle=cited(
        True,
        "files of one repository, answers of one site would fill a window of training together",
        "documents of a shard in the order of their ids' hashes",
    ),
)

_OURS = {"spaces_last", "sample_bytes", "sample_seed", "card_bytes", "bos", "eos", "shard_bytes", "shuffle"}


def trainer_settings(recipe: Mapping[str, Cited] = RECIPE) -> dict[str, Any]:
    """The arguments of SentencePiece's trainer, by its own names."""
    settings = {name: number.value for name, number in recipe.items() if name not in _OURS}
    if not settings["train_extremely_large_corpus"]:  # its default: SentencePiece warns where it is passed
        del settings["train_extremely_large_corpus"]
    return settings


class Policy(NamedTuple):
    """How documents become shards: BOS and EOS around each, the size of a shard in bytes, the recipe's digest.

    shuffle: the documents of a shard stand in the order of their ids' hashes, and not in that of the dump.
    """

    bos: bool = cast(bool, RECIPE.bos.value)
    eos: bool = cast(bool, RECIPE.eos.value)
    shard_bytes: int = cast(int, RECIPE.shard_bytes.value)
    recipe: str = ""
    shuffle: bool = cast(bool, RECIPE.shuffle.value)


def policy_of(recipe: Mapping[str, Cited], digest: str = "") -> Policy:
    """The policy of a resolved recipe."""
    bos, eos, size, shuffle = (recipe[name].value for name in ("bos", "eos", "shard_bytes", "shuffle"))
    return Policy(cast(bool, bos), cast(bool, eos), cast(int, size), digest, cast(bool, shuffle))
