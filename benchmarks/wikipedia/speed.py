"""Claim: wikitext becomes text at least 3 times as fast as mwparserfromhell.strip_code, and faster than wikiextractor;
the slowest real page takes less than a tenth of a second, hostile ones of 1 MB about a second at most.

CPU seconds of one process over the same real articles; ways are measured in turn, three rounds, the best of each.
"""

from __future__ import annotations

import time

from pages import Article, Way, arguments, articles, ours, ways

from corpus.errors import RecordError

ROUNDS = 3
HOSTILE = {
    "unclosed <ref>": "<ref>", "unclosed comments": "<!-- a\n", "external links": "[http://a b ",
    "quotes": "'''''a'' ", "one line of templates": "{{x}} ", "crossed": "[[a {{b ]] c}} ", "<table>": "<table>",
    "tables in a line": "x {| y |} ", "magic words": "__A", "variants": "-{a", "superscripts": "<sup>",
    "files": "[[File:a|",
    "entities": "&amp;&#91;", "headings": "== a ==\n", "list marks": ":*#;", "brackets": "({{x}}, ", "spaces": "  \t",
    "bold": "'''a ", "bold lines": "'''a ''b\n", "rules": "----\n", "commas": "{{x}} , ", "breaks": "<br> ",
    "tags": "<b><i>",
}  # fmt: skip


def seconds(way: Way, pages: list[Article]) -> tuple[float, float]:
    """CPU seconds for all pages, and for the slowest."""
    each = []
    for page in pages:
        start = time.process_time()
        way(page)
        each.append(time.process_time() - start)
    return sum(each), max(each)


def main() -> None:
    options = arguments(__doc__ or "")
    pages = articles(options.data / "wikipedia", options.every)
    size = sum(len(page.wikitext.encode()) for page in pages) / 1e6
    best: dict[str, tuple[float, float]] = {}
    for _ in range(ROUNDS):
        for name, way in ways().items():
            best[name] = min(best.get(name, (1e9, 0.0)), seconds(way, pages))
    print(f"{len(pages)} articles, {size:.1f} MB of wikitext")
    for name, (total, slowest) in best.items():
        ratio = total / best["llama-corpus"][0]
        print(f"{name:18} {size / total:6.1f} MB/s   takes {ratio:5.2f} times ours   slowest page {slowest:.3f} s")
    for name, unit in HOSTILE.items():
        page = Article("en", "A", unit * (1_000_000 // len(unit)))
        try:
            print(f"hostile: {name:22} {seconds(ours, [page])[0]:.3f} s")
        except RecordError as refused:
            print(f"hostile: {name:22} refused: {refused}")


if __name__ == "__main__":
    main()
