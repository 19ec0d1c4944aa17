"""Faults of storage and network that pass, and those that stay."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
from google.api_core import exceptions

from corpus.errors import BuildError
from corpus.passing import is_passing, retry


def faulty(times: int, error: Exception) -> Callable[[], str]:
    left = [error] * times

    def work() -> str:
        if left:
            raise left.pop()
        return "done"

    return work


@pytest.mark.parametrize(("times", "pauses"), [(0, []), (1, [1.0]), (3, [1.0, 4.0, 16.0])])
def test_a_fault_that_passes_is_waited_for_with_growing_pauses(times: int, pauses: list[float]) -> None:
    waited: list[float] = []
    assert retry(faulty(times, OSError(errno.EIO, "odd")), "a.txt", waited.append) == "done"
    assert waited == pauses


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(OSError(errno.EIO, "input/output error"), 4), (OSError(errno.ENOSPC, "no space left"), 1)],
    ids=["EIO", "ENOSPC"],
)
def test_a_fault_that_stays_is_one_line_with_the_file(error: OSError, attempts: int) -> None:
    waited: list[float] = []
    with pytest.raises(BuildError) as raised:
        retry(faulty(9, error), "a.txt", waited.append)
    assert len(waited) == attempts - 1
    assert str(raised.value).startswith("a.txt: expected to read and write files")
    assert str(error) in str(raised.value)


@pytest.mark.parametrize(("name", "passing"), [("ETIMEDOUT", True), ("ECONNRESET", True), ("EACCES", False)])
def test_which_faults_may_pass(name: str, passing: bool) -> None:
    assert is_passing(OSError(getattr(errno, name), name)) is passing
    assert is_passing(ConnectionResetError()) is True


@pytest.mark.parametrize(("code", "passing"), [(503, True), (429, True), (404, False)])
def test_which_answers_of_object_storage_may_pass(code: int, passing: bool) -> None:
    assert is_passing(exceptions.from_http_status(code, "an answer")) is passing
    answers = [exceptions.from_http_status(code, "an answer")]
    pauses: list[float] = []

    def work() -> str:
        if answers:
            raise answers.pop()
        return "done"

    if passing:
        assert retry(work, "gs://bucket/a", pauses.append) == "done"
        assert pauses == [1.0]
    else:
        with pytest.raises(BuildError, match="gs://bucket/a: expected to read and write files, got 404 an answer"):
            retry(work, "gs://bucket/a", pauses.append)
