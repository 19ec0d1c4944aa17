"""What a pass depends on: which of the engine's own numbers are parts of which pass."""

from __future__ import annotations

from pathlib import Path

import toy

from pipelines.engine.plan import plan_build

EVERY = {"dropped_texts", "dropped_text_chars", "worker_memory_bytes", "file_bytes"}
OF_SOME = {"run_bytes", "duplicate_of_lines", "keep_scored"}


def test_the_engines_numbers_of_each_pass(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="one line\nshared line")
    source = toy.source(toy.CLEAN, toy.LINES, toy.EXACT)
    planned = plan_build(source, [dump], str(tmp_path / "out"), "paper", {}, "", False, False)
    numbers = [{part.removeprefix("value ") for part in parts if part.startswith("value ")} for parts in planned.parts]
    assert all(found >= EVERY for found in numbers)
    lines, texts, written = [found & OF_SOME for found in numbers]
    assert lines == texts == {"run_bytes", "duplicate_of_lines"}
    assert written == set()
