"""The report of a build, or of all builds in a folder, written as one page."""

from __future__ import annotations

from collections.abc import Mapping

from corpus.output.lock import locked
from corpus.progress.work import step
from corpus.storage import PART
from corpus.stores.addresses import storage_of
from pipelines.documents import find_builds, refuse_failed
from pipelines.engine import files
from pipelines.report.gather import bytes_read, gather
from pipelines.report.page import page


def write_report(folder: str, output: str, tokens: Mapping[str, int] | None = None) -> None:
    """Write the page of a build, or of all builds in a folder; tokens by source where they are known.

    Raises:
        UnsoundError: a build is unfinished or damaged. BuildError: one failed; the page says so, too.
    """
    builds = find_builds([folder], or_failed=True)
    with step("report", sum(map(bytes_read, builds))):
        html = page([gather(build, tokens or {}) for build in builds])
    storage, (folder_of_page, _, name) = storage_of(output), output.rpartition("/")
    with locked(folder_of_page or ".", storage):
        storage.remove(*(one.path for one in storage.matching(folder_of_page or ".", f"{name}.*{PART}")))
        with files.create(output) as file:
            file.write(html.encode())
    refuse_failed(builds)
