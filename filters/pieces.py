"""Text -> the string of its SentencePiece pieces, by remembering words."""

from __future__ import annotations

from sentencepiece import SentencePieceProcessor

from corpus.errors import ModelError

WORD_START = "\u2581"
_CACHED_CHARS = 1 << 23
"""Characters of words remembered, some 200 MB with all that belongs to them; after that all are learnt anew."""
_CUT_CHARS = 1 << 14
"""A word this long is cut, as SentencePiece needs 50 bytes of memory a character: 16 MB without a space take 0.8 GB."""


class Pieces:
    """The pieces of a text joined by spaces, as SentencePiece gives them for the whole text.

    A unigram model whose pieces hold a word's start only in front gives each word its pieces whatever stands around
    it, so words are looked up; on web pages nine of ten are known.

    Differs: SentencePiece adds up scores over the whole text in single precision, so that in long texts it may settle
    near-ties within a word otherwise than for the word alone; and a word of more than 16,384 characters is cut there.
    """

    def __init__(self, path: str) -> None:
        self.encoder = load_encoder(path)
        self.forget()

    def forget(self) -> None:
        """Forget all words."""
        self._known: dict[str, str] = {}
        self._known_chars = 0

    def __call__(self, text: str) -> str:
        words = text.split(" ")
        if len(text) > _CUT_CHARS and max(map(len, words)) > _CUT_CHARS:
            words = [part for word in words for part in _parts(word)]
        found = list(map(self._known.get, words))
        if None in found:
            self._learn(list({word for word, pieces in zip(words, found, strict=True) if pieces is None}), words)
            found = list(map(self._known.get, words))
        return " ".join(filter(None, found))

    def _learn(self, new: list[str], wanted: list[str]) -> None:
        """Take up new words; before there are too many, forget all but those wanted."""
        self._known_chars += sum(map(len, new))
        if self._known_chars > _CACHED_CHARS:
            self.forget()
            new = list(set(wanted))
            self._known_chars = sum(map(len, new))
        encoded = self.encoder.encode(new, out_type=str, num_threads=1)
        self._known.update(zip(new, map(" ".join, encoded), strict=True))

    def vocabulary(self, most: int) -> list[str]:
        """The first so many pieces of the model that are not control symbols."""
        numbers = range(min(most, self.encoder.get_piece_size()))
        plain = (n for n in numbers if not self.encoder.is_control(n) and not self.encoder.is_unknown(n))
        return [self.encoder.id_to_piece(number) for number in plain]


def _parts(word: str) -> list[str]:
    return [word[at : at + _CUT_CHARS] for at in range(0, len(word), _CUT_CHARS)]


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
    if encoder.encode("a\u00a0b\u3000c") != encoder.encode("a b c"):
        raise ModelError("a model that takes every white space for a space", "one that tells them apart", path)
    return encoder
