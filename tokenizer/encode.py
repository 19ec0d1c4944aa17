"""Text to ids: SentencePiece's own ids, several times faster, in time linear in the text."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import gigatoken
import numpy as np
from sentencepiece import SentencePieceProcessor

from corpus.errors import ModelError, RecordError
from corpus.model_trial import require_sound
from tokenizer.model import NO_DUMMY_PREFIX, SPACE, Model, plain_json, read_model

WINDOW_BYTES = 1 << 17
"""A longer text is encoded in windows: on a megabyte without a space gigatoken takes more than linear time."""
OVERLAP_BYTES = 1 << 10
"""How much two windows overlap, to find a piece that both have at the same place."""
RENEW_BYTES = 1 << 26
"""gigatoken's cache of words grows by up to 4 bytes per byte of text; creating it anew takes 0.1 s."""

Engine = Callable[[bytes], np.ndarray]  # of a text that begins with the space SentencePiece adds (dummy prefix)


class Encoder:
    """A trained tokenizer, loaded once per process.

    engine names what computes the ids. Where it is `sentencepiece` although `gigatoken` was requested, refused is the
    probe text on which the two disagreed.
    """

    def __init__(
        self, proto: bytes, where: str = "tokenizer model", engine: str = "gigatoken",
        window_bytes: int = WINDOW_BYTES, overlap_bytes: int = OVERLAP_BYTES,
    ) -> None:  # fmt: skip
        self.model = read_model(proto, where)
        self.window_bytes, self.overlap_bytes = window_bytes, overlap_bytes
        self._sentencepiece = SentencePieceProcessor(model_proto=proto)
        self.engine, self.refused = engine, ""
        if engine == "gigatoken":
            self._encode: Engine = GigatokenEngine(self.model)
            self.refused = self._disagreement()
        if engine == "sentencepiece" or self.refused:
            self.engine, self._encode = "sentencepiece", sentencepiece_engine(self.model)
        elif engine != "gigatoken":
            raise ModelError("engine gigatoken or sentencepiece", engine, where)

    @property
    def vocab_size(self) -> int:
        """Pieces in the vocabulary."""
        return len(self.model.pieces)

    @property
    def dtype(self) -> np.dtype[np.uint16] | np.dtype[np.uint32]:
        """The smallest unsigned little-endian type that holds every id."""
        return np.dtype("<u2") if self.vocab_size <= 1 << 16 else np.dtype("<u4")

    def encode(self, text: str) -> np.ndarray:
        """The ids of a text (uint32), without BOS and EOS.

        Raises:
            RecordError: a text with a lone surrogate, which no UTF-8 can hold.
        """
        data = _utf8(text)
        return self._encode(data) if len(data) <= self.window_bytes else self._encode_long(data)

    def decode(self, ids: np.ndarray) -> str:
        """The text that ids (without BOS and EOS) stand for; U+2581 comes back as a space."""
        return str(self._sentencepiece.decode(ids.tolist()))

    def _encode_long(self, data: bytes) -> np.ndarray:
        """The ids of a long text, by overlapping windows that are joined at a piece which both have.

        BPE is local: a sequence of pieces is the encoding of a text exactly when every two neighbouring pieces are the
        encoding of their own text. To the left of the shared piece all neighbours come from the left window, to its
        right from the right window, so the joined sequence is the encoding of the text, wherever it was cut.
        """
        data = data.replace(SPACE.encode(), b" ")  # the same ids; now piece_bytes adds up to positions in data
        kept: list[np.ndarray] = []
        left, starts = self._window(data, 0, self.window_bytes)
        while starts[-1] < len(data):
            # The next window begins at a piece of this one, OVERLAP_BYTES before its end, and between two characters.
            first = int(np.searchsorted(starts, starts[-1] - self.overlap_bytes))
            first = max(1, next(i for i in range(first, -1, -1) if _begins_char(data, int(starts[i]))))
            right, right_starts = self._window(data, int(starts[first]), self.window_bytes)
            shared = _shared_piece(left, starts, right, right_starts, first)
            if shared is None:  # not seen on any text yet; then the ids are still exact, the time is not linear
                return self._encode(data)
            kept.append(left[: shared[0]])
            left, starts = right[shared[1] :], right_starts[shared[1] :]
        return np.concatenate([*kept, left])

    def _window(self, data: bytes, start: int, length: int) -> tuple[np.ndarray, np.ndarray]:
        """The ids of a window of data, and where each piece starts in data; a last entry says where the window ends."""
        end = min(start + length, len(data))
        while end < len(data) and not _begins_char(data, end):
            end -= 1
        ids = self._encode(data[start:end])
        starts = np.full(len(ids) + 1, start, np.int64)
        starts[1:] += np.cumsum(self.model.piece_bytes[ids])
        return ids, starts

    def _disagreement(self) -> str:
        """The first probe text (its repr) whose ids are not SentencePiece's; empty where all are."""
        for text in probes(self.model):
            if self._encode(_utf8(text)).tolist() != self._sentencepiece.encode(text):
                return repr(text)
        return ""


def load_encoder(path: str | Path, engine: str = "gigatoken") -> Encoder:
    """The encoder of a `.model` file, once a child process has loaded it.

    Raises:
        ModelError: the file is missing, damaged, or of another kind.
    """
    require_sound(__name__, str(path))
    return _load(path, engine)


def try_model(path: str) -> None:
    """Load a tokenizer and use it, where that may do harm (see corpus.model_trial)."""
    encoder = _load(path, "gigatoken")
    encoder.decode(encoder.encode(" ".join(encoder.model.pieces)))


def _load(path: str | Path, engine: str) -> Encoder:
    try:
        return Encoder(Path(path).read_bytes(), str(path), engine)
    except (OSError, RuntimeError, ValueError, LookupError, MemoryError) as error:
        raise ModelError("a tokenizer .model file", f"{type(error).__name__}: {error}", str(path)) from None


def sentencepiece_engine(model: Model) -> Engine:
    """SentencePiece itself: the ids by definition."""
    processor = SentencePieceProcessor(model_proto=model.proto + NO_DUMMY_PREFIX)
    return lambda data: np.array(processor.encode(data), np.uint32)


class GigatokenEngine:
    """gigatoken over the same merges, without its special tokens: `</s>` in a text stays text.

    It caches every word, so it is created anew after RENEW_BYTES of text, which bounds its memory.
    """

    def __init__(self, model: Model) -> None:
        self._json = plain_json(model)
        self._renew()

    def __call__(self, data: bytes) -> np.ndarray:
        self._left -= len(data)
        if self._left < 0:
            self._renew()
        ids: np.ndarray = self._tokenizer.encode(data)
        return ids

    def _renew(self) -> None:
        self._tokenizer, self._left = gigatoken.Tokenizer.from_json(self._json), RENEW_BYTES


def probes(model: Model) -> list[str]:
    """Texts on which an engine must agree with SentencePiece before it is used: about 100,000 pieces.

    Pieces in random order, one piece repeated (where merges overlap), control names, runs of one character at lengths
    around powers of two, and characters that normalisers change.
    """
    rng = random.Random(0)
    pieces = [piece.replace(SPACE, " ") for piece, normal in zip(model.pieces, model.normal, strict=True) if normal]
    mixed = ["".join(rng.choices(pieces, k=30)) for _ in range(1500)]
    overlaps = ["".join(rng.sample(pieces, 1) * 5) for _ in range(500)]
    control = [f"a{piece}b {piece} {piece}" for piece in model.pieces[:10]]
    lengths = (1, 2, 3, 5, 7, 16, 17, 33, 100)
    runs = [char * length for char in " \n\t.-=_#*a0\u00e9\u4e00\U0001f600" for length in lengths]
    odd = ["", "\0", "a\0b", "\r\n", "\ufeffa", "\ufffd", "e\u0301", "\u2028", "x\u2581y", "1,234.5", " lead", "trail "]
    return [*mixed, *overlaps, *control, *runs, *odd]


def _utf8(text: str) -> bytes:
    try:
        return b" " + text.encode() if text else b""
    except UnicodeEncodeError as error:
        raise RecordError("text that UTF-8 can hold", f"a lone surrogate at character {error.start}") from None


def _begins_char(data: bytes, at: int) -> bool:
    return at >= len(data) or data[at] & 0xC0 != 0x80


def _shared_piece(
    left: np.ndarray, starts: np.ndarray, right: np.ndarray, right_starts: np.ndarray, first: int
) -> tuple[int, int] | None:
    """The first piece from left[first] on that right has at the same place: its index in left and in right, or None."""
    overlap = right_starts[: np.searchsorted(right_starts, starts[-1])]
    # i and j are the pieces of both windows that start at a common place; those with equal ids are shared.
    _, i, j = np.intersect1d(starts[first:-1], overlap, assume_unique=True, return_indices=True)
    same = np.flatnonzero(left[first + i] == right[j])
    return (first + int(i[same[0]]), int(j[same[0]])) if len(same) else None
