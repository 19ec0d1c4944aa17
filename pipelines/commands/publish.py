"""make a folder to publish of finished builds: documents, data card, Croissant, licences, origin; and send it to a hub

corpus publish OUT --output PUBLISHED
corpus publish OUT TOKENS MIXTURE --output PUBLISHED --name 'My corpus'
corpus publish OUT --output PUBLISHED --to hf://datasets/OWNER/NAME

DIRs are builds, or folders of builds, token shards, a tokenizer and a mixture. Documents get a second name in the
folder (hard links) where the filesystem allows it, and are copied elsewhere. --to sends what the hub does not have yet,
with the token of $HF_TOKEN or of `hf auth login`; a new dataset is private. A stopped command continues when it is run
again.
"""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from corpus.amounts import of
from corpus.errors import UsageError
from corpus.stores.addresses import is_local
from corpus.visible import visible

if TYPE_CHECKING:
    from corpus.output.read import Output
    from pipelines.publish.hub_check import Repository


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "folders", nargs="+", metavar="DIR", help="builds, or folders with builds and what was made of them"
    )
    parser.add_argument("--output", required=True, metavar="FOLDER", help="the folder to publish, outside of every DIR")
    parser.add_argument(
        "--name", metavar="NAME", help="what the dataset is called; else NAME of --to, or FOLDER's name"
    )
    parser.add_argument("--to", metavar="ADDRESS", help="send it there: hf://datasets/OWNER/NAME")
    parser.add_argument("--dry-run", action="store_true", help="write the folder, say what would be sent, send nothing")


def run(options: argparse.Namespace) -> int:
    """Write the folder, and send it where --to says.

    Raises:
        UsageError: --dry-run without --to, or --to with a folder in a store.
    """
    from pipelines.publish.hub_check import repository

    to = repository(options.to) if options.to else None
    _refuse(options, to)  # before Beam is imported, which takes seconds
    output = _write(options, to)
    return _send(output, to, options.dry_run) if to else 0


def _write(options: argparse.Namespace, to: Repository | None) -> Output:
    """Write the folder and say what is in it."""
    from corpus.output.manifest import PUBLISHED
    from corpus.output.read import read_output
    from corpus.stores.addresses import storage_of
    from pipelines.publish.parts import parts_in
    from pipelines.publish.write import write_dataset

    output = options.output.rstrip("/") or "/"
    parts = parts_in(options.folders, output)
    name = visible(options.name or (to.name if to else os.path.basename(os.path.realpath(output))))
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    url, owner = (to.url, to.owner) if to else ("", "")
    manifest = write_dataset(parts, output, name, url, owner, day, partial(print, flush=True))
    files, size = len(manifest["files"]), sum(file["bytes"] for file in manifest["files"])
    print(f"{of(manifest['documents'], 'document')}, {of(files, 'file')}, {of(size, 'byte')} in {output}; "
          f"read {output}/README.md and {output}/LICENSE.md before you publish it", flush=True)  # fmt: skip
    return read_output(output, PUBLISHED, storage_of(output))


def _refuse(options: argparse.Namespace, to: Repository | None) -> None:
    """What cannot be meant, and what will be missing in the end, before anything is done."""
    from pipelines.publish.hub_check import require_hub, token_here

    if options.dry_run and not to:
        raise UsageError("--to with --dry-run", "none", "corpus publish", "say where it would be sent")
    if to and not is_local(options.output):
        raise UsageError("a folder of this machine with --to", options.output, "--output")
    if to and not options.dry_run:
        require_hub(to, token_here())


def _send(output: Output, to: Repository, dry_run: bool) -> int:
    """Send the folder, or say what would be sent."""
    from pipelines.publish.hub import files_to_send, upload
    from pipelines.publish.hub_check import token_here

    if dry_run:
        files, size = files_to_send(output)
        print(f"would send {of(files, 'file')}, {of(size, 'byte')}, to {to.url}, less what is there; nothing was sent")
        return 0
    sent = upload(output, to, token_here() or "", partial(print, flush=True))
    there = f"{of(sent.there, 'file')} {'was' if sent.there == 1 else 'were'} there"
    deleted = f"; {of(sent.deleted, 'old file')} deleted" if sent.deleted else ""
    print(f"sent {of(sent.files, 'file')}, {of(sent.bytes, 'byte')}; {there}{deleted}")
    print(to.url)
    return 0
