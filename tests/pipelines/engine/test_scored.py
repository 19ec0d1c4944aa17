"""--from-scored: other limits for the scores of a sound build of the same source and models, and of no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import toy

from corpus.errors import CorpusError, InputError, UnsoundError
from corpus.output.lock import locked
from corpus.output.manifest import BUILD, read_manifest, write_manifest
from corpus.output.read import read_output
from corpus.output.write import Writing
from corpus.recipe import Recipe, cited
from corpus.storage import LOCAL
from pipelines.documents import documents_in
from pipelines.engine.build import Built, build
from pipelines.engine.stages import Score, Source, drop

ONE = ["--direct_num_workers=1"]


class Counter:
    """A model that counts how often its letter stands in a text."""

    def __init__(self, path: str, scale: int) -> None:
        self._letter, self._scale = Path(path).read_text(), scale

    def __call__(self, texts: list[str]) -> list[dict[str, Any]]:
        return [{"count": float(text.count(self._letter) * self._scale)} for text in texts]


RECIPE = Recipe(
    "toy",
    **dict(toy.RECIPE),
    model=cited("", "tests"),
    scale=cited(1, "tests", "times"),
    least=cited(2.0, "tests", "letters"),
)
SOURCE = Source(
    "toy", toy.READER, RECIPE,
    (
        toy.CLEAN,
        Score("letters", Counter, RECIPE.model, outputs=("count",), limits={"scale": RECIPE.scale},
              steps=(drop("too_few", "count", below=RECIPE.least),)),
    ),
)  # fmt: skip


def run(folder: Path, inputs: str, out: str, from_scored: bool = False, source: Source = SOURCE, **set_: str) -> Built:
    settings = {"model": str(folder / "model.txt"), **set_}
    return build(
        source, [str(folder / inputs)], str(folder / out), settings=settings, from_scored=from_scored,
        beam_arguments=ONE,
    )  # fmt: skip


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """A folder with a build in `out`, of which one document has too few letters `e`."""
    (tmp_path / "model.txt").write_text("e")
    toy.write(tmp_path / "dump", a="eee here\n\nonly an e\n\ntwo e e")
    assert run(tmp_path, "dump", "out").manifest["documents"] == 3 - 1
    return tmp_path


def again(folder: Path, **settings: str) -> Built:
    return run(folder, "out/toy", "again", from_scored=True, **{"least": "1", **settings})


def test_other_limits_give_what_a_build_of_the_dump_gives(scored: Path) -> None:
    made = again(scored)
    run(scored, "dump", "fresh", least="1")
    ours, fresh = (
        [(one.id, one.text, one.scores) for one in documents_in([str(scored / out)]).documents()]
        for out in ("again", "fresh")
    )
    assert (len(ours), sorted(ours)) == (3, sorted(fresh))
    assert [one["path"] for one in made.manifest["made_of"]] == ["../../out/toy"]


def interrupted(folder: Path) -> None:
    Writing(str(folder), BUILD, LOCAL).begin(["data/documents-*"])


def failed(folder: Path) -> None:
    fields = read_manifest(str(folder)) or {}
    write_manifest(str(folder), {**fields, "state": "failed", "faults": ["half of it is unreadable"]})


def flipped(name: str) -> Callable[[Path], None]:
    def flip(folder: Path) -> None:
        path = next(folder.glob(name))
        path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1]))

    return flip


def of_an_earlier_version(folder: Path) -> None:
    fields = read_manifest(str(folder)) or {}
    write_manifest(str(folder), {name: value for name, value in fields.items() if name != "scores"})


def another_source(folder: Path) -> None:
    fields = read_manifest(str(folder)) or {}
    write_manifest(str(folder), {**fields, "source": "web"})


def gone(folder: Path) -> None:
    os.unlink(next(folder.glob("evidence/scored-*")))


def with_an_older_table(folder: Path) -> None:
    path = next(folder.glob("evidence/scored-*"))
    path.with_name("scored-0-00007-of-00009.parquet").write_bytes(path.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "got"),
    [
        (interrupted, "one that was interrupted; run `corpus build` again"),
        (failed, "one that failed: half of it is unreadable"),
        (flipped("manifest.json"), "a damaged manifest.json; run `corpus build` again"),
        (flipped("evidence/scored-*"), "others than were written"),
        (flipped("data/documents-*"), "others than were written"),
        (gone, "no evidence/scored-0-00000-of-00001.parquet; run `corpus build` again"),
        (with_an_older_table, "does not list: evidence/scored-0-00007-of-00009.parquet"),
        (of_an_earlier_version, "one of an earlier version; build again from the dump"),
        (another_source, "one of web; choose another"),
    ],
)
def test_a_build_that_is_not_sound_is_refused(scored: Path, spoil: Callable[[Path], None], got: str) -> None:
    spoil(scored / "out" / "toy")
    with pytest.raises(InputError) as raised:
        again(scored)
    assert str(scored / "out" / "toy") in str(raised.value)
    assert got in str(raised.value)
    assert not (scored / "again").exists()


def test_one_that_is_being_written_is_refused(scored: Path) -> None:
    with locked(str(scored / "out" / "toy")):
        interrupted(scored / "out" / "toy")
        with pytest.raises(CorpusError, match="one that is being written by"):
            again(scored)


def test_scores_of_another_model_or_value_are_refused(scored: Path) -> None:
    with pytest.raises(UnsoundError, match=r"expected scores of the stage letters .*, got value scale 1 -> 3; state"):
        again(scored, scale="3")
    (scored / "model.txt").write_text("o")
    with pytest.raises(UnsoundError, match=r"got model model changed; state what it was made with"):
        again(scored)
    (scored / "model.txt").write_text("e")
    again(scored)


def test_it_is_stale_once_the_scored_build_has_changed(scored: Path) -> None:
    folder = again(scored).folder
    toy.write(scored / "dump", a="eee here\n\nand eee there")
    run(scored, "dump", "out")
    with pytest.raises(UnsoundError, match=f"a stale one: {scored}/out/toy, which it was made of, has changed since"):
        read_output(folder, BUILD)
    assert read_output(again(scored).folder, BUILD).manifest["documents"] == 2
