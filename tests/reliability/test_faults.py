"""What happens while a build runs: an input changes, the output vanishes. It ends with one line; the next is sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import toy

from corpus.errors import CorpusError
from corpus.output.manifest import BUILD, FINISHED
from corpus.output.read import read_output
from pipelines.engine.build import Built, build
from pipelines.engine.stages import EachDocument, edit

ONE = ["--direct_num_workers=1"]


def built(folder: Path, then: Callable[[], object]) -> Built:
    """A build during which something happens once, when its second document is cleaned."""
    waiting = [then]

    def clean(text: str) -> str:
        if "second" in text and waiting:
            waiting.pop()()
        return text

    source = toy.source(EachDocument("clean", edit("clean", clean)), toy.EXACT)
    apart = {"shards_least": "99"}
    return build(source, [str(folder / "dump")], str(folder / "out"), settings=apart, beam_arguments=ONE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    toy.write(tmp_path / "dump", a="first one\n\nsecond one", b="third one", c="fourth one")
    return tmp_path


CHANGES: dict[str, Callable[[Path], object]] = {
    "an input grows": lambda folder: (folder / "dump" / "b.txt").write_text("third one\n\nfifth one"),
    "an input is replaced": lambda folder: (folder / "dump" / "b.txt").write_text("other one"),
    "an input vanishes": lambda folder: (folder / "dump" / "b.txt").unlink(),
    "the output vanishes": lambda folder: shutil.rmtree(folder / "out"),
    "the work vanishes": lambda folder: shutil.rmtree(folder / "out" / "toy" / ".work"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_build_under_which_something_changes_is_no_finished_build(name: str, folder: Path) -> None:
    with pytest.raises(CorpusError) as raised:
        built(folder, lambda: CHANGES[name](folder))
    assert "\n" not in str(raised.value)
    with pytest.raises(CorpusError):
        read_output(str(folder / "out" / "toy"), BUILD)
    again = built(folder, lambda: None)
    assert again.manifest["state"] == FINISHED
    expected = {"an input grows": 5, "an input vanishes": 3}.get(name, 4)
    assert again.manifest["documents"] == expected


def test_an_input_that_is_touched_is_the_same_input(folder: Path) -> None:
    assert built(folder, (folder / "dump" / "b.txt").touch).manifest["state"] == FINISHED
