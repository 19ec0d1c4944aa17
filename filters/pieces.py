"""Text -> the string of its SentencePiece pieces, by remembering words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from sentencepiece import SentencePieceProcessor

from corpus.errors import ModelError

WORD_START = "\u2581"
_END = b"\n"
"""Stands between texts, where a white space within one would be a space."""
_CACHED_BYTES = 1 << 23
"""Bytes of words remembered, some 200 MB with all that belongs to them; after that all are learnt anew."""
_AT_ONCE_BYTES = 1 << 16
"""Texts are taken together up to so many bytes: a call into SentencePiece costs 60 microseconds, whatever it is for."""
_CUT_CHARS = 1 << 14
"""A word this long is cut, as SentencePiece needs 50 bytes of memory a character: 16 MB without a space take 0.8 GB."""


class Pieces:
    """The pieces of a text, as SentencePiece gives them for the whole text.

    A unigram model whose pieces hold a word's start only in front gives each word its pieces whatever stands around
    it, so words are looked up; on web pages nine of ten are known. Words are encoded one by one, so that what a text
    gets does not depend on those before it.

    Differs: SentencePiece adds up scores over the whole text in single precision, so that in long texts it may settle
    near-ties within a word otherwise than for the word alone; and a word of more than 16,384 characters is cut there.
    """

    def __init__(self, path: str) -> None:
        self.encoder = load_encoder(path)
        self.forget()

    def forget(self) -> None:
        """Forget all words."""
        self._known = {_END: _END}
        self._known_bytes = 0

    def __call__(self, text: str) -> str:
        """The pieces of a text joined by spaces."""
        (found,) = self.of_all([text.encode()])
        return found[1:].decode()

    def of_all(self, texts: Iterable[bytes]) -> Iterator[bytes]:
        """For each text in UTF-8 its pieces in UTF-8, a space before each."""
        waiting, size = [], 0
        for text in texts:
            waiting.append(text.replace(_END, b" ") if _END in text else text)
            size += len(text)
            if size >= _AT_ONCE_BYTES:
                yield from self._of_some(waiting)
                waiting, size = [], 0
        if waiting:
            yield from self._of_some(waiting)

    def _of_some(self, texts: list[bytes]) -> list[bytes]:
        words = b" \n ".join(texts).split(b" ")
        found = list(map(self._known.get, words))
        if None in found:
            places = [place for place, pieces in enumerate(found) if pieces is None]
            self._learn(list({words[place] for place in places}))
            for place in places:
                found[place] = self._known[words[place]]
        return b"".join(cast("list[bytes]", found)).split(_END)

    def _learn(self, new: list[bytes]) -> None:
        """Take up new words; before there are too many, forget all others."""
        sizes = list(map(len, new))
        if self._known_bytes + sum(sizes) > _CACHED_BYTES:
            self.forget()
        self._known_bytes += sum(sizes)
        encoded = self._encode(new) if max(sizes) <= _CUT_CHARS else map(self._encode_long, new)
        self._known.update(zip(new, encoded, strict=True))

    def _encode(self, words: list[bytes]) -> Iterator[bytes]:
        encoded = self.encoder.encode(words, out_type=bytes, num_threads=1)
        return (b" " + b" ".join(pieces) if pieces else b"" for pieces in encoded)

    def _encode_long(self, word: bytes) -> bytes:
        chars = word.decode()
        parts = (chars[at : at + _CUT_CHARS] for at in range(0, len(chars), _CUT_CHARS))
        return b"".join(self._encode([part.encode() for part in parts]))

    def vocabulary(self, most: int) -> list[str]:
        """The first so many pieces of the model that are not control symbols."""
        numbers = range(min(most, self.encoder.get_piece_size()))
        plain = (n for n in numbers if not self.encoder.is_control(n) and not self.encoder.is_unknown(n))
        return [self.encoder.id_to_piece(number) for number in plain]


def load_encoder(path: str) -> SentencePieceProcessor:
    """The SentencePiece model of a file.

    Raises:
        ModelError: it is none, or one of its pieces spans two words, so that words cannot be looked up alone.
    """
    try:
        encoder = SentencePieceProcessor(model_file=path)
    except (OSError, RuntimeError) as error:
        raise ModelError("a SentencePiece model", str(error), path, "the file is damaged or of another kind") from None
    pieces = (encoder.id_to_piece(number) for number in range(encoder.get_piece_size()))
    if spanning := next((piece for piece in pieces if WORD_START in piece[1:].lstrip(WORD_START)), ""):
        raise ModelError("pieces that stay within a word", repr(spanning), path, "train it with split_by_whitespace")
    if encoder.encode(" a  b ") != encoder.encode("a b"):
        raise ModelError("a model that ignores extra spaces", "one that keeps them", path)
    if encoder.encode("a\u00a0b\u3000c\nd") != encoder.encode("a b c d"):
        raise ModelError("a model that takes every white space for a space", "one that tells them apart", path)
    return encoder
