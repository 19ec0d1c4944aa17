"""Claims: no markup is left in the text of any real article (outside code and mathematics), and no article is empty.

The same articles through each way; what is set aside (math, pre, source, nowiki) is taken out of the wikitext first, as
it may hold any sign.
"""

from __future__ import annotations

from collections import Counter

from pages import SET_ASIDE, arguments, articles, ways

from filters.wikipedia.residue import KINDS, residue


def main() -> None:
    options = arguments(__doc__ or "")
    pages = [
        page._replace(wikitext=SET_ASIDE.sub("", page.wikitext))
        for page in articles(options.data / "wikipedia", options.every)
    ]
    print(f"{len(pages)} articles in {len({page.language for page in pages})} languages")
    print(f"{'':18} {'empty':>6} " + " ".join(f"{kind[:9]:>9}" for kind in KINDS))
    for name, way in ways().items():
        left: Counter[str] = Counter()
        empty = 0
        for page in pages:
            text = way(page)
            empty += not text.strip()
            left.update(residue(text))
        print(f"{name:18} {empty:6} " + " ".join(f"{left[kind]:9}" for kind in KINDS))


if __name__ == "__main__":
    main()
