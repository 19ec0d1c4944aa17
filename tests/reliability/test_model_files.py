"""Model files from outside: what is wrong with one is said in a line, and no process but a trial dies of it.

Two mutations of each file in every test run; `make soak` does 70 of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reliability.damage import KINDS
from reliability.damaged_models import FILES, Users, faults, outcomes


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Users]:
    started = Users(tmp_path_factory.mktemp("temporary"))
    yield started
    started.close()


@pytest.mark.parametrize("file", FILES)
def test_a_sound_model_is_used(file: str, users: Users, sound_models: Path) -> None:
    assert users(FILES[file], (sound_models / file).parent) == "used"


@pytest.mark.parametrize("file", FILES)
def test_a_damaged_model_is_refused_in_words(file: str, users: Users, sound_models: Path, tmp_path: Path) -> None:
    assert faults(outcomes(users, sound_models, file, range(2), tmp_path)) == {}


@pytest.mark.soak
@pytest.mark.parametrize("file", FILES)
def test_seventy_damages_are_refused_in_words(file: str, users: Users, sound_models: Path, tmp_path: Path) -> None:
    found = outcomes(users, sound_models, file, range(14 * len(KINDS)), tmp_path)
    print(file, len(found), sum(said.startswith("refused") for said in found.values()), "refused")
    assert faults(found) == {}
