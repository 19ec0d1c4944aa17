"""Faults at the requests of every command that writes: `python -m reliability.kills --trials 200 --seed 1`.

Compiles the library of faults, starts itself again with it, imports everything once, and forks for each run.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from reliability.kills.control import compiled, compiler

PRELOAD = "LD_PRELOAD"
WEIGHTS = {"kill": 4.0, "power cut": 4.0}
"""How often a fault is drawn; 1 for others."""


def main() -> int:
    options = _options()
    if compiler() is None:
        print("skipped: no C compiler (cc, gcc, clang), which the library of faults needs")
        return 77
    if PRELOAD not in os.environ:
        return _start_again()
    base = Path(os.environ[PRELOAD]).parent
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return _run(options, base)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m reliability.kills", description=__doc__)
    parser.add_argument("--trials", type=int, default=20, help="how many")
    parser.add_argument("--minutes", type=float, default=1e9, help="no trial begins after these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", nargs="+", default=[], help="commands whose names contain one of these words")
    parser.add_argument("--fault", nargs="+", default=[], help="faults of these names")
    parser.add_argument("--at", type=int, default=0, help="the request, instead of one drawn")
    parser.add_argument(
        "--record", metavar="SECTION", help="write this section of docs/RELIABILITY.md: kills or faults"
    )
    parser.add_argument(
        "--results", type=Path, help="trials are added to this file, a line of JSON each; --record counts all in it"
    )
    return parser.parse_args()


def _start_again() -> int:
    """Start this program with the library loaded; temporary files in memory where there is room for them."""
    memory = Path("/dev/shm")
    base = Path(tempfile.mkdtemp(prefix="kills-", dir=memory if memory.is_dir() else None))
    environment = {**os.environ, PRELOAD: str(compiled(base)), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    os.execve(sys.executable, [sys.executable, "-m", "reliability.kills", *sys.argv[1:]], environment)
    raise AssertionError


def warm_up(names: list[str]) -> None:
    """Import what commands import, and do once what a process does once, so that forks need not."""
    for module in ("pipelines.report.write", "pipelines.tokenize", "pipelines.training.lm", "pipelines.engine.build"):
        import_module(module)
    if any("model" in name or name == "mix" for name in names):
        import_module("model.torch.train")
    from corpus.manifest import code_digest, versions
    from pipelines.engine.build import freeze_heap

    code_digest()
    versions()
    freeze_heap()


def _run(options: argparse.Namespace, base: Path) -> int:
    from reliability import page
    from reliability.kills.commands import COMMANDS
    from reliability.kills.runs import Scene
    from reliability.kills.trial import FAULTS, Trial, Trials, said, table

    names = [name for name in COMMANDS if not options.command or any(word in name for word in options.command)]
    warm_up(names)
    faults = options.fault or list(FAULTS)
    draw, trials, done, until = (
        random.Random(options.seed),
        Trials(Scene(base)),
        [],
        time.monotonic() + 60 * options.minutes,
    )
    while len(done) < options.trials and time.monotonic() < until:
        (name,) = draw.choices(names, [COMMANDS[name].weight for name in names])
        (fault,) = draw.choices(faults, [WEIGHTS.get(fault, 1.0) for fault in faults])
        share, own = draw.random(), random.Random(draw.random())
        at = options.at or 1 + int(share * (trials.reference(name).requests + 1))
        trial = trials.run(name, fault, at, own)
        done.append(trial)
        if options.results:
            with options.results.open("a") as file:
                file.write(json.dumps(asdict(trial)) + "\n")
        if trial.problems:
            print(f"{trial.command}, {trial.fault} at {trial.at} of {trial.of} ({trial.request}): exit {trial.code}")
            print("".join(f"    {problem}\n" for problem in trial.problems), end="", flush=True)
    head, rows = table(done)
    for name, *counts in (head, *rows):
        print(f"{name:<20}", *(f"{count:>15}" for count in counts))
    if options.record:
        command = f"python -m reliability.kills --fault {' '.join(map(repr, faults))} --seed {options.seed}"
        before = [Trial(**json.loads(line)) for line in options.results.open()] if options.results else done
        page.record(options.record, command, *table(before), said(before), len(before))
    return 1 if any(trial.problems for trial in done) else 0


if __name__ == "__main__":
    sys.exit(main())
