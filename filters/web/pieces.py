"""Text -> the SentencePiece pieces that its n-gram model reads."""

from __future__ import annotations

from collections.abc import Iterator

from sentencepiece import SentencePieceProcessor

from corpus.errors import ModelError
from corpus.recipe import cited

WORD_START = "\u2581"
_CUT_BYTES = cited(1 << 18, "SentencePiece needs 50 bytes of memory per character: 16 MB at once take 0.8 GB", "bytes")
_KIND_BITS, _CONTINUES = 0xC0, 0x80  # of a byte in UTF-8: the bits that tell its kind, and those within a character


class Pieces:
    """The pieces of a text, as SentencePiece gives them for the whole text.

    Words are not remembered: in Python a word takes as long to look up as SentencePiece takes to encode it.

    Differs: a text of more than 262,144 bytes is encoded in parts, cut at a space where there is one.
    """

    def __init__(self, path: str) -> None:
        self.encoder = load_encoder(path)

    def __call__(self, text: str) -> str:
        """The pieces of a text joined by spaces."""
        return b" ".join(self.of_stored(text.encode())).decode()

    def of_stored(self, text: bytes) -> list[bytes]:
        """The pieces of a text, all in UTF-8: as bytes they are made, joined and scored sooner than as strings."""
        if len(text) <= _CUT_BYTES.value:
            pieces: list[bytes] = self.encoder.encode(text, out_type=bytes)
            return pieces
        return [piece for part in _parts(text) for piece in self.encoder.encode(part, out_type=bytes)]

    def vocabulary(self, most: int) -> list[str]:
        """The first `most` pieces of the model, without control symbols."""
        numbers = range(min(most, self.encoder.get_piece_size()))
        plain = (n for n in numbers if not self.encoder.is_control(n) and not self.encoder.is_unknown(n))
        return [self.encoder.id_to_piece(number) for number in plain]


def _parts(text: bytes) -> Iterator[bytes]:
    """A text in parts of at most _CUT_BYTES, cut before the last space of each, else between two characters."""
    start = 0
    while len(text) - start > _CUT_BYTES.value:
        end = text.rfind(b" ", start + 1, start + _CUT_BYTES.value + 1)
        if end < 0:
            end = start + _CUT_BYTES.value
            while text[end] & _KIND_BITS == _CONTINUES:
                end -= 1
        yield text[start:end]
        start = end
    yield text[start:]


def load_encoder(path: str) -> SentencePieceProcessor:
    """The SentencePiece model of a file.

    Raises:
        ModelError: it is none, or one of its pieces spans two words, so that a text cannot be cut between them.
    """
    try:
        encoder = SentencePieceProcessor(model_file=path)
        pieces = [encoder.id_to_piece(number) for number in range(encoder.get_piece_size())]
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        raise ModelError("a SentencePiece model", str(error), path, "the file is damaged or of another kind") from None
    if spanning := next((piece for piece in pieces if WORD_START in piece[1:].lstrip(WORD_START)), ""):
        raise ModelError("pieces that stay within a word", repr(spanning), path, "train it with split_by_whitespace")
    if encoder.encode(" a  b ") != encoder.encode("a b"):
        raise ModelError("a model that ignores extra spaces", "one that keeps them", path)
    if encoder.encode("a\u00a0b\u3000c") != encoder.encode("a b c"):
        raise ModelError("a model that takes every white space for a space", "one that tells them apart", path)
    return encoder
