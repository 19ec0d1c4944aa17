"""Main files, the files they may read, and the characters of both."""

from __future__ import annotations

import pytest

from corpus.readers.arxiv.encoding import declared_encoding, decode_latex
from corpus.readers.arxiv.papers import Projects, main_files
from corpus.readers.arxiv.project import LatexProject

MAIN = "\\documentclass{article}\n\\begin{document}\n"

MAINS: dict[str, tuple[dict[str, str], list[str]]] = {
    "the one with a class": ({"a.tex": "text", "b.tex": MAIN}, ["b.tex"]),
    "LaTeX 2.09": ({"a.tex": "\\documentstyle[12pt]{article}\n\\begin{document}"}, ["a.tex"]),
    "a class in a comment is none": ({"a.tex": "% \\documentclass{x}\n\\begin{document}", "b.tex": MAIN}, ["b.tex"]),
    "a part is none": (
        {"a.tex": MAIN + "\\subfile{b}", "b.tex": "\\documentclass[a]{subfiles}\\begin{document}"},
        ["a.tex"],
    ),
    "one that is read by another is none": ({"a.tex": MAIN, "b.tex": MAIN + "\\input{a}"}, ["b.tex"]),
    "two papers, the longer first": ({"a.tex": MAIN, "b.tex": MAIN + "more"}, ["b.tex", "a.tex"]),
    "two papers, the one with a main file's name first": (
        {"ms.tex": MAIN, "a.tex": MAIN + "more"},
        ["ms.tex", "a.tex"],
    ),
    "two that read each other": ({"a.tex": MAIN + "\\input{b}", "b.tex": MAIN + "\\input{a}"}, ["a.tex", "b.tex"]),
    "a 00README decides": (
        {"00README.XXX": "b.tex toplevelfile\na.tex ignore", "a.tex": MAIN, "b.tex": "x"},
        ["b.tex"],
    ),
    "a 00README in JSON": (
        {"00README.json": '{"sources":[{"filename":"b.tex","usage":"toplevel"}]}', "a.tex": MAIN, "b.tex": "x"},
        ["b.tex"],
    ),
    "a 00README that is broken": ({"00README.json": "{", "a.tex": MAIN}, ["a.tex"]),
    "plain TeX": ({"a.tex": "notes \\TeX", "b.tex": "\\magnification=1200 x \\bye"}, ["b.tex"]),
    "most commands": ({"a.tex": "\\it a", "b.tex": "\\it b \\bf c"}, ["b.tex"]),
    "nothing like TeX": ({"a.txt": "words"}, []),
    "nothing": ({}, []),
}


@pytest.mark.parametrize("name", MAINS)
def test_main_files(name: str) -> None:
    files, expected = MAINS[name]
    assert main_files(files) == expected


def test_files_are_named_from_the_main_files_folder() -> None:
    files = {
        "src/paper.tex": "\\section{x}\\name{intro} ../up",
        "src/sections/intro.tex": "Intro, see deeper.",
        "up.tex": "Up",
        "src/deeper.tex": "Deep\n",
        "unused.tex": "no",
    }
    expected = {"deeper.tex": "Deep\n", "sections/intro.tex": "Intro, see deeper.\n", "../up.tex": "Up\n"}
    assert Projects(files).of("src/paper.tex") == LatexProject(expected)
    assert Projects(files).of("src/paper.tex").chars == len("Deep\nIntro, see deeper.\nUp\n")


def test_files_may_read_one_another_but_not_the_main_file() -> None:
    files = {"a.tex": "b", "b.tex": "c a", "c.tex": "", "d.tex": "e", "e.tex": "d"}
    assert Projects(files).of("a.tex") == LatexProject({"b.tex": "c a\n", "c.tex": ""})


DECODED = {
    "UTF-8": ("é".encode(), "", "é"),
    "UTF-8 whatever is declared": ("é".encode(), "cp1252", "é"),
    "a byte order mark": (b"\xef\xbb\xbfa", "", "a"),
    "UTF-16": ("aé".encode("utf-16"), "", "aé"),
    "declared": (b"\xe9\x8e", "mac-roman", "Èé"),
    "latin-1 as last resort": (b"caf\xe9", "", "café"),
    "latin-1 where UTF-8 is declared in vain": (b"caf\xe9", "utf-8", "café"),
    "one odd byte in UTF-8": ("ünïcödé ".encode() + b"\xe9", "", "ünïcödé é"),
    "as many odd bytes as bytes in UTF-8": ("é".encode() + b"\xe9\xe9", "", "Ã©éé"),
    "fewer odd bytes than bytes in UTF-8": ("é".encode() + b"\xe9", "", "éé"),
    "a byte that cp1252 has not": (b"a\x81\xe9", "", "a\x81é"),
    "line ends": (b"a\r\nb\rc\n", "", "a\nb\nc\n"),
}


@pytest.mark.parametrize("name", DECODED)
def test_decoding(name: str) -> None:
    data, declared, expected = DECODED[name]
    assert decode_latex(data, declared) == expected


@pytest.mark.parametrize(
    ("source", "codec"),
    [
        (rb"\usepackage[latin2]{inputenc}", "iso8859-2"),
        (rb"\usepackage[T1,applemac]{inputenc}", "mac-roman"),
        (rb"\inputencoding{cp850}", "cp850"),
        (rb"% \usepackage[latin2]{inputenc}", ""),
        (rb"\usepackage[next]{inputenc}", ""),
    ],
)
def test_what_is_declared(source: bytes, codec: str) -> None:
    assert declared_encoding([b"none here", source]) == codec


def test_a_file_is_searched_once_for_all_papers_of_a_submission() -> None:
    """A submission of 300 papers took 7 s, when each of them searched all files again."""

    class Text(str):
        searched = 0

        def __contains__(self, stem: object) -> bool:
            Text.searched += 1
            return super().__contains__(stem)  # type: ignore[arg-type]

    files = {f"{number}.tex": Text(f"\\input{{{(number + 1) % 20}}}") for number in range(20)}
    projects = Projects(files)
    assert all(len(projects.of(name).files) == 19 for name in files)
    assert Text.searched == 20 * 20
