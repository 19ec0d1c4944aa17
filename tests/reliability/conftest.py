"""What the suites share: models to be damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from reliability.models_of_every_kind import write_models


@pytest.fixture(scope="session")
def sound_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each kind of model, by the names of model_users."""
    root = tmp_path_factory.mktemp("models")
    write_models(root)
    return root
