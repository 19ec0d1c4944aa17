"""What `corpus --version` prints: everything that a report of a fault has to say about where it happened."""

from __future__ import annotations

import argparse
import platform
from importlib import metadata
from typing import NoReturn

from corpus.manifest import LIBRARIES, versions
from pipelines.packages import ROOT

FRAMEWORKS = ("torch", "jax", "transformers")


class PrintVersions(argparse.Action):
    """The option that prints the versions and ends."""

    def __init__(self, option_strings: list[str], dest: str, help: str) -> None:  # noqa: A002
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        print("\n".join(version_lines()))
        parser.exit()


def version_lines() -> list[str]:
    """The project's version and folder, Python and system, and the libraries that shape a document or a model."""
    try:
        own = metadata.version("llama-corpus")
    except metadata.PackageNotFoundError:
        own = "(not installed)"
    found = versions((*LIBRARIES, *FRAMEWORKS))
    return [
        f"corpus {own} ({ROOT})",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        *(f"{name} {version}" for name, version in found.items()),
    ]
