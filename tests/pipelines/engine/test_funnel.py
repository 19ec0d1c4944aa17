"""The funnel of a build in lines, to the character."""

from __future__ import annotations

from corpus.ledger import EDIT, ENTERED, KEPT_ROW, NOTE, Ledger
from pipelines.engine.funnel import SWITCHED_OFF, funnel_lines


def test_stages_reasons_edits_and_what_is_switched_off() -> None:
    ledger = Ledger("toy")
    ledger.add("clean", "document", ENTERED, 1200)
    ledger.add("clean", "document", KEPT_ROW, 1190)
    ledger.add("clean", "document", "too_short", 3)
    ledger.add("clean", "document", "no_words", 7)
    ledger.add("clean", EDIT, "without_headers", 1, 1)
    ledger.add("clean", NOTE, "odd", 2)
    ledger.add("clean", "reply", "empty", 4, 20)
    ledger.add("clean", "line", ENTERED, 9)
    ledger.add("clean", "line", KEPT_ROW, 8)
    ledger.add("clean", "line", "repeated", 1, 5)
    ledger.add("score", *SWITCHED_OFF)
    assert [line.rstrip() for line in funnel_lines(ledger)] == [
        "toy",
        "  stage            unit            entered         kept   share  reasons",
        "  clean            document          1,200        1,190   99.2%  no_words 7, too_short 3",
        "                   note                  2 documents odd",
        "                   edit                  1 document changed by without_headers (1 character less)",
        "                   reply                 4 replies dropped by empty (20 characters)",
        "  clean            line                  9            8   88.9%  repeated 1",
        "  score            switched off: no model was given",
    ]


def test_what_a_broken_record_asks_of_a_terminal_is_written_out() -> None:
    ledger = Ledger("toy")
    ledger.add_broken("read", "page", "a\x1b[2J.txt#0", "got '\x9b\u202e'")
    assert funnel_lines(ledger)[-1] == "  unreadable: read: a␛[2J.txt#0: got '⟨U+009B⟩⟨U+202E⟩'"
