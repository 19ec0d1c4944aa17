"""Modified Kneser-Ney: by hand, by the sum of its probabilities, and against lmplz."""

from __future__ import annotations

import math
import shutil
import subprocess
from pathlib import Path

import kenlm
import numpy as np
import pytest

from corpus.errors import InputError
from filters.web.kneser_ney import Model, arpa, discounts, estimate
from pipelines.demo.commoncrawl import article

GOLDEN = Path(__file__).parents[2] / "golden" / "web"
SENTENCES = [line.lower().split() for number in range(80) for line in article(number)]
HELD = [line.lower().split() for number in range(200, 240) for line in article(number)] + [["unheard", "of"], []]


def scores(path: Path) -> np.ndarray:
    """log10 P of every held sentence by an ARPA file."""
    model = kenlm.Model(str(path))
    return np.array([model.score(" ".join(words)) for words in HELD + SENTENCES])


@pytest.fixture(scope="module")
def trained() -> Model:
    return estimate(SENTENCES, 5)


@pytest.fixture(scope="module")
def written(trained: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arpa") / "en.arpa"
    path.write_text("".join(arpa(trained)), "utf-8")
    return path


def test_a_bigram_model_by_hand() -> None:
    """<s> a b </s> and <s> a a </s>, too few counts for discounts of their own: 0.5, 1 and 1.5 are taken off."""
    model = estimate([["a", "b"], ["a", "a"]], 2)
    assert model.words == ["<unk>", "<s>", "</s>", "a", "b"]
    unigrams, bigrams = model.orders
    assert unigrams.counts.tolist() == [0, 0, 2, 2, 1]  # after how many different words each was seen
    unigram_gamma = (1.0 + 1.0 + 0.5) / 5
    uniform = unigram_gamma / 4  # <s> is never predicted
    a, b, end = (2 - 1) / 5 + uniform, (1 - 0.5) / 5 + uniform, (2 - 1) / 5 + uniform
    np.testing.assert_allclose(unigrams.probability, [uniform, 1.0, end, a, b])
    known = {(int(c), int(w)): p for c, w, p in zip(*bigrams[:2], bigrams.probability, strict=True)}
    gamma_a = 3 * 0.5 / 3  # a was followed by </s>, a and b, once each
    assert known[3, 4] == pytest.approx((1 - 0.5) / 3 + gamma_a * b)
    assert known[1, 3] == pytest.approx((2 - 1.0) / 2 + 1.0 / 2 * a)  # <s> a was seen twice, and keeps that count
    np.testing.assert_allclose(unigrams.backoff, [1.0, 0.5, 1.0, gamma_a, 0.5])


@pytest.mark.parametrize(
    "context", [[], ["the"], ["the", "baker", "keeps"], ["unheard"], ["with", "a", "copper", "ladle"]]
)
def test_probabilities_after_any_context_sum_to_one(context: list[str], trained: Model, written: Path) -> None:
    model = kenlm.Model(str(written))
    state, after = kenlm.State(), kenlm.State()
    model.BeginSentenceWrite(state)
    for word in context:
        model.BaseScore(state, word, after)
        state, after = after, kenlm.State()
    words = [word for word in trained.words if word != "<s>"]
    assert math.fsum(10 ** model.BaseScore(state, word, kenlm.State()) for word in words) == pytest.approx(1, abs=1e-5)


def test_discounts_follow_the_counts_of_counts() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])
    y = 40 / (40 + 2 * 20)
    assert discounts(counts).tolist() == pytest.approx([0, 1 - 2 * y / 2, 2 - 3 * y / 2, 3 - 4 * y / 2])


@pytest.mark.parametrize(
    "counts", [[1, 2, 2, 4], [1] * 5 + [2] + [3] * 9, []], ids=["no count of 3", "out of range", "nothing"]
)
def test_discounts_fall_back_where_counts_are_odd(counts: list[int]) -> None:
    assert discounts(np.array(counts, np.int64)).tolist() == [0.0, 0.5, 1.0, 1.5]


@pytest.mark.parametrize("sentences", [[], [[]], [[], []]], ids=["none", "an empty one", "empty ones"])
def test_no_words_are_refused(sentences: list[list[str]]) -> None:
    with pytest.raises(InputError, match="no words"):
        estimate(sentences, 3)


def test_text_order_changes_nothing_but_ids(trained: Model) -> None:
    turned = estimate(SENTENCES[::-1], 5)
    assert sorted("".join(arpa(turned)).split("\n")) == sorted("".join(arpa(trained)).split("\n"))


def test_scores_agree_with_a_stored_model_of_lmplz(written: Path) -> None:
    check(scores(written), scores(GOLDEN / "lmplz.arpa"))


@pytest.mark.skipif(not shutil.which("lmplz"), reason="lmplz is not on PATH: compared with a stored model instead")
def test_scores_agree_with_lmplz(written: Path, tmp_path: Path) -> None:
    text = "".join(" ".join(words) + "\n" for words in SENTENCES)
    command = ["lmplz", "-o", "5", "--discount_fallback", "-T", str(tmp_path), "-S", "200M"]
    told = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    (tmp_path / "lmplz.arpa").write_bytes(told.stdout)
    check(scores(written), scores(tmp_path / "lmplz.arpa"))


def check(ours: np.ndarray, theirs: np.ndarray) -> None:
    apart = np.abs(ours - theirs)
    assert apart.mean() < 1e-4
    assert apart.max() < 2e-3


def test_the_comparison_would_notice_another_model(tmp_path: Path) -> None:
    other = tmp_path / "other.arpa"
    other.write_text("".join(arpa(estimate(SENTENCES[:-40], 5))), "utf-8")
    with pytest.raises(AssertionError):
        check(scores(other), scores(GOLDEN / "lmplz.arpa"))
