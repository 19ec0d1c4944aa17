"""Multiple-choice questions from local files, and the accuracy of a model on them.

A task is one file; its name says its format:
    NAME.jsonl[.gz]          {"context": str, "completions": [str, ...], "answer": int}, one question per line
    TruthfulQA.csv[.gz]      the best answer among the incorrect ones
    crows_pairs*.csv[.gz]    the more stereotypical of two sentences (0.5 for a fair model), by perplexity
Tasks openbookqa and boolq are scored against the context "Answer:", as in the paper; all others by characters.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from corpus.errors import UsageError
from model.evaluate.scoring import ANSWER, BOS, Model, Tokenizer

AGAINST_ANSWER = ("openbookqa", "boolq")


class Question(NamedTuple):
    """One question: what comes before, the completions to choose from, and the right one's index."""

    context: str
    completions: tuple[str, ...]
    answer: int


class Task(NamedTuple):
    """Questions of one file and how their completions are scored: characters, answer or pieces."""

    name: str
    form: str
    questions: list[Question]


def read_task(path: Path) -> Task:
    """The task in a file.

    Raises:
        UsageError: the file is of no known kind, or a line of it is damaged.
    """
    name = path.name.removesuffix(".gz").partition(".")[0].lower()
    kind = next(
        (
            kind
            for kind in READERS
            if path.name.removesuffix(".gz").lower().endswith(kind[1]) and name.startswith(kind[0])
        ),
        None,
    )
    if kind is None:
        raise UsageError("*.jsonl, TruthfulQA.csv or crows_pairs*.csv", path.name, where="--tasks")
    form = "answer" if name in AGAINST_ANSWER else "pieces" if name.startswith("crows_pairs") else "characters"
    try:
        with open_text(path) as file:
            return Task(name, form, list(READERS[kind](file)))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise UsageError("a readable task", f"{type(error).__name__}: {error}", where=str(path)) from error


def open_text(path: Path) -> IO[str]:
    """A text file, unpacked where its name ends in .gz."""
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8", newline="")


def read_jsonl(file: IO[str]) -> Iterator[Question]:
    """Questions in our own format."""
    for number, line in enumerate(file, 1):
        row = json.loads(line)
        question = Question(row["context"], tuple(row["completions"]), row["answer"])
        if isinstance(row["completions"], str):
            raise ValueError(f"completions in line {number} is a string, not a list")
        if not all(question.completions) or question.answer not in range(len(question.completions)):
            raise ValueError(f"an empty completion or an answer out of range in line {number}")
        yield question


def read_truthful(file: IO[str]) -> Iterator[Question]:
    """TruthfulQA: its best answer first, then the incorrect ones."""
    for row in csv.DictReader(file):
        wrong = [answer.strip() for answer in row["Incorrect Answers"].split(";") if answer.strip()]
        answers = [f" {answer}" for answer in (row["Best Answer"].strip(), *wrong)]
        yield Question(f"Q: {row['Question'].strip()}\nA:", tuple(answers), 0)


def read_crows(file: IO[str]) -> Iterator[Question]:
    """CrowS-Pairs: two sentences without a context, the more stereotypical one first."""
    for row in csv.DictReader(file):
        yield Question("", (row["sent_more"], row["sent_less"]), 0)


READERS = {("", ".jsonl"): read_jsonl, ("truthfulqa", ".csv"): read_truthful, ("crows_pairs", ".csv"): read_crows}


def with_shots(questions: Sequence[Question], shots: int) -> list[Question]:
    """The questions after the first `shots`, each preceded by those with their right answers (few-shot)."""
    shown = "".join(f"{q.context}{q.completions[q.answer]}\n\n" for q in questions[:shots])
    return [question._replace(context=shown + question.context) for question in questions[shots:]]


def accuracy(model: Model, tokenizer: Tokenizer, task: Task, shots: int = 0) -> tuple[float, int]:
    """Share of questions whose right completion scores highest, and the number of questions."""
    questions = with_shots(task.questions, shots)
    if not questions:
        raise UsageError("more questions than shots", f"{len(task.questions)}", where=task.name)
    scores = iter(score(model, tokenizer, questions, task.form))
    right = 0
    for question in questions:
        of_completions = [next(scores) for _ in question.completions]
        right += max(range(len(of_completions)), key=of_completions.__getitem__) == question.answer
    return right / len(questions), len(questions)


def score(model: Model, tokenizer: Tokenizer, questions: Sequence[Question], form: str) -> list[float]:
    """The score of every completion of every question, in order."""
    pairs = [(question.context, completion) for question in questions for completion in question.completions]
    split = [split_pieces(tokenizer, context, completion) for context, completion in pairs]
    logs = model.completions(split)
    if form == "answer":
        bare = model.completions([split_pieces(tokenizer, ANSWER, completion) for _, completion in pairs])
        return [log - without for log, without in zip(logs, bare, strict=True)]
    lengths = [len(pieces) for _, pieces in split] if form == "pieces" else [len(text) for _, text in pairs]
    return [log / length for log, length in zip(logs, lengths, strict=True)]


def split_pieces(tokenizer: Tokenizer, context: str, completion: str) -> tuple[list[int], list[int]]:
    """Pieces of the context, after BOS, and of the completion, cut where the text of both together is cut.

    A piece that spans the seam belongs to the completion: the text is encoded as one, as in training, and cut at the
    first piece that differs from those of the context alone.
    """
    both, before = tokenizer.encode(context + completion), tokenizer.encode(context)
    seam = next((i for i, (a, b) in enumerate(zip(before, both, strict=False)) if a != b), min(len(before), len(both)))
    return [BOS, *both[:seam]], both[seam:]
