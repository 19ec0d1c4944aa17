"""What the pins of an environment ask for is what it has: each tool runs with versions that it allows."""

from __future__ import annotations

import os
import re
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from tools.environments import PINS

pytestmark = pytest.mark.tools


def test_every_requirement_is_met() -> None:
    pins = (PINS / f"{os.environ['TOOLS_ENVIRONMENT']}.txt").read_text().splitlines()
    names = [re.split(r"==| @ ", line)[0] for line in pins]
    unmet = []
    for name in names:
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                found = version(needed.name)
                if not needed.specifier.contains(found, prereleases=True):
                    unmet.append(f"{name} needs {needed}, found {found}")
    assert unmet == []
