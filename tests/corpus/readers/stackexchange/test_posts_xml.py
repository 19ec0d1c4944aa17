"""Posts.xml as a stream: what a row gives, and that a bad one costs itself only."""

import tracemalloc

import pytest

from corpus.readers.stackexchange import posts_xml
from corpus.readers.stackexchange.posts_xml import BLOCK_BYTES, PostsXml, Row

LONGEST = 1 << 21
HEAD = b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<posts>\n'
BOMB = b'<!DOCTYPE posts [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<posts>'


def rows_of(data: bytes, piece: int = 1 << 30, longest: int = LONGEST) -> list[Row]:
    parser = PostsXml(longest)
    pieces = [data[start : start + piece] for start in range(0, len(data), piece)]
    return [row for part in pieces for row in parser.feed(part)] + list(parser.close())


def told(rows: list[Row]) -> list[str]:
    """The Id of a row, or its fault without `expected `."""
    return [row.fault.removeprefix("expected ") if row.fault else row.fields["Id"] for row in rows]


GOOD = b'  <row Id="1" Body="&lt;p&gt;x &amp; y&#xA;" />\n'
LAST = b'  <row Id="9" />\n'
CASES = {
    "two rows": (HEAD + GOOD + LAST + b"</posts>", ["1", "9"]),
    "no line ends": (b'<posts><row Id="1"/><row Id="2"/></posts>', ["1", "2"]),
    "row with an end tag": (b'<posts><row Id="1"></row><row Id="2"/></posts>', ["1", "2"]),
    "no rows": (b"<posts>\n</posts>\n", []),
    "blanks after the end": (b'<posts><row Id="1"/></posts>\n\n  ', ["1"]),
    "other elements": (
        b'<posts><row Id="1"/><note Id="0"/><row Id="2"/></posts>',
        ["1", "<row>, got <note>", "2"],
    ),
    "a row whose bracket is lost": (
        b'<posts><row Id="1"/>\n;row Id="2"/><row Id="3"/></posts>',
        ["1", "<row>, got text", "3"],
    ),
    "not closed attribute": (
        HEAD + GOOD + b'<row Id="2 Body="x" />\n' + LAST + b"</posts>",
        ["1", "well-formed XML, got not well-formed (invalid token)", "9"],
    ),
    "invalid UTF-8": (
        HEAD + GOOD + b'<row Id="2" Body="\xff\xfe" />\n' + LAST + b"</posts>",
        ["1", "well-formed XML, got not well-formed (invalid token)", "9"],
    ),
    "illegal character reference": (
        HEAD + GOOD + b'<row Id="2" Body="&#x0;" />\n' + LAST + b"</posts>",
        ["1", "well-formed XML, got reference to invalid character number", "9"],
    ),
    "attribute twice": (
        HEAD + GOOD + b'<row Id="2" Id="3" />\n' + LAST + b"</posts>",
        ["1", "well-formed XML, got duplicate attribute", "9"],
    ),
    "two bad rows of four": (
        b'<posts><row Id="1"/><row Id=2/><row Id="&x;"/><row Id="4"/></posts>',
        ["1", "well-formed XML, got not well-formed (invalid token)", "well-formed XML, got undefined entity", "4"],
    ),
    "entity bomb": (
        BOMB + b'<row Id="1" Body="&b;" />' + LAST + b"</posts>",
        ["no DOCTYPE, got one", "well-formed XML, got undefined entity", "9"],
    ),
    "DOCTYPE further down": (
        HEAD + GOOD + b"<!DOCTYPE x [<!ENTITY a 'a'>]>\n" + LAST + b"</posts>",
        ["1", "well-formed XML, got not well-formed (invalid token)", "9"],
    ),
    "broken off between rows": (HEAD + GOOD + LAST, ["1", "9", "</posts>, got the end of the file"]),
    "broken off in a row": (
        HEAD + GOOD + LAST + b'  <row Id="10" Bo',
        ["1", "9", "well-formed XML, got not well-formed (invalid token)"],
    ),
    "empty": (b"", ["<posts>"]),
    "a page of HTML": (b"<html><p>Not found", ["<posts>"]),
    "text after the end": (
        b'<posts><row Id="1"/></posts>\x00\x00',
        ["1", "well-formed XML, got not well-formed (invalid token)"],
    ),
}


@pytest.mark.parametrize("piece", [1 << 30, 1, 7], ids=["at once", "byte by byte", "in sevens"])
@pytest.mark.parametrize(("data", "expected"), CASES.values(), ids=CASES)
def test_rows_and_faults(data, expected, piece):
    assert told(rows_of(data, piece)) == expected


def test_a_row_has_its_attributes_decoded_and_its_offset():
    (row, _last) = rows_of(HEAD + GOOD + LAST + b"</posts>")
    assert row.fields == {"Id": "1", "Body": "<p>x & y\n"}
    assert (HEAD + GOOD)[row.where :].startswith(b'<row Id="1"')


def test_a_fault_keeps_the_bytes_of_its_row():
    fault = rows_of(HEAD + GOOD + b'<row Id="2" Body="\xff" />\n' + LAST + b"</posts>")[1]
    assert fault.raw == b'<row Id="2" Body="\xff" />\n  '
    assert fault.where == len(HEAD + GOOD)


@pytest.mark.parametrize("line_end", [b"\n", b""], ids=["a line each", "one line"])
def test_offsets_and_faults_across_blocks(line_end):
    numbers = range(30_000)
    rows = [b'<row Id="%d" Body="%s"/>' % (number, b"word " * 20) + line_end for number in numbers]
    rows[20_000] = b'<row Id="20000" Body="&#2;"/>' + line_end
    data = HEAD + b"".join(rows) + b"</posts>"
    assert len(data) > 3 * BLOCK_BYTES
    found = rows_of(data, 100_000)
    assert [row.fields.get("Id") for row in found] == [str(n) if n != 20_000 else None for n in numbers]
    for number, row in zip(numbers, found, strict=True):
        assert data.startswith(b'<row Id="%d"' % number, row.where)


def row_of_bytes(size: int, identity: int = 2) -> bytes:
    start, end = b'<row Id="%d" Body="' % identity, b'"/>'
    return start + b"x" * (size - len(start) - len(end)) + end


@pytest.mark.parametrize("place", ["first", "between", "last"])
@pytest.mark.parametrize(
    ("size", "kept"), [(LONGEST, True), (LONGEST + 1, False), (40 * LONGEST, False)], ids=["at", "one over", "far over"]
)
def test_longest_row(size, kept, place):
    long, one, nine = row_of_bytes(size), b'<row Id="1"/>', b'<row Id="9"/>'
    order = {"first": [long, one, nine], "between": [one, long, nine], "last": [one, nine, long]}[place]
    names = {long: "2" if kept else f"a row of at most {LONGEST} bytes", one: "1", nine: "9"}
    assert told(rows_of(b"<posts>" + b"".join(order) + b"</posts>", 65_536)) == [names[row] for row in order]


@pytest.mark.parametrize("before", range(6))
def test_the_row_behind_a_long_one_is_found_wherever_pieces_end(before):
    """Its `<row ` may be cut in two by the end of a piece that is skipped."""
    opening = b'<posts><row Id="1"/><row Id="2" Body="'
    size = LONGEST + 4 * BLOCK_BYTES - len(opening) - 3 - before
    data = opening + b"x" * size + b'"/>' + b'<row Id="3"/></posts>'
    assert told(rows_of(data)) == ["1", f"a row of at most {LONGEST} bytes", "3"]


def test_memory_stays_flat_whatever_the_row():
    parser, piece = PostsXml(LONGEST), b"x" * (1 << 20)
    tracemalloc.start()
    faults = list(parser.feed(b'<posts><row Id="1"/><row Id="2" Body="'))
    for _ in range(200):
        faults += parser.feed(piece)
    faults += [*parser.feed(b'"/><row Id="3"/></posts>'), *parser.close()]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told(faults) == ["1", f"a row of at most {LONGEST} bytes", "3"]
    assert peak < 8 * LONGEST


def test_a_bad_block_is_what_is_tried_row_by_row(monkeypatch):
    """The fast way is in use: without a fault no row is parsed alone."""
    blocks = []
    parse = posts_xml.parse_rows
    monkeypatch.setattr(posts_xml, "parse_rows", lambda block: blocks.append(block) or parse(block))
    rows_of(HEAD + GOOD * 100 + b"</posts>")
    assert len(blocks) == 1


def test_damage_costs_the_rows_it_cuts():
    parser = PostsXml(LONGEST)
    rows = [*parser.feed(HEAD + GOOD + b'<row Id="2" Bo'), *parser.damage(40, 90, "expected a block")]
    rows += [*parser.feed(b'dy="x" />' + LAST, 90), *parser.feed(b'<row Id="10"/>', 300), *parser.close()]
    assert told(rows) == ["1", "a block", "9", "10", "</posts>, got the end of the file"]
    assert [row.where for row in rows[1:4]] == ["40-90", "90+11", "90+26"]


def test_a_row_that_is_whole_before_damage_is_kept():
    parser = PostsXml(LONGEST)
    rows = [*parser.feed(HEAD + GOOD), *parser.damage(40, 90, "expected a block"), *parser.close()]
    assert told(rows) == ["1", "a block"]
