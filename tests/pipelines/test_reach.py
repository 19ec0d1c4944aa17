"""Beam's options reach the stores; Beam is imported when a store is reached, not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from corpus.errors import InputError

PROGRAM = """
import sys
from pipelines.reach import reach
from corpus.stores.addresses import CONNECTIONS, remote_storage
reach(["--s3_endpoint_url=http://localhost:1"])
print("apache_beam" in sys.modules)
{}
print(CONNECTIONS.options().get("s3_endpoint_url"), "apache_beam" in sys.modules)
"""


@pytest.mark.parametrize("first", ["", "import pipelines.engine.files", "import pipelines.engine.remote"])
def test_options_reach_stores_whatever_is_imported_first(first: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(first)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines() == ["False", "http://localhost:1 True"]


def test_addresses_of_schemes_that_only_beam_knows_are_asked_of_beam() -> None:
    program = """
from pipelines.reach import reach
from corpus.stores.addresses import remote_storage
reach(["--runner=FnApiRunner"])
remote_storage("nothing://there")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert f"{InputError.__module__}.{InputError.__name__}" in done.stderr
    assert "nothing://there" in done.stderr
