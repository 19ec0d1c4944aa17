"""Labels of many lines at once, held against fastText's own on real pages, on odd ones and on other models."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import fasttext
import pytest

from corpus import models
from corpus.readers.base import InputSplit, Seen
from corpus.readers.web.warc import read_records
from filters.web import fasttext_lines
from filters.web.fasttext_file import kept_ngrams
from filters.web.fasttext_lines import BATCH_CHARS, DOUBT, LineModel, fits, tree
from filters.web.fasttext_model import load, predict
from filters.web.language import LanguageModel
from pipelines.engine import files
from pipelines.training.fasttext import train_supervised

PATH = str(models.find("lid.176"))


@pytest.fixture(scope="module")
def native() -> Any:
    return load(PATH, ())


@pytest.fixture(scope="module")
def lines(native: Any) -> LineModel:
    return LineModel(PATH, native)


def farthest(lines: LineModel, native: Any, texts: list[str]) -> float:
    """How far a probability is from fastText's at most, over texts; labels must agree where one is told."""
    most = 0.0
    for text, found in zip(texts, lines(texts), strict=True):
        ((score, label),) = predict(native, text, 1)
        if found is not None:
            assert found[1] == label, text[:80]
            most = max(most, abs(found[0] - score))
    return most


ODD = {
    "none": "", "white": " \t\r\v\f", "nul": "a\0b", "brackets": "<a> <> < > >< <<a>>", "one": "é", "two": "é ж",
    "accents": "naïve café — “quoted” ﬁ", "no-break": "a\xa0b c\u3000d\x85e", "cjk": "日本語の文章です。短い",
    "emoji": "😀 𝒳𝒴 👩‍👩‍👧 ok", "mixed": "Ünïcödé 𝒳 語 ж a", "lone": "\ud800 lone \udfffb", "long word": "x" * 5000,
    "end": "\U0010ffff\U00010000\uffff\u07ff\u0800\x7f\x80", "hindi": "हिन्दी में लिखा गया वाक्य",
    "arabic": "هذا نص قصير باللغة العربية",
}  # fmt: skip


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_lines_have_fasttexts_label_and_probability(text: str, lines: LineModel, native: Any) -> None:
    found = lines([text])[0]
    ((score, label),) = predict(native, text, 1)
    assert found is not None
    assert found == (pytest.approx(score, abs=DOUBT.value / 5), label)


def random_line(dice: Random) -> str:
    """A line of characters from a few blocks, with white space, brackets and lone surrogates."""
    blocks = [
        (0x20, 0x7F),
        (0x61, 0x7B),
        (0xA0, 0x250),
        (0x370, 0x530),
        (0x5D0, 0x6F0),
        (0x900, 0x980),
        (0x4E00, 0x9FFF),
    ]
    blocks += [(0x1F300, 0x1F650), (0, 0x20), (0xD800, 0xE000)]
    weights = [4, 8, 3, 3, 1, 1, 2, 1, 0.2, 0.2]
    chosen = dice.choices(blocks, weights, k=dice.randint(1, 3))
    marks = " \t<>\0é"
    made = [
        dice.choice(marks) if dice.random() < 0.2 else chr(dice.randrange(*dice.choice(chosen)))
        for _ in range(dice.randint(0, 400))
    ]
    return "".join(made).replace("\n", "")


@pytest.mark.parametrize("seed", range(4))
def test_random_lines_have_fasttexts_labels(seed: int, lines: LineModel, native: Any) -> None:
    dice = Random(seed)
    texts = [random_line(dice) for _ in range(500)]
    assert farthest(lines, native, texts) < DOUBT.value / 5
    assert sum(found is None for found in lines(texts)) < 25


def real_pages(folder: Path) -> list[str]:
    found = []
    for path in sorted((folder / "commoncrawl").glob("*.warc.wet.gz")):
        outcomes = read_records(
            files.open_file, InputSplit(0, 1, str(path)), Seen(), source="web", record_bytes=1 << 26
        )
        found += [outcome.document.text for outcome in outcomes if outcome.kept]
    return found


def test_real_pages_have_fasttexts_labels_and_scores_to_the_hundredth(
    shared_data: Path, lines: LineModel, native: Any
) -> None:
    pages = real_pages(shared_data)
    assert len(pages) > 900
    texts = [page.replace("\n", "") for page in pages]
    assert farthest(lines, native, texts) < DOUBT.value / 3
    alone = LanguageModel(PATH)
    alone._lines = lambda lines: [None] * len(lines)
    assert LanguageModel(PATH)(pages) == alone(pages)


def test_a_model_that_is_read_wrongly_is_found(native: Any) -> None:
    wrong = LineModel(PATH, native)
    wrong._row = wrong._row[::-1].copy()
    with pytest.raises(AssertionError):
        assert farthest(wrong, native, ["a line of some words in English", "eine Zeile auf Deutsch"]) < DOUBT.value


def test_lines_keep_their_order_over_several_batches(lines: LineModel) -> None:
    texts = ["une phrase en français " * 3000, "a sentence in English " * 4000, "ein Satz auf Deutsch " * 4000] * 2
    assert sum(map(len, texts)) > 2 * BATCH_CHARS
    assert [found and found[1] for found in lines(texts)] == ["fr", "en", "de"] * 2
    assert lines([]) == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("a __label__en b", False), ("a </s> b", False), ("ab " * (BATCH_CHARS // 3) + "ab", False),
        ("a _label_ b", True), ("a <s> b", True), ("ab " * (BATCH_CHARS // 3), True),
    ],
    ids=["label", "end of line", "too long", "no label", "no end", "longest"],
)  # fmt: skip
def test_unusual_lines_are_left_to_fasttext(line: str, told: bool, lines: LineModel) -> None:
    assert [found is not None for found in lines(["before", line, "after"])] == [True, told, True]


@pytest.mark.parametrize(("ahead", "told"), [(DOUBT.value * 0.9, False), (DOUBT.value * 1.1, True)])
def test_labels_too_near_to_each_other_are_left_to_fasttext(
    ahead: float, told: bool, lines: LineModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tied = lines.probabilities(["text"]) * 0
    tied[0, 3], tied[0, 5] = 0.4, 0.4 + ahead
    monkeypatch.setattr(lines, "probabilities", lambda _lines: tied)
    assert (lines(["text"])[0] is not None) == told


def test_the_tree_of_labels_joins_the_rarest_first() -> None:
    # 1 and 1 are joined to 2, that and 3 to 5, that and 9: left is what was taken first
    assert tree([9, 3, 1, 1]) == [[5], [4, 2], [3, 1, 2], [0, 1, 2]]
    assert tree([2, 1, 1]) == [[3], [2, 1], [0, 1]]  # of two equals what was joined is taken before a label


LINES = {"en": "the apprentices carry everything out into the yard", "de": "die Lehrlinge tragen alles in den Hof"}


def trained(path: Path, *, cutoff: int, **settings: Any) -> str:
    """A small model of two languages and many made-up labels, compressed where cutoff is given."""
    dice = Random(1)
    told = [
        f"__label__{code}{number % 7 % 4} " + " ".join(dice.sample(line.split(), 6))
        for number in range(900)
        for code, line in LINES.items()
    ]
    (path / "lines.txt").write_text("\n".join(told))
    chosen = {"minn": 2, "maxn": 5, "loss": "hs", "dim": 6, "bucket": 3000, "epoch": 3, **settings}
    train_supervised(path / "lines.txt", path / "own.bin", **chosen)
    model = fasttext.load_model(str(path / "own.bin"))
    if cutoff:
        model.quantize(str(path / "lines.txt"), cutoff=cutoff, dsub=2, qnorm=True, verbose=0)
    model.save_model(str(path / "own.ftz"))
    return str(path / "own.ftz")


def test_another_compressed_model_is_read_alike(tmp_path: Path) -> None:
    path = trained(tmp_path, cutoff=300)
    native = load(path, ())
    assert fits(path, native)
    assert 0 < len(kept_ngrams(path)[0]) < 300
    texts = [*LINES.values(), "Hof the yard", "etwas anderes", *ODD.values()]
    model = LineModel(path, native)
    assert farthest(model, native, texts) < DOUBT.value / 5
    assert sum(found is not None for found in model(texts)) > len(texts) // 2


@pytest.mark.parametrize(
    "settings",
    [{"cutoff": 0}, {"cutoff": 300, "loss": "softmax"}, {"cutoff": 300, "wordNgrams": 2}, {"cutoff": 300, "minn": 3}],
    ids=["not compressed", "no tree", "word n-grams", "longer n-grams"],
)
def test_other_kinds_of_models_are_left_to_fasttext(settings: dict[str, Any], tmp_path: Path) -> None:
    path = trained(tmp_path, **settings)
    native = load(path, ())
    assert not fits(path, native)
    ((_score, label),) = predict(native, LINES["de"], 1)
    assert LanguageModel(path)([LINES["de"]])[0]["language"] == label
    assert fasttext_lines.LABEL not in label
