"""Claim: of planted variants with a known overlap, every decision a percent from the limit or farther is right.

Into the real books, one at a time, a variant of one of them is put so that a known share of the words of the shorter
one is in the longer one: 85, 89, 91 or 95 %. New text comes from a book that is not on the shelf. Kinds:

    line edits      whole lines, scattered, are replaced
    block cuts      ten blocks are missing from the longer one, which continues with other text
    word noise      single words are replaced, each at least five words from the next
    random noise    single words are replaced wherever chance falls (known only from the reference)
    first half      the first half of the book, then other text
    two in one      the longer one holds the first part of the book, and the whole of another

The overlap is measured a second time, by the definition in plain Python on tuples of words. Last column: candidates
that datasketch's MinHashLSH finds (128 permutations, threshold 0.5) on the same hash sample.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from datasketch import MinHash, MinHashLSH
from shelf import VALUES, arguments, clean, near_drops, raw_books, sketched

from filters.overlap import find_words

LEVELS = (0.85, 0.89, 0.91, 0.95)
BOOKS, LONGEST_WORDS = 8, 130_000
STRANGER = "48022-a"  # off the shelf: new text comes from here
Words = list[str]


def line_edits(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    lines = [book[at : at + 10] for at in range(0, len(book), 10)]
    for at in chance.sample(range(len(lines)), round((1 - share) * len(lines))):
        lines[at] = take(fresh, len(lines[at]), chance)
    return [word for line in lines for word in line], book


def block_cuts(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    size, step = round((1 - share) * len(book) / 10), len(book) // 10
    left = [word for at, word in enumerate(book) if at % step >= size or at // step > 9]
    return book, left + take(fresh, len(book) // 2, chance)


def word_noise(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    noisy, changes = list(book), round((1 - share) * len(book))
    slack = sorted(chance.choices(range(len(book) - 6 * changes), k=changes))
    for nth, at in enumerate(slack):
        noisy[at + 6 * nth] = f"x{chance.random()}"
    return noisy, book


def random_noise(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    rate = {0.85: 0.09, 0.89: 0.07, 0.91: 0.06, 0.95: 0.037}[share]  # leaves about so much in runs of five words
    return [word if chance.random() > rate else f"x{chance.random()}" for word in book], book


def first_half(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    half = book[: len(book) // 2]
    return half + take(fresh, round(len(half) * (1 / share - 1)), chance), book


def two_in_one(book: Words, share: float, fresh: Words, chance: random.Random) -> tuple[Words, Words]:
    return book, book[: round(share * len(book))] + fresh[: len(book)]


KINDS: dict[str, Callable[[Words, float, Words, random.Random], tuple[Words, Words]]] = {
    "line edits": line_edits, "block cuts": block_cuts, "word noise": word_noise, "random noise": random_noise,
    "first half": first_half, "two in one": two_in_one,
}  # fmt: skip


def take(fresh: Words, count: int, chance: random.Random) -> Words:
    start = chance.randrange(max(1, len(fresh) - count))
    return fresh[start : start + count]


def reference(one: Words, other: Words, length: int) -> float:
    """The share of one's words that lie in `length` words in a row which other has too."""
    known = {tuple(other[at : at + length]) for at in range(len(other) - length + 1)}
    reached = covered = 0
    for at in range(len(one) - length + 1):
        if tuple(one[at : at + length]) in known:
            covered += at + length - max(reached, at)
            reached = at + length
    return covered / len(one)


def words_of(text: str) -> Words:
    units, words = text.encode("utf-16-le"), find_words(text.lower())
    return [units[2 * a : 2 * b].decode("utf-16-le").lower() for a, b in zip(words.starts, words.ends, strict=True)]


def is_minhash_candidate(one: str, other: str) -> bool:
    lsh, hashes = MinHashLSH(threshold=0.5, num_perm=128), []
    for text in (one, other):
        minhash = MinHash(num_perm=128)
        minhash.update_batch([h.tobytes() for h in sketched(0, text)[1].hashes])
        hashes.append(minhash)
    lsh.insert("other", hashes[1])
    return bool(lsh.query(hashes[0]))


def main() -> None:
    raw = raw_books(arguments(__doc__ or "").data)
    shelf = {name: clean(name, data) for name, data in raw.items()}
    fresh = words_of(shelf.pop(STRANGER))
    for match in near_drops(shelf):
        del shelf[match.dropped]
    known = {name: sketched(0, text) for name, text in shelf.items()}
    tested = [name for name, (words, _sketch) in known.items() if words < LONGEST_WORDS][:BOOKS]
    print(f"{len(shelf)} books on the shelf, variants of {len(tested)}: {', '.join(tested)}")
    print("kind          planted  reference  dropped  right  MinHash candidates")
    tally = Counter[tuple[bool, bool]]()
    for kind, plant in KINDS.items():
        for share in LEVELS:
            rows = [_row(shelf, known, name, plant, share, fresh) for name in tested]
            decided = [(truth > VALUES["overlap_share"], dropped) for truth, dropped, _candidate in rows]
            tally.update(decided)
            mean = sum(truth for truth, _dropped, _candidate in rows) / len(rows)
            counts = (sum(dropped for _truth, dropped in decided), sum(truth == dropped for truth, dropped in decided))
            seen = sum(candidate for *_row, candidate in rows)
            shown = " ".join(f"{count:6}/{len(rows)}" for count in (*counts, seen))
            print(f"{kind:13} {share:6.0%} {mean:10.2%} {shown}")
    hits, misses, false = tally[True, True], tally[True, False], tally[False, True]
    print(f"right {hits + tally[False, False]} of {tally.total()}; ", end="")
    print(f"recall {hits / (hits + misses):.3f}, precision {hits / (hits + false):.3f}")


def _row(
    shelf: dict[str, str], known: dict[str, tuple[int, object]], name: str, plant: Callable[..., tuple[Words, Words]],
    share: float, fresh: Words,
) -> tuple[float, bool, bool]:  # fmt: skip
    """The overlap by the reference, whether the source drops the questioned one, and whether MinHash sees the pair."""
    shorter, longer = plant(words_of(shelf[name]), share, fresh, random.Random(f"{name}{share}"))
    texts = {key: text for key, text in shelf.items() if key != name}
    one, other = " ".join(shorter), " ".join(longer)
    matches = near_drops({**texts, "a longer": other, "b shorter": one}, known)  # type: ignore[arg-type]
    dropped = {match.dropped for match in matches}
    if not dropped <= {"a longer", "b shorter"}:
        raise SystemExit(f"a false pair: {matches}")
    truth = reference(shorter, longer, VALUES["shingle_words"])
    return truth, bool(dropped), is_minhash_candidate(one, other)


if __name__ == "__main__":
    main()
