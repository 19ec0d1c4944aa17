"""Claims on the real books: no word of licence or mark is left in any; the re-releases of a work are found, no others.

Prints, for every pair that the source drops, both coverages, and for licences what is left, beside the plainest way:
one regular expression between the START and END marks.
"""

from __future__ import annotations

import re

from shelf import arguments, clean, near_drops, raw_books

WORDS = (
    "project gutenberg", "gutenberg.org", "gutenberg.net", "pglaf", "pgdp", "small print", " etext", "\netext",
    "e-text", " ebook", "\nebook", "distributed proofread", "transcriber", "*** start", "***start", "*** end", "***end",
    "at no cost and with", "the use of anyone anywhere",
)  # fmt: skip
ONE_REGEX = re.compile(r"\*\*\* ?START OF.*?\*\*\*[^\n]*\n(.*)\*\*\* ?END OF", re.DOTALL)


def left(text: str) -> bool:
    lowered = text.lower()
    return any(word in lowered for word in WORDS)


def by_one_regex(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    found = ONE_REGEX.search(text)
    return found[1] if found else text


def main() -> None:
    raw = raw_books(arguments(__doc__ or "").data)
    texts = {name: clean(name, data) for name, data in raw.items()}
    cr_only = {name: data.replace(b"\r\n", b"\r") for name, data in raw.items()}
    print(f"{len(raw)} books; licence, mark, credit or note left in:")
    print(f"  this source                {sum(map(left, texts.values())):3}")
    print(f"  one regular expression     {sum(left(by_one_regex(data)) for data in raw.values()):3}")
    print(f"  this source, bare CR       {sum(left(clean(name, data)) for name, data in cr_only.items()):3}")
    print("\ndropped     kept        coverage  of the kept  words")
    for match in sorted(near_drops(texts)):
        shares = f"{match.coverage:8.4f}  {match.coverage_of_kept:11.4f}"
        print(f"{match.dropped:11} {match.kept:11} {shares}  {match.dropped_words} of {match.kept_words}")


if __name__ == "__main__":
    main()
