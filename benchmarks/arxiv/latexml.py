"""Macro expansion against LaTeXML's own tests: does the expanded source say what LaTeXML's XML shows?

Of LaTeXML's tests of macros and definitions (the folders below), the .tex files that define macros are expanded here.
Every stretch of text and every formula of the XML that LaTeXML makes of the same file is then looked for in the
expanded text, by letters and digits. Out of scope: files that compute (registers, counters, references,
boxes, conditionals on TeX's state, category codes), that ask what is loaded, or that LaTeXML reads with a binding of
their own.

Prints the share of stretches found, that of the stretches which stand in no source unexpanded (so that only expansion
explains them), and the share of files of which all are found; as the floor, the same for the files unexpanded.
"""

from __future__ import annotations

import argparse
import re
import tarfile
from pathlib import Path
from xml.etree import ElementTree

from corpus.document import Document
from corpus.readers.arxiv.encoding import declared_encoding, decode_latex
from corpus.readers.arxiv.papers import Projects
from filters.arxiv.comments import remove_comments
from filters.arxiv.paper import drop_comments, expand_macros
from pipelines.sources.arxiv import RECIPE

DEFINES = re.compile(
    r"\\(?:(?:re|provide)?(?:newcommand|command|newenvironment)|newcommand|renewcommand|providecommand|def|gdef|edef|xdef"
    r"|DeclareMathOperator|NewDocumentCommand|DeclareDocumentCommand|newenvironment|DeclareRobustCommand)\b"
)
OUT_OF_SCOPE = re.compile(
    r"\\(?:catcode|count\d?|advance|newcount|newcounter|setcounter|addtocounter|stepcounter|the|number|romannumeral"
    r"|the[a-z]+|ref|jobname|meaning|@ifpackageloaded|usepackage\[localrawstyles\]|show|setbox|newbox|dimen|newdimen|newlength|setlength|toks|newtoks|everypar|loop|multido|numexpr|dimexpr"
    r"|glueexpr|write|openin|read|uppercase|lowercase|MakeUppercase|aftergroup|afterassignment|futurelet|escapechar"
    r"|ifnum|ifdim|ifcase|ifmmode|ifvmode|ifhmode|ifinner|ifeof|scantokens|unexpanded|expanded|ExplSyntaxOn|define@key"
    r"|setkeys|char|mathchardef|chardef|halign|tikz|pgfplots|xymatrix|DeclareOption|ProcessOptions|newcommandx)"
    r"(?![a-zA-Z@])"
)
FOLDERS = ("digestion", "expansion", "expl3", "grouping", "tokenize")
BOUND = ("t/grouping/scopemacro.tex",)  # a binding of LaTeXML's, not the file, gives its macro a meaning by section
UNSHOWN = ("tag", "tags", "ERROR", "ref", "cite", "bibref", "date", "bibliography", "resource")
COMMAND = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}|\\[a-zA-Z@]+\*?|\\.")
NAMESPACE = re.compile(r"\{[^}]*\}")


def words_of_tex(text: str) -> str:
    """The letters and digits of LaTeX source, without its commands."""
    return "".join(re.findall(r"[^\W_]+", COMMAND.sub(" ", text)))


def runs_of_xml(xml: bytes) -> list[str]:
    """The runs of words between two elements that LaTeXML's XML shows."""
    runs: list[str] = []

    def walk(element: ElementTree.Element) -> None:
        name = NAMESPACE.sub("", element.tag)
        if name == "Math":
            runs.append(words_of_tex(element.get("tex", "")))
            return
        if name in UNSHOWN:
            return
        runs.append(words_of_tex(element.text or ""))
        for child in element:
            walk(child)
            runs.append(words_of_tex(child.tail or ""))

    walk(ElementTree.fromstring(xml))
    return [run for run in runs if run]


def expand(main: str, texts: dict[str, str]) -> str:
    limits = {name: RECIPE[name].value for name in ("packages", "call_chars", "paper_chars", "paper_chars_per_char")}
    document = Document("latexml", texts[main], "arxiv", payload=Projects(texts).of(main))
    expanded: str = expand_macros(drop_comments(document).document, **limits).document.text
    return expanded


def missing(text: str, runs: list[str]) -> list[str]:
    """The runs that a text does not have."""
    words = words_of_tex(text)
    return [run for run in runs if run not in words]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--show", action="store_true", help="the runs that are missing, file by file")
    options = parser.parse_args()
    with tarfile.open(options.data / "arxiv" / "fixture-latexml-tex-to-xml.tar.gz") as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}  # type: ignore[union-attr]
    scope = agree = floor = shown = found = made = made_found = 0
    for name in sorted(files):
        xml = files.get(name.removesuffix(".tex") + ".xml")
        if not name.endswith(".tex") or xml is None or name in BOUND:
            continue
        folder = name.rpartition("/")[0] + "/"
        texts = {
            path.removeprefix(folder): decode_latex(data, declared_encoding([data]))
            for path, data in files.items()
            if path.startswith(folder) and path.endswith(".tex")
        }
        source = remove_comments(texts[name.removeprefix(folder)])
        if not folder.rstrip("/").endswith(FOLDERS) or not DEFINES.search(source) or OUT_OF_SCOPE.search(source):
            continue
        scope += 1
        runs = runs_of_xml(xml)
        absent, unmade = missing(expand(name.removeprefix(folder), texts), runs), missing(source, runs)
        shown, found, made = shown + len(runs), found + len(runs) - len(absent), made + len(unmade)
        made_found += len([run for run in unmade if run not in absent])
        agree += not absent
        floor += not unmade
        if absent and options.show:
            print(f"{name}: {len(absent)} of {len(runs)} runs missing:", *absent[:6], sep="\n    ")
    print(f"LaTeXML tests that define macros, in scope: {scope}")
    print(
        f"stretches found: {found} of {shown} ({found / shown:.1%}); unexpanded {(shown - made) / shown:.1%}, the floor"
    )
    print(f"of those that only expansion explains: {made_found} of {made} ({made_found / made:.1%})")
    print(f"files with all found: {agree} ({agree / scope:.1%}); unexpanded {floor} ({floor / scope:.1%}), the floor")


if __name__ == "__main__":
    main()
