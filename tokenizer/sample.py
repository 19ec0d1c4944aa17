"""The tokenizer's training sample: documents drawn by the mixture, a pure function of the seed and their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from corpus.progress.steps import DOCUMENT
from corpus.progress.work import add

Open = Callable[[str], BinaryIO]
Drawn = Callable[[float, str], bool]


class Text(NamedTuple):
    """A document as the trainer sees it; language is empty where its source states none."""

    id: str
    source: str
    language: str
    text: str


def source_bytes(paths: Iterable[str], open_file: Open) -> dict[str, int]:
    """Bytes of text of each source, from the Parquet files' own footers and their column `source`."""
    sizes: dict[str, int] = {}
    for path in paths:
        with open_file(path) as file:
            parquet = pq.ParquetFile(file)
            text = parquet.schema_arrow.names.index("text")
            for group in range(parquet.num_row_groups):
                size = parquet.metadata.row_group(group).column(text).total_uncompressed_size
                rows = parquet.read_row_group(group, columns=["source"]).column("source").to_pylist()
                for source in set(rows):
                    sizes[source] = sizes.get(source, 0) + size * rows.count(source) // len(rows)
    return sizes


def sample_rates(found_bytes: Mapping[str, int], shares: Mapping[str, float], sample_bytes: int) -> dict[str, float]:
    """The share of each source's documents to draw, so that sample_bytes of text divide as shares say.

    A source with too little text is taken completely; the rates of the others are not raised to make up for it.
    """
    return {source: min(1.0, sample_bytes * shares[source] / size) for source, size in found_bytes.items() if size}


def draw(paths: Iterable[str], drawn: Drawn, seed: int, open_file: Open) -> Iterator[Text]:
    """The documents whose position (see position) and source satisfy drawn, in the order of the files.

    Reads ids first, and texts only of the row groups with a document drawn.
    """
    for path in paths:
        with open_file(path) as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):
                keys = parquet.read_row_group(group, columns=["id", "source"])
                pairs = zip(keys["id"].to_pylist(), keys["source"].to_pylist(), strict=True)
                keep = [drawn(position(seed, name), source) for name, source in pairs]
                add(len(keep), DOCUMENT)
                if any(keep):
                    table = parquet.read_row_group(group, columns=["id", "source", "language", "text"])
                    for row in table.filter(pa.array(keep)).to_pylist():
                        yield Text(row["id"], row["source"], row["language"] or "", row["text"])


def position(seed: int, name: str) -> float:
    """A hash of an id as a number in [0, 1), uniform over ids.

    A rate r draws the documents below r, so a larger sample contains every smaller one, and the card, which draws from
    the other end (above 1 - r), shares no document with training until both rates add up to more than 1.
    """
    return float(xxhash.xxh3_64_intdigest(name.encode(), seed=seed) / 2.0**64)


def lines(texts: Iterable[Text]) -> Iterator[str]:
    """The lines of texts, as the trainer takes them: none empty."""
    for text in texts:
        yield from filter(None, text.text.split("\n"))
