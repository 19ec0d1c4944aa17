"""README.md, the data card: what a dataset is, how to load it, what is in it and why, its terms, limits and origin."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from corpus.amounts import of
from corpus.columns import METADATA, SCHEMA, SCORED, STATED
from corpus.mixture import table_shares
from corpus.output.manifest import RUN
from pipelines.publish.card_source import source_section
from pipelines.publish.citation import bibtex
from pipelines.publish.facts import Facts
from pipelines.publish.front_matter import ALL, LICENCE_FILE, front_matter
from pipelines.publish.markdown import block, code, items, link, table, words
from pipelines.publish.outputs import TokenFacts, tokens_section
from pipelines.publish.shareable import shared_text
from pipelines.report.amounts import full


class Dataset(NamedTuple):
    """What is published: its name, its address ("" for none), who publishes it ("" unless said), and what is in it."""

    name: str
    url: str
    publisher: str
    builds: Sequence[Facts]
    tokens: TokenFacts
    day: str
    versions: Mapping[str, str]

    @property
    def documents(self) -> int:
        """Documents of all sources."""
        return sum(one.documents for one in self.builds)

    @property
    def place(self) -> str:
        """What a loader takes: the repository's name on the hub, or the folder."""
        return self.url.partition("/datasets/")[2] or "FOLDER"


_HOW_TO_READ = (
    "Each source has a table of its funnel: how many units (files and bytes of the dump, its records, then documents) "
    "entered a stage, how many it kept, and how many it dropped for which reason. What one stage kept enters the next. "
    "Rows without a number of entered units say what was cut out of documents that were kept. "
    "The reasons are names of rules; `corpus rules SOURCE` prints each with its limit and where the limit comes from."
)


def card(dataset: Dataset) -> str:
    """The text of README.md."""
    parts = [
        front_matter(dataset.name, dataset.builds),
        f"# {words(dataset.name)}",
        _what_it_is(dataset),
        "## Load it", _load(dataset),
        "## What is in it", _sources(dataset.builds), _columns(),
        "## Terms", _terms(dataset),
        "## Limits", _limits(dataset),
        "## The sources", _HOW_TO_READ, *(source_section(one) for one in dataset.builds),
        *tokens_section(dataset.tokens),
        "## How it was made", *_made(dataset),
        "## How to cite", _cite(dataset),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _what_it_is(dataset: Dataset) -> str:
    sources = dataset.builds
    chars, size = sum(one.chars for one in sources), sum(one.bytes for one in sources)
    return (
        f"Text for pretraining language models, made from public dumps by the recipe of LLaMA's corpus "
        f"([arXiv 2302.13971](https://arxiv.org/abs/2302.13971), section 2.1), as "
        f"`llama-corpus` rebuilds it: {of(dataset.documents, 'document')}, {of(chars, 'character')}, "
        f"{of(size, 'byte')} of Parquet, of {of(len(sources), 'source')}.\n\n"
        "It is not the corpus that Meta trained on, which was never published. It is made of the files that each "
        "source lists below, which may be whole dumps or parts of them. Nothing is lost silently: each source has its "
        "funnel, which says what was dropped at every stage, and why."
    )


def _load(dataset: Dataset) -> str:
    first, place = dataset.builds[0].source, dataset.place
    lines = [
        "import datasets",
        "",
        f'every = datasets.load_dataset("{place}", split="train", streaming=True)  # config `{ALL}`',
        f'one = datasets.load_dataset("{place}", "{first}", split="train")',
        'text = one[0]["text"]',
    ]
    others = (
        f"A config per source ({', '.join(code(one.source) for one in dataset.builds)}), and `{ALL}` with all of them, "
        "one source after another: shuffle, or draw each source by a share of its own. Without `datasets`: the files "
        f'are plain Parquet, one schema for all (`pandas.read_parquet("FOLDER/data/{first}")`, polars, DuckDB, Spark). '
        "`croissant.json` describes them for loaders of [Croissant](https://docs.mlcommons.org/croissant/)."
    )
    where = "`FOLDER` is where you downloaded this dataset to.\n\n" if place == "FOLDER" else ""
    return f"{block(chr(10).join(lines), 'python')}\n\n{where}{others}"


def _sources(builds: Sequence[Facts]) -> str:
    shares = table_shares()
    rows = [
        (link(code(one.source), f"#{one.source}"), full(one.documents), full(one.chars), full(one.bytes),
         f"{shares[one.source]:.1%}" if one.source in shares else "",
         ", ".join(link(each.name, each.url) for each in one.terms.licences) or "not recorded")
        for one in builds
    ]  # fmt: skip
    head = ("source", "documents", "characters", "bytes", "LLaMA's share of tokens", "terms")
    note = "LLaMA drew its training tokens by these shares (Table 1 of the paper); the files hold each document once."
    return f"{table(head, rows, numbers=[1, 2, 3, 4])}\n\n{note}"


COLUMNS = {
    "id": "`SOURCE:` and the id in the dump; no two documents have the same",
    "text": "the text",
    "source": "the source's name, as the config",
    "language": "the language, where the dump states it or a model found it",
    "url": "where the text stood, where the dump says so",
    "title": "its title",
    "date": "of its page, revision or release, as the dump writes it",
    "licence": "the licence that the dump states for it",
    "language_score": "how sure the model is of the language, 0 to 1",
    "perplexity": "how unlike Wikipedia's text it is, by an n-gram model; lower is more alike",
    "reference": "how much it resembles pages that Wikipedia cites, 0 to 1",
    METADATA: "everything else of the dump as a JSON object, other names in each source",
}


def _columns() -> str:
    nullable = {*STATED, *SCORED}
    rows = [
        (code(field.name), str(field.type).replace("large_", ""), "yes" if field.name in nullable else "",
         COLUMNS[field.name])
        for field in SCHEMA
    ]  # fmt: skip
    return table(("column", "type", "may be null", "meaning"), rows)


def _terms(dataset: Dataset) -> str:
    return (
        "There is no one licence: each text stands under the terms of its source, often of its own author. "
        f"[`{LICENCE_FILE}`]({LICENCE_FILE}) has them all with their addresses, and so has each source below. "
        "Who publishes this folder claims no rights in the texts, and grants none. Read the terms of each source that "
        "you use; where they ask for attribution or share-alike, what you make of it has to give it."
    )


def _limits(dataset: Dataset) -> str:
    sources: dict[str, list[str]] = {}
    for one in dataset.builds:
        for limit in one.terms.limits:
            sources.setdefault(limit, []).append(code(one.source))
    by_source = [f"{', '.join(names)}: {limit}" for limit, names in sources.items()]
    every = [
        "Personal data: texts name people, and may hold addresses, telephone numbers and e-mail addresses that stood "
        "in the dumps. Nothing was removed for that reason. To have a text taken out, tell who published this dataset "
        "its `id`.",
        "Copyright: texts are copies of works of others. Whether they may be copied for your purpose depends on your "
        "country's law.",
        "Content: the filters look at form (length, language, repetition, quality scores), not at truth, bias, hate or "
        "harm. Dumps of the web hold all of it.",
        "Tests: no text was compared with benchmarks of language models; their questions may be among the texts.",
        "Duplicates are dropped within a source as its funnel says, never between sources.",
    ]
    return items([*every, *by_source])


def _made(dataset: Dataset) -> Iterator[str]:
    yield (
        "With `llama-corpus`, Apache Beam pipelines in Python: the same bytes for any number of workers. "
        "`provenance/SOURCE.json` is the manifest of each build (recipe, inputs, versions, digests of code and files; "
        "names of folders and machines left out), `provenance/SOURCE.ledger.parquet` its ledger."
    )
    yield table(("source", "digest of its code", "fingerprint"), [
        (code(one.source), code(one.manifest["code"]), code(one.manifest["fingerprint"])) for one in dataset.builds
    ])  # fmt: skip
    if runs := [line for one in dataset.builds if (line := _run(one))]:
        yield items(runs)
    libraries = dataset.builds[0].manifest["versions"]
    stated = {**libraries, **dataset.versions}
    yield f"Versions: {', '.join(f'{name} {version}' for name, version in sorted(stated.items()))}."
    yield (
        "`manifest.json` lists every file with its size and SHA-256; `corpus verify FOLDER` compares them. "
        "A build with the same fingerprint has the same documents."
    )


def _run(one: Facts) -> str:
    """The command of a build, when it ran, and the commit it ran at; "" where none of it was noted."""
    run: Mapping[str, Any] = one.manifest.get(RUN) or {}
    if "command" not in run:
        return ""
    command = code(shlex.join(shared_text(word) for word in run["command"]))
    commit = f", at commit {code(run['commit'])}" if run.get("commit") else ""
    took = f", in {of(round(run['cpu_seconds']), 'second')} of CPU time" if "cpu_seconds" in run else ""
    return f"{code(one.source)}: {command}, ended {run.get('ended', 'at a time not noted')}{took}{commit}"


def _cite(dataset: Dataset) -> str:
    entry = bibtex(dataset.name, dataset.url, dataset.publisher, dataset.day)
    text = "`CITATION.cff` has the same for programs. Cite the sources, too, where their terms ask for it."
    return f"{text}\n\n{block(entry, 'bibtex')}"
