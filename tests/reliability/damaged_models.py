"""Damaged model files of every kind, loaded as the project does: `python -m reliability.damaged_models --each 70`.

Prints, for each file, how many were used, refused in words, raised an exception that no user should meet, or ended the
process that loaded them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from conftest import ROOT

from reliability import page
from reliability.damage import damaged
from reliability.models_of_every_kind import write_models

FILES = {
    "language/lid.176.ftz": "language",
    "reference/reference.bin": "reference",
    "packed/reference.bin": "reference",
    "arpa/en.arpa": "perplexity",
    "arpa/en.sp.model": "perplexity",
    "arpa/cutoff.csv": "perplexity",
    "binary/en.arpa.bin": "perplexity",
    "arpa/en.card.json": "card",
    "tokenizer/tokenizer.model": "tokenizer",
    "evaluated/tokenizer.model": "evaluated",
    "weights/model.safetensors": "weights",
    "weights/config.json": "weights",
}
"""Every kind of model file, and who loads it."""


class Users:
    """A process that loads models, started again where a model ended it."""

    def __init__(self, temporary: Path) -> None:
        path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self._environment = {**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary), "CUDA_VISIBLE_DEVICES": ""}
        self._process: subprocess.Popen[str] | None = None

    def __call__(self, kind: str, folder: Path) -> str:
        """What came of loading the models in a folder."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, str(ROOT / "tests" / "reliability" / "model_users.py")]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._process = subprocess.Popen(command, env=self._environment, text=True, **pipes)  # type: ignore[call-overload]
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{kind} {folder}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().rstrip("\n")
        return said or f"died: {self._process.wait()}"

    def close(self) -> None:
        if self._process and self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()


def mutated(sound_models: Path, file: str, number: int, into: Path) -> Path:
    """A folder of models of which one file is damaged."""
    folder = Path(shutil.copytree(sound_models / Path(file).parent, into / f"mutation-{number}"))
    name = Path(file).name
    for card in folder.glob("*card.json"):
        if card.name != name:
            card.unlink()
    (folder / name).write_bytes(damaged((folder / name).read_bytes(), number))
    return folder


def outcomes(users: Users, sound_models: Path, file: str, numbers: range, into: Path) -> dict[int, str]:
    """What came of each mutation of a file."""
    found = {}
    for number in numbers:
        folder = mutated(sound_models, file, number, into)
        found[number] = users(FILES[file], folder)
        shutil.rmtree(folder)
    return found


def faults(found: dict[int, str]) -> dict[int, str]:
    """The outcomes that no user should meet."""
    return {number: said for number, said in found.items() if not said.startswith(("used", "refused: "))}


ENDINGS = ("used", "refused", "raised", "died")


def main() -> int:
    parser = argparse.ArgumentParser("python -m reliability.damaged_models", description=__doc__)
    parser.add_argument("--each", type=int, default=70, help="mutations of each file")
    parser.add_argument("--minutes", type=float, default=1e9, help="no file begins after these")
    parser.add_argument("--record", action="store_true", help="write the page")
    options = parser.parse_args()
    until, rows, wrong = time.monotonic() + 60 * options.minutes, [], 0
    with tempfile.TemporaryDirectory() as folder:
        sound, work = Path(folder, "sound"), Path(folder, "work")
        for path in (sound, work, work / "tmp"):
            path.mkdir()
        write_models(sound)
        users = Users(work / "tmp")
        for file in FILES:
            if time.monotonic() > until:
                break
            found = outcomes(users, sound, file, range(options.each), work)
            counts = Counter(said.split(":")[0] for said in found.values())
            rows.append([file, len(found), *(counts[ending] for ending in ENDINGS)])
            print(*rows[-1], *faults(found).items(), sep="\t", flush=True)
            wrong += len(faults(found))
        users.close()
    if options.record:
        total = ["all", *(sum(row[at] for row in rows) for at in range(1, 6))]
        command = f"python -m reliability.damaged_models --each {options.each}"
        page.record("models", command, ("file", "mutations", *ENDINGS), [*rows, total], trials=int(total[1]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
