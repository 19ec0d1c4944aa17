from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from sentencepiece import SentencePieceProcessor

from corpus.errors import ModelError
from tokenizer.model import SPACE, merges, plain_json, read_model
from tokenizer.proto import BYTE, CONTROL, NORMAL, NORMALIZER_FIELDS, TRAINER_FIELDS, UNKNOWN, parse
from tokenizer.train import Trained


def test_pieces_are_those_sentencepiece_reads(trained: Trained) -> None:
    processor = SentencePieceProcessor(model_proto=trained.model)
    for number, piece in enumerate(parse(trained.model).pieces):
        assert piece.piece == processor.id_to_piece(number)
        assert piece.score == processor.get_score(number)
        kind = {UNKNOWN: processor.is_unknown, CONTROL: processor.is_control, BYTE: processor.is_byte}
        assert piece.type in (NORMAL, *kind)
        assert all(test(number) == (piece.type == one) for one, test in kind.items())


def test_absent_fields_have_the_defaults_of_sentencepiece() -> None:
    settings = parse(b"\n\x03\n\x01a").settings  # one piece and nothing else
    assert (settings["model_type"], settings["vocab_size"], settings["add_dummy_prefix"]) == ("unigram", 8000, True)


def published() -> dict[str, FieldDescriptorProto]:
    """The fields of TrainerSpec and NormalizerSpec as SentencePiece's own module describes them."""
    spec = find_spec("sentencepiece.sentencepiece_model_pb2")
    assert spec is not None
    assert spec.origin is not None
    calls = [node for node in ast.walk(ast.parse(Path(spec.origin).read_text())) if isinstance(node, ast.Call)]
    (stored,) = [call.args[0] for call in calls if getattr(call.func, "attr", "") == "AddSerializedFile"]
    file = FileDescriptorProto.FromString(ast.literal_eval(stored))
    specs = [message for message in file.message_type if message.name in ("TrainerSpec", "NormalizerSpec")]
    named = {"name": "normalization_rule_name"}
    return {named.get(field.name, field.name): field for message in specs for field in message.field}


def test_numbers_and_defaults_of_fields_are_sentencepieces_own() -> None:
    fields, ours = published(), {**TRAINER_FIELDS, **NORMALIZER_FIELDS}
    assert {name: number for name, (number, _default) in ours.items()} == {name: fields[name].number for name in ours}
    for name, (_number, default) in ours.items():
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert fields[name].default_value == ("UNIGRAM" if name == "model_type" else shown), name


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xff" * 20, id="endless_number"),
        pytest.param(b"\n\x7fa", id="length_past_the_end"),
        pytest.param(b"\x0b", id="unknown_wire_type"),
        pytest.param(b"\n\x02\x12\x00", id="score_that_is_no_float"),
        pytest.param(b"\n\x02\x10\x05", id="score_that_is_a_whole_number"),
    ],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="a SentencePiece"):
        read_model(data)


def test_merges_make_text_pieces_only_best_first(trained: Trained) -> None:
    model = read_model(trained.model)
    score = dict(zip(model.pieces, model.scores, strict=True))
    found = merges(model)
    made = [left + right for left, right in found]
    assert [score[piece] for piece in made] == sorted((score[piece] for piece in made), reverse=True)
    longer = {piece for piece, normal in zip(model.pieces, model.normal, strict=True) if normal and len(piece) > 1}
    assert set(made) == longer


def test_no_merge_makes_a_control_piece(trained: Trained) -> None:
    """SentencePiece never merges text into `</s>`, although `</` and `s>` be pieces."""
    pieces = ("<unk>", "<s>", "</s>", "<0x41>", "<", "/", "s", ">", "</", "s>", "/s")
    normal = np.array([False] * 4 + [True] * 7)
    model = read_model(trained.model)._replace(pieces=pieces, scores=(0.0,) * 8 + (-1.0, -2.0, -3.0), normal=normal)
    assert merges(model) == [("<", "/"), ("s", ">"), ("/", "s")]


def test_merges_stand_by_score_wherever_the_pieces_stand(trained: Trained) -> None:
    pieces, scores = ("a", "b", "c", "ab", "bc", "abc"), (0.0, 0.0, 0.0, -5.0, -1.0, -3.0)
    model = read_model(trained.model)._replace(pieces=pieces, scores=scores, normal=np.array([True] * 6))
    assert merges(model) == [("b", "c"), ("ab", "c"), ("a", "bc"), ("a", "b")]


def test_a_piece_that_no_merge_reaches_is_not_taken_whole(trained: Trained) -> None:
    """`ab` is joined first, and neither `abc` nor `cd` is a piece: as SentencePiece has it, `abcd` is never made."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs Hugging Face tokenizers")
    pieces, scores = ("<unk>", "a", "b", "c", "d", "ab", "bcd", "bc", "abcd"), (0.0,) * 5 + (-1.0, -3.0, -2.0, -4.0)
    normal = np.array([False] + [True] * 8)
    model = read_model(trained.model)._replace(pieces=pieces, scores=scores, normal=normal)
    assert tokenizers.Tokenizer.from_str(plain_json(model)).encode("abcd").tokens == ["ab", "c", "d"]


def test_piece_bytes_count_the_text(trained: Trained) -> None:
    model = read_model(trained.model)
    text = " Весной 12 の\U0001f9ff"
    ids = SentencePieceProcessor(model_proto=trained.model).encode(text[1:])
    assert model.piece_bytes[ids].sum() == len(text.encode())
    assert model.piece_bytes[model.pieces.index(SPACE)] == 1
