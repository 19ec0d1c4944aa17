"""The reference classifier's scores, and the addresses by which a page is a reference."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import ModelError
from filters.web.reference import ReferenceModel, page_address, page_host
from pipelines.training.fasttext import train_supervised

SETTINGS = {"seed": 1, "epoch": 30, "lr": 1.0, "dim": 8, "minCount": 1}
CITED, OTHER = "annual survey of the parish register", "buy cheap shoes click here now"


def trained(folder: Path, first: str = "wiki", second: str = "cc") -> Path:
    text = folder / "pages.txt"
    text.write_text(f"__label__{first} {CITED}\n__label__{second} {OTHER}\n" * 40, "utf-8")
    train_supervised(text, folder / "reference.bin", **SETTINGS)
    return folder / "reference.bin"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("reference"))


@pytest.mark.parametrize("folder", [False, True], ids=["a file", "its folder"])
def test_references_score_high_and_others_low(folder: bool, model: Path) -> None:
    score = ReferenceModel(str(model.parent if folder else model))
    cited, other, lines = score([CITED, OTHER, CITED.replace(" ", "\n")])
    assert cited["reference"] > 0.9
    assert other["reference"] < 0.1
    assert lines == cited


@pytest.mark.parametrize("text", ["", "\0", "\ud800 lone", "__label__wiki"], ids=["none", "nul", "lone", "label"])
def test_odd_texts_score_between_0_and_1(text: str, model: Path) -> None:
    assert 0 <= ReferenceModel(str(model))([text])[0]["reference"] <= 1.0001


def test_the_same_seed_gives_the_same_bytes(model: Path, tmp_path: Path) -> None:
    assert trained(tmp_path).read_bytes() == model.read_bytes()


def test_a_classifier_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected a classifier that knows wiki, got labels cc, news"):
        ReferenceModel(str(trained(tmp_path, "news")))


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9, 0.9999, 1.0001], ids=str)
def test_a_model_file_that_was_cut_or_grew_is_refused_and_not_read_to_the_end_of_memory(
    share: float, model: Path, tmp_path: Path
) -> None:
    whole = model.read_bytes()
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes((whole + whole)[: int(len(whole) * share) if share < 1 else len(whole) + 1])
    with pytest.raises(ModelError, match=r"damaged\.bin: expected a fastText model"):
        ReferenceModel(str(damaged))


def test_nan_is_an_error_that_says_what_may_help(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected fastText to train"):
        train_supervised(tmp_path / "absent.txt", tmp_path / "m.bin", **SETTINGS)


@pytest.mark.parametrize(
    ("url", "address", "host"),
    [
        ("http://Example.org/A/", "example.org/A", "example.org"),
        ("https://www.example.org/A#history", "example.org/A", "example.org"),
        ("https://example.org/A?utm_source=x", "example.org/A", "example.org"),
        ("https://example.org/A?id=7", "example.org/A?id=7", "example.org"),
        ("example.org", "example.org", "example.org"),
        ("https://example.org:8080/", "example.org:8080", "example.org:8080"),
        ("", "", ""),
        ("#top", "", ""),
    ],
)
def test_addresses_are_the_same_page(url: str, address: str, host: str) -> None:
    assert (page_address(url), page_host(url)) == (address, host)
