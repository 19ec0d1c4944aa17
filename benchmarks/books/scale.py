"""Claim: the cost of a book stays flat from 500 books to 5,000, and memory follows the hash sample, not the pairs.

Generated books of WORDS words (by Zipf and Mandelbrot, so that phrases are shared), every tenth a near copy of another.
Printed for each size: CPU microseconds a book to sketch, to pair, to group and decide (the best of ROUNDS); the pairs
that share a probe; the bytes of the sample. All pairs would grow a hundredfold from the first size to the last.
"""

from __future__ import annotations

import random
import time
from itertools import pairwise

from shelf import VALUES, sketched, written

from filters.near import DocumentRef, decide, find_pairs, group_candidates, join_sketches, likely

SIZES = (500, 1000, 2000, 5000)
WORDS = 3000
WARM, ROUNDS = 50, 3


def shelf(size: int) -> dict[str, str]:
    """Generated books by name; every tenth repeats the one before it with some words changed."""
    books: dict[str, str] = {}
    for number in range(size):
        if number % 10:
            books[f"{number:05d}"] = written(number, WORDS)
        else:
            chance, before = random.Random(number), books.get(f"{number - 1:05d}") or written(10**6, WORDS)
            changed = [word if chance.random() > 0.01 else f"x{chance.random()}" for word in before.split()]
            books[f"{number:05d}"] = " ".join(changed[:-5])
    return books


def spent(texts: dict[str, str]) -> tuple[list[float], str]:
    """CPU microseconds a book to sketch, pair and decide; and what there was of pairs, candidates, matches, sample."""
    ticks = [time.process_time()]
    made = [sketched(doc_index, text) for doc_index, text in enumerate(texts.values())]
    ticks.append(time.process_time())
    sketches = join_sketches(sketch for _words, sketch in made)
    pairs = find_pairs(sketches, VALUES["max_postings"])
    candidates = likely(pairs, VALUES["min_probe_share"])
    ticks.append(time.process_time())
    books = [DocumentRef(doc_index, name, made[doc_index][0]) for doc_index, name in enumerate(texts)]
    limits = VALUES["overlap_share"], VALUES["shingle_words"], VALUES["evidence_words"]
    groups = group_candidates(books, candidates)
    dropped = [match for group in groups for match in decide(group, lambda book: texts[book.id], *limits)]
    ticks.append(time.process_time())
    sample_bytes = sum(column.nbytes for column in sketches) / len(texts)
    counts = f"{len(pairs.hits):7} {len(candidates.hits):11} {len(dropped):8} {sample_bytes:18.0f}"
    return [1e6 * (after - before) / len(texts) for before, after in pairwise(ticks)], counts


def main() -> None:
    print("books   sketch   pair  decide  all us/book   pairs  candidates  dropped  sample bytes/book")
    spent(shelf(WARM))
    for size in SIZES:
        texts = shelf(size)
        rounds = [spent(texts) for _round in range(ROUNDS)]
        costs = [min(column) for column in zip(*(costs for costs, _counts in rounds), strict=True)]
        shown = f"{costs[0]:8.0f} {costs[1]:6.1f} {costs[2]:7.1f} {sum(costs):12.0f}"
        print(f"{size:5} {shown} {rounds[0][1]}")


if __name__ == "__main__":
    main()
