"""Wikipedia end to end: the demo dumps, texts, tally and references exact; and the real dumps of 20 languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from corpus.columns import document_of
from corpus.readers.base import InputSplit, Seen
from corpus.readers.wikipedia.read import read
from filters.wikipedia.page import clean_page
from filters.wikipedia.residue import residue
from pipelines.cli import main
from pipelines.demo import wikipedia as demo
from pipelines.engine.build import Built, build
from pipelines.engine.files import open_file
from pipelines.fetch import wikipedia as fetch
from pipelines.sources import find_source
from pipelines.sources.wikipedia import RECIPE

TWENTY = "bg ca cs da de en es fr hr hu it nl pl pt ro ru sl sr sv uk".split()  # noqa: SIM905 -- reads better so
SET_ASIDE = re.compile(r"(?is)<(math|chem|ce|nowiki|pre|source|syntaxhighlight)\b[^<>]*>.*?</\1\s*>")


def built(dump: Path, output: Path, **settings: str) -> Built:
    return build(
        find_source("wikipedia"), [str(dump)], str(output), settings=settings, beam_arguments=["--direct_num_workers=1"]
    )


def rows(done: Built, kind: str) -> list[dict[str, Any]]:
    return [row for path in sorted(Path(done.folder).glob(f"*/{kind}-*")) for row in pq.read_table(path).to_pylist()]


def gone(done: Built) -> dict[str, dict[str, int]]:
    """stage -> reason -> how many pages or documents it sent away."""
    tally: dict[str, dict[str, int]] = {}
    for (stage, unit, reason), (n, _) in done.ledger.counts.items():
        if unit in ("page", "document") and reason not in ("entered", "kept"):
            tally.setdefault(stage, {})[reason] = n
    return tally


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wikipedia")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def done(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(dump, tmp_path_factory.mktemp("built"), part_bytes="2000")


def test_demo_is_the_same_bytes_every_time_and_small(dump: Path, tmp_path: Path) -> None:
    demo.write(tmp_path)
    files = sorted(path.name for path in dump.iterdir())
    assert len(files) == 5
    assert [(dump / name).read_bytes() for name in files] == [(tmp_path / name).read_bytes() for name in files]
    assert sum((dump / name).stat().st_size for name in files) < 200_000


def test_every_page_is_accounted_for(done: Built) -> None:
    assert gone(done) == {
        "read": {"redirect": 1, "not_an_article": 1, "not_wikitext": 1, "no_text": 1},
        "text": {"disambiguation": 1, "nested_too_deep": 1, "no_text": 1},
        "pages": {"older_revision": 2},
    }
    (broken,) = done.ledger.broken
    assert Path(broken.locator).name.startswith("ruwiki-20220701-pages-articles.xml#")


def test_documents_are_exact(done: Built) -> None:
    documents = {row["id"]: row["text"] for row in rows(done, "documents")}
    assert sorted(documents) == sorted([
        *(f"wikipedia:en/{n}" for n in (*range(1, 13), 14)), "wikipedia:de/1", "wikipedia:it/1", "wikipedia:it/2",
        "wikipedia:ru/1",
    ])  # fmt: skip
    assert documents["wikipedia:en/4"] == "Rake is a tool of 3 m with which salt is drawn to the edge."
    assert documents["wikipedia:it/2"] == "Salina di Ost è un comune italiano di 1350 abitanti, su 21,4 km²."
    assert documents["wikipedia:ru/1"].endswith("История\n\nОткрыт 7 (19) апреля 1899 и стоил 730000 рублей.")
    assert documents["wikipedia:en/14"].startswith("Tides at Harbour Town\n\nDay, High water\n\nMonday, 6:12")


def test_the_newest_revision_of_a_page_stays(done: Built) -> None:
    (road,) = [document_of(row).meta for row in rows(done, "documents") if row["id"] == "wikipedia:en/1"]
    assert road == {
        "language": "en", "title": "Salt Road", "page_id": "1", "revision": "7001", "date": "2022-07-01T08:00:00Z",
        "url": "https://en.wikipedia.org/wiki/Salt_Road",
    }  # fmt: skip


def test_references_stand_beside_the_documents(done: Built) -> None:
    assert {(row["page"], row["url"]) for row in rows(done, "references")} == {
        ("wikipedia:en/1", "https://books.example.org/roads"),
        ("wikipedia:it/1", "https://saline.example.org"),
    }


def test_disambiguation_pages_and_sections_are_choices(dump: Path, tmp_path: Path) -> None:
    done = built(dump, tmp_path, disambiguation="keep", sections_dropped="")
    documents = {row["id"]: row["text"] for row in rows(done, "documents")}
    assert documents["wikipedia:en/13"] == "Ost may be:\n\n- Ost (river)\n- Ost (town)"
    assert "- Walks on the coast\n- Map, drawn" in documents["wikipedia:en/1"]


OTHER = {
    "the paper's 20": ({}, {"other_wiki_ja": 2, "other_wiki": 1}, ["de/1"]),
    "every wiki": ({"languages": ""}, {}, ["de/1", "ja/1", "ja/2", "zh-min-nan/1"]),
    "those that are named": ({"languages": "ja,zh-min-nan"}, {"other_wiki_de": 1}, ["ja/1", "ja/2", "zh-min-nan/1"]),
}


def write_wikis(folder: Path) -> Path:
    """Dumps of one wiki that the paper read and of two others."""
    folder.mkdir()
    for code, count in (("de", 1), ("ja", 2), ("zh-min-nan", 1)):
        wiki = demo.GERMAN._replace(language=code)
        pages = [demo.Page(f"Tide {number}", "The tide comes twice a day.") for number in range(count)]
        name = f"{code.replace('-', '_')}wiki-20220701-pages-articles.xml"
        (folder / name).write_text("".join(demo.dump(wiki, pages, 7)))
    return folder


@pytest.mark.parametrize("case", OTHER)
def test_other_wikis_are_dropped_by_name(case: str, tmp_path: Path) -> None:
    settings, dropped, kept = OTHER[case]
    done = built(write_wikis(tmp_path / "dump"), tmp_path / "out", **settings)
    assert gone(done).get("text", {}) == dropped
    assert sorted(row["id"] for row in rows(done, "documents")) == [f"wikipedia:{one}" for one in kept]


def test_dumps_of_other_wikis_alone_fail_by_their_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_wikis(tmp_path / "dump")
    (folder / "dewiki-20220701-pages-articles.xml").unlink()
    words = ["build", "wikipedia", "--input", str(folder), "--output", str(tmp_path / "out")]
    assert main([*words, "--", "--direct_num_workers=1"]) == 1
    assert "got none (text: 2 documents other_wiki_j" in capsys.readouterr().err
    assert main([*words, "--preset", "every_wiki", "--", "--direct_num_workers=1"]) == 0


def test_dumps_are_fetched_of_the_wikis_that_are_kept() -> None:
    assert sorted(fetch.LANGUAGES) == sorted(RECIPE.languages.value) == TWENTY


def real_pages(folder: Path) -> Iterator[tuple[str, str]]:
    """(language, text) of every article of the real excerpts, without what is set aside, which may hold any sign."""
    names = ("page_chars", "nesting", "marks", "sections_dropped", "link_note_chars")
    limits: dict[str, Any] = {name: RECIPE[name].value for name in names}
    for path in sorted(folder.glob("minidumps/*.bz2")):
        for outcome in read(open_file, InputSplit(0, 1, str(path)), Seen(), page_bytes=1 << 26):
            if outcome.kept:
                page = outcome.document._replace(text=SET_ASIDE.sub("", outcome.document.text))
                cleaned = clean_page(page, disambiguation="keep", **limits)
                yield cleaned.document.meta["language"], cleaned.document.text


def test_real_articles_of_20_languages_hold_text_and_no_markup(shared_data: Path) -> None:
    pages = list(real_pages(shared_data / "wikipedia"))
    assert sorted({language for language, _ in pages}) == TWENTY
    assert [text[:80] for _, text in pages if not text] == []
    assert [(text[:40], residue(text)) for _, text in pages if residue(text)] == []
