"""Ids against SentencePiece's own: on a million fuzz strings, on every real text, and from the exported tokenizer.

python benchmarks/tokenizer/exact_ids.py [--strings 1000000] [--data ../shared/data]
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from real_texts import DATA, texts
from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

from tokenizer.encode import Encoder
from tokenizer.export import hugging_face
from tokenizer.train import train

TRAINING_CHARS = 40_000_000
ALPHABETS = (
    " ", "\n\t\r ", "etaoinshrdlu ", "abcdefghijklmnopqrstuvwxyz", "ABC xyz.,;:!?'\"-", "0123456789.,- ",
    "{}[]()<>/\\|=+-*&^%$#@!~` ", "    \n        ", "áéíóúñçøåßœğşžčř", "оеаинтсрвлкм ", "αβγδεζηθ ",
    "的一是不了人我在有他", "のにはをたがで", "가나다라마바", "العربية ", "\u2581\u2581a",
    "\0\x01\x7f\x85\xa0\u2028\u200b\ufeff\ufffd",
    "\U0001f600\U0001f44d\U0001f1eb\U0001f1f7\u0301\u200d\ufe0f",
)  # fmt: skip


def fuzz(count: int, pieces: list[str], samples: list[str]) -> Iterable[str]:
    """Strings of alphabets, pieces of the vocabulary, control names, long runs, any characters, and cut real text."""
    rng = random.Random(0)
    common = "".join(ALPHABETS)
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(1, 6)):
            kind = rng.randrange(6)
            if kind == 0:
                parts += rng.choices(pieces, k=rng.randrange(1, 6))
            elif kind == 1:
                parts.append(rng.choice(common) * rng.randrange(1, 50))
            elif kind == 2:
                parts.append(chr(rng.choice((rng.randrange(0xD800), rng.randrange(0xE000, 0x110000)))))
            elif kind == 3:
                sample = rng.choice(samples)
                start = rng.randrange(len(sample))
                parts.append(sample[start : start + rng.randrange(1, 80)])
            elif kind == 4:
                parts.append(rng.choice(("<s>", "</s>", "<unk>", "<0x0A>", "<pad>", " ", "\u2581", "\n")))
            else:
                parts.append("".join(rng.choices(rng.choice(ALPHABETS), k=rng.randrange(1, 30))))
        yield "".join(parts)


def compare(encoder: Encoder, processor: SentencePieceProcessor, strings: Iterable[str]) -> tuple[int, int, list[str]]:
    """How many strings, how many of them with other ids, and the first of those."""
    count, different = 0, 0
    shown: list[str] = []
    for text in strings:
        count += 1
        if encoder.encode(text).tolist() != processor.encode(text):
            different += 1
            shown += [text[:200]] * (len(shown) < 5)
    return count, different, shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strings", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    real = list(texts(options.data))
    order = random.Random(0).sample(range(len(real)), len(real))
    lines, size = [], 0
    for number in order:
        lines += [line for line in real[number][1].split("\n") if line]
        size += len(real[number][1])
        if size > TRAINING_CHARS:
            break
    model = train(lines).model
    encoder, processor = Encoder(model), SentencePieceProcessor(model_proto=model)
    print(f"engine {encoder.engine}, {encoder.vocab_size} pieces")
    pieces = [piece.replace("\u2581", " ") for piece in encoder.model.pieces]
    samples = [text for _, text in random.Random(1).sample(real, min(len(real), 2000))]
    count, different, shown = compare(encoder, processor, fuzz(options.strings, pieces, samples))
    print(f"fuzz: {count:,} strings, {different} with other ids than SentencePiece", *map(ascii, shown))
    for source in sorted(Counter(source for source, _ in real)):
        mine = [text for one, text in real if one == source]
        count, different, shown = compare(encoder, processor, mine)
        print(f"{source}: {count:,} texts, {sum(map(len, mine)):,} chars, {different} different", *map(ascii, shown))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tokenizer.model").write_bytes(model)
        hugging_face.export(Path(folder) / "tokenizer.model", Path(folder) / "export")
        exported = Tokenizer.from_file(f"{folder}/export/tokenizer.json")
    exported.encode_special_tokens = True
    some = [*samples, *fuzz(20_000, pieces, samples)]
    wrong = [text for text in some if exported.encode(text, add_special_tokens=False).ids != processor.encode(text)]
    print(
        f"export: {len(some):,} texts, {len(wrong)} with other ids in Hugging Face tokenizers", *map(ascii, wrong[:5])
    )


if __name__ == "__main__":
    main()
