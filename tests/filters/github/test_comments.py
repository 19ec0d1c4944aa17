"""Which comment syntax a file has, and where its leading comments stand."""

import pytest

from filters.github.comments import _SYNTAXES, Syntax, leading_comments, syntax_of

C = Syntax(("//",), (("/*", "*/"),))
HASH = Syntax(("#",))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("src/x.c", "", C),
        ("src/X.JAVA", "", C),
        ("x.py", "", HASH),
        ("a/Makefile", "", HASH),
        ("CMakeLists.txt", "", HASH),
        (".gitignore", "", HASH),
        ("x.md", "", Syntax((), (("<!--", "-->"),))),
        ("bin/tool", "#!/usr/bin/env bash\n", HASH),
        ("bin/tool", "#!/usr/bin/env node\n", C),
        ("bin/tool", "# a comment\n", None),
        ("x.txt", "#!/bin/sh\n", None),
        ("x.json", "", None),
        ("x.unknown", "", None),
        (".config", "#!/bin/sh\n", HASH),
    ],
)
def test_syntax_of(path, text, expected):
    assert syntax_of(path, text) == expected


def test_a_suffix_has_one_syntax():
    listed = [suffix for suffixes in _SYNTAXES.values() for suffix in suffixes.split()]
    assert sorted(listed) == sorted(set(listed))


@pytest.mark.parametrize(
    ("text", "syntax", "comments"),
    [
        ("// a\n// b\nx\n", C, ["// a\n// b\n"]),
        ("// a\n\n// b\nx\n", C, ["// a\n", "// b\n"]),
        ("/* a */ /* b */\nx", C, ["/* a */", "/* b */"]),
        ("  // a\n  // b\nx", C, ["// a\n  // b\n"]),
        ("// a\nx // b\n", C, ["// a\n"]),
        ("x\n// a\n", C, []),
        ("// a", C, ["// a"]),
        ("/* a\n// b\n", C, []),
        ("#!/bin/sh\n# a\n", HASH, ["# a\n"]),
        ("#![attr]\n", HASH, ["#![attr]\n"]),
        ("#!/bin/sh", HASH, []),
        ("\ufeff#!/bin/sh\n# a\n", HASH, ["# a\n"]),
        ("", HASH, []),
        ("C a\nC\n      CALL X\n", Syntax(("C",)), ["C a\nC\n"]),
        ("CALL X\n", Syntax(("C",)), []),
    ],
)
def test_leading_comments(text, syntax, comments):
    assert [text[comment.start : comment.end] for comment in leading_comments(text, syntax)] == comments
