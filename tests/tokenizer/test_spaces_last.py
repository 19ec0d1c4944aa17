"""Pieces of spaces alone merge last, in models that we train and in models that a user brings."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from tokenizer_texts import sentences, settings

from tokenizer.encode import Encoder
from tokenizer.model import SPACE, merges_spaces_last, read_model, spaces_last
from tokenizer.proto import BYTE, CONTROL, NORMAL, UNKNOWN, parse, with_scores
from tokenizer.train import Trained, train

CODE = [f"{indent}return {name} + {name}[{name}]" for indent in ("", "    ", "        ") for name in ("a", "total")]


@pytest.fixture(scope="module")
def code_models() -> tuple[Trained, Trained]:
    """Models of the same indented text: pieces of spaces last, and as the trainer scores them."""
    lines = [*CODE * 50, *sentences(300)]
    return train(lines, settings(vocab_size=600)), train(lines, settings(vocab_size=600, spaces_last=False))


def is_spaces(piece: str) -> bool:
    return bool(piece) and not piece.strip(SPACE)


def test_spaces_score_below_every_other_piece_in_the_order_they_had(code_models: tuple[Trained, Trained]) -> None:
    ours, trainers = (read_model(trained.model) for trained in code_models)
    spaces = [number for number, piece in enumerate(trainers.pieces) if is_spaces(piece)]
    others = [number for number in range(len(ours.pieces)) if number not in spaces]
    assert len(spaces) > 3
    assert max(ours.scores[number] for number in spaces) < min(ours.scores[number] for number in others)
    assert [ours.scores[number] for number in others] == [trainers.scores[number] for number in others]
    assert sorted(spaces, key=ours.scores.__getitem__) == sorted(spaces, key=trainers.scores.__getitem__)
    assert (merges_spaces_last(ours), merges_spaces_last(trainers)) == (True, False)
    assert (ours.pieces, ours.settings) == (trainers.pieces, trainers.settings)


def test_a_word_after_a_run_of_spaces_has_its_own_space(code_models: tuple[Trained, Trained]) -> None:
    ours, trainers = (Encoder(trained.model) for trained in code_models)
    text = "x\n        return total"

    def pieces(encoder: Encoder) -> list[str]:
        return [encoder.model.pieces[number] for number in encoder.encode(text)]

    assert pieces(ours)[-2:] == ["▁return", "▁total"]
    assert "▁▁▁▁▁▁▁▁" in pieces(trainers)
    assert "▁return" not in pieces(trainers)
    assert ours.decode(ours.encode(text)) == text
    assert (ours.engine, ours.refused) == ("gigatoken", "")


def test_done_twice_changes_nothing_more(code_models: tuple[Trained, Trained]) -> None:
    once = read_model(code_models[0].model)
    twice = read_model(spaces_last(code_models[0].model))
    rank = sorted(range(len(once.scores)), key=once.scores.__getitem__)
    assert rank == sorted(range(len(twice.scores)), key=twice.scores.__getitem__)


def test_only_scores_change_in_the_file(trained: Trained) -> None:
    changed = with_scores(trained.model, {700: -3.5, 300: 2.0})
    assert len(changed) == len(trained.model)
    before, after = parse(trained.model).pieces, parse(changed).pieces
    assert [number for number in range(len(before)) if before[number] != after[number]] == [300, 700]
    assert (after[300].score, after[700].score) == (2.0, -3.5)
    assert with_scores(changed, {number: before[number].score for number in (300, 700)}) == trained.model


def test_a_piece_without_a_score_is_refused() -> None:
    with pytest.raises(ValueError, match="piece 0 has no score"):
        with_scores(b"\n\x03\n\x01a", {0: 1.0})


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _varint(number >> 7)


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _llama_model(pieces: list[str], score_of_spaces: dict[int, float]) -> bytes:
    """A `.model` file of LLaMA-1's vocabulary: scores fall by id, but for pieces of spaces."""
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, *[NORMAL] * (len(pieces) - 259)]
    out = b""
    for number, (piece, kind) in enumerate(zip(pieces, kinds, strict=True)):
        score = score_of_spaces.get(number, -float(max(0, number - 259)))
        out += _message(1, _message(1, piece.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + bytes([kind]))
    numbers = {3: 2, 4: len(pieces), 25: 1, 26: 1, 35: 1, 40: 0, 41: 1, 42: 2, 43: (1 << 64) - 1}
    trainer = b"".join(_varint(field << 3) + _varint(value) for field, value in numbers.items())
    return out + _message(2, trainer) + _message(3, _message(1, b"identity") + b"\x18\x01\x20\x00\x28\x01")


@pytest.mark.parametrize("scored", ["tied", "by_rank"])
def test_a_models_own_scores_give_llamas_ids(shared_data: Path, scored: str) -> None:
    """The released file may score all pieces of spaces alike or by rank: the ids are the same."""
    llama = shared_data / "tokenizer" / "llama1"
    pieces = json.loads((llama / "vocab.json").read_text("utf-8"))
    cases = json.loads((llama / "ids.json").read_text("utf-8"))
    spaces = {number: -1e9 for number, piece in enumerate(pieces) if number >= 259 and is_spaces(piece)}
    model = _llama_model(pieces, spaces) if scored == "tied" else spaces_last(_llama_model(pieces, {}))
    encoder = Encoder(model)
    assert (encoder.engine, encoder.refused, encoder.vocab_size, len(cases)) == ("gigatoken", "", 32_000, 1047)
    assert [case["text"] for case in cases if encoder.encode(case["text"]).tolist() != case["ids"]] == []
    by_id = Encoder(_llama_model(pieces, {}))
    assert sum(by_id.encode(case["text"]).tolist() != case["ids"] for case in cases) == 252
    np.testing.assert_array_equal(encoder.model.piece_bytes, by_id.model.piece_bytes)
