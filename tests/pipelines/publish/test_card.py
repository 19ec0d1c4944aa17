"""What describes a published dataset: card, terms, citation and Croissant of two small builds, as golden files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from made_dataset import GITHUB, WIKIPEDIA, make_source

from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.output.manifest import BUILD, OutputFile
from corpus.output.read import read_output
from pipelines.publish.card import Dataset, card
from pipelines.publish.card_source import INPUTS_MOST, REASONS_MOST, VALUES_MOST, changed, source_section
from pipelines.publish.citation import bibtex, citation_file
from pipelines.publish.croissant import croissant
from pipelines.publish.facts import Facts, Sample, gather
from pipelines.publish.licences import licence_file
from pipelines.publish.outputs import TokenFacts
from tokenizer.mixture import Mixture, ShardEntry, Source
from tokenizer.shards import ShardInfo

GOLDEN = ROOT / "tests" / "golden" / "publish"
INFO = ShardInfo("a", "github", 0, 1, "uint16", 1000, 3, 32000, 1, 2, "abc", "r", 0, 0)


def facts_of(folder: Path) -> Facts:
    """The facts of a build, its file's size and digest replaced by some that no library decides."""
    build = read_output(str(folder), BUILD)
    file = OutputFile("data/documents-00000-of-00001.parquet", 1234, "ab" * 32, build.manifest["documents"])
    return gather(build, lambda _file, _opened: None)._replace(files=(file,))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    builds = [facts_of(make_source(tmp_path / one[0].source, one)) for one in (GITHUB, WIKIPEDIA)]
    mixture = Mixture({"github": Source(1.0, 1000, (ShardEntry("a", 1000, 0),))}, "abc", 32000, "uint16", 1, 2)
    tokens = TokenFacts({"github": (INFO, INFO)}, True, mixture)
    url = "https://huggingface.co/datasets/owner/tides"
    versions = {"python": "3.11.9", "llama-corpus": "1.2.3"}
    return Dataset("Tides & *code*", url, "owner", builds, tokens, "2026-01-31", versions)


def texts_of(dataset: Dataset) -> dict[str, str]:
    stated = (dataset.name, dataset.url, dataset.publisher, dataset.day)
    return {
        "README.md": card(dataset),
        "LICENSE.md": licence_file(dataset.name, dataset.builds),
        "CITATION.cff": citation_file(*stated),
        "croissant.json": croissant(dataset),
    }


@pytest.mark.parametrize("name", ["README.md", "LICENSE.md", "CITATION.cff", "croissant.json"])
def test_a_file_is_the_golden_one(name: str, dataset: Dataset) -> None:
    assert texts_of(dataset)[name] == (GOLDEN / name).read_text("utf-8")


def test_without_tokens_address_and_publisher(dataset: Dataset) -> None:
    plain = dataset._replace(url="", publisher="", tokens=TokenFacts({}))
    texts = texts_of(plain)
    assert "## Tokens" not in texts["README.md"]
    assert 'datasets.load_dataset("FOLDER", "github", split="train")' in texts["README.md"]
    assert "`FOLDER` is where you downloaded this dataset to." in texts["README.md"]
    assert "  author = {{the publisher of this dataset}},\n  year = {2026},\n}" in texts["README.md"]
    cited = yaml.safe_load(texts["CITATION.cff"])
    assert cited["authors"] == [{"name": "the publisher of this dataset"}]
    assert "url" not in cited
    stated = json.loads(texts["croissant.json"])
    assert (stated["url"], stated["creator"]["name"]) == ("README.md", "the publisher of this dataset")


def test_nothing_of_the_machine_is_in_it(dataset: Dataset) -> None:
    text = "".join(texts_of(dataset).values())
    assert [word for word in ("/home", "secret", "key@", "t=1", "box") if word in text] == []
    assert "`corpus build github --input dumps --output OUT`" in text


def test_a_number_that_was_set_to_what_it_was_is_no_change(dataset: Dataset) -> None:
    facts = dataset.builds[0]
    assert changed(facts.manifest) == [("longest_line_chars", 500, 1000, "chars")]
    number = {**facts.manifest["recipe"]["longest_line_chars"], "value": 1000}
    assert changed({**facts.manifest, "recipe": {"longest_line_chars": number}}) == []
    assert changed({**facts.manifest, "source": "recipes"}) == [("longest_line_chars", 500, None, "chars")]


def test_long_lists_are_cut(dataset: Dataset) -> None:
    ledger = Ledger("github")
    ledger.add("files", "document", ENTERED, 200)
    ledger.add("files", "document", KEPT_ROW, 200 - sum(range(REASONS_MOST + 2)))
    for n in range(1, REASONS_MOST + 2):
        ledger.add("files", "document", f"reason_{n}", n)
    one = dict(dataset.builds[0].manifest["inputs"][0])
    inputs = [{**one, "name": f"{at}.gz"} for at in range(INPUTS_MOST + 2)]
    languages = Counter({f"l{at:02}": 9 for at in range(VALUES_MOST + 3)})
    facts = dataset.builds[0]._replace(
        ledger=ledger, languages=languages, manifest={**dataset.builds[0].manifest, "inputs": inputs}, samples=()
    )
    text = source_section(facts)
    assert f"| `{INPUTS_MOST - 1}.gz` | 1,000 | `d1` |\n\nand 2 more, in `provenance/github.json`." in text
    assert f"`reason_{REASONS_MOST + 1}` 13, " in text
    assert "`reason_2` 2, 1 others 1 |" in text
    assert f"`l{VALUES_MOST - 1:02}` 9, 3 others 27." in text


def test_a_sample_is_a_beginning_that_cannot_act(dataset: Dataset) -> None:
    long = Sample("github:9", {"title": "*bold*", "url": "javascript:x"}, "\n\n" + "```\n" + "a\u202e" * 300)
    text = source_section(dataset.builds[0]._replace(samples=(long,)))
    shown = text.partition("#### A few texts\n\n")[2]
    assert shown.startswith(
        "`github:9`, title \\*bold\\*, url `javascript:x` (its beginning; 606 characters):\n\n````text\n```\na⟨U+202E⟩a"
    )
    assert shown.endswith("\n````")
    assert len(shown.partition("````text\n")[2]) == 240 + len("\n````")


@pytest.mark.parametrize(
    ("name", "key", "title"),
    [("My & corpus_1", "my-corpus-1", "My \\& corpus\\_1"), ("語料", "dataset", "語料")],
)
def test_bibtex_of_any_name(name: str, key: str, title: str) -> None:
    first = bibtex(name, "", "", "2026-01-31").splitlines()[:2]
    assert first == [f"@misc{{{key},", f"  title = {{{{{title}}}}},"]
