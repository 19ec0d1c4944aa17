"""The trained model as SentencePiece stores it: its pieces, its settings, and the BPE merges they imply."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple

import numpy as np

from corpus.errors import ModelError
from tokenizer.proto import BYTE, CONTROL, NORMAL, UNKNOWN, ModelFile, Setting, parse, with_scores
from tokenizer.settings import RECIPE

SPACE = "\u2581"  # SentencePiece writes a space inside a piece as this character
NO_DUMMY_PREFIX = b"\x1a\x02\x18\x00"
"""Appended to a model file it turns the dummy prefix off, as protobuf merges a second normalizer_spec into the first.
Its bytes: field 3 (normalizer_spec), 2 bytes long; in it field 3 (add_dummy_prefix), false."""
_EXACT = ("model_type", "byte_fallback", "add_dummy_prefix", "remove_extra_whitespaces", "escape_whitespaces")


class Model(NamedTuple):
    """A SentencePiece BPE model of LLaMA's kind.

    digest is the SHA-256 of the file; pieces, scores and normal (whether text can merge into the piece) are by id;
    piece_bytes is the length of each piece in UTF-8 bytes of the text it stands for, a space being one byte.
    """

    proto: bytes
    digest: str
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    normal: np.ndarray
    piece_bytes: np.ndarray
    bos: int
    eos: int
    settings: dict[str, Setting]


def read_model(proto: bytes, where: str = "tokenizer model") -> Model:
    """The model in the bytes of a `.model` file.

    Raises:
        ModelError: not a SentencePiece model, or one with settings under which our ids would differ from its own.
    """
    try:
        file = parse(proto)
    except (ValueError, KeyError) as error:
        raise ModelError("a SentencePiece .model file", str(error), where) from None
    _require_llama_kind(file, where)
    kinds = np.array([piece.type for piece in file.pieces], np.uint8)
    lengths = np.array([len(piece.piece.replace(SPACE, " ").encode()) for piece in file.pieces], np.int64)
    lengths[kinds == BYTE] = 1
    return Model(
        proto, hashlib.sha256(proto).hexdigest(), tuple(piece.piece for piece in file.pieces),
        tuple(piece.score for piece in file.pieces), kinds == NORMAL, lengths,
        int(file.settings["bos_id"]), int(file.settings["eos_id"]),
        {name: value for name, value in file.settings.items() if name in RECIPE},
    )  # fmt: skip


def merges(model: Model) -> list[tuple[str, str]]:
    """Every pair of pieces that joins to a piece, best score first: SentencePiece's BPE as a list of merges.

    SentencePiece keeps no merges: it joins the neighbours whose joined piece has the best score, in any way that the
    piece can be cut. So all cuts of a piece are listed, at its rank. Only text pieces take part, so that no text merges
    into a control piece such as `</s>`.
    """
    named = zip(model.pieces, model.scores, model.normal, strict=True)
    known = {piece: score for piece, score, normal in named if normal}
    ranked = [
        (score, cut, len(piece) - cut, piece)
        for piece, score in known.items()
        for cut in range(1, len(piece))
        if piece[:cut] in known and piece[cut:] in known
    ]
    ranked.sort(key=lambda merge: merge[:3], reverse=True)
    return [(piece[:cut], piece[cut:]) for _, cut, _, piece in ranked]


def spaces_last(proto: bytes) -> bytes:
    """A `.model` file whose pieces of spaces alone have lower scores than every other piece, in the order they had.

    Args:
        proto: the bytes of a file as SentencePiece's trainer writes it.
    """
    pieces = parse(proto).pieces
    lowest = min((piece.score for piece in pieces), default=0.0)
    spaces = [number for number, piece in enumerate(pieces) if piece.type == NORMAL and _is_spaces(piece.piece)]
    spaces.sort(key=lambda number: (-pieces[number].score, number))
    return with_scores(proto, {number: lowest - below for below, number in enumerate(spaces, start=1)})


def merges_spaces_last(model: Model) -> bool:
    """Whether every piece of spaces alone, of two and more, has a lower score than every other piece of text."""
    scored = zip(model.pieces, model.scores, model.normal, strict=True)
    merged = [(piece, score) for piece, score, normal in scored if normal and len(piece) > 1]
    spaces = [score for piece, score in merged if _is_spaces(piece)]
    others = [score for piece, score in merged if not _is_spaces(piece)]
    return not spaces or not others or max(spaces) < min(others)


def _is_spaces(piece: str) -> bool:
    return not piece.strip(SPACE)


def bpe_json(model: Model) -> dict[str, object]:
    """The model part of a `tokenizer.json`: vocabulary and merges with byte fallback."""
    return {
        "type": "BPE", "dropout": None, "unk_token": model.pieces[0], "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
        "vocab": {piece: number for number, piece in enumerate(model.pieces)},
        "merges": [list(pair) for pair in merges(model)],
    }  # fmt: skip


def plain_json(model: Model) -> str:
    """A `tokenizer.json` that replaces spaces by SPACE and nothing else: no prefix, no special tokens."""
    spaces = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    unused: dict[str, None] = dict.fromkeys(("truncation", "padding", "pre_tokenizer", "post_processor", "decoder"))
    file: dict[str, object] = {
        "version": "1.0",
        **unused,
        "added_tokens": [],
        "normalizer": spaces,
        "model": bpe_json(model),
    }
    return json.dumps(file, ensure_ascii=False)


def _require_llama_kind(file: ModelFile, where: str) -> None:
    """Refuse a model of another kind, whose ids this package would not reproduce."""
    if not file.pieces or file.settings["precompiled_charsmap"]:
        raise ModelError("a SentencePiece model without normalisation rules", "one that has them", where)
    for name in _EXACT:
        if file.settings[name] != RECIPE[name].value:
            raise ModelError(f"{name} = {RECIPE[name].value}", str(file.settings[name]), where)
    if {piece.type for piece in file.pieces} - {NORMAL, UNKNOWN, CONTROL, BYTE}:
        do = "train one with `corpus train tokenizer`"
        raise ModelError("only text, byte and control pieces", "user-defined or unused ones", where, do)
