"""Encoding speed on one core, in CPU time of one run: against sp.encode, and the tokenize stage against datatrove's.

encode: a fresh encoder (nothing remembered) over the texts once, against SentencePieceProcessor.encode.
stage: Parquet documents in, token shards out, start-up apart, against sp.encode and datatrove's DocumentTokenizer.
long: a document of 16 MB against the same text in 16 documents, and the peak memory of a process that encodes it.

python benchmarks/tokenizer/encode_speed.py [--data ../shared/data] [--mb 20]
"""

from __future__ import annotations

import argparse
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from real_texts import DATA, texts
from sentencepiece import SentencePieceProcessor

from corpus.document import Document
from corpus.writers import DocumentWriter
from tokenizer.encode import Encoder, load_encoder
from tokenizer.export import hugging_face
from tokenizer.train import train
from tokenizer.write_shards import rows_of, write_shards

SOURCES = ("arxiv", "c4", "commoncrawl", "github", "gutenberg", "stackexchange", "wikipedia")
LONG_BYTES = 16_000_000


def cpu_seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def least_cpu_seconds(begin: Callable[[], Callable[[], object]], rounds: int = 3) -> float:
    """The best of some rounds, each begun afresh: what other programs slow down is not what is asked."""
    return min(cpu_seconds(begin()) for _ in range(rounds))


def sample(data: Path, size: int) -> list[str]:
    """Real texts of all sources in equal parts, `size` characters in all."""
    rng, found = random.Random(0), []
    by_source: dict[str, list[str]] = {}
    for source, text in texts(data):
        by_source.setdefault(source, []).append(text)
    for source in SOURCES:
        mine, left = rng.sample(by_source[source], len(by_source[source])), size // len(SOURCES)
        for text in mine:
            readable = text.count("\ufffd") < len(text) / 100  # a picture inside a dump is no document
            if left > 0 and readable:
                found.append(text)
                left -= len(text)
    return rng.sample(found, len(found))


def write_parquet(path: Path, documents: list[str]) -> None:
    with path.open("wb") as file:
        writer = DocumentWriter(file, parquet=True)
        for number, text in enumerate(documents):
            writer.write(Document(f"c4:{number}", text, "c4"))
        writer.close()


def datatrove_stage(folder: Path) -> Callable[[], object]:
    """datatrove's Parquet reader and DocumentTokenizer over the same file, without its shuffle."""
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.tokens import DocumentTokenizer

    logging.disable(logging.CRITICAL)
    reader = ParquetReader(str(folder), glob_pattern="documents.parquet")
    tokenizer = DocumentTokenizer(
        str(folder / "datatrove"), tokenizer_name_or_path=str(folder / "hf/tokenizer.json"), eos_token="</s>",
        shuffle_documents=False, save_index=True,
    )  # fmt: skip
    tokenizer.tokenizer.encode_batch(["warm"])
    return lambda: tokenizer.run(reader.run(), 0, 1)


def encode_and_stage(model: bytes, documents: list[str], folder: Path) -> None:
    processor = SentencePieceProcessor(model_proto=model)
    processor.encode(documents[0])
    theirs = least_cpu_seconds(lambda: lambda: [processor.encode(text) for text in documents])

    def fresh() -> Encoder:
        encoder = Encoder(model)
        encoder._encode = type(encoder._encode)(encoder.model)  # the probes at load have taught it words
        return encoder

    def encoding(encoder: Encoder) -> Callable[[], object]:
        return lambda: [encoder.encode(text) for text in documents]

    known = fresh()
    tokens = sum(len(known.encode(text)) for text in documents)
    ours = least_cpu_seconds(lambda: encoding(fresh()))
    warm = least_cpu_seconds(lambda: encoding(known))
    print(
        f"sp.encode {tokens / theirs / 1e6:.2f} M tokens/s; ours cold {theirs / ours:.1f}x, warm {theirs / warm:.1f}x"
    )

    write_parquet(folder / "documents.parquet", documents)
    (folder / "tokenizer.model").write_bytes(model)

    def stage(encoder: Encoder) -> None:
        with (folder / "documents.parquet").open("rb") as file:
            write_shards(rows_of(file, "documents.parquet"), encoder, str(folder / "shards/tokens"))

    def staged() -> Callable[[], object]:
        encoder = fresh()
        return lambda: stage(encoder)

    mine = least_cpu_seconds(staged)
    print(f"tokenize stage {tokens / mine / 1e6:.2f} M tokens/s: {theirs / mine:.1f}x sp.encode", end="")
    hugging_face.export(folder / "tokenizer.model", folder / "hf")
    try:
        peer = least_cpu_seconds(lambda: datatrove_stage(folder))
    except ImportError as error:
        print(f"; datatrove absent ({error})")
        return
    print(f", {peer / mine:.1f}x datatrove's")


def long_text(kind: str, documents: list[str]) -> str:
    """16 MB of one kind of text."""
    prose = "\n".join(documents)
    text = {"prose": prose, "no spaces": "".join(prose.split()), "one character": "a"}[kind]
    return (text * (LONG_BYTES // len(text) + 1))[:LONG_BYTES]


def long_documents(model_path: Path, documents: list[str], folder: Path) -> None:
    for kind in ("prose", "no spaces", "one character"):
        text = long_text(kind, documents)
        part = len(text) // 16
        parts = [text[start : start + part] for start in range(0, part * 16, part)]
        whole_s, parts_s = [], []
        for _ in range(9):
            for work, found in ((parts, parts_s), ([text], whole_s)):
                encoder = load_encoder(model_path)
                found.append(cpu_seconds(lambda work=work, encoder=encoder: [encoder.encode(one) for one in work]))
        (folder / "long.txt").write_text(text)
        command = [sys.executable, __file__, "--peak", str(model_path), str(folder / "long.txt")]
        peak = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        ratio = min(whole_s) / min(parts_s)
        print(f"16 MB of {kind}: {min(whole_s):.2f} s, {ratio:.3f} of 16 documents of 1 MB; peak memory {peak} MB")


def print_peak(model: str, path: str) -> None:
    """The peak memory of a process that does nothing but encode one file."""
    load_encoder(model).encode(Path(path).read_text())
    status = Path("/proc/self/status").read_text()  # VmHWM: unlike ru_maxrss, without what the parent process held
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024 // 1_000_000)


def main() -> None:
    if sys.argv[1:2] == ["--peak"]:
        return print_peak(*sys.argv[2:4])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--mb", type=int, default=20)
    options = parser.parse_args()
    documents = sample(options.data, options.mb * 1_000_000)
    model = train(line for text in documents for line in text.split("\n") if line).model
    with tempfile.TemporaryDirectory() as name:
        encode_and_stage(model, documents, Path(name))
        long_documents(Path(name) / "tokenizer.model", documents, Path(name))


if __name__ == "__main__":
    main()
