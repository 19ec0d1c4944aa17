"""The assumptions behind docs/hacks.md that no other test holds, and whether each hack is still needed.

A test named `..._is_still_needed` fails when a library no longer has the fault that a hack goes round: then the hack
can be deleted, and its section of docs/hacks.md with it.
"""

from __future__ import annotations

import ast
import inspect
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import torch
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import worker_handlers
from conftest import ROOT
from guards.imports import read_modules
from torch.utils._python_dispatch import TorchDispatchMode

from corpus import models
from corpus.document import Document
from corpus.errors import CorpusError, RecordError
from corpus.readers.arxiv.project import LatexProject
from filters.arxiv.paper import expand_macros
from filters.web.fasttext_model import load
from filters.wikipedia.aside import take_aside
from model.config import Config
from model.torch.llama import Block, rope_table
from model.torch.parallel import recompute
from pipelines.engine.runner import pipeline_options, run_pipeline
from pipelines.sources.arxiv import RECIPE as ARXIV
from pipelines.training import kenlm_binary
from pipelines.training.fasttext import _CLEARED_MEMORY

HACKS = (ROOT / "docs" / "hacks.md").read_text("utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", HACKS, re.MULTILINE))
PARTS = ("Where", "Why", "Seen in", "Test", "Delete when")


def defined_names(tree: ast.Module) -> set[str]:
    """Private names that a module defines: functions, classes, variables, attributes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return {name for name in found if name.startswith("_")}


def foreign_names(tree: ast.Module, defined: set[str]) -> set[str]:
    """Private names that a module uses and that none of ours defines, and modules that are private or give C's own."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr not in defined:
            found.add(node.attr)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            found |= {word.value for word in node.args[1:2] if isinstance(word, ast.Constant)} - defined
        elif isinstance(node, ast.ImportFrom):
            found |= {name.name for name in node.names if name.name not in defined}
            if re.search(r"(^|\.)(_|internal\b)", node.module or "") and node.module not in ("_typeshed", "__future__"):
                found.add(f"/{node.module}")
        elif isinstance(node, ast.Import):
            found |= {f"/{name.name}" for name in node.names if name.name in ("ctypes", "_ctypes")}
    return {name.lstrip("/") for name in found if re.match(r"/|_(?!_)", str(name))}


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A program in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | environment, check=False
    )


@pytest.mark.parametrize("title", SECTIONS)
def test_each_hack_says_where_why_since_when_which_test_and_until_when(title: str) -> None:
    assert re.findall(r"^- \*\*(.+?)\*\*:", SECTIONS[title], re.MULTILINE) == list(PARTS)


def test_every_private_name_of_a_library_is_on_the_page() -> None:
    """Attributes with an underscore that no class of ours has, private modules, and calls past Python's own end."""
    named = {name for module in read_modules(ROOT).values() for name in foreign_names(module.tree, DEFINED)}
    assert len(named) > 8
    assert {name for name in named if name not in HACKS} == set()


DEFINED = {
    name for module in read_modules(ROOT).values() for name in defined_names(module.tree)
} | {"_replace", "_asdict", "_fields", "_make"}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import os\nos._exit(0)", {"_exit"}),
        ("from a._b import c", {"a._b"}),
        ("from a.internal.b import c", {"a.internal.b"}),
        ("from a import _b", {"_b"}),
        ("import ctypes", {"ctypes"}),
        ("getattr(a, '_b')", {"_b"}),
        ("class C:\n    def _own(self): self._x = 1\nC()._own(); C()._x; (1)._replace(); x.__name__", set()),
    ],
    ids=["an attribute", "a module", "an internal module", "a name", "ctypes", "by its name", "our own"],
)
def test_private_names_are_found(text: str, found: set[str]) -> None:
    tree = ast.parse(text)
    assert foreign_names(tree, defined_names(tree) | {"_replace"}) == found


@pytest.mark.parametrize("title", SECTIONS)
def test_the_files_and_tests_of_each_hack_are_there(title: str) -> None:
    named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", SECTIONS[title])
    assert any(path.startswith("tests/") and test for path, test in named)
    for path, test in named:
        assert not test or f"def {test}(" in (ROOT / path).read_text("utf-8"), (path, test)
        assert (ROOT / path).is_file(), path


def test_the_binding_below_fasttext_reads_one_line() -> None:
    model = load(str(models.find("lid.176")), ("en",))
    english = model.predict("This is a line of English.\n", 1, 0.0, "strict")
    assert model.predict("This is a line of English.\nDies ist deutscher Text.\n", 1, 0.0, "strict") == english


ALLOCATE_AGAIN = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
first = libc.malloc(100_000)
ctypes.memset(first, 0xAB, 100_000)
fence = libc.malloc(64)
libc.free(first)
again = libc.malloc(100_000)
assert first == again
print(sorted(set(ctypes.string_at(again, 100_000))))
"""


def test_malloc_clears_memory_that_was_used_before() -> None:
    cleared, used = run(ALLOCATE_AGAIN, **_CLEARED_MEMORY), run(ALLOCATE_AGAIN, MALLOC_PERTURB_="0")
    assert cleared.stdout == "[0]\n", cleared.stderr
    assert "171" in used.stdout  # 0xAB: without the variable the old bytes are there


def test_another_layout_of_kenlms_config_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kenlm_binary._DEFAULTS, kenlm_binary._PROBING_MULTIPLIER, 1.25)
    with pytest.raises(SystemExit, match="has another layout of Config"):
        kenlm_binary._convert(str(tmp_path / "en.arpa"), str(tmp_path / "en.arpa.bin"))


def test_sentencepieces_own_proto_module_still_asks_for_another_protobuf() -> None:
    done = run("import apache_beam\nimport sentencepiece.sentencepiece_model_pb2")
    assert "Runtime version cannot be older than the linked gencode version" in done.stderr


LEAVE = """
import atexit, threading
from pipelines.cli import leave
threading.Thread(target=threading.Event().wait, daemon=True).start()
atexit.register(print, "at exit")
print("out")
leave(3)
"""


def test_leaving_at_once_still_runs_what_waits_for_the_end_and_writes_what_is_buffered() -> None:
    done = run(LEAVE)
    assert (done.returncode, done.stdout) == (3, "out\nat exit\n"), done.stderr


def test_a_frozen_heap_is_left_alone_by_the_collector() -> None:
    program = "import gc; from pipelines.engine.build import freeze_heap; freeze_heap(); print(gc.get_freeze_count())"
    assert int(run(program).stdout) > 100_000


def test_no_logger_of_beam_has_a_level_of_its_own() -> None:
    ours = [name for name in logging.root.manager.loggerDict if name.startswith("apache_beam")]
    assert ours
    assert {logging.getLogger(name).level for name in ours} == {logging.NOTSET}


def test_beams_own_worker_handler_still_does_not_watch() -> None:
    assert "abort" not in inspect.getsource(worker_handlers.SubprocessSdkWorkerHandler)
    assert "abort" in inspect.getsource(worker_handlers.DockerSdkWorkerHandler)


def test_beams_local_runner_still_deals_all_at_once() -> None:
    from apache_beam.runners.portability.fn_api_runner import fn_runner

    assert "partition(self._num_workers)" in inspect.getsource(fn_runner.ParallelBundleManager)
    assert "worker_handlers[" in inspect.getsource(fn_runner.BundleManager.process_bundle)


def test_a_bundle_still_ends_with_a_look_of_beams_sampler() -> None:
    from apache_beam.runners.worker import statesampler

    assert statesampler.DEFAULT_SAMPLING_PERIOD_MS == 200
    assert statesampler.StateSampler.__init__.__defaults__ == (200,)
    program = """
import time
from apache_beam.runners.worker import statesampler
from apache_beam.utils.counters import CounterFactory
longest = 0
for _ in range(5):
    sampler = statesampler.StateSampler("", CounterFactory(), 2000)
    sampler.start()
    time.sleep(1)  # it looks more often at first
    before = time.monotonic()
    sampler.stop()
    longest = max(longest, time.monotonic() - before)
    if longest > 0.05:
        break
print(longest)
"""
    assert float(run(program).stdout) > 0.05  # of up to 2 s, by where between two looks it was stopped


def test_beams_default_runner_still_looks_for_prism() -> None:
    from apache_beam.runners.direct import direct_runner

    assert "PrismRunner" in Path(direct_runner.__file__).read_text("utf-8")
    assert pipeline_options([], 1).get_all_options()["runner"] == "FnApiRunner"


def fail(number: int) -> int:
    raise RecordError("3 or more", str(number), "there", "count again")


@pytest.mark.parametrize("mode", ["in_memory", "multi_processing"])
def test_the_error_of_a_worker_is_found_in_what_the_runner_says(mode: str) -> None:
    words = ["--runner=FnApiRunner", f"--direct_running_mode={mode}", "--direct_num_workers=2"]
    pipeline = beam.Pipeline(options=PipelineOptions(words))
    _ = pipeline | beam.Create([1, 2]) | beam.Reshuffle() | beam.Map(fail)
    with pytest.raises(CorpusError, match=r"there: expected 3 or more, got [12]; count again$"):
        run_pipeline(pipeline)


class Counted(TorchDispatchMode):
    """Counts products with weights, and attention, of the forward pass; those of the backward pass have other names."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = self.products = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.__name__
        self.attention += name.startswith("_scaled_dot_product") and "backward" not in name
        self.products += name == "mm.default"
        return func(*args, **(kwargs or {}))


def products_and_attention(what: str) -> tuple[int, int]:
    """How many of each a layer computes forward and backward."""
    config = Config(32, 2, 1, vocab_size=64, context=16)
    torch.manual_seed(0)
    layer = Block(config)
    recompute(layer, what)
    x = torch.randn(2, 16, 32, requires_grad=True)
    with Counted() as counted:
        layer(x, rope_table(0, 16, config, torch.device("cpu"))).sum().backward()
    return counted.products, counted.attention


def test_selective_recomputation_knows_the_names_of_torchs_operations() -> None:
    assert products_and_attention("selective") == products_and_attention("none") == (21, 1)
    assert products_and_attention("full") == (27, 2)  # the last product's output is not needed again


def test_marks_between_steps_are_not_taken_from_a_dump() -> None:
    marks = "".join(map(chr, range(5)))
    assert take_aside(f"a{marks}b") == ("ab", [])
    limits = {name: ARXIV[name].value for name in ("packages", "call_chars", "paper_chars", "paper_chars_per_char")}
    paper = Document("1", f"\\def\\x#1{{#1}}\\x{{a{marks[1]} b}}", "arxiv", payload=LatexProject({}))
    assert "\x01" not in expand_macros(paper, **limits).document.text


def test_filesystems_of_beam_say_whether_they_have_options() -> None:
    """A new process has none; what is set stays until it is set again, and what reads a file sets them once."""
    program = (
        "from apache_beam.io.filesystems import FileSystems as beams; from pipelines.engine import remote; "
        "first = beams._pipeline_options; remote.BEAM.stat('/none'); second = beams._pipeline_options; "
        "remote.connect(['--s3_endpoint_url=http://127.0.0.1:1']); remote.BEAM.stat('/none'); "
        "print(first, second is not None, beams._pipeline_options.get_all_options()['s3_endpoint_url'])"
    )
    ended = run(program)
    assert (ended.stdout.split(), ended.returncode) == (["None", "True", "http://127.0.0.1:1"], 0), ended.stderr
