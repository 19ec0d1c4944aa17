"""What unpackers share: a budget of bytes, a window that moves forwards, a file up to one of its bytes."""

from __future__ import annotations

import io

import pytest

from corpus.errors import RecordError
from corpus.readers import pieces
from corpus.readers.pieces import LARGEST_RATIO, SMALL_BYTES, Budget, Until, Window, of_the_store


def test_both_sides_of_a_budget() -> None:
    most = SMALL_BYTES.value + 10 * LARGEST_RATIO.value
    budget = Budget()
    budget.spend(most - 1, 10)
    budget.spend(1, 10)
    with pytest.raises(RecordError, match="data packed at most 1032 times, got a bomb"):
        budget.spend(1, 10)
    budget.spend(LARGEST_RATIO.value - 1, 11)
    with pytest.raises(RecordError, match="a bomb"):
        budget.spend(1, 11)


def test_a_window_is_read_on_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "READ_BYTES", 4)
    monkeypatch.setattr(pieces, "_FORGOTTEN_BYTES", 1)
    window = Window(io.BytesIO(b"0123456789"), 1)
    assert (window.base, window.end, window.ended) == (1, 1, False)
    assert window.fill()
    assert window.fill()
    assert (window.base, window.data, window.end, window.ended) == (1, b"12345678", 9, False)
    window.forget(0)
    assert (window.base, window.data) == (1, b"12345678")
    window.forget(4)
    assert (window.base, window.data, window.end) == (4, b"45678", 9)
    assert window.fill()
    assert not window.fill()
    assert (window.data, window.ended) == (b"456789", True)
    window.forget(99)
    assert (window.base, window.data, window.end) == (10, b"", 10)


def test_a_file_up_to_a_byte() -> None:
    source = io.BytesIO(b"0123456789")
    until = Until(source, 6)
    assert until.readable()
    assert (until.read(2), until.read(9), until.read(1), until.read()) == (b"01", b"2345", b"", b"")
    assert (until.seek(3), until.read()) == (3, b"345")
    assert (until.seek(-1, 1), until.read(None)) == (5, b"5")
    assert (until.seek(8), until.read()) == (8, b"")
    assert not source.closed


@pytest.mark.parametrize(
    ("error", "of_store"),
    [(OSError(5, "EIO"), True), (OSError("Invalid data stream"), False), (EOFError(), False), (ValueError(5), False)],
)
def test_whose_error_it_is(error: BaseException, of_store: bool) -> None:
    assert of_the_store(error) == of_store


def test_a_window_copies_what_it_holds_for_many_bytes_only() -> None:
    window = Window(io.BytesIO(bytes(1 << 20)), 0)
    window.fill()
    held = window.data
    for before in range(6, 6000, 6):
        window.forget(before)
        assert window.data is held
    window.forget(1 << 17)
    assert (window.base, len(window.data)) == (1 << 17, (1 << 20) - (1 << 17))
    window.forget(1 << 20)
    assert (window.base, window.data) == (1 << 20, b"")
