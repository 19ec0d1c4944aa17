"""Perplexity, percentile and bucket, and models that are not what they should be."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import kenlm
import numpy as np
import pytest
import sentencepiece

from corpus.document import Document
from corpus.errors import ModelError
from filters.web.ccnet_text import text_for_perplexity
from filters.web.perplexity import Perplexity, in_bucket, percentile, read_cutoffs
from pipelines.demo.commoncrawl import article

WORDS = Path(__file__).parents[2] / "golden" / "web" / "lmplz.arpa"
TEXT = "\n".join(article(300))


@pytest.fixture
def folder(lm_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lm_folder, tmp_path / "lm"))


def perplexity(folder: Path, text: str, language: str = "en") -> dict[str, float]:
    (found,) = Perplexity(str(folder), languages=("en",))([text], language=[language])
    return found


@pytest.mark.parametrize("text", [TEXT, TEXT[:60], "the", ""], ids=["an article", "a few words", "a word", "nothing"])
def test_perplexity_is_that_of_the_whole_text_as_one_sentence(text: str, folder: Path) -> None:
    encoder = sentencepiece.SentencePieceProcessor(model_file=str(folder / "en.sp.model"))
    pieces = encoder.encode(text_for_perplexity(text), out_type=str)
    logprob = kenlm.Model(str(folder / "en.arpa")).score(" ".join(pieces))
    assert perplexity(folder, text)["perplexity"] == round(10 ** (-logprob / (len(pieces) + 1)), 1)


def test_text_like_the_articles_surprises_less_than_noise(folder: Path) -> None:
    noise = "zqx jkw vvb qqn xkj wqz bbn vxq kjq zzw nvb qxk"
    assert perplexity(folder, TEXT)["perplexity"] * 3 < perplexity(folder, noise)["perplexity"]


@pytest.mark.parametrize(
    "text", ["", "\0\n", "\ud800", "x" * 100_000, "水" * 3000], ids=["none", "nul", "lone", "long", "cjk"]
)
def test_odd_texts_have_a_finite_perplexity(text: str, folder: Path) -> None:
    assert 0 < perplexity(folder, text)["perplexity"] < 1e30


def test_a_language_without_a_model_has_no_score(folder: Path) -> None:
    assert perplexity(folder, TEXT, "fr") == {}


CUTOFFS = np.array([10.0, 20.0, 20.0, 30.0])


@pytest.mark.parametrize(("value", "at"), [(5.0, 0), (10.0, 0), (19.9, 0), (20.0, 2), (29.9, 2), (30.0, 3), (99.0, 3)])
def test_percentile_is_the_last_row_reached(value: float, at: int) -> None:
    assert percentile(value, CUTOFFS) == at


BUCKETS = [(0, "head"), (29, "head"), (30, "middle"), (59, "middle"), (60, "tail"), (99, "tail"), (None, "all")]


@pytest.mark.parametrize(("at", "bucket"), BUCKETS)
@pytest.mark.parametrize("kept", [("head",), ("head", "middle"), ("head", "middle", "tail", "all")])
def test_buckets_at_both_sides_of_their_limits(at: float | None, bucket: str, kept: tuple[str, ...]) -> None:
    document = Document("web:1", TEXT, "web", scores={} if at is None else {"percentile": float(at)})
    outcome = in_bucket(document, head_percentile=30, tail_percentile=60, buckets=kept)
    assert outcome.document.meta["bucket"] == bucket
    assert outcome.reason == ("" if bucket in kept else f"bucket_{bucket}")


DAMAGES = {
    "no pieces": (lambda folder: (folder / "en.sp.model").unlink(), "expected en.sp.model, got no language model"),
    "no n-grams": (lambda folder: (folder / "en.arpa").unlink(), "expected en.arpa.bin or en.arpa"),
    "damaged n-grams": (lambda folder: (folder / "en.arpa.bin").write_bytes(b"mmap lm http"), "en.arpa.bin: expected"),
    "cut ARPA": (lambda folder: cut(folder / "en.arpa"), "en.arpa: expected a KenLM model"),
    "n-grams of other pieces": (lambda folder: shutil.copy(WORDS, folder / "en.arpa"), "got a model of other words"),
    "no cutoffs": (lambda folder: (folder / "cutoff.csv").unlink(), "cutoff.csv: expected perplexities by percentile"),
    "no such column": (lambda folder: (folder / "cutoff.csv").write_text(",de\n0,1\n"), "KeyError: 'en'"),
    "rows left out": (lambda folder: (folder / "cutoff.csv").write_text(",en\n0,1\n30,2\n"), "rows that are not"),
    "no numbers": (lambda folder: (folder / "cutoff.csv").write_text(",en\n0,much\n"), "could not convert"),
    "not UTF-8": (lambda folder: (folder / "cutoff.csv").write_bytes(b",en\n0,\xff\n"), "UnicodeDecodeError"),
}


def cut(path: Path) -> None:
    path.write_text(path.read_text("utf-8")[:5000], "utf-8")


@pytest.mark.parametrize("case", DAMAGES)
def test_models_that_are_missing_or_damaged_are_named(case: str, folder: Path) -> None:
    damage, message = DAMAGES[case]
    damage(folder)
    with pytest.raises(ModelError) as raised:
        Perplexity(str(folder), languages=("en",))
    assert message in str(raised.value)


def test_a_folder_without_the_language_says_which_it_has(folder: Path) -> None:
    with pytest.raises(ModelError, match=r"expected de\.sp\.model, got en\.sp\.model; `corpus train lm --language de`"):
        Perplexity(str(folder), languages=("en", "de"))


def test_the_cutoffs_of_cc_net_are_340_and_520_in_english(shared_data: Path) -> None:
    cutoffs = read_cutoffs(str(shared_data / "ccnet" / "cutoff.csv"), ("en", "de"))
    assert (cutoffs["en"][30], cutoffs["en"][60]) == (340, 520)
    at = [percentile(value, cutoffs["en"]) for value in (339.9, 340.0, 519.9, 520.0)]
    assert [value < 30 for value in at] == [True, False, False, False]
    assert [value < 60 for value in at] == [True, True, True, False]


def test_documents_of_cc_net_fall_into_the_bucket_it_gave_them(shared_data: Path) -> None:
    cutoffs = read_cutoffs(str(shared_data / "ccnet" / "cutoff.csv"), ("en",))["en"]
    with gzip.open(shared_data / "commoncrawl" / "real" / "ccnet-output-cc_en_head-0091.jsonl.gz", "rt") as file:
        told = [json.loads(line)["metadata"] for line in file]
    assert len(told) == 10
    for meta in told:
        document = Document("web:1", "", "web", scores={"percentile": percentile(meta["perplexity"], cutoffs)})
        outcome = in_bucket(document, head_percentile=30, tail_percentile=60, buckets=("head", "middle"))
        assert outcome.document.meta["bucket"] == meta["bucket"]
