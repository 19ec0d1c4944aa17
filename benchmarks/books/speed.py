"""Claims: 30 MB a second on one core from the bytes of real books to the decision, and at least eight times datasketch.

The books as served, unpacked, in memory: decoded, cleaned by the source's steps, sketched, paired, and decided on exact
coverage. The peer in the same run gets the cleaned texts: Python sets of five words in a row into datasketch's MinHash
(128 permutations) and MinHashLSH, whose candidates it does not verify. CPU seconds of this one process, best of ROUNDS
for ours, one round of every fourth book for the peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from datasketch import MinHash, MinHashLSH
from shelf import arguments, clean, near_drops, raw_books, sketched

ROUNDS = 3
T = TypeVar("T")


def seconds(work: Callable[[], T]) -> tuple[float, T]:
    """CPU seconds of a piece of work, and what it gave."""
    start = time.process_time()
    done = work()
    return time.process_time() - start, done


def by_datasketch(texts: dict[str, str]) -> int:
    """How many books have a candidate in the index."""
    lsh, found = MinHashLSH(threshold=0.5, num_perm=128), 0
    for name, text in texts.items():
        words = text.lower().split()
        shingles = {" ".join(words[at : at + 5]) for at in range(len(words) - 4)}
        minhash = MinHash(num_perm=128)
        minhash.update_batch([shingle.encode() for shingle in shingles])
        found += bool(lsh.query(minhash))
        lsh.insert(name, minhash)
    return found


def main() -> None:
    raw = raw_books(arguments(__doc__ or "").data)
    megabytes = sum(map(len, raw.values())) / 1e6
    best = [float("inf")] * 3
    for _round in range(ROUNDS):
        cleaning, texts = seconds(lambda: {name: clean(name, data) for name, data in raw.items()})
        sketching, known = seconds(lambda: {name: sketched(0, text) for name, text in texts.items()})  # noqa: B023
        deciding, matches = seconds(lambda: near_drops(texts, known))  # noqa: B023
        best = [min(pair) for pair in zip(best, (cleaning, sketching, deciding), strict=True)]
    some = {name: texts[name] for name in sorted(texts)[::4]}
    peer, _found = seconds(lambda: by_datasketch(some))
    theirs = sum(len(text.encode()) for text in some.values()) / 1e6 / peer
    print(f"{len(raw)} books, {megabytes:.1f} MB, {len(matches)} dropped")
    for name, spent in zip(("bytes to clean text", "clean text to sketch", "sketches to decision"), best, strict=True):
        print(f"  {name:22} {megabytes / spent:7.1f} MB/s")
    print(f"  all of it              {megabytes / sum(best):7.1f} MB/s a core")
    print(f"  clean text to decision {megabytes / sum(best[1:]):7.1f} MB/s")
    print(f"datasketch, clean text to candidates {theirs:.2f} MB/s")
    alone, whole = (megabytes / spent / theirs for spent in (sum(best[1:]), sum(best)))
    print(f"ratio: {alone:.0f}x from the same texts, {whole:.0f}x with reading and cleaning")


if __name__ == "__main__":
    main()
