"""What a report reads of a build: scores of kept and dropped, texts by smallest hash, weights, cut texts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy

from corpus.errors import InputError
from corpus.output.manifest import BUILD
from corpus.output.read import read_output
from corpus.recipe import Recipe, cited
from pipelines.documents import find_builds
from pipelines.engine.build import build
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import EachDocument, Score, Source, drop
from pipelines.report import gather as gathering
from pipelines.report.gather import Chart, Facts, Words, gather
from pipelines.report.histogram import Histogram
from pipelines.report.write import write_report

RECIPE = Recipe(
    "toy",
    least_chars=cited(4, "tests", "chars"),
    most_chars=cited(30, "tests", "chars"),
    model=cited("none", "tests"),
    least_cheer=cited(0.5, "tests", "share"),
    tongues=cited(("en",), "tests"),
)


def cheerful(path: str) -> Callable[[list[str]], list[dict[str, Any]]]:
    """A model: the share of exclamation marks' neighbours, and a tongue."""
    return lambda texts: [{"cheer": text.count("y") / 4, "tongue": "en" if text.isascii() else "fr"} for text in texts]


SOURCE = Source(
    "toy",
    toy.READER,
    RECIPE,
    (
        EachDocument(
            "clean",
            drop("too_short", len, below=RECIPE.least_chars),
            drop("too_long", len, above=RECIPE.most_chars),
        ),
        Score(
            "mood", cheerful, RECIPE.model, outputs=("cheer", "tongue"),
            steps=(
                drop("gloomy", "cheer", below=RECIPE.least_cheer),
                drop("foreign", "tongue", outside=RECIPE.tongues),
            ),
        ),
        Dedup("exact", toy.text_key),
    ),
)  # fmt: skip
TEXTS = ("yyyy", "yyy ok", "yy fine", "y", "gloom", "yyyé", "yyyy", "long " * 9, "long " * 5_000)


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder = tmp_path_factory.mktemp("scored")
    dump = toy.write(folder / "dump", a="\n\n".join(TEXTS))
    built = build(SOURCE, [dump], str(folder / "out"), beam_arguments=["--direct_num_workers=1"])
    return gather(read_output(built.folder, BUILD), {"toy": 7}, SOURCE)


def chart(facts: Facts, name: str, kind: str) -> Chart:
    (found,) = [each for each in facts.charts if (each.name, each.kind) == (name, kind)]
    return found


def test_scores_of_kept_and_of_dropped_with_their_limit(facts: Facts) -> None:
    cheer = chart(facts, "cheer", "score").drawn
    assert isinstance(cheer, Histogram)
    assert (sum(cheer.kept), sum(cheer.dropped)) == (3.0, 2.0)
    assert [(limit.reason, limit.test, limit.value) for limit in cheer.limits] == [("gloomy", "below", 0.5)]


def test_words_of_kept_and_of_dropped(facts: Facts) -> None:
    assert chart(facts, "tongue", "score").drawn == Words((("en", 3.0, 1.0), ("fr", 0.0, 1.0)), "outside", ("en",))


def test_measures_have_the_documents_their_rule_dropped(facts: Facts) -> None:
    lengths = [each.drawn for each in facts.charts if each.kind == "measure"]
    sums = [(sum(each.kept), sum(each.dropped)) for each in lengths if isinstance(each, Histogram)]
    assert sums == [(3.0, 1.0), (3.0, 2.0)]  # a cut text counts, as what is left of it still breaks the rule


def test_texts_are_shown_by_their_beginning(facts: Facts) -> None:
    longest = max(facts.dropped["clean", "document", "too_long"], key=lambda text: text.chars)
    assert (len(longest.text), longest.chars, longest.cut) == (1500, 25_000, True)
    (original,) = facts.dropped["exact", "document", "duplicate"]
    assert facts.originals[original.duplicate_of].text == original.text == "yyyy"


def test_lengths_are_those_of_whole_texts(facts: Facts) -> None:
    lengths = chart(facts, "length", "length").drawn
    assert isinstance(lengths, Histogram)
    assert (sum(lengths.kept), sum(lengths.dropped)) == (3.0, 6.0)
    assert lengths.axis.edges[-1] > 25_000  # though 10,000 characters of the longest are stored


@pytest.mark.parametrize(("chars", "rounded"), [(0, 0), (999, 999), (1234, 1230), (25_678, 25_600)])
def test_lengths_are_counted_by_three_digits(chars: int, rounded: int) -> None:
    assert gathering._rounded(chars) == rounded


def test_tokens_of_the_source(facts: Facts) -> None:
    assert (facts.tokens, facts.read_share) == (7, 1.0)


def test_of_many_texts_the_few_depend_on_their_ids_alone() -> None:
    heaps: list[list[tuple[int, gathering.Text]]] = [[], []]
    texts = [gathering.Text(f"toy:{n}", "" if n % 5 else "read me", n) for n in range(50)]
    for heap, order in zip(heaps, (texts, texts[::-1]), strict=True):
        for text in order:
            gathering._offer(heap, text)
    assert sorted(heaps[0]) == sorted(heaps[1])
    assert [text.text for _hash, text in heaps[0]] == ["read me"] * 3


def test_folders_without_a_build_are_refused(facts: Facts, tmp_path: Path) -> None:
    folder = Path(facts.manifest["inputs"][0]["path"]).parent.parent
    for path in (f"{folder}/out", f"{folder}/out/toy/"):
        assert [build.folder for build in find_builds([path])] == [f"{folder}/out/toy"]
    with pytest.raises(InputError, match=r"expected a finished build, got no manifest\.json"):
        write_report(str(tmp_path), str(tmp_path / "report.html"))


def test_what_a_killed_report_left_is_deleted_by_the_next(facts: Facts, tmp_path: Path) -> None:
    folder = Path(facts.manifest["inputs"][0]["path"]).parent.parent / "out"
    for name in ("report.html.0a1b2c3d.part", "other.html.0a1b2c3d.part"):
        (tmp_path / name).write_text("left")
    write_report(str(folder), f"{tmp_path}/report.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other.html.0a1b2c3d.part", "report.html"]
