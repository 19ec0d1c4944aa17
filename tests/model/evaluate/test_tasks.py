from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from corpus.errors import UsageError
from model.config import Config
from model.evaluate.scoring import BOS, Model
from model.evaluate.tasks import Question, Task, accuracy, read_task, score, split_pieces, with_shots
from model.weights import Array


class Letters:
    """A tokenizer of one piece a letter, but for `ab`, which is one piece."""

    def encode(self, text: str) -> list[int]:
        return [2 if part == "\0" else 10 + ord(part) for part in text.replace("ab", "\0")]

    def vocab_size(self) -> int:
        return 300


def liking(*liked: str) -> Model:
    """A model that finds the given letters likely (a half) and all others not (an eighth)."""
    pieces = [10 + ord(letter) for letter in liked]

    def log_shares(rows: Array) -> Array:
        return np.log(np.where(np.isin(rows[:, 1:], pieces), 0.5, 0.125)).astype(np.float32)

    return Model(Config(8, 2, 1), log_shares)


@pytest.mark.parametrize(
    ("form", "scores"),
    [
        ("characters", [np.log(0.5), np.log(0.125), (np.log(0.5) + np.log(0.125)) / 2]),
        ("pieces", [np.log(0.5), np.log(0.125), (np.log(0.5) + np.log(0.125)) / 2]),
        ("answer", [0.0, 0.0, 0.0]),
    ],
)
def test_completions_are_scored_by_their_form(form: str, scores: list[float]) -> None:
    questions = [Question("q:", ("x", "y", "xy"), 0)]
    assert score(liking("x"), Letters(), questions, form) == pytest.approx(scores, abs=1e-6)


def test_characters_and_pieces_are_not_the_same() -> None:
    questions = [Question("", ("abab", "x"), 0)]  # two pieces, four characters
    by_characters = score(liking("x"), Letters(), questions, "characters")
    by_pieces = score(liking("x"), Letters(), questions, "pieces")
    assert by_characters == pytest.approx([2 * np.log(0.125) / 4, np.log(0.5)])
    assert by_pieces == pytest.approx([np.log(0.125), np.log(0.5)])


def test_the_answer_form_divides_by_the_likelihood_after_answer() -> None:
    def log_shares(rows: Array) -> Array:
        after_answer = rows[:, 1:2] == 10 + ord("A")
        return np.where(after_answer, -3.0, -1.0) * np.ones(rows[:, 1:].shape)

    found = score(Model(Config(8, 2, 1), log_shares), Letters(), [Question("q", ("x", "yz"), 0)], "answer")
    assert found == pytest.approx([-1 + 3, -2 + 6])


def test_a_piece_over_the_seam_belongs_to_the_completion() -> None:
    assert split_pieces(Letters(), "xa", "by") == ([BOS, 10 + ord("x")], [2, 10 + ord("y")])
    assert split_pieces(Letters(), "", "x") == ([BOS], [10 + ord("x")])


def test_accuracy_counts_the_likeliest() -> None:
    questions = [Question("q", ("x", "y"), 0), Question("q", ("x", "y"), 1), Question("q", ("y", "x"), 1)]
    assert accuracy(liking("x"), Letters(), Task("t", "characters", questions)) == (pytest.approx(2 / 3), 3)
    assert accuracy(liking("x"), Letters(), Task("t", "characters", questions), shots=2) == (1.0, 1)
    with pytest.raises(UsageError, match="t: expected more questions than shots, got 3"):
        accuracy(liking("x"), Letters(), Task("t", "characters", questions), shots=3)


def test_shots_show_their_right_answers() -> None:
    questions = [Question("1+1=", ("2", "3"), 0), Question("2+2=", ("3", "4"), 1), Question("3+3=", ("6", "7"), 0)]
    assert with_shots(questions, 2) == [Question("1+1=2\n\n2+2=4\n\n3+3=", ("6", "7"), 0)]
    assert with_shots(questions, 0) == questions


@pytest.mark.parametrize(
    ("name", "form"),
    [("boolq.jsonl", "answer"), ("OpenBookQA.jsonl.gz", "answer"), ("hellaswag.jsonl", "characters")],
)
def test_a_file_s_name_tells_its_form(tmp_path: Path, name: str, form: str) -> None:
    row = json.dumps({"context": "q", "completions": ["a", "b"], "answer": 1}) + "\n"
    (tmp_path / name).write_bytes(gzip.compress(row.encode()) if name.endswith(".gz") else row.encode())
    assert read_task(tmp_path / name) == Task(name.partition(".")[0].lower(), form, [Question("q", ("a", "b"), 1)])


def test_published_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "TruthfulQA.csv").write_text(
        "Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source\n"
        'Adversarial,Maps,Is the map the land?,"No, it is a drawing",No,Yes; Only in summer ;,none\n'
    )
    (tmp_path / "crows_pairs_small.csv").write_text(
        ",sent_more,sent_less\n0,The old cannot learn.,The young cannot learn.\n"
    )
    truthful, crows = read_task(tmp_path / "TruthfulQA.csv"), read_task(tmp_path / "crows_pairs_small.csv")
    assert truthful.questions == [
        Question("Q: Is the map the land?\nA:", (" No, it is a drawing", " Yes", " Only in summer"), 0)
    ]
    assert crows == Task(
        "crows_pairs_small", "pieces", [Question("", ("The old cannot learn.", "The young cannot learn."), 0)]
    )


def test_real_files_are_read(shared_data: Path) -> None:
    truthful = read_task(shared_data / "eval" / "TruthfulQA.csv.gz")
    crows = read_task(shared_data / "eval" / "crows_pairs_anonymized.csv.gz")
    assert (len(truthful.questions), truthful.form) == (817, "characters")
    assert (len(crows.questions), crows.form) == (1508, "pieces")
    assert all(len(question.completions) > 1 for question in truthful.questions)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("notes.txt", "", r"expected \*\.jsonl, TruthfulQA\.csv or crows_pairs\*\.csv, got notes\.txt"),
        ("a.jsonl", "{", "expected a readable task, got JSONDecodeError"),
        ("a.jsonl", '{"context": "q", "answer": 0}', "expected a readable task, got KeyError"),
        ("a.jsonl", '{"context": "q", "completions": "ab", "answer": 1}', "completions in line 1 is a string"),
        ("a.jsonl", '{"context": "q", "completions": ["a"], "answer": 1}', "answer out of range in line 1"),
        ("a.jsonl", '{"context": "q", "completions": ["a", "b"], "answer": -1}', "answer out of range in line 1"),
        ("a.jsonl", '{"context": "q", "completions": ["a", ""], "answer": 0}', "an empty completion"),
        ("TruthfulQA.csv", "Question\nWhy?\n", "expected a readable task, got KeyError"),
        ("absent.jsonl", None, "expected a readable task, got FileNotFoundError"),
    ],
    ids=["kind", "json", "key", "text", "answer too great", "answer below 0", "empty completion", "column", "absent"],
)
def test_a_file_that_is_no_task_is_refused(tmp_path: Path, name: str, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=words):
        read_task(tmp_path / name)
