"""A published folder, written: what the outputs hold in its place, what describes it beside it, the manifest last."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from functools import partial
from typing import Any, BinaryIO

from corpus.amounts import of
from corpus.errors import InputError
from corpus.manifest import versions
from corpus.output.lineage import MADE_OF, origin
from corpus.output.manifest import PUBLISHED, SEAL, OutputFile
from corpus.output.read import Output
from corpus.output.write import Writing, writing
from corpus.stores.addresses import require_writable, storage_of
from pipelines.documents import LEDGER
from pipelines.publish.card import Dataset, card
from pipelines.publish.citation import citation_file
from pipelines.publish.croissant import croissant
from pipelines.publish.facts import gather
from pipelines.publish.front_matter import LICENCE_FILE
from pipelines.publish.licences import licence_file
from pipelines.publish.outputs import place_outputs
from pipelines.publish.parts import Parts
from pipelines.publish.place import place_file
from pipelines.publish.shareable import shareable

OWNS = (
    "README.md", LICENCE_FILE, "CITATION.cff", "croissant.json", "data/*/*", "provenance/*", "tokens/*/*",
    "tokenizer/*", "mixture/*",
)  # fmt: skip


def _untold(_line: str) -> None:
    """Where nobody hears."""


def write_dataset(
    parts: Parts, output: str, name: str, url: str, publisher: str, day: str, tell: Callable[[str], object] = _untold
) -> dict[str, Any]:
    """Write the folder; what its manifest says.

    Args:
        parts: what is published.
        output: the folder.
        name: what the dataset is called.
        url: its address; "" for none yet.
        publisher: who publishes it; "" for nobody named.
        day: today, as 2026-01-31.
        tell: hears a line for each build whose documents are in their place.

    Raises:
        InputError: a build has no document. UnsoundError: a file is not what was written.
        OutputError: another writer is at the folder, or it is another command's.
    """
    require_writable(output)
    for build in parts.builds:
        if not build.manifest["documents"]:
            raise InputError("a build with documents", "none", build.folder, "leave it out, or build it of more")
    with writing(output, PUBLISHED, OWNS, storage_of(output)) as out:
        builds = []
        for build in parts.builds:
            builds.append(facts := gather(build, partial(_place, out, build)))
            tell(f"{facts.source}: {of(facts.documents, 'document')}, {of(facts.bytes, 'byte')}")
        tokens = place_outputs(parts, out)
        for build in parts.builds:
            _write_provenance(build, out)
        dataset = Dataset(name, url, publisher, builds, tokens, day, _versions_here())
        texts = {
            "README.md": card(dataset),
            LICENCE_FILE: licence_file(name, builds),
            "CITATION.cff": citation_file(name, url, publisher, day),
            "croissant.json": croissant(dataset),
        }
        for file, text in texts.items():
            _write(file, text.encode("utf-8", "backslashreplace"), out)
        made_of = [origin(one.folder, one.manifest, output) for one in parts.all]
        return out.finish(**{MADE_OF: made_of}, name=name, documents=dataset.documents, versions=dataset.versions)


def _versions_here() -> dict[str, str]:
    """The versions of Python and of this project, which wrote the folder."""
    return {"python": platform.python_version(), **versions(["llama-corpus"])}


def _place(out: Writing, build: Output, file: OutputFile, opened: BinaryIO) -> None:
    name = f"data/{build.manifest['source']}/{file.name.rpartition('/')[2]}"
    place_file(out, name, build, file, opened)


def _write_provenance(build: Output, out: Writing) -> None:
    """The manifest of a build, less what tells of its machine, with the digest of the whole one; and its ledger."""
    source = build.manifest["source"]
    fields = {"sha256_of_manifest": build.manifest[SEAL], **shareable(build.manifest)}
    del fields[SEAL]
    text = json.dumps(fields, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    _write(f"provenance/{source}.json", text.encode("utf-8", "surrogatepass"), out)
    ledger = build.files[LEDGER]
    with build.open(ledger) as opened:
        place_file(out, f"provenance/{source}.ledger.parquet", build, ledger, opened)


def _write(name: str, data: bytes, out: Writing) -> None:
    with out.create(name) as file:
        file.write(data)
