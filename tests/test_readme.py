"""What README and docs say of sources, shares, presets, commands, formats and files is what the code says."""

from __future__ import annotations

import argparse
import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import ROOT
from guards.golden_rules import numbers_beside
from guards.imports import PACKAGES
from guards.pages import Written, command_lines, presets, settings, table
from guards.walls import MAY_IMPORT

import llama_corpus
from corpus import ledger, mixture, writers
from corpus.columns import SCHEMA
from corpus.output.manifest import MANIFEST, REPORT
from corpus.recipe import shown
from model.config import SIZES
from pipelines.command_line import parser
from pipelines.commands.export import FORMATS
from pipelines.commands.rules import BESIDE
from pipelines.engine.checks import TABLES_TAKEN
from pipelines.engine.finish import LEDGER
from pipelines.engine.plan import BUILD
from pipelines.sources import find_source, names
from pipelines.tokenize import OWNS

README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WIKIPEDIA = ROOT / "tests" / "golden" / "wikipedia"
"""A page in each language."""
EXPORTS = {
    "megatron": "Megatron", "mds": "MDS", "litdata": "litdata", "datatrove": "datatrove", "arrayrecord": "ArrayRecord",
    "nanogpt": "nanoGPT", "jsonl": "JSON lines", "tokenizer": "a\nHugging Face tokenizer",
}  # fmt: skip


def commands(whole: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parser of each command."""
    (chosen,) = [action for action in whole._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(chosen.choices)


def options(command: argparse.ArgumentParser) -> Iterator[str]:
    """Every option of a command and of those below it."""
    for action in command._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from options(inner)


def written(page: Path) -> list[Written]:
    return [line for line in command_lines(page.read_text("utf-8")) if line.words]


def test_sources_and_their_shares() -> None:
    rows = table(README, "| source | paper's share")
    shares = mixture.table_shares()
    assert {row[0]: float(row[1].removesuffix(" %")) for row in rows} == {
        name: round(100 * share, 6) for name, share in shares.items()
    }
    assert [shares[row[0]] for row in rows] == sorted(shares.values(), reverse=True)
    assert shares.keys() <= set(names())


def test_numbers_in_the_table_of_sources() -> None:
    says = {row[0]: row[2] for row in table(README, "| source | paper's share")}
    assert f"the {find_source('stackexchange').recipe.sites.value} largest sites" in says["stackexchange"]
    assert f"more than {100 * find_source('books').recipe.overlap_share.value:g} %" in says["books"]
    assert f"{len(list(WIKIPEDIA.glob('*.wikitext')))} languages" in says["wikipedia"]
    for name, text in says.items():
        assert presets(text) <= find_source(name).recipe.presets.keys()


def test_every_preset_is_spoken_of_somewhere() -> None:
    everything = "\n".join(page.read_text("utf-8") for page in PAGES)
    known = {preset for name in names() for preset in find_source(name).recipe.presets}
    assert {preset for preset in known if preset not in everything} == set()
    assert presets(everything) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_are_those_of_the_command_line(page: Path) -> None:
    known = commands(parser())
    for line in written(page):
        command = line.words[0]
        if command in ("--help", "--version"):
            continue
        if line.whole:
            parser().parse_args(line.words[: line.words.index("--")] if "--" in line.words else line.words)
        assert command in known, line
        stated = {word.partition("=")[0] for word in line.words[1:] if word.startswith("--") and word != "--"}
        beam = set(line.words[line.words.index("--") :]) if "--" in line.words else set()
        assert {option for option in stated if not any(word.startswith(option) for word in beam)} <= set(
            options(known[command])
        ), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_settings_are_numbers_of_a_recipe(page: Path) -> None:
    for line in written(page):
        what = next((word for word in line.words[1:] if word in names() or word in BESIDE), "")
        known = {**BUILD, **(find_source(what).recipe if what in names() else numbers_beside(what) if what else {})}
        everywhere = {name for source in names() for name in find_source(source).recipe}
        assert settings(line) <= (known.keys() if what else everywhere | known.keys()), line


def test_every_page_stands_in_the_site_s_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text("utf-8").partition("\nnav:\n")[2]
    named = re.findall(r": (\S+\.md)$", text, re.MULTILINE)
    generated = {"reference/commands.md", "reference/rules.md"}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert set(named) - generated == pages
    assert len(named) == len(set(named))


def test_every_command_is_shown_somewhere() -> None:
    shown_there = {line.words[0] for page in PAGES for line in written(page)}
    assert commands(parser()).keys() - shown_there == set()


def test_formats_of_export() -> None:
    assert EXPORTS.keys() == FORMATS.keys()
    (sentence,) = re.findall(r"`corpus export` writes (.*?), and `corpus rules", README, re.DOTALL)
    assert set(re.split(r", | and ", sentence)) == set(EXPORTS.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_sources_and_sizes_of_command_lines_are_known(page: Path) -> None:
    text = page.read_text("utf-8")
    own = set(re.findall(r"pipelines/sources/(\w+)\.py|Source\(\s*\"(\w+)\"", text))
    known = {*names(), *BESIDE, *(name for pair in own for name in pair)}
    for line in written(page):
        words = [word for word in line.words[1:] if not word.startswith("-")]
        if line.words[0] in ("build", "rules", "fetch") and words and re.fullmatch(r"[a-z]\w*", words[0]):
            assert words[0] in known, line
        sizes = [after for word, after in pairwise(line.words) if word == "--size"]
        assert {size for size in sizes if not size.isupper() or size[0].isdigit()} <= SIZES.keys(), line


def test_columns_of_what_comes_out() -> None:
    says = dict(re.findall(r"^OUT/github/(?:data/|evidence/)?(\w+)[^ ]*\s+(.*)$", README, re.MULTILINE))
    assert says["documents"].split(", ") == SCHEMA.names
    assert says["ledger"].split(", ") == ledger.SCHEMA.names


HELD = {
    "dropped": {"id": "id", "stage": "stage", "reason": "reason", "the document it duplicates": "duplicate_of",
                "the text": "text"},
    "unreadable": {"position": "locator", "error": "detail", "their bytes": "bytes"},
}  # fmt: skip
"""What README says that a file holds, and the column that holds it."""


def test_files_of_what_comes_out() -> None:
    (block,) = re.findall(r"^## What comes out\n\n```\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    says = dict(re.findall(r"^(?:OUT|TOKENS)/github/(?:data/|evidence/)?(\S+)\s+(.*(?:\n\s+.*)*)", block, re.MULTILINE))
    written_names = {LEDGER, MANIFEST, REPORT, *(owned.removesuffix("-*") for owned in OWNS)}
    assert {name.partition("-")[0] for name in says} | {"scored"} == {*TABLES_TAKEN, *written_names}
    columns = {"dropped": writers.DROPPED_SCHEMA.names, "unreadable": writers.UNREADABLE_SCHEMA.names}
    for kind, held in HELD.items():
        (said,) = [" ".join(text.split()) for name, text in says.items() if name.startswith(f"{kind}-")]
        assert re.split(r", |; for a sample of them, ", said.partition(": ")[2]) == list(held)
        assert set(held.values()) <= set(columns[kind])


def test_scripts_of_the_figures() -> None:
    scripts = [row[1] for row in table(README, "| claim | script")]
    assert len(scripts) > 5
    assert [script for script in scripts if not (ROOT / "benchmarks" / script).is_file()] == []


def test_records_of_the_figures() -> None:
    """A row that names a record names its own script's, of that date; and every record has a row that names it."""
    rows = [(row[1], row[3]) for row in table(README, "| claim | script")]
    linked = {}
    for script, cell in rows:
        if cell:
            (date, path), *_rest = re.findall(r"^\[(\d{4}-\d\d-\d\d)\]\((\S+)\)$", cell)
            assert path == f"benchmarks/results/{script.removesuffix('.py').replace('/', '-')}.md"
            linked[path] = date
    for path, date in linked.items():
        record = (ROOT / path).read_text("utf-8")
        (newest, *_earlier) = re.findall(r"^## (\d{4}-\d\d-\d\d), commit [0-9a-f]{12}$", record, re.MULTILINE)
        assert newest == date
    assert {path.name for path in (ROOT / "benchmarks" / "results").glob("*.md")} == {
        Path(path).name for path in linked
    }


@pytest.mark.parametrize("page", ["docs/ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_packages_and_what_they_may_import(page: str) -> None:
    rows = {row[0].rstrip("/"): row[2] for row in table((ROOT / page).read_text("utf-8"), "| folder |")}
    assert rows.keys() == set(PACKAGES)
    for package, said in rows.items():
        rules = (names for room, names in MAY_IMPORT.items() if room.split(".")[0] == package)
        allowed = {name.split(".")[0] for names in rules for name in names} - {package}
        every = set(PACKAGES) - {package}
        assert (every if said.startswith("all") else set(re.findall(r"\w+", said)) & every) == allowed, package


def test_sources_that_are_fetched() -> None:
    rows = table((ROOT / "docs" / "dumps.md").read_text("utf-8"), "| source | from |")
    assert {row[0] for row in rows} == commands(commands(parser())["fetch"]).keys() & set(names())


def test_choices_of_commoncrawls_presets() -> None:
    page = (ROOT / "docs" / "commoncrawl.md").read_text("utf-8")
    recipe = find_source("commoncrawl").recipe
    (header,) = [line for line in page.splitlines() if line.startswith("| choice |")]
    columns = [cell.strip(" `") for cell in header.strip("|").split("|")][1:]
    assert columns == list(recipe.presets)
    values = {name: {shown(recipe.resolve(preset)[name].value) for preset in columns} for name in recipe}
    rows = {row[0].split(":")[0].split()[0] for row in table(page, "| choice |")}
    assert rows >= {name for name in values if len(values[name]) > 1}
    for name, *cells in table(page, "| choice |"):
        numbers = [recipe.resolve(preset) for preset in columns]
        states = [
            state(number[name.split(":")[0].split()[0]].value, number["min_reference"].value) for number in numbers
        ]
        assert states == cells, name


def state(value: object, min_reference: object) -> str:
    """A choice as the page states it."""
    if value == "reference":
        return f"at P >= {min_reference}"
    return "off" if value == "" else shown(value).replace(",", ", ")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("```sh\ncorpus build c4 \\\n  --input A  # why\n```", [Written(["build", "c4", "--input", "A"], True)]),
        ("See `corpus find DIR ID`.", [Written(["find", "DIR", "ID"], False)]),
        ("    corpus ledger DIR\n", [Written(["ledger", "DIR"], True)]),
        ("    $ corpus ledger DIR\n", [Written(["ledger", "DIR"], True)]),
        ("`corpus/ledger.py` and a corpus of texts", []),
    ],
    ids=["a block", "a sentence", "indented", "with a prompt", "none"],
)  # fmt: skip
def test_command_lines_are_found(text: str, lines: list[Written]) -> None:
    assert list(command_lines(text)) == lines


def test_settings_are_found() -> None:
    line = Written(["build", "x", "--set", "a_b=1", "cc=", "--", "--x=1", "d=2"], True)
    assert settings(line) == {"a_b", "cc"}
    assert presets("`--preset a-b`, --preset c") == {"a-b", "c"}


DIGESTS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}


def test_checksums_that_publishers_state() -> None:
    """The digests that a source's listing gives to files; where it gives none, no size either."""
    rows = table((ROOT / "docs" / "dumps.md").read_text("utf-8"), "| source | from |")
    for source, _from, stated in rows:
        tree = ast.parse((ROOT / "pipelines" / "fetch" / f"{source}.py").read_text("utf-8"))
        words = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        given = {name for digest, name in DIGESTS.items() if digest in words}
        assert set(re.findall(r"SHA-\d+|MD5", stated)) == given, source
        assert stated.startswith("size and " if given else "nothing"), source


def test_functions_from_python() -> None:
    """Their names, and their parameters: in order, with their defaults; `...` stands for the rest."""
    rows = table((ROOT / "docs" / "python.md").read_text("utf-8"), "| name | what it is |")
    calls = {call.func.id: call for row in rows if isinstance(call := ast.parse(row[0], mode="eval").body, ast.Call)
             and isinstance(call.func, ast.Name)}  # fmt: skip
    returned = {"Build", "CorpusError", "Document", "Ledger", "TokenDocument"}
    assert calls.keys() == set(llama_corpus.__all__) - returned
    for name, call in calls.items():
        parameters = list(inspect.signature(getattr(llama_corpus, name)).parameters.values())
        positional = [word for word in call.args if isinstance(word, ast.Name)]
        assert [word.id for word in positional] == [one.name for one in parameters[: len(positional)]]
        required = {one.name for one in parameters if one.default is one.empty}
        assert required == {word.id for word in positional}
        for keyword in call.keywords:
            (known,) = [one for one in parameters if one.name == keyword.arg]
            assert ast.literal_eval(keyword.value) == known.default


def test_books_at_scale_says_the_recipes_numbers() -> None:
    text = (ROOT / "docs" / "books-at-scale.md").read_text("utf-8")
    recipe = {name: number.value for name, number in find_source("books").recipe.items()}
    probes, postings = recipe["probe_hashes"], recipe["max_postings"]
    says = [
        f"| one shingle in {recipe['sample_one_in']};",
        f"| {probes * postings:,} ({probes} probes, each in at most {postings} books) | the recipe",
        f"the longest book ({recipe['longest_book_bytes'] >> 20} MB at most",
        f"of its {probes} smallest sampled hashes at least",
        f"When {recipe['overlap_share']:.0%} of its words".replace("%", " %"),
    ]
    assert [one for one in says if one not in text] == []
    constants = {row[2].split(",")[0].strip() for row in table(text, "| what | figure | from |")}
    assert {one for one in constants if one.startswith("benchmarks/") and not (ROOT / one).is_file()} == set()
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", text))
    assert named <= recipe.keys()
