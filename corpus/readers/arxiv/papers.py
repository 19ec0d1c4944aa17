"""A submission's papers: which files are main files, and which others each of them may read."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from corpus.json_values import json_value
from corpus.readers.arxiv.project import LatexProject

_CLASS = re.compile(r"^[^%\n]*?\\document(?:class|style)\s*+(?:\[[^\]]{0,999}\]\s*+)?\{([^{}]*)\}", re.MULTILINE)
_BEGINS = re.compile(r"^[^%\n]*?\\begin\s*\{document\}", re.MULTILINE)
_READS = re.compile(r"^[^%\n]*?\\(?:input|include|subfile)\s*+(?:\{\s*+)?\"?([^\s{}\"%\\]+)", re.MULTILINE)
_IMPORTS = re.compile(
    r"^[^%\n]*?\\(?:sub)?(?:import|inputfrom|includefrom)\*?\s*\{([^{}]*)\}\s*\{([^{}]*)\}", re.MULTILINE
)
_PART_CLASSES = ("subfiles", "standalone")
_PLAIN_TEX = re.compile(
    r"^[^%\n]*?\\(?:bye|magnification|documentstyle|input\s*(?:harvmac|amstex|epsf|phyzzx))\b", re.MULTILINE
)
_README = ("00README.XXX", "00README.json", "00README", "00readme.xxx")
_MAIN_STEMS = ("ms", "main", "paper", "article", "manuscript")


def main_files(files: Mapping[str, str]) -> list[str]:
    """The files that make a paper each, the chief one first; none where no file is one.

    They are named by a 00README, or have a document of their own, or else one is plain TeX.

    Args:
        files: the text of each file that may be TeX, by its path in the submission.
    """
    candidates = [name for name in sorted(files) if is_latex_main(files[name])]
    mains = candidates
    if len(candidates) > 1:
        read = {target for name in candidates for target in _targets(name, files[name], files) if target != name}
        mains = [name for name in candidates if name not in read] or candidates
    top = [name for name in _top_level(files) if name in files]
    if top:
        mains = [*dict.fromkeys(top)]
    if not mains:
        mains = _plain_tex_main(files)
    return mains if top else sorted(mains, key=lambda name: _rank(name, files[name]))


def is_latex_main(text: str) -> bool:
    """Whether a file has a document class, that of a part excepted, and begins a document."""
    declared = _CLASS.search(text) if r"\document" in text else None
    return bool(declared and declared[1].strip() not in _PART_CLASSES and _BEGINS.search(text))


def _plain_tex_main(files: Mapping[str, str]) -> list[str]:
    """Of files without a document class, the one that is plain TeX, or else the one with the most commands."""
    named = [name for name in sorted(files) if _PLAIN_TEX.search(files[name])]
    with_commands = sorted((name for name in files if "\\" in files[name]), key=lambda name: -files[name].count("\\"))
    return (named or with_commands)[:1]


def _rank(name: str, text: str) -> tuple[bool, int, str]:
    stem = posixpath.splitext(posixpath.basename(name))[0].lower()
    return stem not in _MAIN_STEMS, -len(text), name


def _top_level(files: Mapping[str, str]) -> list[str]:
    """What arXiv's 00README (either form) calls a top-level file."""
    for name in _README:
        text = files.get(name, "")
        if not text:
            continue
        if name.endswith(".json"):
            return _top_level_of_json(text)
        lines = (line.split() for line in text.splitlines())
        return [words[0] for words in lines if len(words) > 1 and words[1].lower() == "toplevelfile"]
    return []


def _top_level_of_json(text: str) -> list[str]:
    try:
        sources = json_value(text).get("sources", [])
        return [str(source["filename"]) for source in sources if source.get("usage") == "toplevel"]
    except (ValueError, AttributeError, KeyError, TypeError):
        return []


def _targets(name: str, text: str, files: Mapping[str, str]) -> set[str]:
    """The files that a file reads by name."""
    asked = _READS.findall(text) + [posixpath.join(*folder_and_name) for folder_and_name in _IMPORTS.findall(text)]
    folder = posixpath.dirname(name)
    paths = {posixpath.normpath(posixpath.join(at, path + suffix))
             for path in asked for at in ("", folder) for suffix in ("", ".tex")}  # fmt: skip
    return paths & files.keys()


class Projects:
    """The files that each main file of a submission may read.

    A file may be read when its name, without folder and ending, is a word of a file that may be; a name can be put
    together by macros, so that only the expansion knows what is read, and in which order. Which names a file holds is
    looked up once, however many papers the submission has.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._stems = {name: posixpath.splitext(posixpath.basename(name))[0] for name in sorted(files)}
        self._named: dict[str, list[str]] = {}

    def of(self, main: str) -> LatexProject:
        """The files that a main file may read, by name as it would call them."""
        chosen, waiting = {main}, [main]
        while waiting:
            new = [name for name in self._names_in(waiting.pop()) if name not in chosen]
            chosen.update(new)
            waiting += new
        folder = posixpath.dirname(main) or "."
        others = sorted(chosen - {main})
        return LatexProject({posixpath.relpath(name, folder): _ended(self._files[name]) for name in others})

    def _names_in(self, name: str) -> list[str]:
        if name not in self._named:
            text = self._files[name]
            self._named[name] = [other for other, stem in self._stems.items() if stem in text]
        return self._named[name]


def _ended(text: str) -> str:
    """A file's text as TeX reads it: the last line has an end."""
    return text if text.endswith("\n") or not text else text + "\n"
