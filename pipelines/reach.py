"""Stores reached as Beam's options after `--` say.

Beam takes a second or two to import, which most commands, and the first steps of a build, do without: it is imported
when a store is reached, or when a pipeline is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpus.storage import RemoteStorage
from corpus.stores.addresses import CONNECTIONS
from pipelines.beam_options import GIVEN


def reach(arguments: list[str]) -> None:
    """Have object stores reached as these options say, such as --s3_endpoint_url."""
    GIVEN.arguments = arguments
    if GIVEN.taken_by:
        GIVEN.taken_by(arguments)
    else:
        CONNECTIONS.change(_options, _others)


def _options() -> Mapping[str, Any]:
    from pipelines.engine.remote import beams_options

    return beams_options()


def _others(path: str) -> RemoteStorage:
    from pipelines.engine.remote import storage_of_beam

    return storage_of_beam(path)
