"""LICENSE.md: the terms of each source in a dataset, with the addresses where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.publish.card_source import licence_counts, terms_section
from pipelines.publish.facts import Facts
from pipelines.publish.markdown import code, link, table, words

_HEAD = (
    "This dataset is a collection of texts of others. Each stands under the terms of its source, often of its own "
    "author; whoever published this folder claims no rights in them, and grants none. The summaries below are no "
    "advice of a lawyer: what counts stands at the addresses."
)


def licence_file(name: str, builds: Sequence[Facts]) -> str:
    """The text of LICENSE.md."""
    rows = [
        (
            code(f"data/{one.source}/"),
            ", ".join(link(each.name, each.url) for each in one.terms.licences) or "not recorded",
        )
        for one in builds
    ]
    sections = [
        "\n\n".join([
            f"## {one.source}", f"Published by {link(*one.terms.publisher)}.", terms_section(one.terms),
            *licence_counts(one),
        ])
        for one in builds
    ]  # fmt: skip
    parts = [f"# Terms of {words(name)}", _HEAD, table(("files", "terms"), rows), *sections]
    return "\n\n".join(parts) + "\n"
