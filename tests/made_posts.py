"""Rows of a Posts.xml, and archives of one, as tests want them."""

from __future__ import annotations

import io
from xml.sax.saxutils import quoteattr

import py7zr


def post(identity: object, kind: int = 1, **fields: object) -> str:
    values = {"Id": identity, "PostTypeId": kind, "Score": 0, "Body": f"<p>{identity}</p>", **fields}
    return "<row " + " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items()) + "/>"


def answer(identity: int, parent: int, score: object = 0, **fields: object) -> str:
    return post(identity, 2, ParentId=parent, Score=score, **fields)


def posts_xml(*rows: str) -> bytes:
    return ("<posts>" + "".join(rows) + "</posts>").encode()


METHODS = {
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "LZMA": [{"id": py7zr.FILTER_LZMA, "preset": 1}],
    "LZMA2": [{"id": py7zr.FILTER_LZMA2, "preset": 1}],
    "PPMd": [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "stored": [{"id": py7zr.FILTER_COPY}],
}
"""The dumps of archive.org are bzip2; other mirrors pack them anew."""


def seven_zip(members: dict[str, bytes], method: str = "LZMA2") -> bytes:
    file = io.BytesIO()
    with py7zr.SevenZipFile(file, "w", filters=METHODS[method]) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return file.getvalue()


def damaged(archive: bytes) -> bytes:
    """An archive with one wrong bit in the middle of its data."""
    at = len(archive) // 2
    return archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :]


NUMBERED = [post(number, Body="".join(f"{n * number * 7919 % 99991:x} " for n in range(150))) for number in range(3000)]
