"""What a change costs: the shards done again after it, why `--explain` says so, and equality with a fresh build."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from corpus import code
from corpus.recipe import Recipe, cited
from pipelines.engine import passes
from pipelines.engine.build import Built, build, explain_build
from pipelines.engine.dedup.near import LIMITS, Near
from pipelines.engine.stages import EachDocument, Source, drop

ONE = ["--direct_num_workers=1"]
APART = {"shards_least": "1000"}
RECIPE = Recipe("toy", **dict(toy.RECIPE), most_chars=cited(1000, "tests", "chars"))
LATE = EachDocument("late", drop("too_long", len, above=RECIPE.most_chars))
SOURCE = Source("toy", toy.READER, RECIPE, (toy.CLEAN, toy.LINES, LATE))
DUMP = {name: f"only in {name}\nshared line\n\nanother of {name}\n\n!bad" for name in "acegik"} | {
    "e": "a document of its own\n\nand one more", "k": "something else\n\nanother document"
}  # fmt: skip
WORDS = "once and upon and a and time and there and was and one and who and had and seen and what and no and other"
NEAR_RECIPE = Recipe(
    "toy",
    **dict(toy.RECIPE),
    overlap_share=cited(0.9, "tests"), shingle_words=cited(5, "tests"), sample_one_in=cited(1, "tests"),
    probe_hashes=cited(32, "tests"), max_postings=cited(32, "tests"), min_probe_share=cited(0.125, "tests"),
    evidence_words=cited(60, "tests"),
)  # fmt: skip
NEAR = Near("near", **{name: NEAR_RECIPE[name] for name in LIMITS})

Done = list[tuple[int, str]]


def run(folder: Path, out: str = "out", source: Source = SOURCE, dump: str = "dump", **settings: str) -> Built:
    return build(source, [str(folder / dump)], str(folder / out), settings=APART | settings, beam_arguments=ONE)


def explained(folder: Path, source: Source = SOURCE, dump: str = "dump", **settings: str) -> str:
    return "\n".join(
        explain_build(source, [str(folder / dump)], str(folder / "out"), settings=APART | settings, beam_arguments=ONE)
    )


def files_in(folder: str) -> dict[str, str]:
    """Digests of a build's files, but for the manifest, which says where inputs lie."""
    found = [path for path in sorted(Path(folder).iterdir()) if path.is_file() and path.name != "manifest.json"]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Done:
    """(pass, first file) of all shards that are done from now on."""
    noted: Done = []
    work = passes._Work.done

    def noting(self: passes._Work, arrival: passes.Arrival | None) -> dict[str, object]:
        noted.append((self.this.number, Path(self.shard.path).stem))
        return work(self, arrival)

    monkeypatch.setattr(passes._Work, "done", noting)
    return noted


@pytest.fixture
def finished(tmp_path: Path, done: Done) -> Path:
    """A folder with a dump of six files and its finished build."""
    toy.write(tmp_path / "dump", **DUMP)
    run(tmp_path)
    assert len(done) == 12
    done.clear()
    return tmp_path


def add(folder: Path) -> None:
    toy.write(folder / "dump", d="a new document\n\nonly in c")


def change(folder: Path) -> None:
    toy.write(folder / "dump", e="a document of its own\n\nwith other words")


def remove(folder: Path) -> None:
    (folder / "dump" / "c.txt").unlink()


def touch(folder: Path) -> None:
    for path in (folder / "dump").iterdir():
        os.utime(path, (7, 7))


@pytest.mark.parametrize(
    ("changed", "expected", "said"),
    [
        (add, [(0, "d"), (1, "c"), (1, "d")], "1 to do: new input d.txt"),
        (change, [(0, "e"), (1, "e")], "1 to do: input e.txt changed"),
        (remove, [(1, "a")], "no longer read: c.txt"),
        (touch, [], "nothing to do"),
    ],
    ids=["added", "changed", "removed", "touched"],
)
def test_a_changed_dump(finished: Path, done: Done, changed: Callable[[Path], None], expected: Done, said: str) -> None:
    changed(finished)
    assert said in explained(finished)
    assert done == []
    result = run(finished)
    assert sorted(done) == expected
    assert files_in(result.folder) == files_in(run(finished, "fresh").folder)


def test_a_dump_that_was_moved(finished: Path, done: Done) -> None:
    before = files_in(str(finished / "out" / "toy"))
    (finished / "dump").rename(finished / "elsewhere")
    assert "nothing to do" in explained(finished, dump="elsewhere")
    result = run(finished, dump="elsewhere")
    assert (done, files_in(result.folder)) == ([], before)
    assert result.manifest["inputs"][0]["path"] == f"{finished}/elsewhere/a.txt"
    assert files_in(run(finished, "fresh", dump="elsewhere").folder) == before


@pytest.mark.parametrize(
    ("settings", "passes_done", "said"),
    [
        ({"most_chars": "12"}, {1}, "value most_chars 1000 -> 12"),
        ({"least_chars": "13"}, {0, 1}, "value least_chars 3 -> 13"),
        ({"least_chars": "12"}, {0}, "value least_chars 3 -> 12"),
        ({"keep": "first"}, {0, 1}, "value keep none -> first"),
        ({"dropped_texts": "3"}, {0, 1}, "value dropped_texts 20 -> 3"),
        ({"unreadable_share": "0.9"}, set(), "then: ledger, manifest and report are written again"),
        ({"kept_work_bytes": "7"}, set(), "nothing to do"),
    ],
    ids=[
        "last limit",
        "first limit",
        "first limit, same outcome",
        "dedup",
        "engine's",
        "judged at the end",
        "kept work",
    ],
)
def test_a_changed_value(
    finished: Path, done: Done, settings: dict[str, str], passes_done: set[int], said: str
) -> None:
    assert said in explained(finished, **settings)
    result = run(finished, **settings)
    assert {number for number, _file in done} == passes_done
    assert files_in(result.folder) == files_in(run(finished, "fresh", **settings).folder)


@pytest.mark.parametrize(
    ("settings", "passes_done", "said"),
    [
        (
            {"overlap_share": "0.2"},
            {1},
            "depends on what near now drops of it: value overlap_share 0.9 ->",
        ),
        ({"evidence_words": "9"}, set(), "value evidence_words 60 -> 9"),
        ({"shingle_words": "2"}, {0, 1}, "6 to do: value shingle_words 5 -> 2"),
        ({"duplicate_of_lines": "7"}, set(), "nothing to do"),
    ],
    ids=["of the decision", "of the decision, same outcome", "of the gatherer", "of lines"],
)
def test_a_value_of_a_decision_costs_no_pass_before_it(
    tmp_path: Path, done: Done, settings: dict[str, str], passes_done: set[int], said: str
) -> None:
    toy.write(
        tmp_path / "dump", **{name: f"{WORDS} {WORDS.replace('and', name)}\n\nalone in {name}" for name in "acegik"}
    )
    source = Source("toy", toy.READER, NEAR_RECIPE, (toy.CLEAN, NEAR))
    run(tmp_path, source=source)
    done.clear()
    assert said in explained(tmp_path, source, **settings)
    result = run(tmp_path, source=source, **settings)
    assert {number for number, _file in done} == passes_done
    assert files_in(result.folder) == files_in(run(tmp_path, "fresh", source, **settings).folder)


def test_a_library_costs_what_imports_it(finished: Path, done: Done, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"numpy": "99", "nltk": "99"}
    real = code._version.__wrapped__
    code._version.cache_clear()
    monkeypatch.setattr(code, "_version", lambda name: versions.get(name) or real(name))
    assert "library numpy" in explained(finished)
    assert "nltk" not in explained(finished)
    del versions["numpy"]
    assert "nothing to do" in explained(finished)
    run(finished)
    assert done == []


def test_a_step_that_is_moved_or_compares_otherwise_is_another_stage(finished: Path, done: Done) -> None:
    other = EachDocument("late", drop("too_long", len, below=RECIPE.most_chars))
    source = Source("toy", toy.READER, RECIPE, (toy.CLEAN, toy.LINES, other))
    assert "6 to do: stage late changed" in explained(finished, source)


def test_a_group_scope_depends_on_numbers(finished: Path, done: Done) -> None:
    run(finished, scope="group:2")
    done.clear()
    add(finished)
    assert "its number changed, by which lines compares" in explained(finished, scope="group:2")
    result = run(finished, scope="group:2")
    assert {file for number, file in done if number == 0} == {"d", "e", "g", "i", "k"}
    assert files_in(result.folder) == files_in(run(finished, "fresh", scope="group:2").folder)


def test_without_kept_work_all_is_done_again(tmp_path: Path, done: Done) -> None:
    toy.write(tmp_path / "dump", **DUMP)
    run(tmp_path, kept_work_bytes="0")
    assert not (tmp_path / "out" / "toy" / ".work").exists()
    done.clear()
    add(tmp_path)
    assert "7 to do: never done" in explained(tmp_path)
    run(tmp_path)
    assert len(done) == 14


def test_only_what_later_builds_can_use_is_kept(finished: Path, done: Done) -> None:
    change(finished)
    run(finished)
    work = finished / "out" / "toy" / ".work"
    kept = sorted(path.relative_to(work).as_posix() for path in work.rglob("*") if path.is_file())
    shards = {path.stem.partition("-")[2] for path in (work / "pass-0").glob("done-*.json")}
    assert len(shards) == 6
    kinds = {name.rpartition("-")[0] for name in kept}
    assert kinds == {
        "", "pass-0/documents", "pass-0/done", "pass-0/dropped", "pass-0/lines", "pass-0/parts", "pass-0/runs",
        "pass-0/unreadable", "pass-1/documents", "pass-1/done", "pass-1/dropped", "pass-1/parts",
    }  # fmt: skip
    assert {name for name in kept if "-" not in name} - {"inputs.json"} == {"plan.json"}
    (documents,) = work.glob(f"pass-1/documents-{sorted(shards)[0]}.kept")
    assert documents.stat().st_nlink == 2
