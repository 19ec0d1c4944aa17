"""Outputs damaged in every way, and every command that reads them: the true result, or one line that refuses.

`python -m reliability.damaged_outputs` damages the outputs of `corpus demo`, and prints a table and every fault.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

import llama_corpus
from corpus.errors import CorpusError
from pipelines.cli import main
from reliability import page
from reliability.damage import damaged

REFUSED = "refused"
MADE_BY_READING = ("report.html",)
"""Files that lie beside outputs and are no one's input."""


class Result(NamedTuple):
    """What a reader came to: what it found, or REFUSED with what it said; fault: what it must not have done."""

    found: Any
    said: str = ""
    fault: str = ""


Reader = Callable[[Path, Path], Result]
"""Reads the outputs below the first folder, and may write to the second, which is new."""


def command(*words: str, leaves: str = "") -> Reader:
    """A command as a reader; {root}, {out} and {id} stand for its folders and for what ids.txt says.

    leaves: a folder or file of results below {out}.
    """

    def read(root: Path, out: Path) -> Result:
        said, errors = io.StringIO(), io.StringIO()
        named = (root / "ids.txt").read_text().strip()
        filled = [word.format(root=root, out=out, id=named) for word in words]
        with redirect_stdout(said), redirect_stderr(errors):
            code = main(filled)
        error = errors.getvalue()
        if code:
            return Result(REFUSED, error, _fault(code, error))
        return Result((_plain(said.getvalue(), root, out), digests(out / leaves) if leaves else {}))

    return read


def _fault(code: int, error: str) -> str:
    """Why a refusal is none: it is one line that begins so, and exits with 1 or 2."""
    if code not in (1, 2):
        return f"exit {code}"
    lines = error.splitlines()
    if len(lines) != 1 or not lines[0].startswith("corpus: "):
        return f"{len(lines)} lines: {error[-2000:]}"
    return ""


def _plain(said: str, root: Path, out: Path) -> str:
    return said.replace(str(out), "OUT").replace(str(root), "ROOT")


def from_python(read: Callable[[Path], Any]) -> Reader:
    """A function of the Python interface as a reader."""

    def reader(root: Path, out: Path) -> Result:
        try:
            return Result(read(root))
        except CorpusError as error:
            return Result(REFUSED, f"{error}\n")

    return reader


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by name; of manifests their mere presence, as they name paths."""
    files = [folder] if folder.is_file() else [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.name
        if path.name in ("manifest.json", "card.json") else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }  # fmt: skip


def documents_of(root: Path) -> Any:
    """All documents, columns and drops of all builds, by llama_corpus."""
    builds = [llama_corpus.open_build(path) for path in sorted(root.glob("documents/*")) if path.is_dir()]
    return [
        (build.source, list(build.documents()), list(build.dropped()), build.dataset().to_table().num_rows,
         build.ledger.to_json()) for build in builds
    ]  # fmt: skip


def tokens_of(root: Path) -> Any:
    """All tokens of all shards."""
    return [
        (one.source, one.locator, one.tokens.tolist()) for one in llama_corpus.TokenShards(root / "tokens").documents()
    ]


def batches_of(root: Path) -> Any:
    """The first batches of the mixture."""
    return [one.tolist() for one in islice(llama_corpus.batches(root / "mixture", rows=4, context=64, seed=1), 8)]


_TOKENS, _DOCUMENTS, _OUT = "{root}/tokens", "{root}/documents", ("--output", "{out}/x")
_WEIGHTS = ("--weights", "{root}/weights.json")
_MODEL = "{root}/tokenizer/tokenizer.model"
_REPORT = ("report", _DOCUMENTS, "--shards", _TOKENS, "--output", "{out}/r.html")
ONE = ("--", "--direct_num_workers=1")
QUICK: dict[str, Reader] = {
    "ledger": command("ledger", _DOCUMENTS),
    "report": command(*_REPORT, leaves="r.html"),
    "find": command("find", _DOCUMENTS, "{id}"),
    "find tokens": command("find", _TOKENS, "{id}"),
    "mix": command("mix", "--shards", _TOKENS, *_OUT, *_WEIGHTS, leaves="x"),
    "export megatron": command("export", "megatron", "--input", _TOKENS, *_OUT, leaves="x"),
    "export mds": command("export", "mds", "--input", _TOKENS, *_OUT, leaves="x"),
    "export litdata": command("export", "litdata", "--input", _TOKENS, *_OUT, leaves="x"),
    "export datatrove": command("export", "datatrove", "--input", _TOKENS, *_OUT, leaves="x"),
    "export nanogpt": command("export", "nanogpt", "--input", _TOKENS, *_OUT, leaves="x"),
    "export jsonl": command("export", "jsonl", "--input", _DOCUMENTS, *_OUT, leaves="x"),
    "export of a mixture": command(
        "export", "jsonl", "--mixture", "{root}/mixture", "--tokens", "9000", *_OUT, leaves="x"
    ),
    "export tokenizer": command("export", "tokenizer", "--input", _MODEL, *_OUT, leaves="x"),
    "remove": command("remove", "--shards", _TOKENS, "--ids", "{root}/ids.txt", *_OUT, leaves="x"),
    "documents": from_python(documents_of),
    "tokens": from_python(tokens_of),
    "batches": from_python(batches_of),
}
SLOW: dict[str, Reader] = {
    "tokenize": command("tokenize", "--input", _DOCUMENTS, "--tokenizer", _MODEL, *_OUT, *ONE, leaves="x"),
    "train tokenizer": command(
        "train", "tokenizer", "--input", _DOCUMENTS, *_OUT, "--set", "vocab_size=900", *_WEIGHTS, leaves="x"
    ),
}


class Damage(NamedTuple):
    """What was done: its kind, and the files it was done to."""

    kind: str
    names: tuple[str, ...]


class Outputs:
    """A folder of outputs that is damaged and put back; older: one that the same commands made of other dumps."""

    def __init__(self, root: Path, older: Path | None = None) -> None:
        self.root = root
        self.files = {name: (root / name).read_bytes() for name in self._names(root)}
        self.older = {name: (older / name).read_bytes() for name in self._names(older)} if older else {}

    @staticmethod
    def _names(root: Path) -> list[str]:
        below = [path for path in sorted(root.glob("*/**/*")) if path.is_file() and path.name not in MADE_BY_READING]
        names = [path.relative_to(root).as_posix() for path in below]
        return [name for name in names if not name.startswith("dumps/")]

    @contextmanager
    def damaged(self, number: int) -> Iterator[Damage]:
        """Damage of the kind and at the place that a number stands for, until the block ends."""
        draw = random.Random(number)
        kind = list(KINDS)[number % len(KINDS)]
        name = draw.choice(list(self.files))
        made = KINDS[kind](self, name, draw)
        try:
            for changed, data in made.items():
                self._write(changed, data)
            yield Damage(kind, tuple(made))
        finally:
            for changed in made:
                self._write(changed, self.files.get(changed))

    def _write(self, name: str, data: bytes | None) -> None:
        path = self.root / name
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def bit(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        data = bytearray(self.files[name])
        if data:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        return {name: bytes(data)}

    def bytes(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        return {name: damaged(self.files[name] or b"x", draw.randrange(1 << 20))}

    def cut(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        return {name: self.files[name][: draw.randrange(max(1, len(self.files[name])))]}

    def gone(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        return {name: None}

    def renamed(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        return {name: None, self._other_name(name, draw): self.files[name]}

    def copied(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        return {self._other_name(name, draw): self.files[name]}

    def swapped(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        alike = [other for other in self.files if Path(other).suffix == Path(name).suffix]
        other = draw.choice(alike)
        return {name: self.files[other], other: self.files[name]}

    def stale(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        """An older version of a file, as a backup that was put back by half leaves it."""
        known = sorted(self.older.keys() & self.files.keys())
        name = draw.choice(known) if known else name
        return {name: self.older.get(name, self.files[name][::-1])}

    def half(self, name: str, draw: random.Random) -> dict[str, bytes | None]:
        """A folder that was copied by half: the later of its files are not there."""
        folder = str(Path(name).parent)
        names = [other for other in self.files if str(Path(other).parent) == folder]
        return dict.fromkeys(names[draw.randrange(len(names)) :], None)

    @staticmethod
    def _other_name(name: str, draw: random.Random) -> str:
        path = Path(name)
        digits = [at for at, letter in enumerate(path.name) if letter.isdigit()]
        if digits and draw.random() < 0.7:
            at = draw.choice(digits)
            return str(path.with_name(path.name[:at] + str((int(path.name[at]) + 1) % 10) + path.name[at + 1 :]))
        return str(path.with_name(f"{path.stem}-copy{path.suffix}"))


KINDS: dict[str, Callable[[Outputs, str, random.Random], dict[str, bytes | None]]] = {
    name: getattr(Outputs, name)
    for name in ("bit", "bytes", "cut", "gone", "renamed", "copied", "swapped", "stale", "half")
}


def trial(
    outputs: Outputs, readers: dict[str, Reader], truths: dict[str, Result], number: int, scratch: Path
) -> Iterator[tuple[Damage, str, str]]:
    """(damage, reader, what came of it) of one damage: `true`, REFUSED, or a fault in some words."""
    with outputs.damaged(number) as damage:
        for name, reader in readers.items():
            result = attempt(reader, outputs.root, scratch)
            yield damage, name, verdict(result, truths[name])


def attempt(reader: Reader, root: Path, scratch: Path) -> Result:
    """What a reader comes to; what it raises is a fault."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        return reader(root, scratch)
    except Exception as error:
        return Result(REFUSED, "", f"raised {type(error).__name__}: {error}")


def verdict(result: Result, truth: Result) -> str:
    """`true` for the true result, REFUSED for a refusal in one line, else what is wrong."""
    if result.fault:
        return result.fault
    if result.found == REFUSED:
        return REFUSED
    return "true" if result.found == truth.found else "another result"


def run(
    outputs: Outputs, readers: dict[str, Reader], numbers: Iterable[int], scratch: Path, until: float = math.inf
) -> tuple[Counter[Any], list[str]]:
    """Trials of damage until a time: how many of each kind and reader came to what, and a line per fault."""
    truths = {name: attempt(reader, outputs.root, scratch) for name, reader in readers.items()}
    wrong = [f"{name} of sound outputs: {one.said}{one.fault}" for name, one in truths.items() if one.found == REFUSED]
    counts: Counter[Any] = Counter()
    for number in takewhile(lambda _: time.monotonic() < until, numbers):
        for damage, name, came in trial(outputs, readers, truths, number, scratch):
            counts[damage.kind, name, came if came in ("true", REFUSED) else "fault"] += 1
            if came not in ("true", REFUSED):
                wrong.append(f"trial {number}: {damage.kind} of {', '.join(damage.names)}: {name}: {came}")
    return counts, wrong


def table(counts: Counter[Any], at: int) -> list[list[object]]:
    """Rows of trials by kind of damage (at=0) or by reader (at=1): all, true, refused, fault."""
    rows: list[list[object]] = []
    for name in sorted({key[at] for key in counts}):
        row = [sum(n for key, n in counts.items() if (key[at], key[2]) == (name, came)) for came in CAME]
        rows.append([name, sum(row), *row])
    return rows


CAME = ("true", REFUSED, "fault")


def demo(folder: Path) -> Path:
    """The outputs of `corpus demo`, made where they are not there, with what the readers need beside them."""
    if not (folder / "mixture").exists():
        assert main(["demo", "--output", str(folder)]) == 0
    build = llama_corpus.open_build(folder / "documents" / "github")
    (folder / "ids.txt").write_text(f"{next(build.documents()).id}\n")
    sources = sorted(path.name for path in (folder / "tokens").iterdir() if path.is_dir())
    (folder / "weights.json").write_text(json.dumps(dict.fromkeys(sources, 1)))
    return folder


def main_of_suite() -> int:
    parser = argparse.ArgumentParser("python -m reliability.damaged_outputs", description=__doc__)
    parser.add_argument("--folder", type=Path, help="outputs of `corpus demo`; else they are made anew")
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--seed", type=int, default=0, help="the number of the first trial")
    parser.add_argument("--minutes", type=float, default=1e9, help="no trial begins after these")
    parser.add_argument("--record", action="store_true", help="write the page")
    options = parser.parse_args()
    until = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as temporary:
        outputs = Outputs(demo(options.folder or Path(temporary, "demo")))
        numbers = range(options.seed, options.seed + options.trials)
        counts, wrong = run(outputs, {**QUICK, **SLOW}, numbers, Path(temporary, "scratch"), until)
    rows = [*table(counts, 0), *table(counts, 1)]
    print(*("\t".join(map(str, row)) for row in rows), *wrong, sep="\n")
    if options.record:
        command = f"python -m reliability.damaged_outputs --trials {options.trials} --seed {options.seed}"
        said = f"{len(outputs.files)} files; each damage is read by all {len(QUICK) + len(SLOW)} readers."
        page.record("outputs", command, ("damage, or reader", "readings", *CAME), rows, said, sum(counts.values()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main_of_suite())
