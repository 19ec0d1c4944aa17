"""A build from end to end on the toy source: exact documents, full tallies, and what makes it stop or go on."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import toy
from content import content_sha256

from corpus.document import Outcome
from corpus.errors import BuildError, InputError, RecipeError, UsageError
from corpus.ledger import EDIT, ENTERED, KEPT_ROW, Ledger
from pipelines.engine import passes
from pipelines.engine.build import Built, build, explain_build
from pipelines.engine.finish import faults_of
from pipelines.engine.plan import plan_build
from pipelines.engine.stages import Source
from pipelines.sources import find_source

ONE = ["--direct_num_workers=1"]
DUMP = {
    "a": "one line\nshared line\n\nSHOUT\nhello there\n\n!bad\n\nx",
    "b": "shared line\nanother\n\nhello there\nfine\nfine\n\nlast words here",
    "c": "unique thing\n\ntwice over\n\ntwice over",
}
WHOLE = toy.source(toy.CLEAN, toy.LINES, toy.EXACT)


def built(folder: Path, source: Source, beam: list[str] | None = None, **settings: str) -> Built:
    dump = folder / "dump"
    if not dump.exists():  # written again, its files would be other files
        toy.write(dump, **DUMP)
    return build(source, [str(dump)], str(folder / "out"), settings=settings, beam_arguments=beam or ONE)


def texts(result: Built) -> dict[str, str]:
    rows = [
        row
        for piece in sorted(Path(result.folder).glob("data/documents-*"))
        for row in pq.read_table(piece).to_pylist()
    ]
    return {row["id"]: row["text"] for row in rows}


def dropped(result: Built) -> list[dict[str, str]]:
    return [
        row
        for piece in sorted(Path(result.folder).glob("evidence/dropped-*"))
        for row in pq.read_table(piece).to_pylist()
    ]


def tally(ledger: Ledger) -> dict[tuple[str, str], dict[str, int]]:
    return {(stage, unit): counts for stage, unit, counts in ledger.tallies()}


def digests(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.rglob("*.*")) if path.is_file() and ".work" not in path.parts)
    return {path.name: content_sha256(path) for path in found}


def test_every_copy_of_a_line_goes_and_all_is_accounted_for(tmp_path: Path) -> None:
    result = built(tmp_path, WHOLE)
    assert texts(result) == {
        "toy:a/0": "one line",
        "toy:b/0": "another",
        "toy:b/1": "fine",
        "toy:b/2": "last words here",
        "toy:c/0": "unique thing",
    }
    assert tally(result.ledger) == {
        ("input", "file"): {"entered": 3, "kept": 3},
        ("input", "byte"): {"entered": 143, "kept": 143},
        ("read", "byte"): {"entered": 143, "kept": 143},
        ("read", "paragraph"): {"entered": 10, "kept": 9, "unreadable": 1},
        ("read", "document"): {"entered": 9, "kept": 9},
        ("clean", "document"): {"entered": 9, "kept": 8, "too_short": 1},
        ("lines", "document"): {"entered": 8, "kept": 5, "no_line_left": 3},
        ("lines", "line"): {"entered": 12, "kept": 5, "duplicate_line": 6, "repeated_line": 1},
        ("exact", "document"): {"entered": 5, "kept": 5},
    }
    assert [row.locator for row in result.ledger.broken] == ["a.txt#2"]
    (aside,) = Path(result.folder).glob("evidence/unreadable-*")
    assert pq.read_table(aside).to_pylist()[0]["bytes"] == b"!bad"


def test_a_dropped_line_names_the_document_of_its_twin(tmp_path: Path) -> None:
    rows = [row for row in dropped(built(tmp_path, WHOLE)) if row["unit"] == "line"]
    assert {(row["id"], row["text"], row["duplicate_of"]) for row in rows} == {
        ("toy:a/0", "shared line", "toy:b/0"),
        ("toy:b/0", "shared line", "toy:a/0"),
        ("toy:a/1", "hello there", "toy:b/1"),
        ("toy:b/1", "hello there", "toy:a/1"),
        ("toy:c/1", "twice over", "toy:c/2"),
        ("toy:c/2", "twice over", "toy:c/1"),
    }


def test_the_first_copy_by_rank_stays(tmp_path: Path) -> None:
    result = built(tmp_path, toy.source(toy.CLEAN, toy.LINES), keep="first")
    lines = [line for text in texts(result).values() for line in text.split("\n")]
    assert sorted(lines) == sorted(
        ["one line", "shared line", "hello there", "another", "fine", "last words here", "unique thing", "twice over"]
    )


@pytest.mark.parametrize(
    ("scope", "left"),
    [("all", 0), ("shard", 4), ("group:2", 0), ("group:1", 4)],
)
def test_a_scope_says_which_shards_are_compared(tmp_path: Path, scope: str, left: int) -> None:
    result = built(tmp_path, toy.source(toy.CLEAN, toy.LINES), scope=scope, shards_least="1000")
    lines = [line for text in texts(result).values() for line in text.split("\n")]
    assert sum(line in ("shared line", "hello there") for line in lines) == left


def test_an_exact_duplicate_names_the_one_kept(tmp_path: Path) -> None:
    result = built(tmp_path, toy.source(toy.EXACT))
    (row,) = dropped(result)
    assert {row["id"], row["duplicate_of"]} == {"toy:c/1", "toy:c/2"}
    assert row["duplicate_of"] in texts(result)
    assert row["reason"] == "duplicate"


def test_same_bytes_with_two_workers_and_shuffled_input(tmp_path: Path) -> None:
    dump = toy.write(
        tmp_path / "dump", **{f"f{at}": f"{text}\n\nfile {at}" for at, text in enumerate([*DUMP.values()] * 3)}
    )
    files = sorted(str(path) for path in Path(dump).iterdir())
    orders = {
        "one": (files, ONE),
        "two": (files[::-1], ["--direct_num_workers=2"]),
        "mixed": (files[3:] + files[:3], ONE),
    }
    made = {}
    for name, (given, beam) in orders.items():
        out = build(WHOLE, given, str(tmp_path / name), beam_arguments=beam).folder
        made[name] = digests(Path(out))
    assert made["one"] == made["two"] == made["mixed"]
    assert len(made["one"]) >= 2 * 9 + 2


def test_a_second_build_finds_everything_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = built(tmp_path, WHOLE)
    before = digests(Path(first.folder))
    monkeypatch.setattr(passes._Work, "done", lambda *_: pytest.fail("a shard was done again"))
    dump = str(tmp_path / "dump")
    again = build(WHOLE, [dump], str(tmp_path / "out"), beam_arguments=ONE)
    assert digests(Path(again.folder)) == before


def test_a_build_that_was_cut_off_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dump = toy.write(tmp_path / "dump", **DUMP)
    work, done = passes._Work.done, []

    def fail_late(self: passes._Work, drops: object) -> object:
        if self.this.number == 1:
            raise OSError("the power went")
        done.append(self.shard.number)
        return work(self, drops)  # type: ignore[arg-type]

    monkeypatch.setattr(passes._Work, "done", fail_late)
    with pytest.raises(BuildError, match="the power went"):
        build(WHOLE, [dump], str(tmp_path / "out"), beam_arguments=ONE)
    assert sorted(done) == [0, 1, 2]
    monkeypatch.setattr(passes._Work, "done", work)
    with monkeypatch.context() as patch:
        again: list[int] = []
        patch.setattr(passes, "read_documents", lambda *_: again.append(1))
        result = build(WHOLE, [dump], str(tmp_path / "out"), beam_arguments=ONE)
        assert again == []
    straight = build(WHOLE, [dump], str(tmp_path / "straight"), beam_arguments=ONE)
    assert digests(Path(result.folder)) == digests(Path(straight.folder))


def test_a_changed_number_or_file_makes_a_result_stale(tmp_path: Path) -> None:
    toy.write(tmp_path / "dump", **DUMP, z="a text of more than forty characters, which stays")
    assert "toy:a/0" in texts(built(tmp_path, toy.source()))
    assert "toy:a/0" not in texts(built(tmp_path, toy.source(), least_chars="40"))
    (tmp_path / "dump" / "a.txt").write_text("something else entirely")
    changed = build(toy.source(), [str(tmp_path / "dump")], str(tmp_path / "out"), beam_arguments=ONE)
    assert texts(changed)["toy:a/0"] == "something else entirely"


def test_pieces_of_an_earlier_build_of_other_shards_are_removed(tmp_path: Path) -> None:
    first = built(tmp_path, toy.source(), shards_least="1000")
    assert len(list(Path(first.folder).glob("data/documents-*-of-00003.parquet"))) == 3
    (tmp_path / "dump" / "a.txt").unlink()
    build(toy.source(), [str(tmp_path / "dump")], str(tmp_path / "out"), beam_arguments=ONE)
    assert not list(Path(first.folder).rglob("*-of-00003.parquet"))


def test_small_files_share_a_shard_and_read_the_same(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", **{f"f{at}": f"text number {at}" for at in range(40)})
    apart = build(toy.source(), [dump], str(tmp_path / "a"), settings={"shards_least": "1000"}, beam_arguments=ONE)
    few = {"shards_least": "4"}
    joined = build(toy.source(), [dump], str(tmp_path / "b"), settings=few, beam_arguments=ONE)
    assert len(list(Path(apart.folder).glob("data/documents-*"))) == 40
    assert 4 <= len(list(Path(joined.folder).glob("data/documents-*"))) <= 8
    assert texts(apart) == texts(joined)
    assert tally(apart.ledger) == tally(joined.ledger)


@pytest.mark.parametrize(
    ("stage", "unit", "reason", "said"),
    [
        ("clean", "document", "too_short", r"stage clean: expected kept \+ dropped = 9 documents entered, got 10"),
        ("read", "paragraph", ENTERED, r"stage read: expected kept \+ dropped = 11 paragraphs entered, got 10"),
        ("lines", "line", KEPT_ROW, r"stage lines: expected kept \+ dropped = 12 lines entered, got 13"),
    ],
    ids=["a drop too many", "a record lost by the reader", "a line too many"],
)
def test_a_planted_miscount_is_found(tmp_path: Path, stage: str, unit: str, reason: str, said: str) -> None:
    result = built(tmp_path, WHOLE)
    plan = plan_build(WHOLE, [str(tmp_path / "dump")], str(tmp_path / "out"), "paper", {}, "", False, False).plan
    documents = result.manifest["documents"]
    assert faults_of(plan, result.ledger, documents) == []
    result.ledger.add(stage, unit, reason)
    (fault,) = faults_of(plan, result.ledger, documents)
    assert re.search(said, fault), fault


def test_a_document_lost_between_stages_or_files_is_found(tmp_path: Path) -> None:
    result = built(tmp_path, WHOLE)
    plan = plan_build(WHOLE, [str(tmp_path / "dump")], str(tmp_path / "out"), "paper", {}, "", False, False).plan
    assert "in the files" in faults_of(plan, result.ledger, result.manifest["documents"] + 1)[0]
    for reason in (ENTERED, KEPT_ROW):
        result.ledger.add("clean", "document", reason)
    assert "kept by read to enter clean" in faults_of(plan, result.ledger, result.manifest["documents"])[0]


def test_a_miscount_fails_the_build_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = toy.READER.read

    def losing(open_file: object, shard: object, seen: object) -> object:
        return list(read(open_file, shard, seen))[1:]

    source = Source("toy", toy.READER._replace(read=losing), toy.RECIPE, (toy.CLEAN,))
    with pytest.raises(BuildError, match="kept \\+ dropped"):
        built(tmp_path, source)


def test_a_dump_that_is_mostly_broken_fails(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="\n\n".join(["!bad"] * 19 + ["a good one"] * 19))
    assert build(toy.source(), [dump], str(tmp_path / "few"), beam_arguments=ONE).manifest["documents"] == 19
    dump = toy.write(tmp_path / "dump", a="\n\n".join(["!bad"] * 20 + ["a good one"] * 20))
    with pytest.raises(
        BuildError, match=r"at most 5% of 40 paragraphs unreadable or failed, got 20; the first: .*a.txt#0"
    ):
        build(toy.source(), [dump], str(tmp_path / "many"), beam_arguments=ONE)


def test_a_dump_that_is_all_broken_fails_and_leaves_its_ledger(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="!bad")
    with pytest.raises(BuildError, match="got 1; the first"):
        build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=ONE)
    with open(tmp_path / "out/toy/ledger.parquet", "rb") as file:
        assert len(Ledger.from_parquet(file).broken) == 1


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"preset": "strikt"}, RecipeError, "did you mean strict"),
        ({"settings": {"least_char": "4"}}, UsageError, "did you mean least_chars"),
        ({"settings": {"least_chars": "four"}}, RecipeError, "expected a value like 3, got 'four'"),
        ({"settings": {"scope": "group:0"}}, RecipeError, "expected one of all, shard, group:N, dump"),
        ({"stop_after": "clear"}, UsageError, "did you mean clean"),
        ({"inputs": ["nowhere/*.txt"]}, InputError, "nothing at nowhere"),
    ],
    ids=["preset", "name", "number", "choice", "stage", "glob"],
)
def test_bad_usage_is_refused_before_anything_runs(tmp_path: Path, change: dict, error: type, said: str) -> None:
    arguments = {"inputs": [toy.write(tmp_path / "dump", **DUMP)], "output": str(tmp_path / "out")} | change
    with pytest.raises(error, match=said) as raised:
        build(toy.source(), beam_arguments=ONE, **arguments)
    assert raised.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_files_of_another_kind_are_counted(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", **DUMP)
    (tmp_path / "dump" / "README.md").write_text("not a dump")
    result = build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=ONE)
    assert tally(result.ledger)["input", "file"] == {"entered": 4, "kept": 3, "not_of_this_source": 1}


def test_stop_after_leaves_the_later_stages_out(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", **DUMP)
    result = build(WHOLE, [dump], str(tmp_path / "out"), stop_after="clean", beam_arguments=ONE)
    assert result.manifest["stages"] == ["clean"]
    assert "toy:c/2" in texts(result)


def test_the_manifest_says_what_was_made_from_what(tmp_path: Path) -> None:
    manifest = json.loads(Path(built(tmp_path, WHOLE, least_chars="4").folder, "manifest.json").read_text())
    assert manifest["recipe"]["least_chars"] == {"value": 4, "unit": "chars", "basis": "ours", "citation": "--set"}
    assert [Path(entry["path"]).name for entry in manifest["inputs"]] == ["a.txt", "b.txt", "c.txt"]
    assert manifest["documents"] == sum(file.get("documents", 0) for file in manifest["files"])
    assert {"apache-beam", "pyarrow", "numpy"} <= manifest["versions"].keys()


def test_a_note_on_a_kept_document_is_a_row_of_its_own(tmp_path: Path) -> None:
    def noting(open_file: object, shard: object, seen: object) -> list[Outcome]:
        return [
            outcome._replace(detail="odd") if outcome.kept else outcome for outcome in toy.read(open_file, shard, seen)
        ]  # type: ignore[arg-type]

    result = built(tmp_path, Source("toy", toy.READER._replace(read=noting), toy.RECIPE, (toy.CLEAN,)))
    assert result.ledger.count("read", "note", "odd") == 9
    assert tally(result.ledger)["read", "paragraph"] == {"entered": 10, "kept": 9, "unreadable": 1}


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(UsageError, match=r"expected a source, or the path of a .py file, got 'c5'"):
        find_source("c5")


@pytest.mark.parametrize(
    ("arguments", "inline"),
    [(None, False), (ONE, False), (["--runner=DirectRunner"], False), (["--runner=DataflowRunner"], True)],
    ids=["nothing", "workers", "here", "elsewhere"],
)
def test_results_travel_inline_where_workers_see_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str] | None, inline: bool
) -> None:
    def planned(*arguments: object) -> None:
        raise UsageError("a plan", str(arguments[-1]))

    monkeypatch.setattr("pipelines.engine.build.plan_build", planned)
    for command in (build, explain_build):
        with pytest.raises(UsageError, match=f"got {inline}"):
            command(WHOLE, ["dump"], str(tmp_path), beam_arguments=arguments)  # type: ignore[operator]


def test_the_ledger_has_the_characters_that_edits_took(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="  padded text   \n\nplain text\n\n one blank")
    counts = build(toy.source(), [dump], str(tmp_path / "out"), beam_arguments=ONE).ledger.counts
    assert tuple(counts["clean", EDIT, "trim"]) == (2, 6)
