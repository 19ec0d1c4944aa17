"""Pieces of work of `corpus tokenize`: one file of documents each, and what earlier runs made of the same documents.

A file of documents has its place in the build in its name (documents-00003-of-00008). Where a dump grows, files that
hold what they held get other names; their tokens are then taken over under the new name, and not encoded again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from corpus.manifest import digest
from corpus.output.manifest import DOCUMENT_FILES, OutputFile, files_of, read_manifest
from corpus.output.read import Output, damaged, open_listed
from corpus.storage import WORK
from corpus.stores.addresses import storage_of
from pipelines.engine import files
from tokenizer.shards import SUFFIX, index_of, info_of
from tokenizer.write_shards import renamed

_NUMBERS = re.compile(r"documents-((?:\d+-)?\d+-of-\d+)\.parquet$")
INDEX = ".index.npz"


class Encoded(NamedTuple):
    """What one file of documents became; files as they are listed, names without their folder."""

    source: str
    documents: int
    tokens: int
    shards: int
    files: tuple[OutputFile, ...]


class Piece(NamedTuple):
    """One file of documents: its build's folder, how that lists it, and its name in locators.

    folder and stem say where its shards lie; fingerprint covers all that they depend on, content all but names; before
    is what an earlier run made with the same fingerprint, as a manifest says, None where there was none; renamed is
    what one made of the same content under another stem.
    """

    build: str
    file: OutputFile
    name: str
    folder: str
    stem: str
    fingerprint: str
    content: str
    before: Encoded | None = None
    renamed: tuple[str, Encoded] | None = None

    @property
    def note(self) -> str:
        """The file that says what an interrupted run made of it."""
        return f"{self.folder}/{WORK}/{self.stem}.json"


def to_json(encoded: Encoded) -> dict[str, Any]:
    """What a file of documents became, as JSON."""
    return {**encoded._asdict(), "files": [file.to_json() for file in encoded.files]}


def from_json(fields: Mapping[str, Any]) -> Encoded:
    """What `to_json` was given."""
    named = {name: fields[name] for name in Encoded._fields}
    return Encoded(**{**named, "files": tuple(OutputFile(**file) for file in fields["files"])})


def noted(piece: Piece) -> Encoded | None:
    """What an interrupted run made of a piece."""
    note = files.read_sealed(piece.note)
    return from_json(note) if note and note["fingerprint"] == piece.fingerprint else None


def pieces_of(build: Output, folder: str, fingerprint: str) -> list[Piece]:
    """One piece for each file of documents of a build, with what an earlier run made of it."""
    storage = storage_of(folder)
    before = read_manifest(folder, storage) or {}
    stated, listed = before.get("pieces", {}), files_of(before)
    made = {stem: _made(piece, listed) for stem, piece in stated.items()}
    stems = {piece["content"]: stem for stem, piece in stated.items() if made[stem] and "content" in piece}
    pieces = []
    for file in build.listed(DOCUMENT_FILES):
        name = f"{folder.rpartition('/')[2]}/{file.name}"
        match = _NUMBERS.search(file.name)
        assert match is not None
        stem, content = f"tokens-{match.group(1)}", digest([fingerprint, file.sha256])
        piece = Piece(build.folder, file, name, folder, stem, digest([fingerprint, name, file.sha256]), content)
        if made.get(stem) and stated[stem]["fingerprint"] == piece.fingerprint:
            piece = piece._replace(before=made[stem])
        elif (other := made.get(stems.get(content, ""))) is not None:
            piece = piece._replace(renamed=(stems[content], other))
        pieces.append(piece)
    return pieces


def _made(stated: Mapping[str, Any], listed: Mapping[str, OutputFile]) -> Encoded | None:
    """What a manifest says an earlier run made of a piece; None where it does not list all files of it."""
    if not all(name in listed for name in stated["files"]):
        return None
    named = {name: stated[name] for name in Encoded._fields}
    return Encoded(**{**named, "files": tuple(listed[name] for name in stated["files"])})


def kept(pieces: Iterable[Piece]) -> Iterator[tuple[str, Encoded]]:
    """(stem, what was made) of all that earlier runs made and these pieces can use."""
    for piece in pieces:
        if piece.before:
            yield piece.stem, piece.before
        elif piece.renamed:
            yield piece.renamed


def taken_over(piece: Piece) -> Encoded | None:
    """What an earlier run made of the same documents, under the names of this piece; None where it is not whole."""
    if piece.renamed is None:
        return None
    stem, earlier = piece.renamed
    if any(damaged(earlier.files, piece.folder, storage_of(piece.folder))):
        return None
    made: list[OutputFile] = []
    for file in earlier.files:
        name = piece.stem + file.name.removeprefix(stem)
        if not file.name.endswith((SUFFIX, INDEX)):
            files.place(f"{piece.folder}/{file.name}", f"{piece.folder}/{name}", file.bytes, file.sha256)
            made.append(OutputFile(name, file.bytes, file.sha256))
        elif file.name.endswith(SUFFIX):
            made += _described(piece, earlier, file, name)
    # Another piece may have put its own shards where these were, since they were compared.
    return (
        None
        if any(damaged(made, piece.folder, storage_of(piece.folder)))
        else earlier._replace(files=tuple(sorted(made)))
    )


def _described(piece: Piece, earlier: Encoded, file: OutputFile, name: str) -> list[OutputFile]:
    """The index and the JSON of a shard under its new name."""
    storage, listed = storage_of(piece.folder), {file.name: file for file in earlier.files}
    with open_listed(piece.folder, file, storage) as opened:
        info = info_of(opened.read(), file.name)
    with open_listed(piece.folder, listed[file.name.removesuffix(SUFFIX) + INDEX], storage) as opened:
        arrays = index_of(opened.read())
    info, index = renamed(info, arrays, name.removesuffix(SUFFIX), piece.name)
    made = []
    for path, data in ((name.removesuffix(SUFFIX) + INDEX, index), (name, info.to_json())):
        with files.create(f"{piece.folder}/{path}") as new:
            new.write(data)
        made.append(OutputFile(path, new.bytes, new.digest))
    return made
