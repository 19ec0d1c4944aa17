"""Claim: the whole chain costs at most 1.4 times the CPU time of its native parts run alone on the same text.

Parts: FastWARC reading, SHA-1 of every line, fastText's lid.176, SentencePiece, KenLM and the reference classifier,
each called in a bare loop on the text that its stage sees. The chain is the command's build of the real WET files,
several times over, in one process, less what starting up costs.
"""

from __future__ import annotations

import tempfile
from hashlib import sha1
from pathlib import Path

import pages as shared
import pyarrow.parquet as pq
from fastwarc.warc import ArchiveIterator

from corpus import models
from filters.web.fasttext_model import load, one_line, predict
from filters.web.perplexity import load_pair
from pipelines.demo import commoncrawl as demo


def build(inputs: list[str], output: Path, folder: Path, stop_after: str) -> float:
    """CPU seconds of a build in a process of its own."""
    settings = (
        f"perplexity_models={folder / 'lm'}", "buckets=head,middle,tail",
        f"reference_model={folder / 'reference.bin'}", "min_reference=0", "dedup_keep=first",
    )  # fmt: skip
    return shared.build_apart(inputs, output, stop_after, *settings).seconds


def texts(output: Path) -> list[str]:
    """The texts of a build."""
    return [
        text for path in sorted(output.glob("*/data/documents-*")) for text in pq.read_table(path)["text"].to_pylist()
    ]


def parts(files: list[Path], deduped: list[str], english: list[str], folder: Path) -> dict[str, float]:
    """CPU seconds of each native part alone."""
    language = load(str(models.find("lid.176")), ("en",))
    reference = load(str(folder / "reference.bin"), ("wiki",))
    pair = load_pair(str(folder / "lm"), "en")
    encoder = pair.pieces.encoder
    pages = [page.text.encode() for page in shared.pages(files[0].parent.parent)]
    joined = [" ".join(encoder.encode(text, out_type=str)) for text in english]
    one_lines = [one_line(text) for text in english]
    return {
        "read": shared.cpu_seconds(lambda: [r.reader.read() for f in files for r in ArchiveIterator(f.open("rb"))]),
        "hash": shared.cpu_seconds(lambda: [sha1(line).digest() for page in pages for line in page.split(b"\n")]),
        "language": shared.cpu_seconds(lambda: [predict(language, text.replace("\n", ""), 1) for text in deduped]),
        "pieces": shared.cpu_seconds(lambda: [encoder.encode(text, out_type=str) for text in english]),
        "n-grams": shared.cpu_seconds(lambda: [pair.ngrams.score(pieces) for pieces in joined]),
        "reference": shared.cpu_seconds(lambda: [predict(reference, text, 2) for text in one_lines]),
    }


def main() -> None:
    options = shared.arguments(__doc__ or "").parse_args()
    files = sorted((options.data / "commoncrawl").glob("*.warc.wet.gz"))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found = [page.text for page in shared.pages(options.data)]
        shared.language_model(found[::2], folder)
        shared.classifier(found[::2], folder)
        demo.write(folder / "demo")
        start = build([str(folder / "demo")], folder / "start", folder, "reference")
        inputs = [str(path) for path in files]
        build(inputs, folder / "language", folder, "line_dedup")
        chain = min(build(inputs, folder / f"chain-{n}", folder, "reference") for n in range(2)) - start
        alone = parts(files, texts(folder / "language"), texts(folder / "chain-0"), folder)
    megabytes = sum(len(text.encode()) for text in found) / 1e6
    by_stage = ", ".join(f"{name} {seconds:.2f}" for name, seconds in alone.items())
    print(f"{megabytes:.1f} MB of text; CPU seconds alone: {by_stage}; together {sum(alone.values()):.2f}")
    print(f"chain {chain:.2f} s after starting in {start:.1f} s: {megabytes / chain:.1f} MB/s", end="; ")
    print(f"{chain / sum(alone.values()):.2f} times its parts (claim: 1.4)")


if __name__ == "__main__":
    main()
