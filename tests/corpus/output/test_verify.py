"""Everything that can be wrong with outputs below a folder, each said of the output that it is wrong with."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made_outputs import make_output
from memory_storage import MemoryStorage

from corpus.output.lineage import MADE_OF, origin
from corpus.output.lock import PREFIX, locked, this_process
from corpus.output.manifest import BUILD, EXPORT, MIXTURE, TOKENS, read_manifest
from corpus.output.verify import Verified, verify
from corpus.output.write import writing

UNLISTED = "a file that its manifest.json does not list"
DOCUMENTS = "data/documents-00000-of-00001.parquet"


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """A build, token shards made of it, and a mixture of those."""
    texts = {f"out/toy/{DOCUMENTS}": "some text", "tokens/toy/tokens-000.json": "{}", "mix/mixture.json": "{}"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    build, tokens, mixture = (tmp_path / name for name in ("out/toy", "tokens/toy", "mix"))
    make_output(build, BUILD, faults=[])
    make_output(tokens, TOKENS, **{MADE_OF: [of(build, tokens)]})
    make_output(mixture, MIXTURE, **{MADE_OF: [of(tokens, mixture)]})
    (build / "report.html").write_text("nobody's data")
    return tmp_path


def of(folder: Path, output: Path) -> dict[str, str]:
    return origin(str(folder), read_manifest(str(folder)) or {}, str(output))


def unsound(folder: Path, quick: bool = False) -> dict[str, tuple[str, ...]]:
    found = [one for one in verify(str(folder), quick=quick) if one.wrong]
    return {Path(one.folder).relative_to(folder).as_posix(): one.wrong for one in found}


def test_sound_outputs_have_nothing_wrong(outputs: Path) -> None:
    assert list(verify(str(outputs))) == [
        Verified(f"{outputs}/mix", "mixture", 1, 2, (), "corpus mix"),
        Verified(f"{outputs}/out/toy", "build", 1, 9, (), "corpus build"),
        Verified(f"{outputs}/tokens/toy", "tokens", 1, 2, (), "corpus tokenize"),
    ]
    assert [one.kind for one in verify(f"{outputs}/mix/")] == ["mixture"]


def rewritten(folder: Path) -> None:
    (folder / DOCUMENTS).write_text("other text")
    make_output(folder, BUILD, faults=[])


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        (lambda folder: (folder / DOCUMENTS).write_text("Some text"), f"{DOCUMENTS} has other bytes than were written"),
        (lambda folder: (folder / DOCUMENTS).write_text("some"), f"{DOCUMENTS} of 4 bytes instead of 9"),
        (lambda folder: (folder / DOCUMENTS).unlink(), f"no {DOCUMENTS}"),
        (lambda folder: (folder / "notes.txt").write_text("x"), f"{UNLISTED}: notes.txt"),
        (lambda folder: (folder / "x.1a.part").write_text("x"), "left by a killed command: x.1a.part"),
        (lambda folder: (folder / f"{PREFIX}0a").write_text("x"), f"the lock of a writer that died: {PREFIX}0a"),
        (lambda folder: make_output(folder, BUILD, faults=["too few"]), "failed: too few"),
    ],
    ids=["bit", "cut", "gone", "one more", "part", "lock", "failed"],
)  # fmt: skip
def test_what_is_wrong_with_a_build_is_said(outputs: Path, damage: Callable[[Path], object], wrong: str) -> None:
    damage(outputs / "out/toy")
    found = unsound(outputs)
    assert found["out/toy"] == (wrong,)
    if wrong.startswith("failed"):
        assert found["tokens/toy"] == (f"one made of {outputs}/out/toy, whose manifest.json is failed now",)
    else:
        assert found.keys() == {"out/toy"}


def test_quick_reads_no_file(outputs: Path) -> None:
    (outputs / "out/toy" / DOCUMENTS).write_text("Some text")
    assert unsound(outputs, quick=True) == {}
    (outputs / "out/toy" / DOCUMENTS).write_text("some")
    assert unsound(outputs, quick=True).keys() == {"out/toy"}


def test_what_is_made_of_something_that_changed_is_stale_down_to_the_last(outputs: Path) -> None:
    rewritten(outputs / "out/toy")
    why = f"a stale one: {outputs}/out/toy, which it was made of, has changed since"
    assert unsound(outputs) == {"tokens/toy": (why,), "mix": (why,)}
    outputs.rename(outputs.with_name("moved"))
    moved = outputs.with_name("moved")
    assert unsound(moved).keys() == {"tokens/toy", "mix"}


def test_what_is_no_longer_there_is_said_and_is_no_fault(outputs: Path) -> None:
    shutil.rmtree(outputs / "out/toy")
    found = {one.kind: one.absent for one in verify(str(outputs))}
    assert found == {"tokens": (f"{outputs}/out/toy",), "mixture": ()}
    assert unsound(outputs) == {}


def test_manifests_that_are_damaged_or_gone_are_said(outputs: Path) -> None:
    manifest = outputs / "tokens/toy/manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"tokens", b"Tokens", 1))
    (outputs / "mix/manifest.json").unlink()
    assert unsound(outputs) == {"tokens/toy": ("a damaged manifest.json",), "mix": ("no manifest.json",)}


def test_one_that_is_being_written_or_was_interrupted(outputs: Path) -> None:
    with writing(f"{outputs}/out/toy", BUILD, [DOCUMENTS]):
        (said,) = [one.wrong for one in verify(f"{outputs}/out")]
        assert said == ("not finished", f"is being written by {this_process()}")
    assert unsound(outputs)["out/toy"] == ("not finished",)


def test_parts_beside_outputs_and_folders_of_other_programs(outputs: Path) -> None:
    (outputs / "report.html.77.part").write_text("x")
    (outputs / "app").mkdir()
    (outputs / "app/manifest.json").write_text('{"name": "an app"}')
    assert unsound(outputs) == {".": ("left by a killed command: report.html.77.part",)}


def test_on_an_object_store() -> None:
    storage = MemoryStorage()
    with writing("gs://bucket/a/export", EXPORT, ["x"], storage) as out:
        with out.create("x") as file:
            file.write(b"abc")
        out.finish()
    assert [one.wrong for one in verify("gs://bucket/a", storage)] == [()]
    storage.kept["gs://bucket/a/export/x"] = (b"abd", 0.0)
    assert [one.wrong for one in verify("gs://bucket/a", storage)] == [("x has other bytes than were written",)]


def test_a_folder_that_is_locked_is_left_as_it_is(outputs: Path) -> None:
    with locked(f"{outputs}/mix"):
        assert unsound(outputs)["mix"] == (f"is being written by {this_process()}",)
