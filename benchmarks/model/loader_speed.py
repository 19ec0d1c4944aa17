"""Training batches from page cache: tokens a CPU second, one process, context 2048, against the loaders of peers.

All read the same made-up tokens (200 M, seven sources by Table 1's shares); ours mixes, shuffles and checks checksums
meanwhile. Peers that are not installed are left out: datatrove, litdata, mosaicml-streaming; nanoGPT's way (a memory
map, random offsets, x and y stacked as int64 tensors) needs torch alone.

Then: the first batch of 100 GB of (sparse) shards, in a process of its own, and memory over 100,000 batches.

python benchmarks/model/loader_speed.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import numpy as np

import model.data.batches
from corpus.mixture import table_shares
from corpus.output.manifest import TOKENS as TOKENS_KIND
from corpus.output.manifest import OutputFile
from corpus.output.write import Writing, finish, writing
from corpus.storage import NewFile, measure
from tokenizer.mixture import mix
from tokenizer.shards import BLOCK_BYTES, ShardInfo
from tokenizer.write_shards import Encoded, write_encoded

TOKENS, CONTEXT, ROWS = 200_000_000, 2048, 64
FRAME = ShardInfo("", "", 0, 0, "uint16", 0, 0, 32_000, 1, 2, "model", "recipe", 0, 0)
SECONDS = 4.0


def documents(source: str, tokens: int) -> Iterator[Encoded]:
    """Documents of random ids, 50 to 2000 long, BOS and EOS with them."""
    rng = np.random.default_rng(len(source))
    while tokens > 0:
        ids = rng.integers(3, 32_000, int(rng.integers(50, 2000))).astype("<u2")
        ids[0], ids[-1] = 1, 2
        tokens -= len(ids)
        yield Encoded(tokens & 0xFFFFFFFF, source, f"{source}#{tokens}", ids)


def write_mixture(folder: Path) -> None:
    for source, share in table_shares().items():
        with writing(str(folder / source), TOKENS_KIND, ["tokens-*"]) as out:

            def create(path: str, out: Writing = out) -> AbstractContextManager[NewFile]:
                return out.create(os.path.basename(path))

            write_encoded(documents(source, int(TOKENS * share)), FRAME, "tokens-00000-of-00001", 64_000_000, create)
            out.finish()
    mix([str(folder)], str(folder), table_shares())


def rate(batch: Callable[[int], object], rows: int = ROWS) -> float:
    """Million tokens a CPU second: batches 0, 1, 2, ... for some seconds, after a first one."""
    batch(0)
    k, start = 0, time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        for _ in range(20):
            k += 1
            batch(k)
    return k * rows * CONTEXT / spent / 1e6


def ours(folder: Path) -> dict[str, float]:
    found = {}
    for dtype in ("int32", "int64"):
        batches = model.data.batches.open(folder, seed=0, rows=ROWS, context=CONTEXT, dtype=dtype)
        found[f"ours, {dtype}"] = rate(batches.batch)
        found[f"ours, {dtype}, with document boundaries"] = rate(lambda k, b=batches: b.segments(b.batch(k)))
    return found


def nanogpt(flat: Path) -> float:
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)

    def batch(_: int) -> object:
        data = np.memmap(flat, dtype=np.uint16, mode="r")
        at = rng.integers(0, len(data) - CONTEXT, ROWS).tolist()
        x = torch.stack([torch.from_numpy(data[i : i + CONTEXT].astype(np.int64)) for i in at])
        y = torch.stack([torch.from_numpy(data[i + 1 : i + 1 + CONTEXT].astype(np.int64)) for i in at])
        return x, y

    return rate(batch)


def datatrove(flat: Path) -> float:
    from datatrove.utils.dataset import DatatroveFileDataset

    dataset = DatatroveFileDataset(str(flat), seq_len=CONTEXT, token_size=2)
    order = np.random.default_rng(0).permutation(len(dataset)).tolist()
    return rate(lambda k: [dataset[order[(k * ROWS + row) % len(order)]]["input_ids"] for row in range(ROWS)])


def streaming(flat: Path, folder: Path) -> float:
    import streaming as mosaic

    data = np.memmap(flat, dtype=np.uint16, mode="r")
    windows = 20_000
    with mosaic.MDSWriter(columns={"tokens": f"ndarray:uint16:{CONTEXT + 1}"}, out=str(folder)) as writer:
        for row in range(windows):
            writer.write({"tokens": np.array(data[row * CONTEXT : row * CONTEXT + CONTEXT + 1])})
    dataset = mosaic.LocalDataset(local=str(folder))
    order = np.random.default_rng(0).permutation(windows).tolist()

    def batch(k: int) -> object:
        return np.stack([dataset[order[(k * ROWS + row) % windows]]["tokens"] for row in range(ROWS)]).astype(np.int64)

    return rate(batch)


def litdata(flat: Path, folder: Path) -> float:
    import torch
    from litdata import StreamingDataset, TokensLoader
    from litdata.streaming import Cache

    torch.set_num_threads(1)
    data = np.memmap(flat, dtype=np.uint16, mode="r")
    cache = Cache(str(folder), chunk_bytes="64MB", item_loader=TokensLoader(CONTEXT + 1))
    for number in range(200):
        cache[number] = torch.from_numpy(data[number * 200_000 : (number + 1) * 200_000].astype(np.int32))
    cache.done()
    cache.merge()
    dataset = StreamingDataset(str(folder), item_loader=TokensLoader(CONTEXT + 1), shuffle=True, drop_last=True)
    rows = (row.to(torch.int64) for _ in count() for row in dataset)
    for _ in range(len(dataset)):  # its first pass sets up what later ones use
        next(rows)
    return rate(lambda _: [next(rows) for _ in range(ROWS)])


def print_first_batch(folder: str) -> None:
    """Seconds from opening the mixture to its first batch, in this process."""
    start = time.perf_counter()
    model.data.batches.open(folder, seed=0, rows=ROWS, context=CONTEXT).batch(0)
    print(f"{time.perf_counter() - start:.3f}")


def listing(path: Path) -> OutputFile:
    """A file as a manifest lists it; of sparse ones without a digest, which nobody compares who draws batches."""
    if path.suffix == ".tokens":
        return OutputFile(path.name, path.stat().st_size, "")
    with path.open("rb") as file:
        return OutputFile(path.name, *measure(file))


def write_sparse(folder: Path, size: int) -> None:
    """Shards of zeros that take no room on disk: 256 MB each."""
    shard = 256_000_000
    blocks = np.full(-(-shard // BLOCK_BYTES), zlib.crc32(bytes(BLOCK_BYTES)), "<u4")
    blocks[-1] = zlib.crc32(bytes(shard % BLOCK_BYTES or BLOCK_BYTES))
    for source, share in table_shares().items():
        (folder / source).mkdir(parents=True)
        listed = []
        for number in range(max(1, round(size * share / shard))):
            path = folder / source / f"tokens-{number:05d}-000"
            info = FRAME._replace(name=path.name, source=source, parts=1, tokens=shard // 2)
            path.with_suffix(".crc32").write_bytes(blocks.tobytes())
            path.with_suffix(".json").write_bytes(info._replace(blocks_crc32=zlib.crc32(blocks)).to_json())
            with path.with_suffix(".tokens").open("wb") as file:
                file.truncate(shard)
            listed += [path.with_suffix(suffix) for suffix in (".crc32", ".json", ".tokens")]
        finish(str(folder / source), TOKENS_KIND, [listing(path) for path in listed], {})
    mix([str(folder)], str(folder), table_shares())


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def memory_over(folder: Path, last: int) -> tuple[float, float]:
    """Resident megabytes after a tenth of `last` batches and after all."""
    batches = model.data.batches.open(folder, seed=0, rows=8, context=CONTEXT)
    for k in range(last):
        batches.batch(k)
        if k == last // 10:
            early = resident_mb()
    return early, resident_mb()


def main() -> None:
    if sys.argv[1:2] == ["--first"]:
        return print_first_batch(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mixture(folder / "shards")
        flat = folder / "flat.bin"
        with flat.open("wb") as file:
            for path in sorted((folder / "shards").rglob("*.tokens")):
                file.write(path.read_bytes())
        found = ours(folder / "shards")
        peers: dict[str, Callable[[], float]] = {
            "nanoGPT's way, x and y int64": lambda: nanogpt(flat),
            "datatrove, int64 rows": lambda: datatrove(flat),
            "litdata, int64 rows": lambda: litdata(flat, folder / "litdata"),
            "mosaicml-streaming, int64 batches": lambda: streaming(flat, folder / "mds"),
        }
        for peer, measure in peers.items():
            try:
                found[peer] = measure()
            except ImportError as error:
                print(f"{peer}: not installed ({error})")
        for loader, tokens in found.items():
            print(f"{loader:<45} {tokens:8.1f} M tokens/s; ours, int64, is {found['ours, int64'] / tokens:5.2f}x that")
        early, late = memory_over(folder / "shards", 100_000)
        print(f"resident memory after 10,000 batches {early:.1f} MB, after 100,000 {late:.1f} MB")
        write_sparse(folder / "sparse", 100_000_000_000)
        shards = len(json.loads((folder / "sparse/mixture.json").read_text())["sources"]["commoncrawl"]["shards"])
        command = [sys.executable, __file__, "--first", str(folder / "sparse")]
        first = [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(3)]
        print(f"first batch of 100 GB ({shards} shards of commoncrawl): {min(first):.3f} s, imports apart")


if __name__ == "__main__":
    main()
