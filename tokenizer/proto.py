"""The few fields of a SentencePiece `.model` file that this package reads (protobuf, sentencepiece_model.proto).

Read by hand: sentencepiece's own generated module asks for a newer protobuf runtime than Apache Beam allows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Setting = bool | int | float | str

PIECES, TRAINER, NORMALIZER = 1, 2, 3  # fields of ModelProto
SCORE = 2  # field of ModelProto.SentencePiece
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # of ModelProto.SentencePiece.Type; a model with others is refused
MODEL_TYPES = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}

# name -> field number, and the value an absent field has.
TRAINER_FIELDS: dict[str, tuple[int, Setting]] = {
    "model_type": (3, 1), "vocab_size": (4, 8000), "character_coverage": (10, 0.9995), "input_sentence_size": (11, 0),
    "max_sentence_length": (18, 4192), "max_sentencepiece_length": (20, 16), "split_by_unicode_script": (21, True),
    "split_by_whitespace": (22, True), "split_by_number": (23, True), "split_digits": (25, False),
    "allow_whitespace_only_pieces": (26, False), "hard_vocab_limit": (33, True), "byte_fallback": (35, False),
    "unk_id": (40, 0), "bos_id": (41, 1), "eos_id": (42, 2), "pad_id": (43, -1), "unk_surface": (44, " \u2047 "),
    "train_extremely_large_corpus": (49, False),
}  # fmt: skip
NORMALIZER_FIELDS: dict[str, tuple[int, Setting]] = {
    "normalization_rule_name": (1, ""), "precompiled_charsmap": (2, ""), "add_dummy_prefix": (3, True),
    "remove_extra_whitespaces": (4, True), "escape_whitespaces": (5, True),
}  # fmt: skip


class Piece(NamedTuple):
    """One piece of the vocabulary, with its score (the greatest is merged first) and its type."""

    piece: str
    score: float
    type: int


class ModelFile(NamedTuple):
    """The contents of a `.model` file: its pieces by id, and its trainer and normaliser settings by name."""

    pieces: list[Piece]
    settings: dict[str, Setting]


def parse(proto: bytes) -> ModelFile:
    """The pieces and settings of a `.model` file.

    Raises:
        ValueError: not such a file.
    """
    pieces: list[Piece] = []
    specs = {TRAINER: b"", NORMALIZER: b""}
    for number, value in _fields(proto):
        if number == PIECES and isinstance(value, bytes):
            piece = dict(_fields(value))
            score, kind = _float(piece.get(SCORE, bytes(4))), int(piece.get(3, NORMAL))
            pieces.append(Piece(bytes(piece[1]).decode(), score, kind))
        elif number in specs and isinstance(value, bytes):
            specs[number] += value  # protobuf merges repeated occurrences of one message
    settings = _settings(specs[TRAINER], TRAINER_FIELDS) | _settings(specs[NORMALIZER], NORMALIZER_FIELDS)
    settings["model_type"] = MODEL_TYPES.get(int(settings["model_type"]), str(settings["model_type"]))
    return ModelFile(pieces, settings)


def with_scores(proto: bytes, scores: Mapping[int, float]) -> bytes:
    """A `.model` file with other scores for some pieces, by id; every other byte of it stays.

    Raises:
        ValueError: not such a file, or a piece without a score, which SentencePiece's trainer never writes.
    """
    changed = bytearray(proto)
    pieces = [(value, end) for number, value, end in _spans(proto) if number == PIECES and isinstance(value, bytes)]
    for number, score in scores.items():
        piece, end = pieces[number]
        # A 32-bit float is the last 4 bytes of its field, so it is overwritten where it stands and no length changes.
        after = next((stop for field, _value, stop in _spans(piece) if field == SCORE), None)
        if after is None:
            raise ValueError(f"piece {number} has no score")
        stop = end - len(piece) + after
        changed[stop - 4 : stop] = struct.pack("<f", score)
    return bytes(changed)


def _settings(spec: bytes, fields: dict[str, tuple[int, Setting]]) -> dict[str, Setting]:
    present = dict(_fields(spec))
    return {
        name: _as(default, present[number]) if number in present else default
        for name, (number, default) in fields.items()
    }


def _as(like: Setting, value: int | bytes) -> Setting:
    """A field's value in the type of its default."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace") if isinstance(like, str) else _float(value)
    # A negative int32 is written as the 64-bit two's complement, ten bytes long (pad_id is -1).
    return bool(value) if isinstance(like, bool) else value - (1 << 64) if value >> 63 else value


def _float(value: int | bytes) -> float:
    if not isinstance(value, bytes) or len(value) != 4:
        raise ValueError("a score that is no 32-bit float")
    return float(struct.unpack("<f", value)[0])


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a protobuf message: number and value (an int, or bytes for other types)."""
    return ((number, value) for number, value, _end in _spans(message))


def _spans(message: bytes) -> Iterator[tuple[int, int | bytes, int]]:
    """Every field of a protobuf message: number, value, and where in the message it ends.

    The wire format: a field begins with number << 3 | type. Type 0 is a varint, 1 eight bytes, 5 four bytes, and 2 a
    varint with a length, then that many bytes (a string or another message).
    """
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 0:
            value, at = _varint(message, at)
            yield key >> 3, value, at
            continue
        if key & 7 == 2:
            length, at = _varint(message, at)
        else:
            length = {1: 8, 5: 4}.get(key & 7, -1)
        if not 0 <= length <= len(message) - at:
            raise ValueError(f"no protobuf field at byte {at}")
        yield key >> 3, message[at : at + length], at + length
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number in groups of 7 bits, the lowest first; a byte's high bit says that more follow. Also where it ends."""
    value = shift = 0
    while at < len(message) and shift < 64:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError(f"no protobuf number at byte {at}")
