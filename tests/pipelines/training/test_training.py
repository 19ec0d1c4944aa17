"""`corpus train lm` and `corpus train reference` on small builds: what they write, what they refuse."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from pathlib import Path

import kenlm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_outputs import make_build

from corpus import models
from corpus.document import Document
from corpus.errors import InputError, ModelError
from corpus.writers import DocumentWriter
from filters.web.perplexity import Perplexity
from filters.web.reference import ReferenceModel
from pipelines.cli import main
from pipelines.demo.commoncrawl import article
from pipelines.training import lm, reference
from pipelines.training.kenlm_binary import write_binary
from pipelines.training.lm import opening, train_lm
from pipelines.training.reference import train_reference

SMALL = {"pieces": "300", "held_one_in": "5", "estimator": "numpy"}


def build(folder: Path, documents: list[Document]) -> str:
    (folder / "data").mkdir(parents=True)
    with (folder / "data/documents-00000-of-00001.parquet").open("wb") as file:
        writer = DocumentWriter(file, parquet=True)
        for document in documents:
            writer.write(document)
        writer.close()
    return str(make_build(folder))


def wikipedia(folder: Path, language: str = "en", start: int = 0) -> str:
    texts = ["\n".join(article(start + number)) for number in range(60)]
    documents = [Document(f"wikipedia:{n}", text, "wikipedia", {"language": language}) for n, text in enumerate(texts)]
    return build(folder / "wikipedia", documents)


@pytest.fixture(scope="module")
def articles(tmp_path_factory: pytest.TempPathFactory) -> str:
    return wikipedia(tmp_path_factory.mktemp("articles"))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> str:
    """40 pages, of which the first 24 are on a host that is cited, and half of those at an address that is."""
    cited = ["\n".join([f"Annals of the parish, volume {n}", *article(n)] * 3) for n in range(24)]
    other = ["\n".join([f"Best offers today {n}", *("buy cheap shoes now and save a lot",) * 40]) for n in range(40)]
    documents = [
        Document(f"web:{n}", text, "web", {"url": f"https://archive.example/{n}", "language": "en"})
        for n, text in enumerate(cited)
    ] + [
        Document(f"web:{n + 24}", text, "web", {"url": f"https://shop.example/{n}", "language": "en"})
        for n, text in enumerate(other)
    ]
    return build(tmp_path_factory.mktemp("pages") / "commoncrawl", documents)


@pytest.fixture(scope="module")
def trained(articles: str, pages: str, tmp_path_factory: pytest.TempPathFactory) -> lm.Trained:
    output = tmp_path_factory.mktemp("models") / "lm"
    return train_lm([articles], output, "en", [pages], lm.RECIPE.resolve(settings=SMALL))


def test_the_folder_holds_what_perplexity_needs(trained: lm.Trained) -> None:
    folder = models.find(str(Path(trained.card).parent))
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["cutoff.csv", "en.arpa", "en.arpa.bin", "en.card.json", "en.sp.model", "manifest.json"]
    score = Perplexity(str(folder), languages=("en",))
    known, noise = score(["\n".join(article(3)), "zqx jkw vvb qqn"], language=["en", "en"])
    assert known["perplexity"] < noise["perplexity"]
    assert noise["percentile"] == 99


def test_the_card_says_what_the_model_was_made_of(trained: lm.Trained, articles: str, pages: str) -> None:
    card = json.loads(Path(trained.card).read_text("utf-8"))
    assert card["language"] == "en"
    assert card["inputs"] == [articles]
    assert card["articles"] + card["held_articles"] == 60
    assert card["cutoffs_of"] == {"pages": [pages], "documents": 64}
    assert card["estimator"] == "numpy"
    assert card["ngrams"] == trained.ngrams == [order_size(Path(trained.card).parent, n) for n in range(1, 6)]
    assert 1 < card["held_perplexity"] == trained.held_perplexity < 200


def order_size(folder: Path, order: int) -> int:
    lines = (folder / "en.arpa").read_text("utf-8").split(f"\\{order}-grams:\n")[1].split("\n\n")[0]
    return len(lines.split("\n"))


def test_the_binary_scores_as_the_arpa(trained: lm.Trained) -> None:
    folder = Path(trained.card).parent
    binary, arpa = (kenlm.Model(str(folder / name)) for name in ("en.arpa.bin", "en.arpa"))
    for sentence in ("", "▁the ▁ba ker", "nothing known"):
        assert binary.score(sentence) == arpa.score(sentence)


def test_cutoffs_are_percentiles_of_the_pages(trained: lm.Trained, pages: str) -> None:
    score = Perplexity(str(Path(trained.card).parent), languages=("en",))
    texts = pq.read_table(f"{pages}/data/documents-00000-of-00001.parquet").column("text").to_pylist()
    values = [row["perplexity"] for row in score(texts, language=["en"] * len(texts))]
    np.testing.assert_allclose(trained.cutoffs, np.percentile(values, range(100)).round(1))


def test_a_second_language_goes_beside_the_first(trained: lm.Trained, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(trained.card).parent, tmp_path / "lm"))
    before = (folder / "cutoff.csv").read_text().splitlines()
    train_lm([wikipedia(tmp_path, "nl", 300)], folder, "nl", [], lm.RECIPE.resolve(settings=SMALL))
    after = (folder / "cutoff.csv").read_text().splitlines()
    assert after[0] == ",en,nl"
    assert [line.rpartition(",")[0] for line in after] == before
    Perplexity(str(folder), languages=("en", "nl"))


def test_training_twice_gives_the_same_bytes(trained: lm.Trained, articles: str, pages: str, tmp_path: Path) -> None:
    train_lm([articles], tmp_path, "en", [pages], lm.RECIPE.resolve(settings=SMALL))
    for path in Path(trained.card).parent.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_language_that_no_document_is_in_is_refused(articles: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="documents in fr to train on and to hold out, got 0 and 0 held out"):
        train_lm([articles], tmp_path, "fr", [], lm.RECIPE.resolve(settings=SMALL))


def test_lmplz_is_used_when_it_is_on_path(
    articles: str, tmp_path: Path, trained: lm.Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for lmplz notes how it was called and gives the model that NumPy made."""
    stand_in = tmp_path / "bin" / "lmplz"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f"open({str(tmp_path / 'called')!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        f"shutil.copy({str(Path(trained.card).parent / 'en.arpa')!r}, sys.argv[sys.argv.index('--arpa') + 1])\n"
    )
    stand_in.chmod(stand_in.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(stand_in.parent), prepend=":")
    settings = {**SMALL, "estimator": "auto"}
    done = train_lm([articles], tmp_path / "lm", "en", [], lm.RECIPE.resolve(settings=settings))
    assert json.loads(Path(done.card).read_text())["estimator"] == "lmplz"
    assert (tmp_path / "called").read_text().startswith("-o 5 --discount_fallback")
    stand_in.write_text(f"#!{sys.executable}\nraise SystemExit('out of disk')\n")
    with pytest.raises(ModelError, match="expected lmplz to succeed, got out of disk"):
        train_lm([articles], tmp_path / "lm", "en", [], lm.RECIPE.resolve(settings=settings))


@pytest.mark.parametrize(
    ("text", "chars", "expected"),
    [
        ("short", 10, "short"), ("exactly te", 10, "exactly te"), ("one line\nanother", 10, "one line"),
        ("one line\nanother", 8, "one line"), ("several words", 10, "several"), ("unbrokenword", 10, "unbrokenwo"),
        ("one line\nanother", 0, "one line\nanother"),
    ],
    ids=["short", "at the limit", "a line", "just a line", "a word", "no end", "all"],
)  # fmt: skip
def test_opening(text: str, chars: int, expected: str) -> None:
    assert opening(text, chars) == expected


@pytest.mark.parametrize("content", ["", "not an ARPA file\n", "\\data\\\nngram 1=2\n\n\\1-grams:\n-1 a"])
def test_an_arpa_that_kenlm_refuses_is_named(content: str, tmp_path: Path) -> None:
    (tmp_path / "en.arpa").write_text(content)
    with pytest.raises(ModelError, match=r"en\.arpa: expected an ARPA file that KenLM reads"):
        write_binary(tmp_path / "en.arpa", tmp_path / "en.arpa.bin")


def table(path: Path, urls: list[str], column: str = "url") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"page": ["w"] * len(urls), column: urls}), path)
    return str(path)


CITED = [f"http://www.archive.example/{n}/#page" for n in range(0, 24, 2)] + ["https://absent.example/"]
TEACH = {"least_positives": "5", "epochs": "30", "learning_rate": "1.0", "word_ngrams": "1", "held_one_in": "3"}


def taught(tmp_path: Path, pages: str, **settings: str) -> reference.Trained:
    positives = table(tmp_path / "wikipedia" / "evidence/references-00000-of-00001.parquet", CITED)
    recipe = reference.RECIPE.resolve(settings=TEACH | settings)
    return train_reference([positives], [pages], tmp_path / "reference", recipe)


def test_references_are_found_by_their_address(tmp_path: Path, pages: str) -> None:
    done = taught(tmp_path, pages)
    assert (done.positives, done.negatives) == (12, 12)


def test_references_are_found_by_their_host(tmp_path: Path, pages: str) -> None:
    done = taught(tmp_path, pages, match="host")
    assert (done.positives, done.negatives) == (24, 24)
    score = ReferenceModel(str(models.find(str(tmp_path / "reference"))))
    cited, other = score(["\n".join(article(3) * 3), "buy cheap shoes now and save a lot " * 40])
    assert cited["reference"] > 0.5 > other["reference"]
    assert [row.threshold for row in done.curve][:2] == [0.05, 0.1]
    assert done.curve[0].recall == 1.0
    card = json.loads(Path(done.card).read_text("utf-8"))
    assert card["positives"] == 24
    assert len(card["curve"]) == 19
    assert (
        (tmp_path / "reference" / "curve.csv").read_text().startswith("threshold,precision,recall,kept_share\n0.0500,")
    )


def test_equal_seeds_give_equal_bytes_and_others_others(tmp_path: Path, pages: str) -> None:
    first, again, other = (
        Path(taught(tmp_path / name, pages, match="host", seed=seed).model).read_bytes()
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    )
    assert first == again != other


def test_pages_that_come_twice_or_are_short_teach_once_or_not_at_all(tmp_path: Path) -> None:
    text = "\n".join(article(1) * 3)
    documents = [
        Document("web:1", text, "web", {"url": "https://archive.example/0"}),
        Document("web:2", text, "web", {"url": "https://archive.example/2"}),
        Document("web:3", text + "!", "web", {"url": "http://archive.example/0/"}),
        Document("web:4", "x" * 999, "web", {"url": "https://archive.example/4"}),
        Document("web:5", "y" * 1000, "web", {"url": "https://archive.example/6"}),
        Document("web:6", text + "?", "web", {}),
    ]
    build(tmp_path / "commoncrawl", documents)
    with pytest.raises(
        InputError, match=r"expected 20 pages that are references, got 2 of 13; .*--set match=host"
    ) as raised:
        taught(tmp_path, str(tmp_path / "commoncrawl"), least_positives="20")
    assert raised.value.exit_code == 2


def test_a_table_without_addresses_is_refused(tmp_path: Path, pages: str) -> None:
    positives = table(tmp_path / "references.parquet", CITED, "link")
    with pytest.raises(InputError, match="a column url"):
        train_reference([positives], [pages], tmp_path / "out", reference.RECIPE.resolve())


def test_the_commands_train_both(tmp_path: Path, articles: str, pages: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", *(f"{name}={value}" for name, value in SMALL.items())]
    assert (
        main(["train", "lm", "--language", "en", "--input", articles, "--output", str(tmp_path / "lm"), *settings]) == 0
    )
    assert "the cutoffs are those of held-out articles" in capsys.readouterr().out
    positives = table(tmp_path / "references-0.parquet", CITED)
    settings = ["--set", *(f"{name}={value}" for name, value in TEACH.items())]
    words = ["--positives", positives, "--pages", pages, "--output", str(tmp_path / "reference")]
    assert main(["train", "reference", *words, *settings]) == 0
    assert "12 references against 12 other pages" in capsys.readouterr().out
    assert main(["train", "lm", "--language", "xx", "--input", articles, "--output", str(tmp_path / "no")]) == 2
    assert "documents in xx" in capsys.readouterr().err


def test_fetch_says_where_the_model_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(models.find("lid.176"), tmp_path / "lid.176.ftz")
    assert main(["fetch", "lid.176", "--output", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "lid.176.ftz")
    assert main(["fetch", "nothing"]) == 2
