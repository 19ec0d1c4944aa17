"""Numbers as the page writes them."""

from __future__ import annotations

import pytest

from corpus.amounts import of, units
from pipelines.report.amounts import percent, plain, short, stated


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (9_999, "9,999"), (10_000, "10.0 k"), (5_073_109, "5.07 M"), (12_345_678, "12.3 M"),
     (1_400_000_000_000, "1.40 T"), (999_000, "999 k")],
    ids=["zero", "whole", "thousands", "millions", "tens", "trillions", "three digits"],
)  # fmt: skip
def test_short(number: int, written: str) -> None:
    assert short(number).replace("\u202f", " ") == written


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [(1, 0, "–"), (0, 5, "0.0 %"), (614, 1000, "61.4 %"), (1, 10_000, "< 0.1 %"), (9_999, 10_000, "> 99.9 %"),
     (5, 5, "100.0 %"), (5, 10_000, "0.1 %"), (9_995, 10_000, "> 99.9 %"), (9_994, 10_000, "99.9 %")],
    ids=["of nothing", "none", "some", "little", "nearly all", "all", "least shown", "first nearly all", "last below"],
)  # fmt: skip
def test_percent_tells_little_from_nothing_and_nearly_all_from_all(part: int, whole: int, written: str) -> None:
    assert percent(part, whole).replace("\u202f", " ") == written


@pytest.mark.parametrize(
    ("number", "written"), [(0.25, "0.25"), (1000.0, "1,000"), (3.5, "3.5"), (2e6, "2.00 M"), (-4, "-4")]
)
def test_plain(number: float, written: str) -> None:
    assert plain(number).replace("\u202f", " ") == written


def test_of_and_stated() -> None:
    assert [of(1, "entry"), of(2, "entry"), of(3_000, "blob")] == ["1 entry", "2 entries", "3,000 blobs"]
    assert [of(0, "pass"), of(1, "pass"), units(2, "byte")] == ["0 passes", "1 pass", "bytes"]
    assert [stated(("a", "b")), stated(()), stated(True), stated(""), stated(1000), stated(0.25)] == [
        "a, b", "(none)", "yes", "(none)", "1,000", "0.25",
    ]  # fmt: skip
