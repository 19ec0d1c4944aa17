"""The way of one document from dump to token shard: which of the project's functions run, in which files and classes.

  python benchmarks/engine/trace_document.py --data ../shared/data [--calls]

Builds Stack Exchange from one small site and tokenizes the result, in this process, under sys.setprofile. What a worker
does is counted: all that runs inside RunPass.process (a shard of a dump to a file of documents) and EncodePiece.process
(a file of documents to token shards); planning, the graph, the ledger's end and the report are not. A file counts when
a function of it ran; a class when a method of it ran or an instance was an argument. The tokenizer is trained before,
without the profile. With --calls, the functions in the order of their first calls.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections.abc import Callable
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions  # noqa: F401  (Beam is imported before the profile)

from pipelines.command_line import run_line

ROOT = Path(__file__).resolve().parents[2]
OWN = ("corpus", "filters", "tokenizer", "pipelines")
WORKERS = ("RunPass.process", "EncodePiece.process")


class Trace:
    """The project's functions that ran inside one of WORKERS, in the order of their first calls, and their classes."""

    def __init__(self) -> None:
        self.functions: dict[str, None] = {}
        self.classes: dict[str, None] = {}
        self._depth = 0  # how many of WORKERS are on the stack; they are generators, called and left at each element

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if code.co_qualname in WORKERS and event in ("call", "return"):
            self._depth += 1 if event == "call" else -1
        if event == "call" and self._depth and code.co_flags & CO_OPTIMIZED and "<" not in code.co_qualname:
            path = Path(code.co_filename)
            if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in OWN:
                self.functions.setdefault(f"{path.relative_to(ROOT).as_posix()}:{code.co_qualname}")
                self._note_classes(frame)

    def _note_classes(self, frame: FrameType) -> None:
        for value in frame.f_locals.values():
            kind = value if isinstance(value, type) else type(value)
            if kind.__module__.split(".")[0] in OWN:
                self.classes.setdefault(f"{kind.__module__}.{kind.__qualname__}")

    def run(self, work: Callable[[], int]) -> None:
        """Do some work under this profile, in every thread that it starts."""
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            code = work()
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]
        if code:
            raise SystemExit(code)

    @property
    def files(self) -> list[str]:
        """The files whose functions ran, in order."""
        return list(dict.fromkeys(function.partition(":")[0] for function in self.functions))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--site", default="stackexchange/*.7z", help="the dump of one small site, below data")
    parser.add_argument("--calls", action="store_true", help="also list the functions")
    options = parser.parse_args()
    dump = min(options.data.glob(options.site), key=lambda path: path.stat().st_size)
    one_process = ["--", "--runner=FnApiRunner", "--direct_num_workers=1"]
    with tempfile.TemporaryDirectory() as scratch:
        built, shards, model = f"{scratch}/built", f"{scratch}/shards", f"{scratch}/tokenizer"
        build = ["build", "stackexchange", "--input", str(dump), "--output", built, *one_process]
        train = ["train", "tokenizer", "--input", built, "--output", model, "--set", "vocab_size=400"]
        tokenize = ["tokenize", "--input", built, "--tokenizer", f"{model}/tokenizer.model", "--output", shards]
        parts = {"build": Trace(), "tokenize": Trace()}
        parts["build"].run(lambda: run_line(build))
        run_line(train)
        parts["tokenize"].run(lambda: run_line([*tokenize, *one_process]))
    files = dict.fromkeys(path for trace in parts.values() for path in trace.files)
    classes = dict.fromkeys(name for trace in parts.values() for name in trace.classes)
    functions = dict.fromkeys(name for trace in parts.values() for name in trace.functions)
    print(f"{dump.name}: {len(files)} files, {len(classes)} classes, {len(functions)} functions")
    for name, trace in parts.items():
        print(f"{name}: {len(trace.files)} files, {len(trace.classes)} classes, {len(trace.functions)} functions")
        if options.calls:
            print(*(f"  {function}" for function in trace.functions), sep="\n")
            print(*(f"  class {name}" for name in trace.classes), sep="\n")


if __name__ == "__main__":
    main()
