from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import UsageError
from model.evaluate.carbon import footprint, hours_of


@pytest.mark.parametrize(
    ("gpu_hours", "mwh", "tonnes"),
    [(82_432, 36, 14), (135_168, 59, 23), (530_432, 233, 90), (1_022_362, 449, 173)],
    ids=["7B", "13B", "33B", "65B"],
)
def test_the_paper_s_table(gpu_hours: int, mwh: int, tonnes: int) -> None:
    found = footprint(gpu_hours)
    assert found.mwh == pytest.approx(mwh, abs=1)  # the paper prints whole MWh and tonnes
    assert found.tonnes == pytest.approx(tonnes, abs=0.6)


def test_every_factor_counts() -> None:
    assert footprint(1_000, watts=100, pue=2, intensity=0.5).mwh == pytest.approx(0.2)
    assert footprint(1_000, watts=100, pue=2, intensity=0.5).tonnes == pytest.approx(0.1)


def test_hours_of_a_run_are_those_of_its_devices(tmp_path: Path) -> None:
    rows = [{"step": step, "device_seconds": 5_400.0} for step in (1, 2)]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert hours_of(tmp_path) == 3.0
    with pytest.raises(UsageError, match=r"expected a run's folder with metrics\.jsonl"):
        hours_of(tmp_path / "absent")
