"""Writing an output: one writer, every file whole, what earlier writers left deleted, the manifest last."""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from corpus.errors import OutputError
from corpus.output.lock import locked
from corpus.output.manifest import (
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
    write_manifest,
)
from corpus.output.read import sizes_below, wrong_files
from corpus.output.run_record import noted
from corpus.storage import CHUNK_BYTES, LOCAL, PART, LocalStorage, NewFile, NewPath, Storage, create, create_at


class Writing:
    """An output that this process is the only writer of; files holds what has been written whole, by name."""

    def __init__(self, folder: str, kind: Kind, storage: Storage) -> None:
        self.folder, self.kind, self.storage = folder, kind, storage
        self.files: dict[str, OutputFile] = {}

    def begin(self, owns: Iterable[str], beside: bool = False, keep: Container[str] = (), **fields: Any) -> None:
        """Say that the output is unfinished, and which names are its writer's: those given, and all listed before.

        Args:
            owns: names or globs of the files it writes.
            beside: files of other names that were listed stay so.
            keep: names of files that were listed, and stay so until finish.
            fields: what else the manifest is to say meanwhile.

        Raises:
            OutputError: the folder is another command's.
        """
        before = read_manifest(self.folder, self.storage) or {}
        self._refuse_another(before)
        # What a finished writer owned it also listed; of several beside each other it is not this one's to sweep.
        names = {*owns, *(() if beside and before.get("state") == FINISHED else before.get("owns", ()))}
        for name, file in files_of(before).items():
            if name in keep or (beside and not _is_one(name, names)):
                self.files[name] = file
            elif not _is_one(name, names):
                names.add(name)
        listed = [file.to_json() for file in self.files.values()]
        stated = {"kind": self.kind.name, WRITTEN_BY: self.kind.command, "state": UNFINISHED, "owns": sorted(names)}
        write_manifest(self.folder, {**stated, **fields, "files": listed}, self.storage)

    def _refuse_another(self, before: Mapping[str, Any]) -> None:
        """Refuse a folder whose manifest is another command's, or another program's."""
        if before.get("state") == FOREIGN:
            got = f"another program's {MANIFEST}"
        elif before.get("kind", self.kind.name) != self.kind.name:
            got = f"that of another command ({before['kind']})"
        elif before.get(WRITTEN_BY, self.kind.command) != self.kind.command:
            got = f"that of `{before[WRITTEN_BY]}`"
        else:
            return
        raise OutputError(f"a new folder, or one of `{self.kind.command}`", got, self.folder, "choose another")

    @contextmanager
    def create(self, name: str) -> Iterator[NewFile]:
        """A new file of the output."""
        with create(f"{self.folder}/{name}", self.storage) as file:
            yield file
        self.files[name] = OutputFile(name, file.bytes, file.digest)

    @contextmanager
    def create_at(self, name: str) -> Iterator[NewPath]:
        """A new file of the output that a library writes by its path; for a store it is written here, and then sent."""
        if isinstance(self.storage, LocalStorage):
            with create_at(f"{self.folder}/{name}") as new:
                yield new
            self.files[name] = OutputFile(name, new.bytes, new.digest)
            return
        with TemporaryDirectory() as scratch:
            new = NewPath(f"{scratch}/{PurePosixPath(name).name}")
            yield new
            with open(new.path, "rb") as source, self.create(name) as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
            new.bytes, new.digest = self.files[name].bytes, self.files[name].sha256

    def finish(self, **fields: Any) -> dict[str, Any]:
        """Delete what earlier writers left and write the manifest, with these fields; what it says."""
        return finish(self.folder, self.kind, self.files.values(), fields, self.storage)


@contextmanager
def writing(
    folder: str, kind: Kind, owns: Iterable[str], storage: Storage = LOCAL, beside: bool = False
) -> Iterator[Writing]:
    """Write an output; its manifest says `unfinished` until `finish` is called within the block.

    Args:
        folder: where it is to be.
        kind: what it is.
        owns: names or globs, below the folder, of all files that the command writes.
        storage: the filesystem of the folder.
        beside: other files that the manifest listed stay in it, as several commands share the folder.

    Raises:
        OutputError: another writer is at it, or the folder is another command's.
    """
    folder = folder.rstrip("/") or "/"
    with locked(folder, storage):
        output = Writing(folder, kind, storage)
        output.begin(owns, beside)
        yield output


@contextmanager
def writing_here(
    folder: str, kind: Kind, owns: Iterable[str], storage: Storage = LOCAL, beside: bool = False
) -> Iterator[Writing]:
    """As `writing`, for what is read again by local paths while it is written: the yielded output has a local folder.

    An output in a store is written in a folder of this machine, and sent when it is finished.

    Raises:
        OutputError: another writer is at it, or the folder is another command's.
    """
    with writing(folder, kind, owns, storage, beside) as out:
        if isinstance(storage, LocalStorage):
            yield out
            return
        with TemporaryDirectory() as here:
            yield _WritingHere(out, here)


class _WritingHere(Writing):
    """An output in a store whose files are written in a local folder first."""

    def __init__(self, there: Writing, here: str) -> None:
        super().__init__(here, there.kind, LOCAL)
        self._there = there

    def finish(self, **fields: Any) -> dict[str, Any]:
        """Send the files, and write the manifest."""
        for name in self.files:
            with open(f"{self.folder}/{name}", "rb") as source, self._there.create(name) as target:
                shutil.copyfileobj(source, target, CHUNK_BYTES)
        return self._there.finish(**fields)


def finish(
    folder: str, kind: Kind, files: Iterable[OutputFile], fields: Mapping[str, Any], storage: Storage = LOCAL
) -> dict[str, Any]:
    """Delete what earlier writers left and write the manifest that lists the files; what it says.

    Args:
        fields: what else it is to say; where it has `faults`, the output failed.

    Raises:
        OutputError: a file that was written is no longer there.
    """
    listed = sorted(files)
    sweep(folder, {file.name for file in listed}, storage)
    wrong = next(wrong_files({file.name: file for file in listed}, sizes_below(folder, storage)), "")
    if wrong:
        raise OutputError("the files that were written", wrong, folder, "run the same command again")
    stated = {
        "kind": kind.name,
        WRITTEN_BY: kind.command,
        "state": FAILED if fields.get("faults") else FINISHED,
        "owns": (read_manifest(folder, storage) or {}).get("owns", []),
        **noted(fields),
        "files": [file.to_json() for file in listed],
    }
    return write_manifest(folder, stated, storage)


def sweep(folder: str, keep: Iterable[str], storage: Storage = LOCAL) -> None:
    """Delete every `.part`, and every file of a name that is the writer's by the manifest, but for those to keep."""
    owns = (read_manifest(folder, storage) or {}).get("owns", ())
    kept = {MANIFEST, *keep}
    names = [one.path[len(folder) + 1 :] for one in storage.files_below(folder)]
    left = [name for name in names if name not in kept and (_is_part(name) or _is_one(name, owns))]
    emptied = {name.partition("/")[0] for name in left if "/" in name}
    emptied -= {name.partition("/")[0] for name in set(names) - set(left)}
    for below in sorted(emptied):
        storage.remove_folder(f"{folder}/{below}")
    storage.remove(*(f"{folder}/{name}" for name in left if name.partition("/")[0] not in emptied))
    if isinstance(storage, LocalStorage):  # of a scratch folder, a kill may leave the folder alone
        for scratch in Path(folder).glob(f"*{PART}"):
            storage.remove_folder(str(scratch))


def _is_part(name: str) -> bool:
    """Whether a file was being written, or lies in the scratch folder of a library that was writing."""
    return any(part.endswith(PART) for part in name.split("/"))


def _is_one(name: str, patterns: Iterable[str]) -> bool:
    return any(is_named(pattern, name) for pattern in patterns)
