"""Sentences, settings and documents that the tests of this package share; all text written here."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from corpus.document import Document
from corpus.recipe import Cited
from corpus.writers import DocumentWriter
from tokenizer.settings import RECIPE

SENTENCES = (
    "The river froze early that winter, and the mill stood still until March.",
    "A function that returns nothing should say so: def close(self) -> None:",
    "    if count >= 10:\n        return [0] * count  # ten zeros, no more",
    "In 1987 the bridge carried 4,500 carts a day; by 1990 it carried 61.",
    "L'été, les enfants de Besançon nageaient près du vieux moulin à eau.",
    "Im Frühling blühen die Kirschbäume überall, sogar hinter der Mühle.",
    "Весной река поднялась и затопила нижнюю дорогу у мельницы.",
    "冬の間、川は凍り、水車は三月まで止まっていた。",
    "Which answer is right? The second one, because it counts the empty case.",
    "| name | age |\n|---|---|\n| Ada | 36 |\n| Alan | 41 |",
    "\\begin{equation} E = mc^2 \\end{equation} follows from the lemma above.",
    "He said \"no\"... then, after a pause: 'perhaps'. (Nobody wrote it down.)",
)
VOCABULARY = 1000


def sentences(count: int, seed: int = 0) -> list[str]:
    """Sentences with their words shuffled, so that a vocabulary of some size can be learnt from them."""
    rng = random.Random(seed)
    found = []
    for _ in range(count):
        words = rng.choice(SENTENCES).split(" ")
        rng.shuffle(words)
        found.append(" ".join([*words, str(rng.randrange(10_000))]))
    return found


def settings(**changes: int | float | bool) -> dict[str, Cited]:
    """The recipe with some values changed."""
    return {**RECIPE, **{name: replace(RECIPE[name], value=value) for name, value in changes.items()}}


def write_documents(path: Path, texts: dict[str, str], **meta: str) -> Path:
    """A Parquet file of documents, id (`<source>:<name>`) -> text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = DocumentWriter(file, parquet=True)
        for name, text in texts.items():
            writer.write(Document(name, text, name.partition(":")[0], meta))
        writer.close()
    return path


ALPHABETS = (
    " \n\t\r",
    "aeiou nrst",
    "abcdefghijklmnopqrstuvwxyz ABC.,'",
    "0123456789 .,-",
    "{}[]()<>/\\|=+-*&^%$#@! \n    ",
    "éèüßñçøå œ",
    "весной река и",
    "冬の間川は凍り水車三月",
    "\u2581\u2581 a",
    "\0\x01\x7f\x85\u2028\u200b\ufeff\ufffd",
    "\U0001f600\U0001f1eb\U0001f1f7\u0301\u200d",
)


def fuzz(count: int, seed: int, pieces: tuple[str, ...]) -> list[str]:
    """Texts of mixed alphabets, pieces of the vocabulary, control names and long runs."""
    rng = random.Random(seed)
    names = [*pieces[:300], *rng.sample(pieces, 500), *SENTENCES]

    def part() -> str:
        kind = rng.randrange(4)
        if kind == 0:
            return rng.choice(names).replace("\u2581", rng.choice((" ", "\u2581")))
        if kind == 1:
            return rng.choice("".join(ALPHABETS)) * rng.randrange(1, 40)
        if kind == 2:
            return chr(
                rng.choice(
                    (rng.randrange(0x20, 0x3000), rng.randrange(0x3000, 0xD800), rng.randrange(0x10000, 0x1F700))
                )
            )
        return "".join(rng.choices(rng.choice(ALPHABETS), k=rng.randrange(1, 30)))

    return ["".join(part() for _ in range(rng.randrange(1, 8))) for _ in range(count)]
