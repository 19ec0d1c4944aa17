"""`corpus plan corpus.yaml`: what it says of each build, with and without a trial, and what cannot run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from corpus.output.manifest import read_manifest
from corpus.readers.base import InputFile, InputSplit
from pipelines.cli import main
from pipelines.demo import github, stackexchange
from pipelines.engine.build import build
from pipelines.engine.outline import Outline, outline_of
from pipelines.engine.plan import BUILD, plan_build
from pipelines.project import trial
from pipelines.project.outlook import Outlook, lines_of, outlook
from pipelines.project.trial import Trial, chosen_shards, shard_bytes, takes_as
from pipelines.sources import find_source

MB = 1 << 20


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, module in (("github", github), ("stackexchange", stackexchange)):
        (tmp_path / name).mkdir()
        module.write(tmp_path / name)
    (tmp_path / "stackexchange/notes.txt").write_text("no dump")
    path = tmp_path / "corpus.yaml"
    path.write_text(
        f"output: {tmp_path}/OUT\nsources:\n  stackexchange: {{input: {tmp_path}/stackexchange}}\n"
        f"  github: {{input: {tmp_path}/github}}\ntokenizer:\nreport: no\n"
    )
    return path


def said(found: Outlook) -> list[str]:
    return "\n".join(lines_of(found)).splitlines()


def test_each_build_with_files_shards_passes_time_disk_memory_and_dollars(project: Path) -> None:
    lines = said(outlook(str(project), 2, None))
    assert lines[0] == f"{project}: 2 sources, 5 steps; output {project.parent}/OUT"
    at = lines.index("build stackexchange")
    assert lines[at - 1] == ""
    assert [line[:13].strip() for line in lines[at : at + 7]] == [
        "build stackex", "input", "work", "time", "disk", "memory", "Dataflow",
    ]  # fmt: skip
    assert re.fullmatch(r"  input      2 files, [\d.]+ KB; 1 file beside them not of this source", lines[at + 1])
    assert lines[at + 2] == "  work       2 shards, 2 passes: text | ids"
    assert lines[at + 3] == "  time       3 s on 2 cores, 0 s of one"
    assert lines[at + 5] == "  memory     323 MB per worker"
    at = lines.index("steps, in order")
    assert [line[:17] for line in lines[at + 1 : at + 6]] == [f"  {n:>2} to do      c" for n in range(1, 6)]
    assert lines[-2].startswith("builds together: 6 s on 2 cores, ")
    assert lines[-1] == "not forecast: train tokenizer, tokenize, mix"


def test_what_is_there_already_is_said(project: Path) -> None:
    source, folder = find_source("github"), project.parent
    build(source, [str(folder / "github")], str(folder / "OUT/documents"), beam_arguments=["--direct_num_workers=1"])
    lines = said(outlook(str(project), 2, None))
    assert [line[5:16].strip() for line in lines[lines.index("steps, in order") + 1 :][:2]] == ["to do", "finished"]


def test_what_cannot_run_is_said_and_is_an_exit_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = project.read_text().replace("/github}", "/nowhere}")
    project.write_text(text.replace("tokenizer:", "  commoncrawl: {input: crawl}\ntokenizer:"))
    (project.parent / "crawl").mkdir()
    assert main(["plan", str(project)]) == 1
    lines = capsys.readouterr().out.splitlines()
    wrong = [line for line in lines if line.startswith("cannot run: ")]
    assert len(wrong) == 2
    assert wrong[0].startswith("cannot run: build github: --input: expected a file, folder or glob that names a file")


def test_a_missing_model_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.demo import commoncrawl

    monkeypatch.setenv("LLAMA_CORPUS_MODELS", str(project.parent / "models"))
    (project.parent / "crawl").mkdir()
    commoncrawl.write(project.parent / "crawl")
    project.write_text(
        f"output: {project.parent}/OUT\nsources:\n"
        f"  commoncrawl: {{input: {project.parent}/crawl, set: {{reference_model: }}}}\n"
    )
    found = outlook(str(project), 2, None)
    assert len(found.wrong) == 1
    assert found.wrong[0].startswith("build commoncrawl: ")
    assert "expected the model lm, got no such file" in found.wrong[0]
    models = [line for line in said(found) if line.startswith("  model      ")]
    assert [line.split()[1:3] for line in models] == [["language:", "found,"], ["perplexity:", "missing,"]]


def test_a_model_that_is_to_be_trained_is_no_fault_and_no_trial(project: Path) -> None:
    from pipelines.demo import commoncrawl, wikipedia

    for name, module in (("crawl", commoncrawl), ("wiki", wikipedia)):
        (project.parent / name).mkdir()
        module.write(project.parent / name)
    project.write_text(
        f"output: {project.parent}/OUT\nmodels: {{lm: }}\nsources:\n"
        f"  commoncrawl: {{input: {project.parent}/crawl, set: {{reference_model: }}}}\n"
        f"  wikipedia: {{input: {project.parent}/wiki}}\n"
    )
    found = outlook(str(project), 2, None)
    assert found.wrong == []
    (last,) = [
        one for one in found.planned if one.step.title == "build commoncrawl" and one.step.words[-1] != "language"
    ]
    assert last.forecast
    assert [(one.stage, one.state) for one in last.forecast.models] == [
        ("language", "found"), ("perplexity", "to be trained"),
    ]  # fmt: skip


def test_a_trial_builds_and_measures(project: Path) -> None:
    found = outlook(str(project), 2, 0.5)
    assert found.wrong == []
    builds = [one for one in found.planned if one.step.build]
    assert [one.trial is not None for one in builds] == [True, True]
    for one in builds:
        assert one.trial
        assert one.forecast
        assert one.forecast.takes
        assert one.trial.shards == len(one.forecast.outline.shards)  # the demo's dumps are smaller than any trial
        assert one.forecast.takes.output_bytes == one.trial.output_bytes > 1000
        assert one.trial.memory_bytes == pytest.approx(one.forecast.takes.memory_mb * 1e6)
    assert any(line.startswith("  trial      2 shards of 2, ") for line in said(found))
    assert not (project.parent / "OUT").exists()


def test_a_trial_of_some_shards_leaves_out_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stackexchange.write(tmp_path)
    monkeypatch.setitem(trial.TRIAL._numbers, "least_bytes", trial.TRIAL.least_bytes.__class__(1, "tests"))
    (tmp_path / "corpus.yaml").write_text(
        f"output: {tmp_path}/OUT\nsources:\n  stackexchange: {{input: {tmp_path}/*.7z}}\n"
    )
    found = outlook(str(tmp_path / "corpus.yaml"), 2, 0.001)
    tried = found.planned[0].trial
    assert tried
    assert tried.shards == 1
    whole = tmp_path / "OUT2"
    made = build(
        find_source("stackexchange"), [f"{tmp_path}/*.7z"], str(whole), beam_arguments=["--direct_num_workers=1"]
    )
    size = sum(file["bytes"] for file in (read_manifest(made.folder) or {})["files"])
    assert 0.2 * size < tried.output_bytes < size


def test_an_outline_cuts_a_dump_as_the_build_does(tmp_path: Path) -> None:
    """Shards, their files and their parts; keys apart, since nothing is digested."""
    github.write(tmp_path)
    source, values = find_source("github"), {name: number.value for name, number in BUILD.resolve().items()}
    values |= {name: number.value for name, number in source.recipe.resolve().items()}
    outline = outline_of(source.reader, [str(tmp_path)], str(tmp_path / "OUT/github"), values)
    planned = plan_build(source, [str(tmp_path)], str(tmp_path / "OUT"), "paper", {}, "", False, False)
    assert [one._replace(key="") for one in planned.shards] == [one._replace(key="") for one in outline.shards]
    assert {file.path for file in outline.companions} == {
        split.path for some in planned.companions.values() for split in some
    }
    assert outline.read_bytes == sum(file.size for file in (*outline.documents, *outline.companions))


def outline(sizes: list[int], parts: int = 1) -> Outline:
    files = [InputFile(f"f{number}", size, 0.0) for number, size in enumerate(sizes)]
    cuts = [(file, str(part)) for file in files for part in range(parts)]
    shards = [
        InputSplit(number, len(cuts), file.path, part, (), names=(file.path,), key="")
        for number, (file, part) in enumerate(cuts)
    ]
    return Outline(files, shards, [], [])


@pytest.mark.parametrize(
    ("dump", "share", "chosen"),
    [
        (outline([MB] * 1000), 0.1, 100), (outline([MB] * 1000), 0.001, 16), (outline([100 * MB], 10), 0.01, 2),
        (outline([MB] * 3), 0.5, 3), (outline([1000 * MB]), 0.01, 1), (outline([MB] * 50), 1.0, 50),
    ],
    ids=["a share", "at least 16 MB", "parts", "all of a small one", "one that is not cut", "all"],
)  # fmt: skip
def test_how_many_shards_a_trial_takes(dump: Outline, share: float, chosen: int) -> None:
    some = chosen_shards(dump, share)
    assert len(some) == len({shard.number for shard in some}) == chosen
    assert chosen_shards(dump._replace(shards=dump.shards[::-1]), share) == some


def test_parts_share_the_bytes_of_their_file() -> None:
    assert shard_bytes(outline([100, 300], 2)) == {0: 50, 1: 50, 2: 150, 3: 150}


def test_what_a_trial_took_counts_in_proportion() -> None:
    dump = outline([MB] * 100)
    begin = float(trial.TRIAL.begin.value)
    tried = Trial(10, 10 * MB, begin + 2.0, 3000, 700, 400_000_000)
    found = takes_as(tried, dump, None)
    assert found.core_hours == pytest.approx(20.0 / 3600)
    assert (found.work_bytes, found.output_bytes, found.memory_mb) == (30_000, 7_000, 400.0)
    assert (found.input_bytes, found.shards, found.elements) == (100 * MB, 100, 0.0)
    assert takes_as(tried._replace(cpu_seconds=0.0), dump, None).core_hours == 0.0


@pytest.mark.parametrize("words", [["--trial", "0"], ["--trial", "101%"], ["--trial", "x"]])
def test_a_share_is_above_none_and_at_most_all(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "corpus.yaml", *words]) == 2
    assert "expected a share above 0 and up to 100%" in capsys.readouterr().err


def test_a_trial_is_of_a_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "github", "--input", ".", "--trial", "1%"]) == 2
    assert "--trial: expected a project file, got 'github'" in capsys.readouterr().err
    assert main(["plan", "corpus.yaml", "--scale"]) == 2
    assert "expected a project file alone, got --scale" in capsys.readouterr().err
