"""Reading outputs: only of finished ones, only files that the manifest lists, with the bytes that were written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple, cast

from corpus.errors import InputError, UnsoundError
from corpus.output.lineage import stale
from corpus.output.lock import writers
from corpus.output.manifest import (
    DAMAGED,
    DATA,
    EVIDENCE,
    FAILED,
    FINISHED,
    FOREIGN,
    MANIFEST,
    UNFINISHED,
    WRITTEN_BY,
    Kind,
    OutputFile,
    files_of,
    is_named,
    read_manifest,
)
from corpus.progress.work import add
from corpus.storage import LOCAL, PART, WORK, LocalStorage, Storage, measure

MOVE = "move it away"
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


def read_output(
    folder: str, kind: Kind, storage: Storage = LOCAL, or_failed: bool = False, or_stale: bool = False
) -> Output:
    """The output in a folder.

    Args:
        kind: what it has to be.
        storage: the filesystem of the folder.
        or_failed: take one that failed, too.
        or_stale: take one that is made of something that has changed since, too.

    Raises:
        InputError: there is none.
        UnsoundError: it is of another kind, unfinished, failed, stale or damaged, a file is missing or has another
            size, or there is one more.
    """
    folder = folder.rstrip("/") or "/"
    manifest = read_manifest(folder, storage)
    if manifest is None:
        there = bool(kind.sign and storage.matching(folder, kind.sign))
        error, do = (UnsoundError, "again") if there else (InputError, "first")
        raise error(kind.expected, f"no {MANIFEST}", folder, f"run `{kind.command}` {do}")
    files = files_of(manifest)
    wrong = _refusal(manifest, folder, kind, storage, or_failed)
    sizes = {} if wrong else sizes_below(folder, storage)
    wrong = wrong or next(wrong_files(files, sizes), "") or ("" if or_stale else stale(manifest, folder, storage))
    if wrong:
        raise UnsoundError(kind.expected, wrong, folder, f"run `{command_of(manifest, kind)}` again")
    if more := alike(files, sizes):
        raise UnsoundError(kind.expected, f"one with a file that its {MANIFEST} does not list: {more[0]}", folder, MOVE)
    return Output(folder, manifest, files, storage)


def command_of(manifest: Mapping[str, Any], kind: Kind) -> str:
    """The command that makes an output good."""
    return str(manifest.get(WRITTEN_BY, kind.command)) if manifest.get("kind") == kind.name else kind.command


def outputs_in(folder: str, kind: Kind, storage: Storage = LOCAL, or_failed: bool = False) -> list[Output]:
    """The output that a folder is, or those below it, by path; folders of other kinds beside them are passed over.

    Raises:
        InputError: there is none, or one cannot be read (see read_output).
    """
    folder = folder.rstrip("/") or "/"
    signs = [MANIFEST, kind.sign] if kind.sign else [MANIFEST]
    here = read_manifest(folder, storage)
    if (here and _may_be(kind, here)) or (kind.sign and storage.matching(folder, kind.sign)):
        return [read_output(folder, kind, storage, or_failed)]
    below = [one for one in folders_with(signs, folder, storage) if one != folder]
    mine = [one for one in below if _may_be(kind, read_manifest(one, storage)) or _betrays(kind, one, storage)]
    if not mine:
        if here:
            return [read_output(folder, kind, storage, or_failed)]  # says what it is instead
        raise InputError(kind.expected, f"no {MANIFEST}", folder, f"run `{kind.command}` first")
    return [read_output(one, kind, storage, or_failed) for one in mine]


def holds(folder: str, kind: Kind, storage: Storage = LOCAL) -> bool:
    """Whether a folder is an output of a kind or holds some, sound or not."""
    folder = folder.rstrip("/") or "/"
    places = [folder, *folders_with([MANIFEST], folder, storage)]
    if any((read_manifest(one, storage) or {}).get("kind") == kind.name for one in places):
        return True
    return bool(kind.sign) and bool(folders_with([kind.sign], folder, storage) or storage.matching(folder, kind.sign))


def folders_with(signs: list[str], folder: str, storage: Storage) -> list[str]:
    """The folders below one, however deep, with a file that one of these globs names; those of hidden names apart."""
    found = set()
    for sign in signs:
        linked = [one.path for one in storage.matching(folder, f"*/{sign}")]
        below = [one.path for one in storage.files_below(folder) if is_named(sign, _tail(one.path, sign))]
        found |= {path[: -len(_tail(path, sign)) - 1] for path in (*linked, *below)}
    return sorted(one for one in found if not _is_hidden(one[len(folder) + 1 :]))


def _tail(path: str, sign: str) -> str:
    """The end of a path, of as many names as a glob has."""
    return "/".join(path.split("/")[-1 - sign.count("/") :])


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def require_listed(path: str, storage: Storage = LOCAL, kind: Kind | None = None) -> None:
    """Refuse a file of an output that its manifest does not vouch for; files from elsewhere are let through.

    Args:
        kind: what the file is of: one that lies beside an output of another kind is from elsewhere.

    Raises:
        UnsoundError: the manifest is not that of a finished output, or does not list the file as it is.
    """
    folder, name = output_of(path, storage)
    manifest = read_manifest(folder, storage)
    if manifest is None or manifest["state"] == FOREIGN:
        return
    file = files_of(manifest).get(name)
    if file is None and kind and manifest.get("kind", kind.name) != kind.name:
        return
    if manifest["state"] != FINISHED or file is None:
        got = f"no {name} in it" if manifest["state"] == FINISHED else f"one that is {manifest['state']}"
        raise UnsoundError(f"a finished {MANIFEST} that lists the file", got, path, AGAIN)
    open_listed(folder, file, storage).close()


def output_of(path: str, storage: Storage) -> tuple[str, str]:
    """The output that a file is of, by its place, and the file's name in it: its folder, or that above `data`."""
    folder, _, name = path.rpartition("/")
    above, _, part = folder.rpartition("/")
    if part in (DATA, EVIDENCE) and read_manifest(folder, storage) is None:
        return above or ("/" if path.startswith("/") else "."), f"{part}/{name}"
    return folder or ("/" if path.startswith("/") else "."), name


def open_listed(folder: str, file: OutputFile, storage: Storage = LOCAL) -> BinaryIO:
    """A file that a manifest lists, open at its first byte, once all its bytes have been compared.

    A local file is read twice, the second time from the system's memory; others are copied to this machine on the way.
    Bytes that are compared count in the step that is being done (corpus/progress/work.py), if it counts bytes.

    Raises:
        UnsoundError: it is missing, or is not what was written.
    """
    path = f"{folder}/{file.name}"
    try:
        opened = storage.open(path)
    except (FileNotFoundError, NotADirectoryError):
        raise UnsoundError(f"a file that {MANIFEST} lists", "none there", path, AGAIN) from None
    if isinstance(storage, LocalStorage):
        size, digest = measure(opened, watch=add)
    else:
        with opened as remote:
            opened = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  (the caller closes it)
            size, digest = measure(remote, copy=opened, watch=add)
    if (size, digest) != (file.bytes, file.sha256):
        opened.close()
        got = f"{size}" if size != file.bytes else "others than were written"
        raise UnsoundError(f"the {file.bytes} bytes that {MANIFEST} lists", got, path, AGAIN)
    opened.seek(0)
    return opened


def sizes_below(folder: str, storage: Storage = LOCAL) -> dict[str, int]:
    """The bytes of every file in a folder and below it, by its name there."""
    return {one.path[len(folder) + 1 :]: one.bytes for one in storage.files_below(folder)}


def wrong_files(files: Mapping[str, OutputFile], sizes: Mapping[str, int]) -> Iterator[str]:
    """A few words on every file that is missing or has another size."""
    for name, file in files.items():
        size = sizes.get(name)
        if size is None:
            yield f"no {name}"
        elif size != file.bytes:
            yield f"{name} of {size} bytes instead of {file.bytes}"


def alike(files: Mapping[str, OutputFile], names: Iterable[str]) -> list[str]:
    """Names of files that could be taken for an output's and are not listed: those that end as listed ones do.

    A note or a report beside them is nobody's data.
    """
    endings = {PurePath(name).suffix for name in files}
    return [name for name in unlisted(names, files) if PurePath(name).suffix in endings]


def unlisted(names: Iterable[str], files: Container[str]) -> list[str]:
    """The names of files below a folder that its manifest does not list, but for what is still being written, what is
    hidden, and what is below a folder with a manifest of its own."""
    names = list(names)
    others = tuple(f"{name.removesuffix(MANIFEST)}" for name in names if name.endswith(f"/{MANIFEST}"))
    return [
        name
        for name in names
        if name not in files and name != MANIFEST and not name.startswith(others) and not _is_aside(name)
    ]


def _is_aside(name: str) -> bool:
    return _is_hidden(name) or is_being_written(name)


def is_being_written(name: str) -> bool:
    """Whether a file was being written, is scratch of a library that was writing, or passes between passes."""
    return any(part.endswith(PART) or part == WORK for part in name.split("/"))


def damaged(files: Iterable[OutputFile], folder: str, storage: Storage = LOCAL) -> Iterator[OutputFile]:
    """The files that are missing or are not, byte for byte, what was written; several are read at a time."""
    with ThreadPoolExecutor() as pool:  # a digest is computed without Python's lock
        for file, sound in pool.map(lambda file: (file, _is_sound(file, folder, storage)), files):
            if not sound:
                yield file


def _is_sound(file: OutputFile, folder: str, storage: Storage) -> bool:
    try:
        open_listed(folder, file, storage).close()
    except UnsoundError:
        return False
    return True


def _may_be(kind: Kind, manifest: Mapping[str, Any] | None) -> bool:
    """Whether a folder is of a kind, or nobody can tell; what tells is refused by read_output."""
    return manifest is None or (manifest["state"] != FOREIGN and manifest.get("kind", kind.name) == kind.name)


def _betrays(kind: Kind, folder: str, storage: Storage) -> bool:
    """Whether a folder holds files as only this kind has them, though its manifest is another program's."""
    foreign = (read_manifest(folder, storage) or {}).get("state") == FOREIGN
    return foreign and bool(kind.sign and storage.matching(folder, kind.sign))


def _refusal(manifest: Mapping[str, Any], folder: str, kind: Kind, storage: Storage, or_failed: bool) -> str:
    """Why an output cannot be read, from its manifest alone; empty where it can."""
    state = manifest["state"]
    if state in (DAMAGED, FOREIGN):
        return f"a {state} {MANIFEST}"
    if manifest["kind"] != kind.name:
        return f"the output of another command ({manifest['kind']})"
    if state == UNFINISHED:
        owner = next(iter(writers(folder, storage)), None)
        return f"one that is being written by {owner}" if owner else "one that was interrupted"
    if any(is_named("documents-*.parquet", file["name"]) for file in manifest.get("files", ())):
        return f"one of an earlier version, whose documents do not lie in {DATA}/"
    if state == FAILED and not or_failed:
        return f"one that failed: {manifest['faults'][0]}"
    return ""
