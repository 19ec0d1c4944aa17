"""The folder with the outputs that tools open: TOOLS_MADE, or made once for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

import pytest

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

FEW = ["github", "stackexchange"]
"""Of these a folder is made in some seconds; `make test-tools` takes all."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "TOOLS_MADE" in os.environ:
        return Path(os.environ["TOOLS_MADE"])
    from tools.made import make

    folder = tmp_path_factory.mktemp("made")
    make(folder, FEW)
    return folder


@pytest.fixture(autouse=True)
def _in_the_folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("HF_DATASETS_CACHE", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    with chdir(made):
        yield
