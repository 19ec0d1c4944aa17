"""Which files inputs name, under which names, and how often: paths, links, globs, copies, and what is no dump."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from corpus.errors import BuildError, InputError
from pipelines.engine.build import Built, build
from pipelines.engine.contents import Contents, once, version_of
from pipelines.engine.inputs import find_inputs

ONE = ["--direct_num_workers=1"]
OUT = "/nowhere/out"


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"the text of {name}\n")


def names(*patterns: str | Path, output: str = OUT) -> list[str]:
    return [file.name for file in find_inputs([str(pattern) for pattern in patterns], output).files]


def test_names_are_below_the_folder_that_all_inputs_share(tmp_path: Path) -> None:
    put(tmp_path, "d/a/1.txt", "d/b/2.txt")
    assert names(tmp_path / "d") == ["a/1.txt", "b/2.txt"]
    assert names(tmp_path / "d" / "a") == ["1.txt"]
    assert names(tmp_path / "d/a", tmp_path / "d/b") == ["a/1.txt", "b/2.txt"]
    assert names(tmp_path / "d/a/1.txt", tmp_path / "d/b/2.txt") == ["a/1.txt", "b/2.txt"]
    assert names(f"{tmp_path}/d/*/*.txt") == ["a/1.txt", "b/2.txt"]
    assert names(f"{tmp_path}/d/a/*.txt") == ["1.txt"]


def test_overlapping_inputs_name_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "d/a/1.txt", "d/b/2.txt")
    monkeypatch.chdir(tmp_path)
    assert names("d", "./d/", "d//a", "d/../d", "d/*/*.txt", tmp_path / "d", "d/a/1.txt") == ["a/1.txt", "b/2.txt"]
    assert names(".") == ["d/a/1.txt", "d/b/2.txt"]
    monkeypatch.chdir(tmp_path / "d" / "a")
    assert names("*.txt") == ["1.txt"] == names("1.txt") == names(".")


@pytest.mark.parametrize("name", ["a[1].txt", "what?.txt", "all*.txt", "two words\nand lines.txt", "[x]/[y].txt"])
def test_a_path_that_exists_is_taken_as_it_is(tmp_path: Path, name: str) -> None:
    put(tmp_path, name, "a1.txt", "whatx.txt", "allofit.txt")
    assert names(tmp_path / name) == [name.rpartition("/")[2]]
    assert name in names(tmp_path)


def test_a_name_that_is_not_utf_8_is_found(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path)
    Path(os.fsdecode(folder + b"/caf\xe9.txt")).write_text("x")
    assert [os.fsencode(name) for name in names(tmp_path)] == [b"caf\xe9.txt"]
    assert names(f"{tmp_path}/*.txt") == names(tmp_path)


def test_links_to_folders_are_followed_and_loops_end(tmp_path: Path) -> None:
    put(tmp_path, "d/a/1.txt", "elsewhere/2.txt")
    (tmp_path / "d" / "more").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "d" / "a" / "up").symlink_to(tmp_path / "d")
    assert names(tmp_path / "d") == ["a/1.txt", "more/2.txt"]
    assert names(f"{tmp_path}/d/**/*.txt") == ["a/1.txt", "more/2.txt"]
    assert names(tmp_path / "d", tmp_path / "elsewhere") == ["d/a/1.txt", "d/more/2.txt"]


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    put(tmp_path, "d/a.txt")
    (tmp_path / "d" / "gone.txt").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "d" / "pipe.txt")
    found = find_inputs([str(tmp_path / "d")], OUT)
    assert [file.name for file in found.files] == ["a.txt"]
    assert [(Path(path).name, what.partition(" (")[0]) for path, what in found.unusable] == [
        ("gone.txt", "a link that leads nowhere"),
        ("pipe.txt", "no regular file"),
    ]


def test_outputs_below_an_input_are_no_dump(tmp_path: Path) -> None:
    put(tmp_path, "d/a.txt", "d/out/toy/documents.txt", "d/out/toy/.work/x.txt", "d/other/b.txt")
    (tmp_path / "d/out/toy/manifest.json").write_text('{"format": "llama-corpus output 1", "state": "finished"}')
    (tmp_path / "d/other/manifest.json").write_text('{"name": "an app"}')
    assert names(tmp_path / "d") == ["a.txt", "other/b.txt", "other/manifest.json"]
    assert names(f"{tmp_path}/d/**/*.txt") == ["a.txt", "other/b.txt"]
    assert names(tmp_path / "d", output=str(tmp_path / "d/other")) == ["a.txt"]
    assert "documents.txt" in names(tmp_path / "d/out/toy")
    with pytest.raises(InputError, match="only outputs of earlier commands"):
        names(tmp_path / "d/out")


def test_a_pattern_that_names_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing at .*none\*"):
        names(tmp_path / "none*")


def test_digests_are_of_content_and_are_known_again_while_nothing_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.txt")
    os.utime(tmp_path / "a.txt", (1, 1))
    monkeypatch.setattr("pipelines.engine.contents.RACY_NANOSECONDS", -1)
    contents = Contents({})
    (first,) = contents.digested(find_inputs([str(tmp_path)], OUT).files)
    assert list(contents.versions) == [version_of(first.path)]
    monkeypatch.setattr("pipelines.engine.contents.measure", lambda *_, **__: pytest.fail("read again"))
    (again,) = Contents(contents.versions).digested(find_inputs([str(tmp_path)], OUT).files)
    assert again == first
    monkeypatch.undo()
    (tmp_path / "a.txt").write_text("another text of it")
    os.utime(tmp_path / "a.txt", (1, 1))
    (changed,) = Contents(contents.versions).digested(find_inputs([str(tmp_path)], OUT).files)
    assert changed.digest != first.digest


def test_a_file_that_has_just_changed_is_read_again_the_next_time(tmp_path: Path) -> None:
    put(tmp_path, "a.txt")
    contents = Contents({})
    contents.digested(find_inputs([str(tmp_path)], OUT).files)
    assert contents.versions == {}


def test_of_equal_files_the_one_with_the_shortest_name_is_read(tmp_path: Path) -> None:
    put(tmp_path, "b.txt", "c.txt")
    for copy in ("a copy of b.txt", "a.txt"):
        (tmp_path / copy).write_bytes((tmp_path / "b.txt").read_bytes())
    kept, repeated = once(Contents({}).digested(find_inputs([str(tmp_path)], OUT).files))
    assert [file.name for file in kept] == ["a.txt", "c.txt"]
    assert [(file.name, same.name) for file, same in repeated] == [("a copy of b.txt", "a.txt"), ("b.txt", "a.txt")]


def built(tmp_path: Path, *inputs: Path | str, out: str = "out", **settings: str) -> Built:
    return build(
        toy.source(toy.CLEAN, toy.LINES), [str(one) for one in inputs], str(tmp_path / out),
        settings=settings, beam_arguments=ONE,
    )  # fmt: skip


@pytest.mark.parametrize(
    "twice",
    [
        lambda file: (file.parent / "a copy.txt").write_bytes(file.read_bytes()),
        lambda file: os.link(file, file.parent / "a link.txt"),
        lambda file: (file.parent / "a symlink.txt").symlink_to(file),
    ],
    ids=["copy", "hard link", "symbolic link"],
)
def test_a_file_given_twice_is_read_once_and_named(tmp_path: Path, twice: Callable[[Path], object]) -> None:
    dump = Path(toy.write(tmp_path / "dump", a="one line\n\nanother line", b="more lines"))
    once_built = built(tmp_path, dump, out="once")
    twice(dump / "a.txt")
    result = built(tmp_path, dump)
    assert result.manifest["documents"] == once_built.manifest["documents"] == 3
    tally = {(stage, unit): counts for stage, unit, counts in result.ledger.tallies()}
    assert tally["input", "file"] == {"entered": 3, "kept": 2, "repeated_file": 1}
    (row,) = result.ledger.broken
    assert row.locator.startswith("a ")
    assert row.detail == "the same bytes as a.txt, which is read"


def test_a_build_of_which_nothing_is_left_fails_and_says_why(tmp_path: Path) -> None:
    dump = toy.write(tmp_path / "dump", a="one line\n\nanother line", b="one line")
    with pytest.raises(BuildError, match=r"expected a document at least, got none \(clean: 3 documents too_short"):
        built(tmp_path, dump, least_chars="100")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text("")
    with pytest.raises(BuildError, match="expected a document at least, got none"):
        built(tmp_path, tmp_path / "empty", out="empty-out")


def test_the_output_may_lie_in_the_input(tmp_path: Path) -> None:
    dump = Path(toy.write(tmp_path / "dump", a="one line\n\nanother line", b="more lines"))
    results = [
        build(toy.source(), [str(dump)], str(dump), beam_arguments=ONE).manifest["files"] for _attempt in range(3)
    ]
    assert results[0] == results[1] == results[2]
    assert {file["name"] for file in results[0] if "documents" in file["name"]} == {
        "data/documents-00000-of-00002.parquet",
        "data/documents-00001-of-00002.parquet",
    }


@pytest.mark.parametrize("name", [b"caf\xe9.txt", b"two words\nand lines.txt", "\u202eodd.txt".encode()])
def test_a_dump_is_built_whatever_its_names(tmp_path: Path, name: bytes) -> None:
    dump = Path(toy.write(tmp_path / "dump", plain="one line\n\nanother line"))
    Path(os.fsdecode(os.fsencode(dump) + b"/" + name)).write_text("a third line\n\n!bad")
    first = built(tmp_path, dump)
    tally = {(stage, unit): counts for stage, unit, counts in first.ledger.tallies()}
    assert tally["input", "file"] == {"entered": 2, "kept": 2}
    assert first.manifest["documents"] + sum(row.reason == "failed" for row in first.ledger.broken) == 3
    assert built(tmp_path, dump).manifest == first.manifest


def test_an_output_with_wildcards_in_its_name_is_found_again(tmp_path: Path) -> None:
    dump = Path(toy.write(tmp_path / "dump[1]*?", a="one line\n\nanother line"))
    first = built(tmp_path, dump, out="out[a-z]*?").manifest
    assert built(tmp_path, dump, out="out[a-z]*?").manifest == first
