"""Reading outputs: only of finished ones, only files that the manifest lists, with the bytes that were written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast

from corpus.errors import InputError
from corpus.output.lock import writers
from corpus.output.manifest import (
    DAMAGED,
    FAILED,
    FINISHED,
    FOREIGN,
    MANIFEST,
    UNFINISHED,
    Kind,
    OutputFile,
    files_of,
    is_named,
    read_manifest,
)
from corpus.storage import LOCAL, LocalStorage, Storage, measure

AGAIN = "run the command that makes it again"


class Output(NamedTuple):
    """An output whose manifest is sound and whose files all have their sizes."""

    folder: str
    manifest: Mapping[str, Any]
    files: Mapping[str, OutputFile]
    storage: Storage

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.rpartition("/")[2]

    def listed(self, pattern: str) -> list[OutputFile]:
        """The files that a glob names, by name."""
        return [self.files[name] for name in sorted(self.files) if is_named(pattern, name)]

    def path(self, file: OutputFile) -> str:
        """The path of one of its files."""
        return f"{self.folder}/{file.name}"

    def open(self, file: OutputFile) -> BinaryIO:
        """One of its files, once its bytes have been compared (see open_listed)."""
        return open_listed(self.folder, file, self.storage)


def read_output(folder: str, kind: Kind, storage: Storage = LOCAL, or_failed: bool = False) -> Output:
    """The output in a folder.

    Args:
        kind: what it has to be.
        storage: the filesystem of the folder.
        or_failed: take one that failed, too.

    Raises:
        InputError: it is another kind, unfinished, failed or damaged, or a file is missing or has another size.
    """
    manifest = read_manifest(folder, storage)
    got = _refusal(manifest, folder, kind, storage, or_failed)
    if got:
        raise InputError(kind.expected, got, folder, f"run `{kind.command}` {'again' if manifest else 'first'}")
    files = files_of(manifest or {})
    wrong = next(wrong_sizes(files.values(), folder, storage), "")
    if wrong:
        raise InputError(kind.expected, wrong, folder, f"run `{kind.command}` again")
    return Output(folder, manifest or {}, files, storage)


def outputs_in(folder: str, kind: Kind, storage: Storage = LOCAL, or_failed: bool = False) -> list[Output]:
    """The output that a folder is, or those in it, by name; folders of other kinds beside them are passed over.

    Raises:
        InputError: there is none, or one cannot be read (see read_output).
    """
    folder = folder.rstrip("/") or "/"
    signs = [MANIFEST, kind.sign] if kind.sign else [MANIFEST]
    if any(storage.matching(folder, sign) for sign in signs):
        return [read_output(folder, kind, storage, or_failed)]
    below = {one.path.rpartition("/")[0] for sign in signs for one in storage.matching(folder, f"*/{sign}")}
    mine = [one for one in sorted(below) if _may_be(kind, read_manifest(one, storage))]
    if not mine:
        raise InputError(kind.expected, f"no {MANIFEST}", folder, f"run `{kind.command}` first")
    return [read_output(one, kind, storage, or_failed) for one in mine]


def require_listed(path: str, storage: Storage = LOCAL) -> None:
    """Refuse a file of an output that its manifest does not vouch for; files from elsewhere are let through.

    Raises:
        InputError: the manifest is not that of a finished output, or does not list the file as it is.
    """
    folder, _, name = path.rpartition("/")
    manifest = read_manifest(folder or ".", storage)
    if manifest is None or manifest["state"] == FOREIGN:
        return
    file = files_of(manifest).get(name)
    if manifest["state"] != FINISHED or file is None:
        got = f"no {name} in it" if manifest["state"] == FINISHED else f"one that is {manifest['state']}"
        raise InputError(f"a finished {MANIFEST} that lists the file", got, path, AGAIN)
    open_listed(folder or ".", file, storage).close()


def open_listed(folder: str, file: OutputFile, storage: Storage = LOCAL) -> BinaryIO:
    """A file that a manifest lists, open at its first byte, once all its bytes have been compared.

    A local file is read twice, the second time from the system's memory; others are copied to this machine on the way.

    Raises:
        InputError: it is missing, or is not what was written.
    """
    path = f"{folder}/{file.name}"
    if storage.stat(path) is None:
        raise InputError(f"a file that {MANIFEST} lists", "none there", path, AGAIN)
    opened = storage.open(path)
    if isinstance(storage, LocalStorage):
        size, digest = measure(opened)
    else:
        with opened as remote:
            opened = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  (the caller closes it)
            size, digest = measure(remote, copy=opened)
    if (size, digest) != (file.bytes, file.sha256):
        opened.close()
        got = f"{size}" if size != file.bytes else "others than were written"
        raise InputError(f"the {file.bytes} bytes that {MANIFEST} lists", got, path, AGAIN)
    opened.seek(0)
    return opened


def wrong_sizes(files: Iterable[OutputFile], folder: str, storage: Storage = LOCAL) -> Iterator[str]:
    """A few words on every file that is missing or has another size."""
    sizes = {one.path: one.bytes for one in storage.files_below(folder)}
    for file in files:
        size = sizes.get(f"{folder}/{file.name}")
        if size is None:
            yield f"no {file.name}"
        elif size != file.bytes:
            yield f"{file.name} of {size} bytes instead of {file.bytes}"


def damaged(files: Iterable[OutputFile], folder: str, storage: Storage = LOCAL) -> Iterator[OutputFile]:
    """The files that are missing or are not, byte for byte, what was written; several are read at a time."""
    with ThreadPoolExecutor() as pool:  # a digest is computed without Python's lock
        for file, sound in pool.map(lambda file: (file, _is_sound(file, folder, storage)), files):
            if not sound:
                yield file


def _is_sound(file: OutputFile, folder: str, storage: Storage) -> bool:
    try:
        open_listed(folder, file, storage).close()
    except InputError:
        return False
    return True


def _may_be(kind: Kind, manifest: Mapping[str, Any] | None) -> bool:
    """Whether a folder is of a kind, or nobody can tell; what tells is refused by read_output."""
    return manifest is None or (manifest["state"] != FOREIGN and manifest.get("kind", kind.name) == kind.name)


def _refusal(manifest: Mapping[str, Any] | None, folder: str, kind: Kind, storage: Storage, or_failed: bool) -> str:
    """Why an output cannot be read; empty where it can."""
    if manifest is None:
        return f"no {MANIFEST}"
    state = manifest["state"]
    if state in (DAMAGED, FOREIGN):
        return f"a {state} {MANIFEST}"
    if manifest["kind"] != kind.name:
        return f"the output of another command ({manifest['kind']})"
    if state == UNFINISHED:
        owner = next(iter(writers(folder, storage)), None)
        return f"one that is being written by {owner}" if owner else "one that was interrupted"
    if state == FAILED and not or_failed:
        return f"one that failed: {manifest['faults'][0]}"
    return ""
