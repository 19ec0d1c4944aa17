"""Whether the time left that a command shows is true: each estimate of a run against its real end.

    python benchmarks/engine/progress.py [--data ../shared/data] [--megabytes 200] [CASE ...]
    python benchmarks/engine/progress.py --costs [SOURCE ...]
    python benchmarks/engine/progress.py --cpu CHECKOUT [--rounds 5]

Each case is a command, run with `--log json -v`; when it has ended, every estimate after the first fifth
is compared with the time that was left. Claim: four of five are within 25 % of it, or within 25 % of a tenth of
the run near its end, where a quarter of what is left is less than the clock of a line; and the one at the first fifth
itself is. `--costs` prints what pipelines/engine/step_costs.py states, from builds with one worker; `--cpu` compares
the CPU time of a build with that of an earlier checkout, in turns; claim: at most 1.02 times as much.

"""

from __future__ import annotations

import argparse
import bz2
import gzip
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import source_costs

from pipelines.packages import worker_environment

FIFTH, WITHIN, NEAR_END, CPU_CLAIM = 0.2, 0.25, 0.1, 1.02
ONE, TWO = ["--", "--direct_num_workers=1"], ["--", "--direct_num_workers=2"]


class Case(NamedTuple):
    """A command: its words, those after `--`, and the folders that it makes, which are deleted first."""

    name: str
    words: list[str]
    beam: list[str]


class Judged(NamedTuple):
    """The estimates of a run: seconds it took, relative error at the first fifth, worst after it, share within."""

    seconds: float
    looks: int
    at_fifth: float
    worst: float
    within: float


def run(case: Case) -> list[dict[str, Any]]:
    """The objects that a command printed."""
    words = [sys.executable, "-m", "pipelines", *case.words, "--log", "json", "-v", *case.beam]
    done = subprocess.run(words, env=os.environ | worker_environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{case.name}: {done.stderr[-600:]}")
    return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]


def judged(looks: list[dict[str, Any]]) -> Judged:
    """The estimates of a run against its end."""
    total = looks[-1]["elapsed_seconds"]
    errors = [
        (look["elapsed_seconds"], error(look["left_seconds"], total - look["elapsed_seconds"], total))
        for look in looks[:-1]
        if look["event"] == "progress" and look["elapsed_seconds"] >= FIFTH * total and look["left_seconds"] is not None
    ]
    if not errors:
        return Judged(total, 0, 0.0, 0.0, 1.0)
    worst = max((found for _at, found in errors), key=abs)
    within = sum(abs(found) <= WITHIN for _at, found in errors) / len(errors)
    return Judged(total, len(errors), errors[0][1], worst, within)


def error(said: float, left: float, total: float) -> float:
    """How far an estimate is off, relative to what was left, or to a tenth of the run where less was."""
    return (said - left) / max(left, NEAR_END * total)


def costs(looks: list[dict[str, Any]]) -> list[float]:
    """ns of a worker per input byte, of each pass and of what comes before it, from the steps at the end of a build."""
    steps = [step for step in looks[-1]["steps"] if step["name"] not in ("load", "plan", "add up", "finish", "report")]
    total = max(step.get("total", 0) for step in steps)
    return [round(step.get("busy", step.get("seconds", 0.0)) * 1e9 / total, 1) for step in steps]


def large(name: str, data: Path, dump: Path, megabytes: int) -> dict[str, str]:
    """A dump of a source, of about so many MB: its real dumps, and copies of them under other names."""
    settings = source_costs.DUMPS[name](data, dump)
    first = sorted(path for path in dump.rglob("*") if path.is_file())
    size, copy = sum(path.stat().st_size for path in first), 1
    while size * copy < megabytes * 1e6:
        for path in first:  # an empty stream at the end makes other files of them, as a file given twice is read once
            empty = bz2.compress(b"") * copy if path.suffix == ".bz2" else gzip.compress(b"", mtime=copy)
            path.with_name(f"{copy:03d}-{path.name}").write_bytes(path.read_bytes() + empty)
        copy += 1
    return settings


def one_file(data: Path, dump: Path, megabytes: int) -> None:
    """A dump of C4 that is one file of about so many MB, and so one shard."""
    source_costs.c4(data, dump)
    packed = b"".join(path.read_bytes() for path in sorted(dump.iterdir()))
    shutil.rmtree(dump)
    dump.mkdir()
    with open(dump / "c4-train.00000-of-01024.json.gz", "wb") as file:
        while file.tell() < megabytes * 1e6:
            file.write(packed)


def cases(options: argparse.Namespace, scratch: Path) -> list[Case]:
    """The commands to be looked at, in an order in which each finds what it reads."""
    data, megabytes, found = options.data, options.megabytes, list[Case]()
    for name in ("commoncrawl", "wikipedia", "books", "github", "c4"):
        if options.cases and not any(word in f"build {name}, one worker, two workers" for word in options.cases):
            continue
        dump = scratch / "dumps" / name
        dump.parent.mkdir(exist_ok=True)
        settings = large(name, data, dump, megabytes if name in ("commoncrawl", "c4") else megabytes // 4)
        more = ["--set", *(f"{key}={value}" for key, value in settings.items())] if settings else []
        for workers, beam in (("one", ONE), ("two", TWO)):
            words = ["build", name, "--input", str(dump), "--output", str(scratch / workers), *more]
            found.append(Case(f"build {name}, {workers} worker{'s' * (workers == 'two')}", words, beam))
    one_file(data, scratch / "dumps" / "large", megabytes)
    words = ["build", "c4", "--input", str(scratch / "dumps" / "large"), "--output", str(scratch / "large")]
    found.append(Case("build c4, one large file", words, TWO))
    documents, tokenizer = str(scratch / "two"), str(scratch / "tokenizer")
    tokens = str(scratch / "tokens")
    found.append(Case("train tokenizer", ["train", "tokenizer", "--input", documents, "--output", tokenizer,
                                          "--set", "vocab_size=8000"], []))  # fmt: skip
    found.append(Case("tokenize", ["tokenize", "--input", documents, "--tokenizer", f"{tokenizer}/tokenizer.model",
                                   "--output", tokens], TWO))  # fmt: skip
    found.append(Case("verify", ["verify", str(scratch)], []))
    found.append(Case("export megatron", ["export", "megatron", "--input", tokens,
                                          "--output", str(scratch / "megatron")], []))  # fmt: skip
    return [case for case in found if not options.cases or any(word in case.name for word in options.cases)]


def show_costs(options: argparse.Namespace) -> None:
    for name in options.cases or source_costs.DUMPS:
        with tempfile.TemporaryDirectory() as scratch:
            dump = Path(scratch, "dump")
            settings = large(name, options.data, dump, 12)
            more = ["--set", *(f"{key}={value}" for key, value in settings.items())] if settings else []
            words = ["build", name, "--input", str(dump), "--output", f"{scratch}/out", *more]
            found = costs(run(Case(name, words, ONE)))
        print(f'    "{name}": ({", ".join(map(str, found))}),', flush=True)


def cpu_seconds(root: Path, words: list[str]) -> float:
    """CPU seconds of a command, with all that it starts, of the code in a checkout."""
    environment = {**os.environ, **worker_environment(), "PYTHONPATH": str(root)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pipelines", *words]
    subprocess.run(command, env=environment, cwd=root, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare_cpu(options: argparse.Namespace) -> int:
    """The CPU time of builds by the code here and by an earlier checkout, in turns."""
    here, ratios = Path(__file__).resolve().parents[2], list[float]()
    with tempfile.TemporaryDirectory() as scratch:
        dump = Path(scratch, "dump")
        large("c4", options.data, dump, options.megabytes)
        for number in range(options.rounds):
            taken = {}
            for name, root in (("before", options.cpu.resolve()), ("now", here)):
                output = f"{scratch}/{name}-{number}"
                taken[name] = cpu_seconds(root, ["build", "c4", "--input", str(dump), "--output", output, *ONE])
                shutil.rmtree(output)
            ratios.append(taken["now"] / taken["before"])
            print(f"round {number + 1}: before {taken['before']:.2f} s, now {taken['now']:.2f} s", flush=True)
    found = statistics.median(ratios)
    print(f"median ratio {found:.3f} (from {min(ratios):.3f} to {max(ratios):.3f}); claim at most {CPU_CLAIM}")
    return int(found > CPU_CLAIM)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--megabytes", type=int, default=100, help="of the largest dump")
    parser.add_argument("--costs", action="store_true", help="print what the steps of each source cost")
    parser.add_argument("--cpu", type=Path, metavar="CHECKOUT", help="a folder with earlier code, to compare with")
    parser.add_argument("--rounds", type=int, default=5, help="of --cpu")
    parser.add_argument("--keep", type=Path, help="a folder for the traces of the runs")
    parser.add_argument("cases", nargs="*", help="else all")
    options = parser.parse_args()
    if options.costs:
        show_costs(options)
        return 0
    if options.cpu:
        return compare_cpu(options)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'command':<34} {'seconds':>8} {'looks':>6} {'at a fifth':>11} {'worst':>7} {'within 25 %':>12}")
        for case in cases(options, Path(folder)):
            looks = run(case)
            if options.keep:
                name = case.name.replace(" ", "-").replace(",", "")
                Path(options.keep, f"{name}.jsonl").write_text("".join(json.dumps(look) + "\n" for look in looks))
            found = judged(looks)
            missed += abs(found.at_fifth) > WITHIN
            print(f"{case.name:<34} {found.seconds:>8.1f} {found.looks:>6} {found.at_fifth:>+11.0%} "
                  f"{found.worst:>+7.0%} {found.within:>12.0%}", flush=True)  # fmt: skip
    print(f"{missed} missed at the first fifth")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
