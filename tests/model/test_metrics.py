from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.progress.work import Work, begun
from model.config import Config
from model.metrics import METRICS, PEAK_FLOPS, Log, keep_rows_until, peak_flops
from model.settings import ParallelConfig, Settings
from model.train import build

ROW = {
    "step": 10,
    "loss": 2.5,
    "lr": 3e-4,
    "tokens_per_second": 1234.0,
    "mfu": 0.5,
    "seconds_per_step": 2.0,
}
VALUES = "loss 2.5000, lr 3.00e-04, 1,234 tokens/s, MFU 50.0%"


def test_progress(tmp_path: Path) -> None:
    with begun(Work(lambda: 0.0)) as work, Log(tmp_path, 4, 100) as log:
        log.add(ROW)
        (step,) = work.steps()
    assert (step.name, step.unit, step.total, step.done, step.found) == (f"train, {VALUES}", "step", 100, 6, 4)
    assert [note.text for note in work.take_notes()] == [f"step 10 of 100, {VALUES}"]
    assert json.loads((tmp_path / METRICS).read_text()) == ROW


def test_only_the_chief_writes(tmp_path: Path) -> None:
    with begun(Work(lambda: 0.0)) as work, Log(tmp_path / "run", 0, 100, chief=False) as log:
        log.add(ROW)
    assert work.steps() == []
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_removes_what_it_will_write_again(tmp_path: Path) -> None:
    rows = [json.dumps({"step": step}) + "\n" for step in (10, 20, 30)]
    (tmp_path / METRICS).write_text("".join(rows) + '{"step": 4')  # the last row was cut by a kill
    with Log(tmp_path, 20, 100) as log:
        log.add(ROW | {"step": 30})
    assert [json.loads(row)["step"] for row in (tmp_path / METRICS).read_text().splitlines()] == [10, 20, 30]


def test_tensorboard_reads_the_events(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with Log(tmp_path, 0, 100, tensorboard=True) as log:
        log.add(ROW)
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(10, 2.5)]
    assert set(events.Tags()["scalars"]) == set(ROW) - {"step"}


def test_peak_comes_from_the_data_sheet_or_is_measured() -> None:
    assert peak_flops("NVIDIA H200") == PEAK_FLOPS["H200"]
    assert peak_flops("NVIDIA A100-SXM4-80GB") == 312e12
    ticks = iter(range(100))
    assert peak_flops("cpu", clock=lambda: next(ticks)) == 2 * 1024**3  # each product takes a tick


@pytest.mark.parametrize("framework", ["torch", "jax"])
@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_the_peak_is_of_products_of_the_framework_and_type(framework: str, compute: str) -> None:
    settings = Settings(1, 1, 8, 1e-3, 1, compute=compute)
    ones = build(framework, Config(8, 2, 1, vocab_size=8, context=8), settings, ParallelConfig()).ones(4)
    assert type(ones).__module__.partition(".")[0].startswith(framework)
    assert str(ones.dtype).endswith(compute)
    assert float((ones @ ones)[0, 0]) == 4
    made: list[int] = []
    with pytest.raises(StopIteration):
        peak_flops("another GPU", ones=lambda side: made.append(side) or ones, clock=iter([0.0]).__next__)
    assert made == [8_192]


def test_rows_that_a_power_cut_left_without_their_bytes_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n{"step": 2}\n' + bytes(20) + b'\n{"st')
    keep_rows_until(path, 2)
    assert path.read_text() == '{"step": 1}\n{"step": 2}\n'
