from __future__ import annotations

import random
import resource
from pathlib import Path

import numpy as np
import pytest
from sentencepiece import SentencePieceProcessor
from tokenizer_texts import fuzz, sentences, settings

import tokenizer.encode as encode_module
from corpus.errors import ModelError, RecordError
from tokenizer.encode import Encoder, load_encoder, probes
from tokenizer.train import Trained, train


@pytest.fixture(scope="module")
def processor(trained: Trained) -> SentencePieceProcessor:
    return SentencePieceProcessor(model_proto=trained.model)


def test_ids_are_sentencepieces_on_fuzz(encoder: Encoder, processor: SentencePieceProcessor) -> None:
    assert encoder.engine == "gigatoken"
    wrong = [t for t in fuzz(20_000, 1, encoder.model.pieces) if encoder.encode(t).tolist() != processor.encode(t)]
    assert wrong == []


@pytest.mark.parametrize("engine", ["gigatoken", "sentencepiece"])
@pytest.mark.parametrize(("window", "overlap"), [(16, 4), (64, 16), (300, 100)])
def test_windows_join_to_the_whole(
    trained: Trained, processor: SentencePieceProcessor, engine: str, window: int, overlap: int
) -> None:
    encoder = Encoder(trained.model, engine=engine, window_bytes=window, overlap_bytes=overlap)
    texts = [*fuzz(300, window, encoder.model.pieces), *("".join(fuzz(20, n, encoder.model.pieces)) for n in range(20))]
    wrong = [text for text in texts if encoder.encode(text).tolist() != processor.encode(text)]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    ["a" * 5000, "ab" * 2500, " " * 5000, "\n" * 3000, "9" * 3000, "の" * 2000, "\U0001f600" * 700, "\u2581" * 900],
)
def test_runs_join_to_the_whole(trained: Trained, processor: SentencePieceProcessor, text: str) -> None:
    encoder = Encoder(trained.model, window_bytes=512, overlap_bytes=64)
    assert encoder.encode(text).tolist() == processor.encode(text)


@pytest.mark.parametrize("name", ["</s>", "<s>", "<unk>", "<0x0A>"])
def test_a_control_name_in_a_text_stays_text(encoder: Encoder, name: str) -> None:
    ids = encoder.encode(f"a {name}b{name} {name}")
    assert not set(ids.tolist()) & {0, encoder.model.bos, encoder.model.eos}
    assert encoder.decode(ids) == f"a {name}b{name} {name}"


def test_digits_are_split_and_unknown_characters_are_bytes(encoder: Encoder) -> None:
    pieces = [encoder.model.pieces[number] for number in encoder.encode("x2024\U0001f9ff")]
    assert pieces[-8:] == ["2", "0", "2", "4", "<0xF0>", "<0x9F>", "<0xA7>", "<0xBF>"]


def test_decode_gives_the_text_back(encoder: Encoder) -> None:
    texts = [text for text in fuzz(2000, 3, encoder.model.pieces) if "\u2581" not in text]
    assert [encoder.decode(encoder.encode(text)) for text in texts] == texts
    assert encoder.decode(encoder.encode("a\u2581b")) == "a b"


def test_lone_surrogate_is_refused(encoder: Encoder) -> None:
    with pytest.raises(RecordError, match="a lone surrogate at character 3"):
        encoder.encode("abc\ud800d")


def test_an_engine_that_differs_is_not_used(
    trained: Trained, processor: SentencePieceProcessor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(encode_module.GigatokenEngine):
        def __call__(self, data: bytes) -> np.ndarray:
            return super().__call__(data.replace(b"\r\n", b"\n"))

    monkeypatch.setattr(encode_module, "GigatokenEngine", Wrong)
    encoder = Encoder(trained.model)
    assert (encoder.engine, encoder.refused) == ("sentencepiece", repr("\r\n"))
    assert encoder.encode("a\r\nb").tolist() == processor.encode("a\r\nb")


def test_engine_renewed_gives_the_same_ids(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    text = " ".join(sentences(50, 9))
    expected = Encoder(trained.model).encode(text).tolist()
    monkeypatch.setattr(encode_module, "RENEW_BYTES", 1000)
    encoder = Encoder(trained.model)
    assert all(encoder.encode(text).tolist() == expected for _ in range(3))


def test_memory_stays_bounded_over_unheard_words(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode_module, "RENEW_BYTES", 1 << 20)
    encoder, rng = Encoder(trained.model), random.Random(4)

    def peak_mib(rounds: int) -> int:
        for _ in range(rounds):
            encoder.encode(" ".join(f"{rng.getrandbits(64):x}" for _ in range(60_000)))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10

    settled = peak_mib(8)
    assert peak_mib(12) - settled < 30  # 12 MB more of words it never met; without renewing: 80 MiB


def test_probes_hold_control_names_runs_and_every_kind_of_piece(encoder: Encoder) -> None:
    texts = probes(encoder.model)
    assert {"", "\r\n", "x\u2581y"} <= set(texts)
    assert any("</s>" in text for text in texts)
    assert len({char for text in texts for char in text}) > 100


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda p: p.write_bytes(b"no model at all"), "expected a SentencePiece .model file", id="other_file"
        ),
        pytest.param(lambda p: p.write_bytes(b""), "expected a SentencePiece", id="empty_file"),
        pytest.param(lambda p: None, "No such file", id="absent"),
        pytest.param(
            lambda p: p.write_bytes(train(sentences(200), settings(vocab_size=500, byte_fallback=False)).model),
            "byte_fallback = True, got False",
            id="no_byte_fallback",
        ),
        pytest.param(
            lambda p: p.write_bytes(train(sentences(200), settings(vocab_size=600, add_dummy_prefix=False)).model),
            "add_dummy_prefix = True, got False",
            id="no_dummy_prefix",
        ),
    ],
)
def test_other_models_are_refused(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "tokenizer.model"
    make(path)  # type: ignore[operator]
    with pytest.raises(ModelError, match=words):
        load_encoder(path)


def test_truncated_model_is_refused(trained: Trained) -> None:
    with pytest.raises(ModelError):
        Encoder(trained.model[: len(trained.model) // 2])
