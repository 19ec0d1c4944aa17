"""What a store answers: a handful of requests, each about one object or one page of a listing.

A Store raises what its client raises; `objects.ObjectStorage` names the faults and waits for those that pass.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from corpus.errors import InputError
from corpus.storage import Stored


class Page(NamedTuple):
    """A page of a listing, and the token that asks for the next one; "" after the last."""

    files: list[Stored]
    next: str


class Slice(NamedTuple):
    """Bytes of an object, from where they were asked for, and the size of the object."""

    data: bytes
    size: int


class Upload(Protocol):
    """An object on its way, in parts: there, whole, once it is finished, and never if it is not."""

    def send(self, data: bytes) -> None:
        """Send the next part; all but the last are PART_BYTES long."""

    def finish(self) -> None:
        """Make the object of its parts."""

    def abandon(self) -> None:
        """Forget the parts."""


class Store(Protocol):
    """The requests of one scheme. Paths are addresses, such as gs://bucket/name.

    has_listings: without, an address is one file, and `?` in it no wildcard.
    """

    has_listings: bool

    def page(self, prefix: str, token: str) -> Page:
        """A page of the objects whose addresses begin so, by name; token "" asks for the first."""

    def stat(self, path: str) -> Stored | None:
        """An object; None where there is none."""

    def get(self, path: str, start: int, length: int) -> Slice:
        """A range of an object's bytes; fewer where it ends."""

    def put(self, path: str, data: bytes) -> None:
        """A new object, in place of what was there."""

    def upload(self, path: str) -> Upload:
        """A new object that is sent in parts."""

    def copy(self, old: str, new: str) -> None:
        """A second object of the same bytes."""

    def remove(self, path: str) -> None:
        """Delete an object, if it is there."""


PART_BYTES = 16 << 20
"""A part of an upload: s3:// takes 10,000 of at least 5 MiB, so that objects may be 156 GiB large."""


def split(path: str) -> tuple[str, str]:
    """(bucket, name) of an address: gs://bucket/a/b -> (bucket, a/b).

    Raises:
        InputError: it names no bucket.
    """
    scheme, _, rest = path.partition(":")
    bucket, _, name = rest.removeprefix("//").partition("/")
    if not bucket:
        raise InputError(f"an address as {scheme}://BUCKET/NAME", repr(path), "", f"name the bucket after {scheme}://")
    return bucket, name
