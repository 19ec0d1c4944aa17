"""The page of a small build: its exact words, and that no text can break it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import toy
from batch_shards import write_ids

from corpus.output.manifest import BUILD
from corpus.output.read import read_output
from pipelines.cli import main
from pipelines.engine.build import build
from pipelines.report import gather as gathering
from pipelines.report.gather import Facts, gather
from pipelines.report.markup import VOID
from pipelines.report.page import page

SOURCE = toy.source(toy.CLEAN, toy.EXACT)
HOSTILE = (
    "</pre></style></section><script>alert(1)</script>",
    "<img src=http://example.com/x.png onerror=alert(1)>",
    "\u202eright to left\u202c \x00\x07\x1b[31m \x85",
    "x" * 40_000,
    "مرحبا بالعالم",
)
ORDINARY = ("one fine text", "x", "the same twice", "the same twice", "!<b>broken</b>", "keep\nSHOUT\nthis")


class Reading(HTMLParser):
    """A page as a browser takes it apart: its tags, its links, its words; tags that do not close as they opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]
        assert not [name for name, _value in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title", "script"} & set(self.open):
            self.words.append(data)


def facts_of(tmp_path: Path, texts: tuple[str, ...], tokens: dict[str, int] | None = None) -> Facts:
    dump = toy.write(tmp_path / "dump", a="\n\n".join(texts))
    built = build(SOURCE, [dump], str(tmp_path / "out"), beam_arguments=["--direct_num_workers=1"])
    return gather(read_output(built.folder, BUILD), tokens, SOURCE)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return facts_of(tmp_path_factory.mktemp("ordinary"), ORDINARY)


def words(html: str) -> str:
    """The words of a page as they follow each other, with plain spaces."""
    return re.sub(r"\s+", " ", " ".join(Reading(html).words)).strip()


def part(html: str, start: str, end: str) -> str:
    told = words(html)
    return told[told.index(start) + len(start) : told.index(end)].strip()


def test_the_first_words_say_what_was_dropped_and_why(ordinary: Facts) -> None:
    assert part(page([ordinary]), "What was dropped, and why", "Stage by stage") == (
        "3 of 6 paragraphs kept (50.0 %), 36 of 57 characters (63.2 %). Most dropped paragraphs: duplicate (16.7 %). "
        "Paragraphs 50.0 % kept kept duplicate too_short unreadable "
        "Characters 63.2 % kept kept duplicate edits and dropped lines kept dropped, one part per reason "
        "The largest drops Why Paragraphs Characters duplicate exact 1 16.7 % 14 24.6 % too_short clean 1 16.7 % "
        "1 1.8 % unreadable read 1 16.7 % 0 edits and dropped lines clean – 6 10.5 %"
    )


def test_every_stage_with_its_reasons(ordinary: Facts) -> None:
    assert part(page([ordinary]), "with everything it dropped", "Lengths, scores") == (
        "Stage and reason Number Share Characters "
        "input 81 bytes, all kept input 1 file, all kept read 81 bytes, all kept "
        "read 6 → 5 paragraphs 83.3 % unreadable 1 16.7 % – "
        "read 5 documents, all kept "
        "clean 5 → 4 documents 80.0 % too_short 1 20.0 % 1 "
        "clean lines removed from kept texts shouting 1 – 6 "
        "exact 4 → 3 documents 75.0 % duplicate 1 25.0 % 14"
    )


def test_texts_to_read_with_the_original_and_the_unreadable_with_its_position(ordinary: Facts) -> None:
    name = ordinary.manifest["inputs"][0]["name"]
    assert part(page([ordinary]), "Texts to read", "Made with") == (
        "kept 3 documents · 3 to read toy:a/5 keep this 9 characters. toy:a/0 one fine text 13 characters. "
        "toy:a/3 the same twice 14 characters. "
        "too_short clean · 1 document · 1 to read toy:a/1 x 1 character. "
        "duplicate exact · 1 document · 1 to read toy:a/2 duplicates toy:a/3 the same twice 14 characters. "
        "the same twice The document that was kept. 14 characters. "
        f"Unreadable 1 record could not be read Position in the dump Error {name}#4 expected no exclamation mark"
    )


def test_the_page_is_a_function_of_the_build(ordinary: Facts, tmp_path: Path) -> None:
    folder = Path(ordinary.manifest["inputs"][0]["path"]).parent.parent / "out/toy"
    again = gather(read_output(str(folder), BUILD), None, SOURCE)
    assert page([again]) == page([ordinary])


def test_limits_are_drawn_where_they_stand(ordinary: Facts) -> None:
    html = page([ordinary])
    assert "<code>too_short</code> &lt; 3</p>" in html
    (length,) = [chart for chart in ordinary.charts if chart.kind == "measure"]
    assert length.name == "length"
    assert sum(length.drawn.dropped) == 1.0  # type: ignore[union-attr]


def test_hostile_texts_stay_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "TEXTS", len(HOSTILE))
    dump = toy.write(tmp_path / "dump", **{'"><i>&\u202e': "\n\n".join(HOSTILE)})
    built = build(SOURCE, [dump], str(tmp_path / "out"), beam_arguments=["--direct_num_workers=1"])
    facts = gather(read_output(built.folder, BUILD), None, SOURCE)
    assert len(facts.kept) == len(HOSTILE)
    read = Reading(page([facts]))
    assert read.open == []
    assert page([facts]).count("<script") == 1  # our own, which the policy names by its digest
    assert not read.tags & {"img", "iframe", "link", "object", "i>"}
    assert [link for link in read.links if not link.startswith("#")] == []
    assert not [data for data in read.words if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", data)]
    assert HOSTILE[0] in read.words


def test_tokens_and_the_mixture(ordinary: Facts) -> None:
    told = words(page([ordinary._replace(tokens=9)]))
    assert ", 9 tokens." in told
    assert "Dropped tokens are estimated at 4.00 characters per token, as in the kept documents." in told
    assert "commoncrawl 67.0 % – – – 1.1 c4 15.0 %" in told


def test_several_builds_stand_side_by_side(ordinary: Facts) -> None:
    html = page([ordinary, ordinary._replace(manifest={**ordinary.manifest, "source": "github"}, tokens=1_400_000_000)])
    told = words(html)
    assert Reading(html).open == []
    assert "What each source had, and how much of it was kept" in told
    assert "github 6 paragraphs 3 50.0 % 36 1.40 G duplicate 24.6 %" in told
    assert "github 4.5 % 100.0 % 1,400,000,000 1,000 0.64 wikipedia 4.5 % – – – 2.45" in told
    assert "toy – – – – – toy 3 of 6" in told


def test_a_build_with_faults_says_so_first(ordinary: Facts) -> None:
    told = words(page([ordinary._replace(manifest={**ordinary.manifest, "faults": ["kept + dropped <> entered"]})]))
    assert "What was dropped, and why This build must not be trusted kept + dropped <> entered 3 of 6" in told
    assert "must not be trusted" not in words(page([ordinary]))


def test_the_command_writes_the_page_beside_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts_of(tmp_path, ORDINARY)
    write_ids(tmp_path / "shards", "toy", np.arange(300), [30])
    out = tmp_path / "out"
    assert main(["report", str(out), "--shards", str(tmp_path / "shards")]) == 0
    assert capsys.readouterr().out == f"{out}/report.html\n"
    html = (out / "report.html").read_text()
    assert ", 300 tokens." in words(html)
    assert main(["report", str(out / "toy"), "--output", str(tmp_path / "other.html")]) == 0
    assert (tmp_path / "other.html").exists()
    assert main(["report", str(tmp_path / "dump")]) == 2
    assert "expected a finished build, got no manifest.json" in capsys.readouterr().err


def test_what_a_killed_report_left_is_deleted_by_the_next(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="one line")
    build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=["--direct_num_workers=1"])
    for name in ("report.html.0a1b2c3d.part", "other.html.0a1b2c3d.part"):
        (tmp_path / name).touch()
    assert main(["report", str(tmp_path / "out"), "--output", str(tmp_path / "report.html")]) == 0
    left = {path.name for path in tmp_path.iterdir()} - {"dump", "out"}
    assert left == {"report.html", "other.html.0a1b2c3d.part"}


def test_a_sample_says_that_it_is_one(ordinary: Facts) -> None:
    assert "Drawn from 25.0 % of the kept documents." in words(page([ordinary._replace(read_share=0.25)]))
    assert "Drawn from" not in words(page([ordinary]))
