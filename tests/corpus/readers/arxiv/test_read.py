"""arXiv submissions: every one accounted for, whatever its bytes say."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from corpus.document import KEPT, UNREADABLE, Outcome
from corpus.readers.arxiv.project import LatexProject
from corpus.readers.arxiv.read import READER, accepts, paper_id, parts, read
from corpus.readers.arxiv.submission import is_inside, unpack
from corpus.readers.base import InputFile, InputSplit, Seen
from pipelines.demo import arxiv as demo
from pipelines.engine.files import open_file

LIMITS = {"packed_bytes": 1 << 20, "file_bytes": 1 << 16, "submission_bytes": 1 << 20, "most_files": 20}
UNPACKED = {name: LIMITS[name] for name in ("file_bytes", "submission_bytes", "most_files")}


def outcomes_on(data: bytes, path: str = "dump.tar", part: str = "", **limits: int) -> list[Outcome]:
    seen = Seen()
    shard = InputSplit(0, 1, path, part)
    open_file = seen.counting(lambda _: io.BytesIO(data), path)
    outcomes = list(read(open_file, shard, seen, part_bytes=1 << 20, **{**LIMITS, **limits}))
    assert seen.records == sum(outcome.records for outcome in outcomes)
    seen.add_up()
    assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered
    if part:  # damage may reach into the next one
        return outcomes
    lost = [outcome.document.id.partition("#")[2] for outcome in outcomes if outcome.reason == UNREADABLE]
    assert seen.bytes.skipped == sum(int(end) - int(start) for start, _, end in (each.partition("-") for each in lost))
    return outcomes


def bulk() -> bytes:
    return demo.packed({f"0704/{name}": data for name, data in demo.submissions().items()})


def reasons(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.document.id.removeprefix("arxiv:"): outcome.reason for outcome in outcomes}


def test_the_demo_tar() -> None:
    outcomes = outcomes_on(bulk())
    offset = next(outcome.document.id for outcome in outcomes if outcome.reason == UNREADABLE)
    assert reasons(outcomes) == {
        **{f"0704.{number:04}": KEPT for number in range(1, 5)},
        "hep-th/9901001": KEPT,
        **{f"0704.{number:04}": KEPT for number in range(5, 8)},
        "0704.0007#supplement.tex": KEPT,
        "0704.0008": KEPT,
        "0704.0009": "pdf_only",
        "0704.0010": "postscript_only",
        "0704.0011": "withdrawn",
        "0704.0012": "unsafe_or_large_files",
        "0704.0013": "not_tex",
        offset: UNREADABLE,
        "0704.0015": KEPT,
    }
    assert offset.startswith("dump.tar#")


def test_a_paper_carries_the_files_it_may_read() -> None:
    document = outcomes_on(bulk())[0].document
    assert document.text == demo.TIDES
    assert isinstance(document.payload, LatexProject)
    assert list(document.payload.files) == ["sections/data.tex", "sections/macros.tex", "sections/model.tex"]
    assert document.payload.files["sections/data.tex"].startswith("\\section{The diary}\n")
    assert document.chars == len(demo.TIDES) + sum(map(len, document.payload.files.values()))


def test_line_ends_and_characters() -> None:
    found = {outcome.document.id: outcome.document.text for outcome in outcomes_on(bulk())}
    assert "\r" not in found["arxiv:0704.0005"]
    assert "Glocken über" in found["arxiv:0704.0004"]


def test_parts_of_a_tar_share_its_submissions() -> None:
    data = bulk()
    whole = [outcome.document.id for outcome in outcomes_on(data)]
    for step in (512, 5000, len(data)):
        ranges = [f"{start}-{start + step}" for start in range(0, len(data), step)]
        assert [outcome.document.id for part in ranges for outcome in outcomes_on(data, part=part)] == whole


def nested() -> bytes:
    """Bulk submissions of which some are tars that are not packed: their headers are data."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        for name in ("main.tex", "figures/a.eps", "figures/b.eps"):
            info = tarfile.TarInfo(name)
            info.size = len(PAPER)
            tar.addfile(info, io.BytesIO(PAPER.encode()))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for number in range(9):
            data = inner.getvalue() if number % 2 else gzip.compress(PAPER.encode())
            info = tarfile.TarInfo(f"0704/0704.{number:04}" + (".tar" if number % 2 else ".gz"))
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def in_parts(data: bytes, step: int) -> tuple[list[Outcome], int]:
    """The outcomes of all parts, and how many bytes these answer for."""
    found, counted = [], 0
    for start in range(0, len(data), step):
        seen, shard = Seen(), InputSplit(0, 1, "dump.tar", f"{start}-{start + step}")
        open_file = seen.counting(lambda _: io.BytesIO(data), "dump.tar")
        found += read(open_file, shard, seen, part_bytes=step, **LIMITS)
        seen.add_up()
        assert seen.bytes.kept + seen.bytes.skipped == seen.bytes.entered
        counted += seen.bytes.entered
    return found, counted


@pytest.mark.parametrize("step", [512, 1536, 7000, 20_000])
def test_a_part_finds_its_first_header_itself(step: int) -> None:
    data = nested()
    assert in_parts(data, step) == (outcomes_on(data), len(data))


@pytest.mark.parametrize("step", [512, 7000])
def test_damaged_headers_and_broken_ends_in_parts(step: int) -> None:
    data = nested()
    found = members_of(data)
    for member in (found[0], found[3], found[4], found[-1]):
        wrong = b"\xff" * 512 if member.offset else b"\xff" + data[1:512]
        broken = data[: member.offset] + wrong + data[member.offset + 512 :]
        assert in_parts(broken, step) == (outcomes_on(broken), len(data)), member.name
    for end in (found[4].offset, found[4].offset_data + 900, found[3].offset_data + 700):
        assert in_parts(data[:end], step) == (outcomes_on(data[:end]), end)


def test_a_part_reads_no_header_before_it() -> None:
    data = nested()
    reads = []

    class Noting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            reads.append(self.tell())
            return super().read(size)

    last = members_of(data)[-1].offset
    shard = InputSplit(0, 1, "dump.tar", f"{last - 600}-{len(data)}")
    list(read(lambda _: Noting(data), shard, Seen(), part_bytes=1, **LIMITS))
    assert [at for at in reads if 1024 < at < last - 1600] == []


def test_a_tar_of_other_folders_is_walked_from_its_start() -> None:
    data = nested().replace(b"0704/0704.", b"some/0704.")
    data = b"".join(_renamed(data[at : at + 512]) for at in range(0, len(data), 512))
    assert in_parts(data, 1536) == (outcomes_on(data), len(data))
    assert sum(outcome.kept for outcome in outcomes_on(data)) == 9


def _renamed(block: bytes) -> bytes:
    """A block, with the right checksum where it is a renamed header."""
    if not block.startswith(b"some/0704."):
        return block
    total = sum(block[:148]) + sum(block[156:]) + 8 * 32
    return block[:148] + b"%06o\0 " % total + block[156:]


def test_how_a_tar_is_cut() -> None:
    def cut(path: str, size: int, head: bytes = bulk()[:512]) -> list[str]:
        return parts(InputFile(path, size, 0.0), lambda _: io.BytesIO(head), {"part_bytes": 100})

    assert cut("a.tar", 250) == ["0-100", "100-200", "200-300"]
    assert cut("a.tar", 100) == [""]
    assert cut("a.gz", 250) == [""]
    assert cut("packed.tar", 250, gzip.compress(bulk())) == [""]


def test_a_tar_that_breaks_off_gives_its_whole_submissions() -> None:
    data = bulk()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        third = tar.getmembers()[2]
    inside = outcomes_on(data[: third.offset_data + 10])
    assert [outcome.reason for outcome in inside] == [KEPT, KEPT, UNREADABLE]
    at_header = outcomes_on(data[: third.offset])
    assert [outcome.reason for outcome in at_header] == [KEPT, KEPT, UNREADABLE]


def members_of(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return tar.getmembers()


def test_zeros_over_a_header_are_not_the_end() -> None:
    data = bytearray(bulk())
    third, fourth = members_of(data)[2:4]
    data[third.offset : third.offset + 512] = bytes(512)
    found = reasons(outcomes_on(bytes(data)))
    assert found[f"dump.tar#{third.offset}-{fourth.offset}"] == UNREADABLE
    assert len(found) == len(reasons(outcomes_on(bulk())))


def test_damage_inside_a_submission_is_found_by_its_checksum() -> None:
    data = bytearray(bulk())
    first, second = members_of(data)[:2]
    data[first.offset_data + first.size - 6] ^= 1
    lost, *rest = outcomes_on(bytes(data))
    assert lost.document.id == f"dump.tar#{first.offset}-{second.offset}"
    assert "checksum" in lost.detail
    assert len(rest) == len(outcomes_on(bulk())) - 1


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_longer_names_stand_in_a_member_of_their_own(form: int) -> None:
    out, paper = io.BytesIO(), PAPER.encode()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        info = tarfile.TarInfo("0704/" + "a" * 120 + ".gz")
        info.size = len(paper)
        tar.addfile(info, io.BytesIO(paper))
    assert [outcome.document.id for outcome in outcomes_on(out.getvalue())] == ["arxiv:" + "a" * 120]


@pytest.mark.parametrize("part_bytes", [1 << 20, 700])
def test_a_damaged_header_costs_its_submission(part_bytes: int) -> None:
    data = bytearray(bulk())
    whole = reasons(outcomes_on(bytes(data)))
    third, fourth = members_of(data)[2:4]
    data[third.offset + 10] ^= 1
    ranges = [f"{start}-{start + part_bytes}" for start in range(0, len(data), part_bytes)]
    found = reasons([outcome for part in ranges for outcome in outcomes_on(bytes(data), part=part)])
    assert found.pop(f"dump.tar#{third.offset}-{fourth.offset}") == UNREADABLE
    assert whole.keys() - found.keys() == {paper_id(third.name)}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("0704/0704.0001.gz", "0704.0001"),
        ("2101/2101.12345.tar.gz", "2101.12345"),
        ("9901/hep-th9901001.gz", "hep-th/9901001"),
        ("9901/math.GT9901001v2.gz", "math.GT/9901001v2"),
        ("hep-th/9901001.gz", "hep-th/9901001"),
        ("src/0704.0009.pdf", "0704.0009"),
        ("a/2015_acl_dan.gz", "2015_acl_dan"),
    ],
)
def test_ids(path: str, expected: str) -> None:
    assert paper_id(path) == expected


@pytest.mark.parametrize(
    ("path", "head", "expected"),
    [
        ("arXiv_src_0704_001.tar", bytes(257) + b"ustar", True),
        ("0704.0001.gz", b"\x1f\x8b\x08", True),
        ("main.tex", b"\\documentclass{article}", True),
        ("section.tex", b"\\section{One}", False),
        ("paper.pdf", b"%PDF-1.4", False),
        ("notes.gz", b"plain", False),
    ],
)
def test_what_is_of_the_dump(path: str, head: bytes, expected: bool) -> None:
    assert accepts(path, head) is expected
    assert READER.unit == "submission"


def test_a_loose_paper_reads_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "paper.tex").write_text("\\documentclass{a}\\begin{document}\\input{sections/one}\\input{../up}")
    (tmp_path / "sections" / "one.tex").write_text("One.")
    (tmp_path.parent / "up.tex").write_text("secret")
    shard = InputSplit(0, 1, str(tmp_path / "paper.tex"))
    (outcome,) = read(open_file, shard, Seen(), part_bytes=1, **LIMITS)
    assert outcome.document.id == "arxiv:paper"
    assert outcome.document.payload == LatexProject({"sections/one.tex": "One.\n"})


PAPER = "\\documentclass{a}\\begin{document}x\\end{document}"


def test_both_sides_of_every_limit() -> None:
    one = demo.zipped(demo.packed({"a.tex": PAPER, "b.tex": "b"}))
    size = len(PAPER)
    unpacked = len(demo.packed({"a.tex": PAPER, "b.tex": "b"}))
    assert unpack(one, "x.gz", **UNPACKED).reason == KEPT
    assert unpack(one, "x.gz", **{**UNPACKED, "most_files": 2}).reason == KEPT
    assert unpack(one, "x.gz", **{**UNPACKED, "most_files": 1}).reason == "too_large"
    assert unpack(one, "x.gz", **{**UNPACKED, "file_bytes": size}).refused == 0
    assert unpack(one, "x.gz", **{**UNPACKED, "file_bytes": size - 1}).refused == 1
    assert unpack(one, "x.gz", **{**UNPACKED, "submission_bytes": unpacked}).reason == KEPT
    assert unpack(one, "x.gz", **{**UNPACKED, "submission_bytes": 2000}).reason == "too_large"
    single = demo.zipped(PAPER)
    assert unpack(single, "x.gz", **{**UNPACKED, "file_bytes": size}).reason == KEPT
    assert unpack(single, "x.gz", **{**UNPACKED, "file_bytes": size - 1}).reason == "too_large"
    packed = demo.packed({"a.gz": single})
    assert reasons(outcomes_on(packed, packed_bytes=len(single))) == {"a": KEPT}
    assert reasons(outcomes_on(packed, packed_bytes=len(single) - 1)) == {"a": "too_large"}


def test_a_gzip_bomb_is_not_unpacked() -> None:
    bomb = demo.zipped(bytes(64 << 20))
    tracemalloc.start()
    assert unpack(bomb, "x.gz", **UNPACKED).reason == "too_large"
    assert tracemalloc.get_traced_memory()[1] < 48 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("path", "inside"),
    [("a.tex", True), ("a/b.tex", True), ("..a/b.tex", True), ("/a.tex", False), ("../a.tex", False), ("..", False)],
)
def test_paths_stay_inside(path: str, inside: bool) -> None:
    assert is_inside(path) is inside


@pytest.mark.parametrize("name", ["../x.tex", "/x.tex", "a/../../x.tex"])
def test_a_path_that_leads_out_is_refused(name: str) -> None:
    submission = unpack(demo.packed({name: PAPER, "a.tex": PAPER}), "x.gz", **UNPACKED)
    assert (list(submission.files), submission.refused) == (["a.tex"], 1)


def test_the_real_tar_keeps_every_paper(shared_data: Path) -> None:
    path = shared_data / "arxiv" / "arXiv_src_repack_001.tar"
    limits = {"packed_bytes": 1 << 24, "file_bytes": 1 << 24, "submission_bytes": 1 << 28, "most_files": 1000}
    outcomes = list(read(open_file, InputSplit(0, 1, str(path)), Seen(), part_bytes=1, **limits))
    assert [outcome.reason for outcome in outcomes] == [KEPT] * 78
