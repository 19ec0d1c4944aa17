"""What goes of the comments a file begins with, and what stays: each peer fault is a case here."""

import gzip
import re
from collections import Counter
from pathlib import Path

import orjson
import pytest

from filters.github.licences import notice_lines, remove_licence_header

APACHE = """\
Copyright 2019 The Lantern Authors

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
"""
MIT = """\
The MIT License (MIT)

Copyright (c) 2015 Ada Example <ada@example.org>

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY CLAIM.
"""
BSD = """\
Copyright (c) 2003, 2004 Example Labs, Inc.
All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:
  1. Redistributions of source code must retain the above copyright notice.
  2. Redistributions in binary form must reproduce the above copyright notice.
  3. Neither the name of Example Labs nor the names of its contributors may be
     used to endorse or promote products derived from this software.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS "AS IS" AND ANY WARRANTIES
ARE DISCLAIMED.
"""
GPL = """\
This program is free software: you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation, either version 3 of the License, or
(at your option) any later version.

You should have received a copy of the GNU General Public License
along with this program.  If not, see <https://www.gnu.org/licenses/>.
"""
LICENCES = {"Apache": APACHE, "MIT": MIT, "BSD": BSD, "GPL": GPL}


def lines_of(token: str, text: str) -> str:
    return "".join(f"{token} {line}".rstrip() + "\n" for line in text.splitlines())


def block(text: str, opening: str = "/*", middle: str = " *", closing: str = " */") -> str:
    return f"{opening}\n{lines_of(middle, text)}{closing}\n"


STYLES = {
    "C block": ("a/b.c", block, "\nint main(void) { return 0; }\n"),
    "Java doc": ("B.java", lambda text: block(text, "/**"), "package b;\n"),
    "bare block": ("x.css", lambda text: f"/*!\n{text}*/\n", "p { color: red }\n"),
    "slashes": ("x.go", lambda text: lines_of("//", text), "\npackage x\n"),
    "hashes": ("x.py", lambda text: lines_of("#", text), "\nimport os\n"),
    "boxed hashes": ("x.rb", lambda text: "#" * 40 + "\n" + lines_of("#", text) + "#" * 40 + "\n", "puts 1\n"),
    "dashes": ("x.sql", lambda text: lines_of("--", text), "SELECT 1;\n"),
    "Lua block": ("x.lua", lambda text: f"--[[\n{text}]]\n", "return {}\n"),
    "Haskell block": ("X.hs", lambda text: "{-\n" + text + "-}\n", "module X where\n"),
    "semicolons": ("x.el", lambda text: lines_of(";;", text), "(require 'cl-lib)\n"),
    "per cent": ("x.erl", lambda text: lines_of("%%", text), "-module(x).\n"),
    "Fortran": ("x.f90", lambda text: lines_of("!", text), "program x\nend program\n"),
    "OCaml": ("x.ml", lambda text: f"(*\n{text}*)\n", "let x = 1\n"),
    "markup": ("x.html", lambda text: f"<!--\n{text}-->\n", "<p>x</p>\n"),
    "batch": ("x.bat", lambda text: lines_of("REM", text), "dir\n"),
    "Makefile": ("Makefile", lambda text: lines_of("#", text), "all:\n\ttrue\n"),
    "script without suffix": ("bin/run", lambda text: "#!/bin/sh\n" + lines_of("#", text), "exit 0\n"),
}


@pytest.mark.parametrize("licence", LICENCES)
@pytest.mark.parametrize("style", STYLES)
def test_a_licence_goes_whole_in_every_comment_syntax(style, licence):
    path, comment, code = STYLES[style]
    shebang = "#!/bin/sh\n" if style == "script without suffix" else ""
    expected = shebang + (code if shebang else code.lstrip("\n"))
    assert remove_licence_header(comment(LICENCES[licence]) + code, path=path) == expected


@pytest.mark.parametrize("licence", LICENCES)
def test_line_ends_of_windows(licence):
    text = (lines_of("//", LICENCES[licence]) + "\nint x;\n").replace("\n", "\r\n")
    assert remove_licence_header(text, path="x.cs") == "int x;\r\n"


STAYS = {
    "shebang": ("x.sh", "#!/bin/bash\nset -e\n"),
    "shebang and encoding": ("x.py", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\nimport os\n"),
    "includes": ("x.c", '#include <stdio.h>\n#include "x.h"\n#define N 3\n\nint x;\n'),
    "include guard": ("x.h", "#ifndef X_H\n#define X_H\n#pragma once\nint x;\n#endif\n"),
    "preprocessor of assembly": ("x.S", "#include <asm.h>\n#define SIZE 4\n  mov r0, #SIZE\n"),
    "Markdown headings": ("README.md", "# Title\n\n## License\n\nMIT, see LICENSE for details.\n"),
    "Python docstring": ("x.py", '"""Copyright checks: licensed under nothing."""\n\nimport os\n'),
    "comment of no licence, #": ("x.py", "# Reads the table of tides.\n# Heights are in metres.\nimport os\n"),
    "comment of no licence, //": (
        "x.go",
        "// Package tide reads tables.\n//\n// Heights are in metres.\npackage tide\n",
    ),
    "comment of no licence, --": ("x.lua", "-- Tides for the harbour.\nreturn {}\n"),
    "comment of no licence, /* */": ("x.c", "/* Tides for the harbour. */\nint x;\n"),
    "compiler directives": ("x.go", "//go:build linux\n// +build linux\n\npackage x\n"),
    "linter directives": ("x.js", "/* eslint-disable no-console */\n// @ts-check\nrun();\n"),
    "a comment about licences": (
        "x.py",
        "# Finds files that lack a licence header.\n# Prints their names.\nimport os\n",
    ),
    "a comment that says generated": ("x.js", "// This module is used by the licence page.\nrun();\n"),
    "provided": ("x.py", "# This module is provided for tests of licence keys.\nimport os\n"),
    "list marks (a) to (c)": ("x.py", "# (a) wait (b) look (c) act; the licence test needs it\nimport os\n"),
    "SPDX in prose": ("x.py", "# Parses SPDX-like licence expressions.\nimport os\n"),
    "licence behind code": ("x.py", "import os\n# Copyright 2019 Ada Example\n"),
    "licence in a string": ("x.js", 'const notice = "Copyright 2019 Ada Example";\n'),
    "XML declaration": ("x.xml", '<?xml version="1.0"?>\n<!-- Tide tables. -->\n<t/>\n'),
    "doctype": ("x.html", "<!DOCTYPE html>\n<!-- Tide tables. -->\n<html></html>\n"),
    "PHP opening": ("x.php", "<?php\n\nnamespace Tides;\n"),
    "YAML start": ("x.yml", "---\n# Tides\na: 1\n"),
    "Rust inner attribute": ("x.rs", "#![no_std]\n//! Tides.\nfn main() {}\n"),
    "hash lines of a file without suffix": ("NOTES", "# Copyright 2019 Ada Example\nx\n"),
    "hash lines of plain text": ("notes.txt", "# Copyright 2019 Ada Example\nx\n"),
    "unclosed block": ("x.c", "/* Copyright 2019 Ada Example\nint x;\n"),
    "empty": ("x.py", ""),
    "blank": ("x.py", "\n\n"),
}


@pytest.mark.parametrize(("path", "text"), STAYS.values(), ids=STAYS)
def test_what_is_no_notice_stays_to_the_letter(path, text):
    assert remove_licence_header(text, path=path) == text


CUTS = {
    "at the end of a block that closes without a blank": (
        "x.c",
        "/*\nfoo\n\nCopyright 2020 Ada Example\n*/\nint x;\n",
        "/*\nfoo\n\n*/\nint x;\n",
    ),
    "behind a shebang": (
        "x.py",
        "#!/usr/bin/env python3\n# Copyright 2019 Ada Example\n\nimport os\n",
        "#!/usr/bin/env python3\n\nimport os\n",
    ),
    "behind shebang and encoding line": (
        "x.py",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n#\n# Copyright 2019 Ada\n#\n# Tide tables.\nimport os\n",
        "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n#\n# Tide tables.\nimport os\n",
    ),
    "behind <?php": ("x.php", "<?php\n/*\n * (c) Ada Example\n */\n\nnamespace T;\n", "<?php\n\nnamespace T;\n"),
    "behind <?php on its line": ("x.php", "<?php /* (c) 2019 Ada */\n\nnamespace T;\n", "<?php \n\nnamespace T;\n"),
    "behind an XML declaration": (
        "x.xml",
        '<?xml version="1.0"?>\n<!-- (c) 2019 Ada -->\n<t/>\n',
        '<?xml version="1.0"?>\n<t/>\n',
    ),
    "behind a doctype": ("x.html", "<!DOCTYPE html>\n<!-- (c) 2019 Ada -->\n<p>\n", "<!DOCTYPE html>\n<p>\n"),
    "behind an include guard": (
        "x.h",
        "#ifndef X_H\n#define X_H\n\n/* Copyright 2019 Ada Example */\n\nint x;\n#endif\n",
        "#ifndef X_H\n#define X_H\n\nint x;\n#endif\n",
    ),
    "behind the package comment": (
        "x.go",
        "// Package tide reads tables.\n\n// Copyright 2019 The Tide Authors. All rights reserved.\n\npackage tide\n",
        "// Package tide reads tables.\n\npackage tide\n",
    ),
    "behind the package line": (
        "X.java",
        "package x;\n\n/* Copyright 2019 Ada Example */\n\nimport y;\n",
        "package x;\n\nimport y;\n",
    ),
    "behind 'use strict'": ("x.js", "'use strict';\n// (c) 2019 Ada\n\nrun();\n", "'use strict';\n\nrun();\n"),
    "behind a byte order mark": (
        "x.cs",
        "\ufeff// Copyright (c) Example Labs Inc.\n\nclass X {}\n",
        "\ufeffclass X {}\n",
    ),
    "behind a comment that is none": (
        "x.c",
        "/* Tides. */\n\n/* Copyright 2019 Ada */\n\nint x;\n",
        "/* Tides. */\n\nint x;\n",
    ),
    "lines, though a later block says nothing of copyright": (
        "x.js",
        "// Copyright 2019 The Tide Authors. All rights reserved.\n\n/* Reads a table. */\nrun();\n",
        "/* Reads a table. */\nrun();\n",
    ),
    "two headers": ("x.js", "// SPDX-License-Identifier: MIT\n\n/* Copyright 2019 Ada */\n\nrun();\n", "run();\n"),
    "SPDX before a pragma": (
        "x.sol",
        "// SPDX-License-Identifier: MIT\n// Tides v1\n\npragma x;\n",
        "// Tides v1\n\npragma x;\n",
    ),
    "minified banner": ("x.min.js", "/*! tides v1 | (c) Ada Example | example.org/license */\nrun()", "run()"),
    "code on the line of its end": ("x.js", "/* Copyright 2019 Ada */ run();\n", "run();\n"),
    "in a run with a description after it": (
        "x.py",
        "# Copyright 2019 Ada Example\n# All rights reserved.\n#\n# Tide tables of the harbour.\n\nimport os\n",
        "# Tide tables of the harbour.\n\nimport os\n",
    ),
    "in a run with a description before it": (
        "x.py",
        "# Tide tables of the harbour.\n#\n# Copyright 2019 Ada Example\n\nimport os\n",
        "# Tide tables of the harbour.\n\nimport os\n",
    ),
    "in a block between title and date": (
        "x.js",
        "/*!\n * tides v1\n *\n * Copyright Example Foundation and others\n * Released under the MIT license\n"
        " * https://example.org/license\n *\n * Date: 2020-01-01\n */\nrun();\n",
        "/*!\n * tides v1\n *\n * Date: 2020-01-01\n */\nrun();\n",
    ),
    "on the first line of a block": (
        "x.c",
        "/* Copyright 2019 Ada Example\n *\n * Tide tables.\n */\nint x;\n",
        "/*\n * Tide tables.\n */\nint x;\n",
    ),
    "on the last line of a block": (
        "x.c",
        "/* Tide tables.\n * (c) 2019 Ada */\nint x;\n",
        "/* Tide tables.\n */\nint x;\n",
    ),
    "a sentence over two lines": (
        "x.go",
        "// Use of this source code is governed by a BSD-style\n// license that can be found in the LICENSE file.\n"
        "// Tides.\npackage x\n",
        "// Tides.\npackage x\n",
    ),
    "holder, then a line that is no notice": (
        "x.lua",
        "-- Copyright (C) 2008-2010 Ada Example\n--\n-- classic tables\nreturn 1\n",
        "-- classic tables\nreturn 1\n",
    ),
    "author and module lines stay": (
        "x.py",
        "# Author: Ada Example\n# Copyright 2019 Ada Example\n# Version: 2\nx = 1\n",
        "# Author: Ada Example\n# Version: 2\nx = 1\n",
    ),
    "pointer to the licence file": (
        "x.php",
        "<?php\n/*\n * This file is part of Tides.\n *\n * (c) Ada Example\n *\n"
        " * For the full copyright and license information, please view the LICENSE\n"
        " * file that was distributed with this source code.\n */\n\nnamespace T;\n",
        "<?php\n\nnamespace T;\n",
    ),
    "framed licence block": (
        "x.js",
        "/* ***** BEGIN LICENSE BLOCK *****\n * Version: XYZ 1.1\n *\n * The Initial Developer is\n * Ada.\n *\n"
        " * ***** END LICENSE BLOCK ***** */\nrun();\n",
        "run();\n",
    ),
    "directives in the middle of a licence": (
        "x.py",
        "# Copyright 2019 Ada Example\n# Permission is hereby granted to all.\n# pylint: disable=all\n"
        "# THE SOFTWARE IS PROVIDED AS IS.\nx = 1\n",
        "# pylint: disable=all\nx = 1\n",
    ),
    "include lines in the comment run of assembly": (
        "x.S",
        "# Permission is hereby granted.\n#include <asm.h>\nnop\n",
        "#include <asm.h>\nnop\n",
    ),
}


@pytest.mark.parametrize(("path", "text", "left"), CUTS.values(), ids=CUTS)
def test_what_goes_and_what_stays_beside_it(path, text, left):
    assert remove_licence_header(text, path=path) == left


@pytest.mark.parametrize(("path", "text", "left"), CUTS.values(), ids=CUTS)
def test_a_second_time_changes_nothing(path, text, left):
    assert remove_licence_header(left, path=path) == left


def test_notice_lines_of_a_whole_licence():
    for licence in LICENCES.values():
        lines = licence.splitlines()
        assert notice_lines(lines) == {at for at, line in enumerate(lines) if line}


@pytest.mark.parametrize(("chars", "goes"), [(1 << 16, True), ((1 << 16) + 1, False)])
def test_longest_header(chars, goes):
    comment = "/* Copyright 2019 Ada Example " + "x" * (chars - 33) + " */"
    assert len(comment) == chars
    assert (remove_licence_header(comment + "\nint x;\n", path="x.c") == "int x;\n") is goes


@pytest.fixture(scope="module")
def real_code(shared_data: Path) -> list[tuple[str, str]]:
    """(path, content) of every real file, with the first path it has."""
    folder = shared_data / "github"
    rows = map(orjson.loads, gzip.decompress((folder / "files-000000000000.json.gz").read_bytes()).splitlines())
    paths = {row["id"]: row["path"] for row in reversed(list(rows))}
    rows = [
        orjson.loads(line)
        for file in sorted(folder.glob("contents-*"))
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]
    return [(paths[row["id"]], row["content"]) for row in rows if "content" in row]


def test_thousands_of_headers_take_no_time():
    """Linear in the file: a hostile one must not stall a worker."""
    assert remove_licence_header("/* (c) 2019 Ada */\n\n" * 30_000 + "x\n", path="x.c") == "x\n"


NOTICE = re.compile(r"copyright|licen[cs]e|warrant|redistribut|rights reserved|\(c\)|©|spdx|is part of", re.IGNORECASE)


def test_real_files_lose_notices_only(real_code):
    """Of every line cut from real files, its paragraph names copyright or licence; shebangs and includes all stay."""
    cut = 0
    for path, text in real_code:
        left = remove_licence_header(text, path=path)
        for word in ("#!", "#include", "#define", "coding:", "<?php", "#pragma"):
            assert left.count(word) == text.count(word)
        if left != text:
            cut += 1
            gone = Counter(text.split("\n")) - Counter(left.split("\n"))
            assert any(NOTICE.search(line) for line in gone)
            assert not Counter(left.split("\n")) - Counter([*text.split("\n"), "/*", " */", "/*!", ""])
    assert cut == 859
