"""Parts of large sites: each sets its stretch of Posts.xml apart, and gets what all stretches have of its threads.

What is set apart lies in the work folder, by the key of the part that read it, with a note written last: work that was
done before by the same code is found again, stretch by stretch, though one worker may have to do all of a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from corpus.readers.base import InputSplit
from corpus.readers.stackexchange.apart import Lost
from corpus.readers.stackexchange.gathered import Saved, gathered
from corpus.readers.stackexchange.set_apart import Place, SetApart, set_apart
from corpus.readers.stackexchange.stretches import bounds_of
from pipelines.engine import files
from pipelines.engine.hand import counted_open

ROWS = "rows"
"""The kind of a file of a stretch's posts, before the stretch's number."""


class Noted(NamedTuple):
    """A stretch that is set apart: its number, how many posts it has, and its note in the work folder."""

    number: int
    posts: int
    note: str


class Notes:
    """What a part sets apart: its own stretch, or those of the whole file, with a note on each.

    Args:
        folder: where files and notes lie.
        shard: the part.
        code: a digest of the code and the values by which posts are set apart.
    """

    def __init__(self, folder: str, shard: InputSplit, code: str) -> None:
        self._folder, self._shard, self._code = folder, shard, code
        self._saved: dict[int, Saved] = {}

    def made(self, longest_row_bytes: int) -> Iterator[Noted]:
        """All stretches that this part has to set apart, those of earlier times among them."""
        number, parts = bounds_of(self._shard.part)
        found = {noted.number: noted for each in range(parts) if (noted := self._noted(each, number))}
        made = set_apart(
            counted_open(files.open_file), self._shard, self._create, set(found), longest_row_bytes=longest_row_bytes
        )
        for stretch in made:
            saved, path = self._saved.pop(stretch.number), self._path("note", stretch.number)
            note = {"code": self._code, "stretch": stretch, "saved": saved}
            files.write_sealed(path, note)
            found[stretch.number] = Noted(stretch.number, stretch.posts, path)
        yield from found.values()

    def _noted(self, stretch: int, own: int) -> Noted | None:
        """A stretch that was set apart before, and whose file is whole."""
        if own and stretch != own:
            return None  # only part 0 may have set apart another's
        path = self._path("note", stretch)
        note = files.read_sealed(path)
        if note is None or note["code"] != self._code:
            return None
        name, size, digest = note["saved"]
        whole = files.is_whole(f"{self._folder}/{name}", size, digest)
        return Noted(stretch, _stretch(note).posts, path) if whole else None

    def _path(self, kind: str, stretch: int) -> str:
        suffix = "bin" if kind == ROWS else "json"
        return files.shard_file(self._folder, f"{kind}{stretch}.{suffix}", self._shard.key or self._shard.number)

    @contextmanager
    def _create(self, stretch: int) -> Iterator[BinaryIO]:
        path = self._path(ROWS, stretch)
        with files.create_scratch(path) as file:
            yield file
        self._saved[stretch] = Saved(path.rpartition("/")[2], file.bytes, file.digest)


def _stretch(note: Mapping[str, Any]) -> SetApart:
    number, posts, rows, lost, counted, place = note["stretch"]
    return SetApart(number, posts, rows, Lost(*lost), tuple(counted), Place(*place))


def to_join(notes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What each part of a file is to join, in order, from the notes on all of its stretches."""
    read = [files.read_json(path) for path in notes]
    stretches = sorted(((_stretch(note), Saved(*note["saved"])) for note in read), key=lambda pair: pair[0].number)
    yield from gathered(stretches)
