"""A published folder sent to the Hugging Face hub: only what it has not, documents first, the manifest last."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.amounts import of
from corpus.errors import OutputError
from corpus.output.manifest import MANIFEST, RUN, OutputFile, sealed
from corpus.output.read import Output, damaged
from pipelines.publish.hub_check import Repository
from pipelines.publish.shareable import shareable

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    Operations = list[CommitOperationAdd | CommitOperationDelete]

COMMIT_FILES, COMMIT_BYTES = 50, 4 << 30
"""The most of one commit: what is lost where a command is stopped, and sent again."""
WAIT_SECONDS = 300.0
"""The longest that the hub may be silent in the midst of an answer."""
_REPLACED = (
    "data/*/documents*-of-*.parquet", "tokens/*/tokens-*-of-*", "tokens/*/manifest.json", "provenance/*.json",
    "provenance/*.ledger.parquet", "tokenizer/tokenizer.model", "mixture/mixture.json",
)  # fmt: skip
"""Names that this command alone gives: such files of an earlier time that are no longer in the folder are deleted."""


class Sent(NamedTuple):
    """What was sent: files and bytes, files that were there already, and files of an earlier time that were deleted."""

    files: int
    bytes: int
    there: int
    deleted: int


class There(NamedTuple):
    """A file on the hub: its size, and its SHA-256, or, of a small one, the digest that git has of it."""

    bytes: int
    sha256: str
    git: str


def upload(output: Output, to: Repository, token: str, tell: Callable[[str], None]) -> Sent:
    """Send a published folder.

    Args:
        tell: hears a line after each commit.

    Raises:
        OutputError: the hub refuses, or a file is not what was written.
    """
    from huggingface_hub import CommitOperationAdd, HfApi

    api = HfApi(endpoint=to.endpoint, token=token)
    with _refused(to):
        _prepare(api, to, tell)
        there = _files_there(api, to)
    manifest = public_manifest(output.manifest)
    new = [file for file in _in_order(output.files.values()) if not _is_there(output, file, there.get(file.name))]
    for file in damaged(new, output.folder):
        raise OutputError("the bytes that were written", "others", output.path(file), "run the same command again")
    done = bytes_done = 0
    for batch in _batches(new):
        with _refused(to):
            adds: Operations = [CommitOperationAdd(file.name, output.path(file)) for file in batch]
            _commit(api, to, adds, f"{of(len(batch), 'file')} of {output.manifest['name']}")
        done, bytes_done = done + len(batch), bytes_done + sum(file.bytes for file in batch)
        tell(f"sent {done:,} of {of(len(new), 'file')}, {of(bytes_done, 'byte')}")
    old = [name for name in there if name not in output.files and _is_replaced(name)]
    last = _is_there_data(manifest, there.get(MANIFEST))
    if old or not last:
        with _refused(to):
            _commit(api, to, [CommitOperationAdd(MANIFEST, manifest), *_deletions(old)], "the manifest")
    total = sum(file.bytes for file in output.files.values())
    sent = total - sum(file.bytes for file in output.files.values() if file not in new)
    there_before = len(output.files) - len(new) + last
    return Sent(len(new) + (not last), sent + (not last) * len(manifest), there_before, len(old))


def public_manifest(manifest: Mapping[str, Any]) -> bytes:
    """The manifest of a published folder as it is sent: without what it was made of, and by which command, here."""
    return sealed(shareable({name: value for name, value in manifest.items() if name != RUN}))


def files_to_send(output: Output) -> tuple[int, int]:
    """How many files a whole upload has, and their bytes."""
    manifest = len(public_manifest(output.manifest))
    return len(output.files) + 1, manifest + sum(file.bytes for file in output.files.values())


def _prepare(api: HfApi, to: Repository, tell: Callable[[str], None]) -> None:
    """Have the repository there; one that is new is private."""
    from huggingface_hub import get_session
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    get_session().timeout = WAIT_SECONDS
    if not api.repo_exists(to.id, repo_type="dataset"):
        api.create_repo(to.id, repo_type="dataset", private=True, exist_ok=True)
        tell(f"made {to.url}, which is private: its settings make it public")


def _files_there(api: HfApi, to: Repository) -> dict[str, There]:
    """The files of the repository, by name."""
    from huggingface_hub.hf_api import RepoFile

    found = api.list_repo_tree(to.id, recursive=True, repo_type="dataset")
    return {
        one.path: There(one.size, one.lfs.sha256 if one.lfs else "", one.blob_id)
        for one in found
        if isinstance(one, RepoFile)
    }


def _is_there(output: Output, file: OutputFile, there: There | None) -> bool:
    """Whether the hub has a file with these bytes."""
    if there is None or there.bytes != file.bytes:
        return False
    if there.sha256:
        return there.sha256 == file.sha256
    with open(output.path(file), "rb") as opened:
        return _is_there_data(opened.read(), there)


def _is_there_data(data: bytes, there: There | None) -> bool:
    if there is None or there.sha256:
        return there is not None and there.sha256 == hashlib.sha256(data).hexdigest()
    return there.git == hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _in_order(files: Iterable[OutputFile]) -> list[OutputFile]:
    """Documents and tokens first, and what describes them last."""
    return sorted(files, key=lambda file: ("/" not in file.name, file.name))


def _batches(files: list[OutputFile]) -> Iterator[list[OutputFile]]:
    """Files in groups of at most COMMIT_FILES and, but for a single one, COMMIT_BYTES."""
    batch: list[OutputFile] = []
    size = 0
    for file in files:
        if batch and (len(batch) == COMMIT_FILES or size + file.bytes > COMMIT_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(file)
        size += file.bytes
    if batch:
        yield batch


def _is_replaced(name: str) -> bool:
    return any(fnmatchcase(name, pattern) and name.count("/") == pattern.count("/") for pattern in _REPLACED)


def _deletions(names: Iterable[str]) -> list[CommitOperationDelete]:
    from huggingface_hub import CommitOperationDelete

    return [CommitOperationDelete(name, is_folder=False) for name in names]


def _commit(api: HfApi, to: Repository, operations: Operations, message: str) -> None:
    api.create_commit(to.id, operations, commit_message=f"corpus publish: {message}", repo_type="dataset")


@contextmanager
def _refused(to: Repository) -> Iterator[None]:
    """What the hub or its library refuses within the block, in one line.

    Raises:
        OutputError: whatever the library raised: it documents errors of httpx, of the system, and of its own.
    """
    try:
        yield
    except Exception as error:
        status = _status(error)
        said = _cause(error)
        do = "run the same command again: what it has by then is not sent again"
        if status in (401, 403):
            do = f"see whether the token may write to {to.id}"
        raise OutputError("the hub to take the files", f"status {status}" if status else said, to.url, do) from error


def _status(error: BaseException | None) -> int | None:
    """The status with which a server refused, of an error or of what caused it; None where none did."""
    while error:
        if status := getattr(getattr(error, "response", None), "status_code", None):
            return int(status)
        error = error.__cause__
    return None


def _cause(error: BaseException) -> str:
    """What the first of a chain of errors says, in a line."""
    while error.__cause__:
        error = error.__cause__
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
