"""Claim: WET files to deduplicated English pages at 3 times the speed of cc_net itself or more, stage for stage.

Text: every real page of the WET files, whole, in each of some files, with the headers in the order in which cc_net
takes them. Lines are compared within a file on both sides, as RedPajama v1 ran cc_net, so that equal files are no
duplicates of each other. Both have the same lid.176.ftz and one process, no n-gram model; what starting up costs is
measured on one page and taken off; of some rounds the least counts. What both keep is compared, text by text.

Stages of cc_net are its own classes in a bare loop, each less what it needs before; the rest of the whole is reading
once more, writing and keeping its hashes. Ours are builds stopped after each stage, each less the one before, so that
writing is spread over them.

cc_net 1.0.0 runs unchanged in an environment of its own. Its metadata asks for KenLM from git, so pip is given the
unpacked source, and the dependencies by hand (getpy, a set of hashes that it calls slower than its own, is left out):

    python3.11 -m venv ccnet
    ccnet/bin/pip install 'setuptools<70' wheel pybind11 'numpy<2' 'pandas<3' beautifulsoup4 requests func_argparse \
        psutil sacremoses submitit typing_extensions sentencepiece
    ccnet/bin/pip install --no-build-isolation fasttext==0.9.3 kenlm
    ccnet/bin/pip install --no-build-isolation --no-deps ./cc_net-1.0.0
    PYTHONPATH=. .venv/bin/python benchmarks/web/ccnet.py --ccnet-python ccnet/bin/python
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

import pages as shared
import pyarrow.parquet as pq

from corpus import models
from corpus.document import Document

DUMP = "2017-51"
FILE = "CC-MAIN-{:05d}.warc.wet.gz"
HEADERS = (
    "WARC/1.0", "WARC-Type: conversion", "WARC-Target-URI: https://a.example/{name}", "WARC-Date: 2017-12-11T00:00:00Z",
    "WARC-Record-ID: <urn:uuid:{name}>", "WARC-Refers-To: <urn:uuid:{name}>", "WARC-Block-Digest: sha1:{name}",
    "Content-Type: text/plain", "Content-Length: {size}", "", "",
)  # fmt: skip
"""By position: cc_net takes the address from the third, the date from the fourth, the length from the ninth."""

THEIRS = ("read", "hash", "dedup", "language")
OURS = ("page", "line_dedup", "language")

MINE = """
import sys
from pathlib import Path
from cc_net import mine
mine.time.sleep = lambda _seconds: None  # 20 s between its passes
conf = mine.Config(
    dump=sys.argv[1], num_shards=int(sys.argv[2]), num_segments_per_shard=1, hash_in_mem=1, output_dir=Path("."),
    cache_dir=Path("wet"), execution="debug", mine_num_processes=1, lang_whitelist=["en"],
    pipeline=["dedup", "lid", "keep_lang", "pp_bucket", "split_by_lang"],
)
"""
"""cc_net's settings: its own pipeline without the n-gram model's steps. It finds its files in the working folder."""
WHOLE = MINE + "mine.mine(conf)"
STAGES = (
    MINE
    + """
from time import process_time
from cc_net.dedup import DuplicatesRemover, HashesCollector
from cc_net.split_by_lang import Classifier

def seconds(*steps):
    start = process_time()
    for shard in range(conf.num_shards):
        pages = conf.get_cc_shard(shard)
        for step in steps:
            pages = step(f"hashes/{conf.dump}/{shard:04d}.bin").__enter__().map(pages)
        for _page in pages:
            pass
    return process_time() - start

remove = lambda hashes: DuplicatesRemover("raw_content", [Path(hashes)])
name = lambda _hashes: Classifier(Path("bin/lid.bin"), "raw_content", "language", threshold=conf.lang_threshold)
read, hashed, removed = seconds(), seconds(lambda _: HashesCollector("raw_content")), seconds(remove)
print(read, hashed - read, removed - read, seconds(remove, name) - removed)
"""
)


def record(page: Document, name: str) -> bytes:
    """One page as a WET record of 2017."""
    block = f"{page.meta['title']}\n{page.text}\n".encode("utf-8", "replace")
    return "\r\n".join(HEADERS).format(name=name, size=len(block)).encode() + block + b"\r\n\r\n"


def lay_out(folder: Path, pages: list[Document], files: int) -> Path:
    """Write the WET files where cc_net looks for those it has fetched already; returns that folder."""
    dump = folder / "wet" / DUMP
    dump.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "lid.bin").symlink_to(models.find("lid.176"))
    for number in range(files):
        with (dump / FILE.format(number)).open("wb") as file:
            for at, page in enumerate(pages):
                file.write(gzip.compress(record(page, f"{number}/{at}"), 6, mtime=0))
    with gzip.open(dump / f"wet_{DUMP}.paths.gz", "wt") as listed:
        listed.writelines(f"{FILE.format(number)}\n" for number in range(files))
    return dump


def ours(dump: Path, output: Path, stop_after: str) -> float:
    """CPU seconds of a build."""
    return shared.build_apart([f"{dump}/*.wet.gz"], output, stop_after, "dedup_scope=shard").seconds


def our_texts(output: Path) -> dict[str, str]:
    """The texts that a build kept, by address."""
    tables = [pq.read_table(path, columns=["text", "url"]) for path in output.glob("*/data/documents-*")]
    rows = [row for table in tables for row in table.to_pylist()]
    return {row["url"]: row["text"] for row in rows}


def their_texts(folder: Path) -> dict[str, str]:
    """The texts that cc_net kept, by address."""
    found = {}
    for path in folder.glob(f"mined_split/{DUMP}/*/*.json.gz"):
        with gzip.open(path, "rt") as file:
            found.update({row["url"]: row["raw_content"] for row in map(json.loads, file)})
    return found


def compare(ours: dict[str, str], theirs: dict[str, str]) -> str:
    """What both kept, in words."""
    both = ours.keys() & theirs.keys()
    pairs = [(set(ours[url].split("\n")), set(theirs[url].split("\n"))) for url in both]
    share = sum(len(one & other) for one, other in pairs) / sum(len(one | other) for one, other in pairs)
    same = sum(ours[url] == theirs[url] for url in both)
    kept = f"documents kept: ours {len(ours)}, cc_net {len(theirs)}, both {len(both)}"
    return f"{kept}; of those {same} have the same text, and {share:.4%} of the lines are in both"


def their_whole(python: str, folder: Path, files: int) -> float:
    """CPU seconds of cc_net over the files of a folder."""
    for made in ("hashes", "mined_split", "logs"):
        shutil.rmtree(folder / made, ignore_errors=True)
    return shared.run_apart([python, "-c", WHOLE, DUMP, str(files)], folder).seconds


def their_stages(python: str, folder: Path, files: int) -> list[float]:
    """CPU seconds of the stages of cc_net, each alone, where it has been before."""
    printed = shared.run_apart([python, "-c", STAGES, DUMP, str(files)], folder).printed
    return [float(seconds) for seconds in printed.split()]


def arguments() -> argparse.Namespace:
    """What the command line says; ends where there is no cc_net."""
    parser = shared.arguments(__doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--ccnet-python", help="an interpreter that has cc_net: see above how to make one")
    parser.add_argument("--files", type=int, default=4, help="how many files each hold all pages (10 MB of text)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each is run; the least counts")
    options = parser.parse_args()
    if not options.ccnet_python:
        parser.error("give --ccnet-python, an interpreter that has cc_net; --help says how to make one")
    options.ccnet_python = os.path.abspath(options.ccnet_python)
    return options


def main() -> None:
    options = arguments()
    python, files, pages = options.ccnet_python, options.files, shared.pages(options.data)
    megabytes = sum(len(page.text.encode("utf-8", "replace")) for page in pages) * files / 1e6
    runs: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        one, full = Path(scratch) / "one", Path(scratch) / "full"
        empty, dump = lay_out(one, pages[:1], 1), lay_out(full, pages, files)
        for number in range(options.rounds):
            output = Path(scratch) / f"ours-{number}"
            for stage in OURS:
                seconds = ours(dump, output / stage, stage) - ours(empty, output / f"start-{stage}", stage)
                runs[f"ours {stage}"].append(seconds)
            runs["cc_net"].append(their_whole(python, full, files) - their_whole(python, one, 1))
            for stage, seconds in zip(THEIRS, their_stages(python, full, files), strict=True):
                runs[f"cc_net {stage}"].append(seconds)
        same = compare(our_texts(output / "language"), their_texts(full))
    least = {name: min(seconds) / megabytes * 1000 for name, seconds in runs.items()}
    tell(least)
    print(f"{megabytes:.0f} MB of text; {same}")
    print(
        f"cc_net {1000 / least['cc_net']:.2f} MB/s, ours {1000 / least['ours language']:.2f} MB/s: "
        f"{least['cc_net'] / least['ours language']:.2f} times (claim: 3)"
    )


def tell(least: dict[str, float]) -> None:
    """Print the stages of both."""
    parts = [least[f"cc_net {stage}"] for stage in THEIRS]
    rest = least["cc_net"] - parts[0] - sum(parts)
    by_stage = ", ".join(f"{stage} {cost:.0f}" for stage, cost in zip(THEIRS, parts, strict=True))
    print(f"CPU ms per MB: cc_net {least['cc_net']:.0f}: {by_stage}, and read again, write and the rest {rest:.0f}")
    ends = [least[f"ours {stage}"] for stage in OURS]
    costs = [end - before for end, before in zip(ends, [0.0, *ends], strict=False)]
    by_stage = ", ".join(f"{stage} {cost:.0f}" for stage, cost in zip(OURS, costs, strict=True))
    print(f"             ours {ends[-1]:.0f}: {by_stage}")


if __name__ == "__main__":
    main()
