"""The facts of a build that a report draws, read from its folder."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from corpus.columns import documents_of
from corpus.document import Document
from corpus.ledger import ENTERED, KEPT_ROW, Ledger
from corpus.output.read import Output
from corpus.writers import LINE, id_hash
from pipelines.documents import LEDGER
from pipelines.engine.stages import Source
from pipelines.engine.streams import DOCUMENT, READ
from pipelines.report.histogram import Histogram, histogram
from pipelines.report.measures import Limit, Measure, Rules, known_source, rules_in
from pipelines.report.sampled import GROUPS_MOST, Rows, spread

TEXTS = 3
"""Texts to read, of those kept and for each reason."""

TEXT_CHARS = 1500
"""Characters of a text that the page shows."""

KEPT_GROUPS = 16
"""Row groups of kept documents that are read: 64 MB of text, enough for charts and samples."""
MEASURED = 1000
"""Kept documents that are measured again: enough for a histogram, and measured in a second."""

WORDS_MOST = 12
"""Words of a field (languages, suffixes) that get a bar of their own."""

Why = tuple[str, str, str]
"""Stage, unit, reason."""


class Text(NamedTuple):
    """A text to read: its beginning, its whole length, and for a duplicate the id of the document it duplicates.

    cut: whether the build stored only the beginning. about: title, address, licence and language, where stated.
    """

    id: str
    text: str
    chars: int
    duplicate_of: str = ""
    cut: bool = False
    about: str = ""


class Words(NamedTuple):
    """Documents by a word: (word, kept, dropped), most first; the words that the recipe keeps, or drops."""

    rows: tuple[tuple[str, float, float], ...]
    test: str
    listed: tuple[str, ...]


class Chart(NamedTuple):
    """A histogram or a count of words, with its name and unit."""

    name: str
    unit: str
    kind: str
    drawn: Histogram | Words


class Facts(NamedTuple):
    """All that the page shows of one build; originals are the kept documents that dropped ones duplicate, by id."""

    manifest: Mapping[str, Any]
    ledger: Ledger
    charts: tuple[Chart, ...]
    kept: tuple[Text, ...]
    dropped: Mapping[Why, tuple[Text, ...]]
    originals: Mapping[str, Text]
    read_share: float
    tokens: int | None

    @property
    def source(self) -> str:
        """The source's name."""
        return str(self.manifest["source"])


def gather(build: Output, tokens: Mapping[str, int] | None = None, source: Source | None = None) -> Facts:
    """The facts of a build.

    Args:
        tokens: of token shards, tokens by source.
        source: the source that was built; None finds it by its name.
    """
    manifest = build.manifest
    with build.open(build.files[LEDGER]) as file:
        ledger = Ledger.from_parquet(file)
    source = source or known_source(manifest["source"])
    gathered = _Gathering(build, manifest, ledger, rules_in(source, manifest) if source else Rules())
    gathered.read_dropped()
    gathered.read_kept()
    gathered.read_scored()
    return gathered.facts((tokens or {}).get(manifest["source"]))


def bytes_read(build: Output) -> int:
    """The bytes that `gather` compares: of the files of which it reads rows."""
    kinds = (("documents", KEPT_GROUPS), ("dropped", GROUPS_MOST), ("scored", GROUPS_MOST))
    chosen = [spread(build.listed(f"*/{kind}-*.parquet"), most) for kind, most in kinds]
    return sum(file.bytes for some in chosen for file in some)


class _Gathering:
    """Collects facts: the texts with the smallest hashes of their ids, and values, by what they are values of."""

    def __init__(self, build: Output, manifest: Mapping[str, Any], ledger: Ledger, rules: Rules) -> None:
        self.build, self.manifest, self.ledger, self.rules = build, manifest, ledger, rules
        self.limit = int(manifest["recipe"].get("dropped_text_chars", {}).get("value", 0))
        self.kept: list[tuple[int, Text]] = []
        self.dropped: dict[Why, list[tuple[int, Text]]] = defaultdict(list)
        self.originals: dict[str, Text] = {}
        self.lengths: dict[Why | None, Counter[int]] = defaultdict(Counter)
        self.measured: dict[tuple[Limit, bool], list[Any]] = defaultdict(list)
        self.fields: dict[tuple[str, bool], list[Any]] = defaultdict(list)
        self.scale = {True: 1.0, False: 1.0}
        self.dropped_scale = self.read_share = 1.0

    def read_dropped(self) -> None:
        """Read what was dropped: texts for each reason, their lengths and measures."""
        by_reason = {(each.limit.stage, each.limit.reason): each for each in self.rules.measures if not each.fields}
        rows = Rows(self.build, "dropped")
        for batch in rows.batches():
            for row in batch.to_pylist():
                why, text = (row["stage"], row["unit"], row["reason"]), row["text"] or ""
                shown = _shown(row["id"], text, row["duplicate_of"] or "")
                _offer(
                    self.dropped[why],
                    shown._replace(chars=row["chars"], cut=len(text) < row["chars"], about=_about(row)),
                )
                if row["chars"] and why[1] != LINE:
                    self.lengths[why][_rounded(row["chars"])] += 1
                if text and why[1] != LINE:
                    measure = by_reason.get((why[0], why[2]))
                    if measure:
                        self._measure_dropped(measure, Document(row["id"], text, self.manifest["source"]))
        self.dropped_scale = rows.scale
        self.originals = {
            text.duplicate_of: text for each in self.dropped.values() for _hash, text in each if text.duplicate_of
        }
        # Kept documents are read later, once: only originals of texts that the page shows are looked for among them.
        self.originals = dict.fromkeys(self.originals, Text("", "", 0))

    def _is_cut(self, text: str) -> bool:
        """Whether the build stored only the beginning of a dropped text."""
        return bool(self.limit) and len(text) >= self.limit

    def _measure_dropped(self, measure: Measure, document: Document) -> None:
        """Measure a dropped text. One that was cut counts only if what is left of it still breaks the rule."""
        value = measure.of(document)
        if not self._is_cut(document.text) or (isinstance(value, int | float) and measure.limit.broken_by(value)):
            self.measured[measure.limit, False].append(value)

    def read_kept(self) -> None:
        """Read kept documents: texts, the originals of duplicates, lengths, fields and measures."""
        rows, kept = Rows(self.build, "documents", KEPT_GROUPS), int(self.manifest["documents"])
        for document in _documents(rows):
            _offer(self.kept, _shown(document.id, document.text)._replace(about=_about(document.meta)))
            if document.id in self.originals:
                self.originals[document.id] = _shown(document.id, document.text)
            self.lengths[None][_rounded(len(document.text))] += 1
            self._add_fields(document, True)
            # About MEASURED of them, chosen by the hash of the id, so that the choice does not depend on order.
            if id_hash(document.id) % (1 + kept // MEASURED) == 0:
                for measure in self.rules.measures:
                    self.measured[measure.limit, True].append(measure.of(document))
        self.scale[True], self.read_share = rows.scale, rows.read / kept if kept else 1.0

    def read_scored(self) -> None:
        """Read documents that a score dropped: their fields."""
        rows = Rows(self.build, "scored")
        for document in _documents(rows):
            self._add_fields(document, False)
        self.scale[False] = rows.scale

    def _add_fields(self, document: Document, kept: bool) -> None:
        for name, score in document.scores.items():
            self.fields[name, kept].append(score)
        for name in self.rules.limits:
            if name in document.meta:
                self.fields[name, kept].append(document.meta[name])

    def facts(self, tokens: int | None) -> Facts:
        """Everything that was collected."""
        charts = [*self._length_chart(), *self._field_charts(), *self._measure_charts()]
        charts.sort(key=lambda chart: isinstance(chart.drawn, Words))
        dropped = {why: tuple(text for _hash, text in sorted(heap)) for why, heap in self.dropped.items()}
        originals = {name: text for name, text in self.originals.items() if text.id}
        kept = tuple(text for _hash, text in sorted(self.kept))
        return Facts(
            self.manifest, self.ledger, tuple(charts), kept, dropped, originals, min(1.0, self.read_share), tokens
        )  # fmt: skip

    def _length_chart(self) -> Iterator[Chart]:
        kept = [(chars, n * self.scale[True]) for chars, n in self.lengths[None].items()]
        dropped = [
            (chars, n * self.dropped_scale)
            for why, lengths in self.lengths.items()
            if why and self._of_documents(why[1])
            for chars, n in lengths.items()
        ]
        drawn = histogram(kept, dropped)
        if drawn:
            yield Chart("length", "characters", "length", drawn)

    def _of_documents(self, unit: str) -> bool:
        """Whether a unit is a document, or a record of the dump of which each makes one document."""
        read = self.ledger.count(READ, DOCUMENT, ENTERED)
        return unit == DOCUMENT or self.ledger.count(READ, unit, KEPT_ROW) == read

    def _field_charts(self) -> Iterator[Chart]:
        for name in sorted({name for name, _kept in self.fields}):
            kept, dropped = (_each(self.fields[name, each], self.scale[each]) for each in (True, False))
            yield from _chart(name, "", "score", kept, dropped, self.rules.limits.get(name, ()))

    def _measure_charts(self) -> Iterator[Chart]:
        for measure in self.rules.measures:
            kept, dropped = self.measured[measure.limit, True], self.measured[measure.limit, False]
            # Measured is a sample, and all of a reason's drops were not stored: each value stands for as many documents
            # as the ledger counts for one of the sample, so that both sides of the limit are drawn to one scale.
            kept_weight = self.manifest["documents"] / len(kept) if kept else 1.0
            count = self.ledger.count(measure.limit.stage, DOCUMENT, measure.limit.reason)
            weighted = _each(kept, kept_weight), _each(dropped, count / len(dropped) if dropped else 1.0)
            yield from _chart(measure.name, measure.unit, "measure", *weighted, (measure.limit,))


def _documents(rows: Rows) -> Iterator[Document]:
    for batch in rows.batches():
        yield from documents_of(batch)


def _about(stated: Mapping[str, Any]) -> str:
    return " · ".join(str(stated[name]) for name in ("title", "url", "licence", "language") if stated.get(name))


def _rounded(chars: int) -> int:
    """A length with three digits: so that lengths of any number of documents are counted in little memory."""
    step: int = 10 ** max(0, len(str(chars)) - 3)
    return chars // step * step


def _shown(name: str, text: str, duplicate_of: str = "") -> Text:
    return Text(name, text[:TEXT_CHARS], len(text), duplicate_of)


def _offer(heap: list[tuple[int, Text]], text: Text) -> None:
    """Keep TEXTS texts, those of smallest hash (a bottom-k sample: the same for any order); a text before an empty one.

    The heap's smallest entry is replaced first, so hashes are negated: the largest hash is at the top.
    """
    # Hashes are below 2**64, so that with 2**64 more an empty text comes behind every other one.
    entry = (-id_hash(text.id + text.text[:64]) - (0 if text.text else 1 << 64), text)
    if len(heap) < TEXTS:
        heapq.heappush(heap, entry)
    else:
        heapq.heappushpop(heap, entry)


def _each(values: list[Any], weight: float) -> list[Any]:
    return [(value, weight) for value in values]


def _chart(
    name: str, unit: str, kind: str, kept: list[Any], dropped: list[Any], limits: tuple[Limit, ...]
) -> Iterator[Chart]:
    """A chart of numbers or of words, by what the values are; of booleans and of nothing there is none."""
    first = next((value for value, _weight in (*kept, *dropped)), None)
    if isinstance(first, str):
        words = _words(kept, dropped, limits)
        if len(words.rows) > 1:
            yield Chart(name, unit, kind, words)
    elif isinstance(first, int | float) and not isinstance(first, bool):
        drawn = histogram(kept, dropped, [limit for limit in limits if isinstance(limit.value, int | float)])
        if drawn:
            yield Chart(name, unit, kind, drawn)


def _words(kept: list[tuple[str, float]], dropped: list[tuple[str, float]], limits: tuple[Limit, ...]) -> Words:
    counts: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for at, values in enumerate((kept, dropped)):
        for word, weight in values:
            counts[word][at] += weight
    every = [(word, both[0], both[1]) for word, both in counts.items()]
    rows = sorted(every, key=lambda row: (-row[1] - row[2], row[0]))
    others = rows[WORDS_MOST:]
    if others:
        rest = f"{len(others)} others"
        rows = [*rows[:WORDS_MOST], (rest, sum(row[1] for row in others), sum(row[2] for row in others))]
    for limit in limits:
        if isinstance(limit.value, tuple):
            return Words(tuple(rows), limit.test, limit.value)
    return Words(tuple(rows), "", ())
