"""A submission's TeX files, out of every form that authors sent: what is taken, and what is refused for what reason."""

from __future__ import annotations

import gzip
import io
import tarfile
from posixpath import normpath

import pytest

from corpus.errors import RecordError
from corpus.readers.arxiv.submission import is_inside, unpack

PAPER = b"\\documentclass{article}\\begin{document}One.\\end{document}\n"


def tar(files: dict[str, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


def without_magic(data: bytes, off_by: int = 0) -> bytes:
    """A tar of one file as it was written before POSIX: no magic bytes, and the checksum of that."""
    head = bytearray(data[:512])
    head[257:265] = bytes(8)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % (sum(head) + off_by)
    return bytes(head) + data[512:]


def read(data: bytes, **limits: int) -> tuple[dict[str, bytes], str]:
    submission = unpack(data, "x.gz", **{"file_bytes": 1000, "submission_bytes": 20_000, "most_files": 5, **limits})
    return dict(submission.files), submission.reason


ONE = {"main.tex": PAPER}
FORMS = {
    "TeX": PAPER,
    "TeX, packed": gzip.compress(PAPER),
    "ustar": tar(ONE),
    "ustar, packed": gzip.compress(tar(ONE)),
    "GNU": tar(ONE, tarfile.GNU_FORMAT),
    "PAX": tar(ONE, tarfile.PAX_FORMAT),
    "before POSIX": without_magic(tar(ONE)),
    "before POSIX, packed": gzip.compress(without_magic(tar(ONE))),
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_every_form_of_a_paper(data: bytes) -> None:
    assert read(data) == (ONE, "")


OTHERS = {
    "a tar whose checksum is another": (without_magic(tar(ONE), off_by=1)[:1000], "not_tex"),
    "less than a tar's header": (without_magic(tar(ONE))[:511], "not_tex"),
    "PDF": (b"%PDF-1.4", "pdf_only"),
    "PDF, packed": (gzip.compress(b"%PDF-1.4"), "pdf_only"),
    "PostScript": (b"%!PS-Adobe", "postscript_only"),
    "PostScript from Windows": (b"\x04%!PS", "postscript_only"),
    "HTML": (b"  <!DOCTYPE html>", "html_only"),
    "a NUL": (PAPER + b"\0", "not_tex"),
    "withdrawn": (b"\n%auto-ignore\nwithdrawn", "withdrawn"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_paper_says_why(name: str) -> None:
    data, reason = OTHERS[name]
    assert read(data) == ({}, reason)


def test_a_nul_behind_the_first_kilobyte_is_no_sign() -> None:
    assert read(b"x" * 1024 + b"\0", file_bytes=2000)[1] == ""
    assert read(b"x" * 1023 + b"\0", file_bytes=2000)[1] == "not_tex"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_both_sides_of_the_longest_file(pack: type[bytes]) -> None:
    assert read(pack(PAPER), file_bytes=len(PAPER)) == (ONE, "")
    assert read(pack(PAPER), file_bytes=len(PAPER) - 1) == ({}, "too_large")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_both_sides_of_the_longest_submission(pack: type[bytes]) -> None:
    data = tar({"a.tex": PAPER, "b.tex": PAPER})
    assert read(pack(data), submission_bytes=len(data)) == ({"a.tex": PAPER, "b.tex": PAPER}, "")
    assert read(pack(data), submission_bytes=1000) == ({}, "too_large")


def test_both_sides_of_the_number_of_files() -> None:
    files = {f"{at}.tex": PAPER for at in range(5)}
    assert read(tar(files)) == (files, "")
    assert read(tar({**files, "5.tex": PAPER})) == ({}, "too_large")


def test_a_file_that_is_too_long_is_left_out_of_a_tar() -> None:
    files = {"a.tex": PAPER, "b.tex": b"y" * 1000, "c.tex": b"y" * 1001}
    assert read(tar(files))[0].keys() == {"a.tex", "b.tex"}


@pytest.mark.parametrize(
    ("path", "inside"),
    [("a.tex", True), ("a/b.tex", True), ("a..tex", True), ("/a.tex", False), ("../a.tex", False),
     ("a/../../b.tex", False), ("a\\b.tex", False)],
)  # fmt: skip
def test_paths_that_lead_outside(path: str, inside: bool) -> None:
    assert is_inside(normpath(path)) == inside
    assert (read(tar({path: PAPER, "z.tex": PAPER}))[0].keys() == {path, "z.tex"}) == inside


def test_a_tar_that_breaks_off_is_an_error() -> None:
    with pytest.raises(RecordError, match="expected a whole tar"):
        read(tar({"a.tex": PAPER * 10})[:700])
