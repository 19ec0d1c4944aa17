"""A Beam build against a plain Python loop that calls the same functions on the same shards, in CPU time.

    python benchmarks/engine/build.py [--data ../shared/data] [--copies 24] [--rounds 3]

Floor: what the loop takes; claim: a build takes at most 1.15 times as much. The dumps are copied under other names
(other blob ids), so that nothing is smaller than it would be; documents and their number must come out equal.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
from py7zr import SevenZipFile

from corpus.document import Document, Outcome
from corpus.readers.base import InputSplit, Seen
from corpus.readers.github import read as github
from corpus.recipe import Value
from corpus.writers import DocumentWriter
from pipelines.engine.build import build
from pipelines.engine.dedup.keys import Dedup
from pipelines.engine.stages import bind, field_values, valued
from pipelines.sources import find_source

CLAIM = 1.15
ROW_BYTES = 8 << 20
ONE = ["--direct_num_workers=1"]


def cpu(work: Callable[[], int]) -> tuple[float, int]:
    """(CPU seconds of this process, what the work returned)."""
    start = time.process_time()
    made = work()
    return time.process_time() - start, made


def loop(name: str, shards: list[InputSplit], output: Path) -> int:
    """Read, step, compare and write, with nothing between: the number of documents."""
    source = find_source(name)
    values = {key: number.value for key, number in source.recipe.items()}
    stages = [stage for stage in source.stages if stage.enabled_by is None or values[stage.enabled_by.name]]
    steps = [bind(step, values) for stage in stages for step in stage.steps]
    keys = [keys_of(stage, values) for stage in stages if isinstance(stage, Dedup)]
    limits, kept, seen = valued(source.reader.limits, values), 0, set()
    for shard in shards:
        with open(output / f"{shard.number}.parquet", "wb") as file:
            writer = DocumentWriter(file, parquet=True)
            for document in stepped(source.reader.read(open_bytes, shard, Seen(), **limits), steps):
                found = {(number, key(document)) for number, key in enumerate(keys)}
                if seen.isdisjoint(found):
                    seen |= found
                    writer.write(document)
            writer.close()
            kept += writer.documents
    return kept


def keys_of(dedup: Dedup, values: dict[str, Value]) -> Callable[[Document], int]:
    """The key by which a dedup compares a document."""
    limits = valued(dedup.limits, values)
    return lambda document: int(dedup.keys(document.text, **field_values(document, dedup.fields), **limits)[0])


def stepped(outcomes: Iterator[Outcome], steps: list[Callable[[Document], Outcome]]) -> Iterator[Document]:
    for outcome in outcomes:
        for step in steps:
            if not outcome.kept:
                break
            outcome = step(outcome.document)
        if outcome.kept:
            yield outcome.document


def open_bytes(path: str):
    return open(path, "rb")


def copy_sites(data: Path, folder: Path, copies: int) -> list[Path]:
    """Every site's archive under `copies` names, each with a small file more: equal ones would be read once."""
    made = []
    for archive in sorted((data / "stackexchange").glob("*.7z")):
        for number in range(copies):
            made.append(folder / f"{number:02d}-{archive.name}")
            shutil.copy(archive, made[-1])
            with SevenZipFile(made[-1], "a") as copy:
                copy.writestr(str(number), "copy.txt")
    return made


def copy_export(data: Path, folder: Path, copies: int) -> None:
    """The export with `copies` times the blobs: each copy has other ids, and texts that differ in one line."""
    for table in ("contents", "files", "licenses"):
        found = sorted((data / "github").glob(f"{table}-*.json.gz"))
        rows = [orjson.loads(line) for path in found for line in gzip.decompress(path.read_bytes()).splitlines()]
        for number in range(copies if table != "licenses" else 1):
            with gzip.open(folder / f"{table}-{number:012d}.json.gz", "wb", 1) as file:
                for row in rows:
                    changed = (
                        {**row, "id": hashlib.sha1(f"{number}{row['id']}".encode()).hexdigest()} if "id" in row else row
                    )
                    if changed.get("content"):
                        changed["content"] += f"\n{number}\n"
                    file.write(orjson.dumps(changed) + b"\n")


def github_loop(dump: Path, output: Path) -> int:
    """The join of an export in one process: the same readers, and dictionaries between them."""
    licences: dict[str, str] = {}
    repo_files: dict[str, github.RepoFile] = {}
    permitted = find_source("github").recipe.licences.value
    for path in sorted(dump.glob("licenses-*")):
        shard = InputSplit(0, 1, str(path))
        licences |= dict(github.read_licences(open_bytes, shard, Seen(), print, row_bytes=ROW_BYTES))
    for path in sorted(dump.glob("files-*")):
        shard = InputSplit(0, 1, str(path))
        for blob, repo_file in github.read_repo_files(open_bytes, shard, Seen(), print, row_bytes=ROW_BYTES):
            repo_file = repo_file._replace(licence=licences.get(repo_file.repo, ""))
            known = repo_files.get(blob)
            if known is None or github.repo_file_rank(repo_file, permitted) < github.repo_file_rank(known, permitted):
                repo_files[blob] = repo_file
    shards = []
    for shard in shards_of(dump):
        wanted = github.blob_ids(open_bytes, shard, row_bytes=ROW_BYTES)
        shards.append(shard._replace(sidecar=str(output / f"repo_files-{shard.number}")))
        with open(shards[-1].sidecar, "wb") as file:
            github.write_repo_files(file, {blob: repo_files[blob] for blob in wanted if blob in repo_files})
    return loop("github", shards, output)


def shards_of(dump: Path) -> list[InputSplit]:
    found = sorted(dump.glob("contents-*"))
    return [InputSplit(at, len(found), str(path)) for at, path in enumerate(found)]


def measure(
    name: str, rounds: int, run_loop: Callable[[Path], int], run_beam: Callable[[Path], int], work: Path
) -> None:
    """Print the ratio of the two: the best of some rounds each, in turn, as another program may slow any down."""
    seconds: dict[str, list[float]] = {"loop": [], "Beam": []}
    documents = set()
    for at in range(rounds):
        for way, run in (("loop", run_loop), ("Beam", run_beam)):
            folder = work / f"{name}-{way}-{at}"
            folder.mkdir()
            spent, made = cpu(lambda run=run, folder=folder: run(folder))
            seconds[way].append(spent)
            documents.add(made)
    assert len(documents) == 1, f"{name}: the loop and Beam differ in documents: {documents}"
    plain, beam = min(seconds["loop"]), min(seconds["Beam"])
    print(f"{name}: loop {plain:.1f} s, Beam {beam:.1f} s CPU, ratio {beam / plain:.2f}, claim at most {CLAIM}")


def built(name: str, dump: Path, output: Path, **settings: str) -> int:
    """The number of documents of a build in this process."""
    made: int = build(find_source(name), [str(dump)], str(output), settings=settings, beam_arguments=ONE).manifest[
        "documents"
    ]
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("--copies", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sites, export = work / "sites", work / "export"
        sites.mkdir()
        export.mkdir()
        archives = copy_sites(options.data, sites, options.copies)
        copy_export(options.data, export, options.copies)
        build(find_source("stackexchange"), [str(archives[0])], str(work / "warm"), beam_arguments=ONE)
        shards = [InputSplit(at, len(archives), str(path)) for at, path in enumerate(archives)]
        many = {"sites": str(len(archives))}
        measure(
            "stackexchange",
            options.rounds,
            lambda out: loop("stackexchange", shards, out),
            lambda out: build(
                find_source("stackexchange"), [str(sites)], str(out), settings=many, beam_arguments=ONE
            ).manifest["documents"],
            work,
        )
        measure(
            "github",
            options.rounds,
            lambda out: github_loop(export, out),
            lambda out: built("github", export, out),
            work,
        )


if __name__ == "__main__":
    main()
