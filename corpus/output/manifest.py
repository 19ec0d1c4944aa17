"""manifest.json: what an output is, its state, its files with sizes and digests; it ends with a digest of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from corpus.storage import LOCAL, Storage, create

MANIFEST = "manifest.json"
REPORT = "report.html"
"""The page that may lie beside the files of a build: nobody's input, and not listed."""
FORMAT = "llama-corpus output 1"
SEAL = "sha256"
WRITTEN_BY = "written_by"
"""The field that names the command, as one kind may be written by several."""
RUN = "run"
"""The field with the record of the command that made it (run_record.py)."""
UNFINISHED, FAILED, FINISHED = "unfinished", "failed", "finished"
DAMAGED, FOREIGN = "damaged", "foreign"
"""States that nobody writes: of a manifest whose bytes have changed, and of another program's manifest.json."""

_OURS = frozenset({"format", "kind", "state", "files", SEAL})


class Kind(NamedTuple):
    """A kind of output: its name in the manifest, what a reader expects, the command that makes it, and two globs.

    sign: files that betray such an output though its manifest is missing; empty where there is none. content: the files
    that other outputs are made of, so that those are stale once one of these is another.
    """

    name: str
    expected: str
    command: str
    sign: str = ""
    content: str = "*"


DATA, EVIDENCE = "data", "evidence"
"""Folders of a build: its documents and nothing else, so that tools open the folder; and what became of all others."""
DOCUMENT_FILES = f"{DATA}/documents-*.parquet"
BUILD = Kind("build", "a finished build", "corpus build", f"{DATA}/documents-*-of-*.parquet", DOCUMENT_FILES)
TOKENS = Kind("tokens", "finished token shards", "corpus tokenize", "tokens-*.tokens", "*.json")
REMOVED = TOKENS._replace(command="corpus remove")
TOKENIZER = Kind("tokenizer", "a finished tokenizer", "corpus train tokenizer")
LANGUAGE_MODEL = Kind("language model", "a finished language model", "corpus train lm")
REFERENCE_MODEL = Kind("reference model", "a finished reference model", "corpus train reference")
MIXTURE = Kind("mixture", "a finished mixture", "corpus mix", "mixture.json")
EXPORT = Kind("export", "a finished export", "corpus export")
PUBLISHED = Kind("published dataset", "a finished published dataset", "corpus publish")
KINDS = {
    kind.name: kind for kind in (BUILD, TOKENS, TOKENIZER, LANGUAGE_MODEL, REFERENCE_MODEL, MIXTURE, EXPORT, PUBLISHED)
}


class OutputFile(NamedTuple):
    """A file of an output: its name below the folder, size in bytes, SHA-256, and documents where it holds some."""

    name: str
    bytes: int
    sha256: str
    documents: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The file as a manifest lists it."""
        return {name: value for name, value in self._asdict().items() if value is not None}


def files_of(manifest: Mapping[str, Any]) -> dict[str, OutputFile]:
    """The files that a manifest lists, by name."""
    return {one["name"]: OutputFile(**one) for one in manifest.get("files", ())}


def is_named(pattern: str, name: str) -> bool:
    """Whether a glob names a file below a folder; `*` stops at `/`."""
    return pattern.count("/") == name.count("/") and fnmatchcase(name, pattern)


def sealed(fields: Mapping[str, Any]) -> bytes:
    """The bytes of a manifest: the same for the same fields, and last the SHA-256 of what they are without it."""
    plain = {name: value for name, value in fields.items() if name != SEAL}
    text = json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False)
    seal = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return f'{text[:-2]},\n "{SEAL}": "{seal}"\n}}\n'.encode("utf-8", "surrogatepass")


def unsealed(data: bytes) -> dict[str, Any]:
    """The fields of a manifest; only the state where its bytes are not, to the last bit, what was written, or where it
    lists a file outside its folder, which no writer of ours does.
    """
    try:
        fields = json.loads(data)
        if isinstance(fields, dict) and not _OURS & fields.keys():
            return {"state": FOREIGN}
        sound = isinstance(fields, dict) and fields.get("format") == FORMAT and sealed(fields) == data
        sound = sound and all(_is_inside(file["name"]) for file in fields.get("files", ()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        sound = False
    return fields if sound else {"state": DAMAGED}


def _is_inside(name: str) -> bool:
    return not name.startswith("/") and ".." not in name.split("/")


def read_manifest(folder: str, storage: Storage = LOCAL) -> dict[str, Any] | None:
    """What the manifest of a folder says (see unsealed); None where there is none."""
    try:
        with storage.open(f"{folder}/{MANIFEST}") as file:
            return unsealed(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None


def write_manifest(folder: str, fields: Mapping[str, Any], storage: Storage = LOCAL) -> dict[str, Any]:
    """Write the manifest of a folder; its fields as they will be read."""
    data = sealed({"format": FORMAT, **fields})
    with create(f"{folder}/{MANIFEST}", storage) as file:
        file.write(data)
    return unsealed(data)
