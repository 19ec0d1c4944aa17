"""A stage as a stream: documents in, documents out, and what happened to them in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from corpus.columns import require_scores
from corpus.containment import failed
from corpus.document import FAILED, UNREADABLE, Document, Outcome
from corpus.errors import RecordError
from corpus.ledger import BYTE, EDIT, ENTERED, KEPT_ROW, NOTE, SKIPPED, Ledger, encodable
from corpus.readers.base import InputSplit, Reader, Seen
from corpus.readers.ranges import ByteTally
from corpus.recipe import Value
from corpus.writers import LINE, Drop, DroppedSample
from pipelines.engine import files
from pipelines.engine.hand import Hand
from pipelines.engine.pinned import model_here
from pipelines.engine.stages import EachDocument, Score, Step, Values, bind, field_values, valued

READ = "read"
DOCUMENT = "document"
OFF = "off"
SCORED_AT_ONCE = 64
RAW_BYTES = 1 << 20
"""How many bytes of an unreadable record are kept aside, at most."""

Documents = Iterator[Document]


class PassLog:
    """Where a pass writes down what happens: the counts, what was dropped, and what could not be read.

    keep_scored is called with every document dropped on account of a score, at with every stage and record to come.
    """

    def __init__(self, source: str, texts: int, text_chars: int, hand: Hand | None = None) -> None:
        self.hand = hand or Hand(None)
        self.at = self.hand.at
        self.ledger = Ledger(source)
        self.dropped = DroppedSample(texts, text_chars)
        self.broken: list[tuple[str, str, str, str, bytes]] = []
        self.keep_scored: Callable[[Document], None] = _forget

    def enter(self, stage: str, document: Document) -> None:
        """A document enters a stage."""
        self.ledger.add(stage, DOCUMENT, ENTERED, 1, document.chars)

    def keep(self, stage: str, document: Document) -> None:
        """A document leaves a stage for the next."""
        self.ledger.add(stage, DOCUMENT, KEPT_ROW, 1, document.chars)

    def note(self, stage: str, outcome: Outcome) -> None:
        """What is worth knowing of a document that is kept."""
        self.ledger.add(stage, NOTE, outcome.detail, 1, outcome.document.chars)

    def drop(self, stage: str, document: Document, reason: str, duplicate_of: str = "") -> None:
        """A document is dropped."""
        self.ledger.add(stage, DOCUMENT, reason, 1, document.chars)
        self.dropped.add(Drop.of(document, stage, DOCUMENT, reason, duplicate_of))

    def set_aside(self, stage: str, unit: str, outcome: Outcome, chars: int = 0) -> None:
        """Note a record that could not be read, or on which a stage failed, and keep its bytes."""
        locator, detail = encodable(outcome.document.id), encodable(outcome.detail)
        self.ledger.add_broken(stage, unit, locator, detail, outcome.reason, outcome.records, chars)
        self.broken.append((locator, stage, outcome.reason, detail, outcome.raw[:RAW_BYTES]))

    def fail(self, stage: str, document: Document, error: Exception) -> None:
        """A stage raised an exception on a document, which is dropped for it.

        Raises:
            the exception itself, where it is no fault of the document.
        """
        raw = document.text.encode("utf-8", "surrogatepass")
        outcome = failed(document.source, document.id, error, raw)
        self.set_aside(stage, DOCUMENT, outcome, document.chars)


def _forget(document: Document) -> None:
    """What becomes of a document dropped after it was scored, where the build does not keep those."""


def read_documents(reader: Reader, values: Values, shard: InputSplit, log: PassLog) -> Documents:
    """The documents of a shard of the dump; every record its reader saw is accounted for."""
    limits, seen = valued(reader.limits, values), Seen(log.hand.receives)
    records = documents = chars = 0
    for split in shard.each_file():
        for outcome in _outcomes(reader, log.ledger.source, split, seen, limits):
            if outcome.reason:
                _not_read(outcome, reader.unit, log)
                continue
            if outcome.detail:
                log.note(READ, outcome)
            records += outcome.records
            documents += 1
            chars += outcome.document.chars
            log.hand.enters()
            yield outcome.document
            log.at(READ, f"after {outcome.document.id}")
        seen.add_up()
    count_bytes(log.ledger, READ, BYTE, seen.bytes)
    _count_read(reader.unit, seen, (records, chars), (documents, chars), log.ledger)


def _outcomes(
    reader: Reader, source: str, split: InputSplit, seen: Seen, limits: dict[str, Value]
) -> Iterator[Outcome]:
    """What a reader makes of one file; where it raises, or a document cannot be one of the source, a failed outcome.

    Readers contain what they can, record by record; what they let through ends the reading of this file alone.
    """
    before, given = seen.records, 0
    open_file = seen.counting(files.open_file, split.path)
    try:
        for outcome in reader.read(open_file, split, seen, **limits):
            given += outcome.records
            yield _checked(outcome, source)
    except Exception as error:
        if seen.records <= before + given:
            seen.records += 1  # the one it was about to read
        seen.skip_all()
        outcome = failed(split.path, split.locator(f"after record {before + given}"), error)
        yield outcome._replace(records=seen.records - before - given)


def _checked(outcome: Outcome, source: str) -> Outcome:
    """An outcome whose document is one of the source and can be written; a failed one where it is not."""
    document = outcome.document
    if not document.id.isascii():  # it may hold the name of a file, and that may be no UTF-8
        document = document._replace(id=encodable(document.id))
    try:
        return outcome if outcome.reason else outcome._replace(document=_own(require_writable(document), source))
    except RecordError as error:
        raw = outcome.document.text.encode("utf-8", "surrogatepass")
        return failed(outcome.document.source, outcome.document.id, error, raw)._replace(records=outcome.records)


def _own(document: Document, source: str) -> Document:
    """The document, if it says that it is of this source: a mixture and `corpus find` go by it.

    Raises:
        RecordError: its reader says that it is of another.
    """
    if document.source != source or not document.id.startswith(f"{source}:"):
        got = f"source {document.source!r} and id {document.id!r}"
        raise RecordError(f"a document of source {source!r} with an id that begins with '{source}:'", got)
    return document


def require_writable(document: Document) -> Document:
    """The document, if a file can hold its text, its id and what is known of it.

    Raises:
        RecordError: it holds half of a surrogate pair, or scores that the columns cannot hold.
    """
    try:
        for text in (document.text, document.id, *document.meta.values()):
            text.isascii() or text.encode()
        require_scores(document.scores, document.meta)
    except UnicodeEncodeError as error:
        got = f"half of a surrogate pair at character {error.start}"
        raise RecordError("text that UTF-8 can hold", got, encodable(document.id)) from None
    return document


def _count_read(unit: str, seen: Seen, records: tuple[int, int], documents: tuple[int, int], ledger: Ledger) -> None:
    """What a shard's dump held, in records and, where these are something else, in documents."""
    ledger.add(READ, unit, ENTERED, seen.records)
    if documents[0]:
        ledger.add(READ, unit, KEPT_ROW, *records)
    if documents[0] and unit != DOCUMENT:
        ledger.add(READ, DOCUMENT, ENTERED, *documents)
        ledger.add(READ, DOCUMENT, KEPT_ROW, *documents)


def count_bytes(ledger: Ledger, stage: str, unit: str, tally: ByteTally) -> None:
    """What became of the bytes of a dump's files."""
    if tally.entered:
        ledger.add(stage, unit, ENTERED, tally.entered)
        ledger.add(stage, unit, KEPT_ROW, tally.kept)
    if tally.skipped:
        ledger.add(stage, unit, SKIPPED, tally.skipped)


def _not_read(outcome: Outcome, unit: str, log: PassLog) -> None:
    document = outcome.document
    if outcome.reason in (UNREADABLE, FAILED):
        log.set_aside(READ, unit, outcome)
    else:
        log.ledger.add(READ, unit, outcome.reason, outcome.records, document.chars)
        log.dropped.add(Drop.of(document, READ, unit, outcome.reason))


def stage_documents(stage: EachDocument | Score, values: Values, documents: Documents, log: PassLog) -> Documents:
    """The documents that one stage keeps, as it left them."""
    if isinstance(stage, Score):
        if not values[stage.model.name]:
            return _switched_off(stage, documents, log)
        documents = _scored(stage, values, documents, log)
    return _stepped(stage, values, documents, log)


def _switched_off(stage: Score, documents: Documents, log: PassLog) -> Documents:
    """A model that was not given: its stage is off, and the ledger says so."""
    log.ledger.add(stage.name, "stage", OFF, 0)
    for document in documents:
        log.enter(stage.name, document)
        log.ledger.add(stage.name, "stage", OFF)
        log.keep(stage.name, document)
        yield document


def _scored(stage: Score, values: Values, documents: Documents, log: PassLog) -> Documents:
    score = loaded(stage.load, values[stage.model.name], tuple(valued(stage.limits, values).items()))

    def scores(batch: list[Document]) -> list[dict[str, Any]]:
        columns = {name: [field_values(document, (name,))[name] for document in batch] for name in stage.fields}
        return score([document.text for document in batch], **columns) if batch else []

    while batch := list(islice(documents, SCORED_AT_ONCE)):
        log.at(stage.name, f"{batch[0].id} or one of the {len(batch) - 1} after it")
        fresh = [document for document in batch if not _has(document, stage.outputs)]
        outputs = iter(_contained_scores(scores, fresh, stage.name, log))
        for document in batch:
            scored = {} if _has(document, stage.outputs) else next(outputs)
            if scored is not None:
                yield _with_scores(document, scored) if scored else document


def _contained_scores(
    scores: Callable[[list[Document]], list[dict[str, Any]]], batch: list[Document], stage: str, log: PassLog
) -> list[dict[str, Any] | None]:
    """The scores of a batch; None for a document on which the model failed, which it is then asked for alone."""
    try:
        found = scores(batch)
        for document, outputs in zip(batch, found, strict=True):
            require_scores(_numbers(outputs), document.meta)
        return [*found]
    except Exception as error:
        if len(batch) > 1:
            return [outputs for document in batch for outputs in _contained_scores(scores, [document], stage, log)]
        log.enter(stage, batch[0])
        log.fail(stage, batch[0], error)
        return [None]


@lru_cache(maxsize=8)
def loaded(load: Callable[..., Any], path: Value, limits: tuple[tuple[str, Value], ...]) -> Any:
    """A model, loaded once per process: a cache, as shards follow one another in it."""
    return load(model_here(path) if isinstance(path, str) else path, **dict(limits))


def _has(document: Document, names: tuple[str, ...]) -> bool:
    return bool(names) and all(name in document.scores or name in document.meta for name in names)


def _numbers(outputs: dict[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in outputs.items() if not isinstance(value, str)}


def _with_scores(document: Document, outputs: dict[str, Any]) -> Document:
    numbers = _numbers(outputs)
    words = {name: value for name, value in outputs.items() if isinstance(value, str)}
    meta = {**document.meta, **words} if words else document.meta
    return document._replace(scores={**document.scores, **numbers}, meta=meta)


def _stepped(stage: EachDocument | Score, values: Values, documents: Documents, log: PassLog) -> Documents:
    """The documents that all steps keep; counts are added up here and entered once, as there are millions."""
    steps = [(step, bind(step, values)) for step in stage.steps]
    entered, kept = [0, 0], [0, 0]
    for document in documents:
        entered[0] += 1
        entered[1] += document.chars
        log.at(stage.name, document.id)
        for step, apply in steps:
            try:
                outcome = apply(document)
                if outcome.document is not document and not outcome.reason:
                    require_writable(outcome.document)
            except Exception as error:
                log.fail(stage.name, document, error)
                break
            if outcome.reason:
                _drop(stage, document, outcome, log)
                break
            if outcome.detail:
                log.note(stage.name, outcome)
            if outcome.document is not document:
                _note_change(stage.name, step, document, outcome, log.ledger)
                document = outcome.document
        else:
            kept[0] += 1
            kept[1] += document.chars
            yield document
    if entered[0]:
        log.ledger.add(stage.name, DOCUMENT, ENTERED, *entered)
    if kept[0]:
        log.ledger.add(stage.name, DOCUMENT, KEPT_ROW, *kept)


def _drop(stage: EachDocument | Score, document: Document, outcome: Outcome, log: PassLog) -> None:
    log.drop(stage.name, outcome.document, outcome.reason)
    if isinstance(stage, Score):
        log.keep_scored(document)


def _note_change(stage: str, step: Step, before: Document, outcome: Outcome, ledger: Ledger) -> None:
    """What a step took out of a document that it kept; chars_lost is negative where it added some."""
    for reason, (lines, chars) in outcome.lines.items():
        ledger.add(stage, LINE, reason, lines, chars)
    for (unit, reason), (number, chars) in outcome.parts.items():
        ledger.add(stage, unit, reason, number, chars)
    chars_lost = before.chars - outcome.document.chars
    if step.kind != "drop_lines" and (chars_lost or outcome.document.text != before.text):
        ledger.add(stage, EDIT, step.name, 1, chars_lost)
