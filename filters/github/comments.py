"""Comments as each language writes them: which a file has, and the ones it begins with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Syntax(NamedTuple):
    """How comments are written: tokens that begin one to the end of the line, and pairs around a block."""

    lines: tuple[str, ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()


class Comment(NamedTuple):
    """A comment at text[start:end]: a block with its tokens, or (close is empty) lines that begin with one token."""

    start: int
    end: int
    open: str
    close: str = ""


_C_BLOCK = ("/*", "*/")
_ML_BLOCK = ("(*", "*)")
_MARKUP_BLOCK = ("<!--", "-->")

_SYNTAXES = {
    Syntax(("//",), (_C_BLOCK,)): (
        "c h cc cpp cxx c++ hh hpp hxx h++ ino inl ipp tcc cu cuh cl metal m mm swift go rs zig d java kt kts scala "
        "sbt groovy gradle cs fs fsi fsx dart js jsx mjs cjs es6 ts tsx mts cts vala proto thrift sol glsl vert frag "
        "geom comp hlsl fx fxh sc sv svh v vh scss less sass styl jsonc json5 as hx ceylon ck cy pike uc wgsl capnp "
        "bicep qml rc idl ipdl asn prisma cue"
    ),
    Syntax((), (_C_BLOCK,)): "css",
    Syntax(("#",)): (
        "py pyi pyw pyx pxd pxi rb rake gemspec sh bash zsh ksh fish csh tcsh pl pm pod t psgi yml yaml toml conf cfg "
        "properties r rprofile mk mak am ac cmake dockerfile gitignore gitattributes editorconfig env ex exs cr nim "
        "nims awk sed tcl gyp gypi bzl bazel star sparql ttl graphql gql pyt ep service desktop gn ninja jq po pot "
        "ebuild eclass gd tres feature robot elv nu rq mojo podspec nix bro spec"
    ),
    Syntax(("#", "//"), (_C_BLOCK,)): "php php3 php4 php5 phps phpt inc hcl tf tfvars hack",
    Syntax(("#",), (("<#", "#>"),)): "ps1 psm1 psd1",
    Syntax(("#",), (("###", "###"),)): "coffee litcoffee cson",
    Syntax(("#",), (("#=", "=#"),)): "jl",
    Syntax(("--",), (("--[[", "]]"), ("--[=[", "]=]"))): "lua",
    Syntax(("--",), (_C_BLOCK,)): "sql psql pgsql plsql pls ddl dml vhd vhdl adb ads ada",
    Syntax(("--",), (("{-", "-}"),)): "hs lhs elm purs agda idr dhall cabal",
    Syntax((";",), (("#|", "|#"),)): "lisp lsp el scm ss rkt clj cljs cljc edn asd",
    Syntax((";", "#")): "ini inf reg",
    Syntax((";", "//", "#", "@"), (_C_BLOCK,)): "s asm nasm",
    Syntax(("%",), (_C_BLOCK, ("%{", "%}"))): "tex sty cls bib dtx ltx erl hrl ps mat pro prolog",
    Syntax((), (_ML_BLOCK,)): "ml mli mll mly sml thy coq",
    Syntax(("//",), (("{", "}"), _ML_BLOCK)): "pas pp dpr lpr",
    Syntax(("!", "C", "c", "*")): "f for f77 f90 f95 f03 f08 fpp ftn",
    Syntax(("'", "REM", "Rem")): "vb vbs bas frm",
    Syntax(("REM", "rem", "@REM", "@rem", "::")): "bat cmd",
    Syntax(('"',)): "vim",
    Syntax(("dnl", "#")): "m4",
    Syntax(('.\\"', "'\\\"")): "1 2 3 4 5 6 7 8 man mdoc",
    Syntax((), (_MARKUP_BLOCK,)): (
        "html htm xhtml xml xsd xsl xslt svg md markdown mdx rng wsdl plist xaml csproj vbproj fsproj props targets "
        "nuspec resx ui fxml pom storyboard xib"
    ),
    Syntax(("//",), (_MARKUP_BLOCK, _C_BLOCK)): "vue svelte astro",
    Syntax((), (_MARKUP_BLOCK, ("{#", "#}"), ("{{!--", "--}}"), ("{{!", "}}"))): "twig jinja jinja2 j2 hbs handlebars",
    Syntax((), (("<%--", "--%>"), ("<%#", "%>"), _MARKUP_BLOCK)): "jsp jspx asp aspx cshtml erb ejs",
}
_BY_SUFFIX = {suffix: syntax for syntax, suffixes in _SYNTAXES.items() for suffix in suffixes.split()}
_HASH_NAMES = (
    "makefile gnumakefile dockerfile containerfile rakefile gemfile guardfile vagrantfile podfile fastfile brewfile "
    "procfile cmakelists.txt requirements.txt build workspace sconstruct sconscript wscript .bashrc "
    ".profile .zshrc .gitignore .gitattributes .editorconfig .npmignore .dockerignore cpanfile"
)
_BY_NAME = dict.fromkeys(_HASH_NAMES.split(), Syntax(("#",)))
_SHEBANG = re.compile(r"\ufeff?#!(?!\[)[^\n]*")
_SCRIPTS_IN_C_STYLE = re.compile(r"\b(?:node|deno|bun|ts-node|swift|groovy|scala)\b")

_PREAMBLE = re.compile(
    r"""\ufeff
    | <\?(?:php|hh|xml\b[^>]*\?>|=)?(?!\S)
    | <\?xml\b[^>]*\?>
    | <!DOCTYPE\b[^>]*>
    | \#pragma[ \t]+once\b
    | \#ifndef[ \t]+(?P<guard>\w++)[^\n]*+\n\s*+\#[ \t]*define[ \t]+(?P=guard)\b[^\n]*
    | (?:'use[ ]strict'|"use[ ]strict");?
    | package[ \t]+[\w.]+[ \t]*;?(?=\r?\n)
    | namespace[ \t]+[\w\\]+;
    | declare\(strict_types=1\);
    | @charset[ \t]+"[^"\n]*";
    | @echo[ \t]+off\b
    | ---(?=\r?\n)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What may stand before a header: it stays, and the header is looked for behind it."""


def syntax_of(path: str, text: str) -> Syntax | None:
    """The comment syntax of a file by its name, its suffix, or for a script without suffix its shebang."""
    name = path.rpartition("/")[2].lower()
    stem, dot, suffix = name.rpartition(".")
    found = _BY_NAME.get(name) or (_BY_SUFFIX.get(suffix) if dot else None)
    if found or (dot and stem):
        return found
    shebang = _SHEBANG.match(text)
    if shebang is None:
        return None
    return _BY_SUFFIX["js"] if _SCRIPTS_IN_C_STYLE.search(shebang.group()) else Syntax(("#",))


def leading_comments(text: str, syntax: Syntax) -> Iterator[Comment]:
    """The comments before the first line of code; shebang, `<?php`, include guards and their like are passed over."""
    # Comments and preamble alternate until the first character that is neither: the header ends where code begins.
    shebang = _SHEBANG.match(text)
    at = _next_mark(text, shebang.end() if shebang else 0)
    while at < len(text):
        comment = _block_at(text, at, syntax) or _lines_at(text, at, syntax)
        if comment:
            yield comment
            at = comment.end
        elif preamble := _PREAMBLE.match(text, at):
            at = preamble.end()
        else:
            return
        at = _next_mark(text, at)


_BLANK = re.compile(r"\s*")


def _next_mark(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _block_at(text: str, at: int, syntax: Syntax) -> Comment | None:
    for opening, closing in syntax.blocks:
        if text.startswith(opening, at):
            end = text.find(closing, at + len(opening))
            return None if end < 0 else Comment(at, end + len(closing), opening, closing)
    return None


def _lines_at(text: str, at: int, syntax: Syntax) -> Comment | None:
    """The run of lines that begin with the same token as the one at `at`; its end is behind the last line's end."""
    token = next((token for token in syntax.lines if _begins(text, at, token)), None)
    if token is None:
        return None
    end = at
    while _begins(text, _after_blanks(text, end), token):
        newline = text.find("\n", end)
        if newline < 0:
            return Comment(at, len(text), token)
        end = newline + 1
    return Comment(at, end, token)


def _begins(text: str, at: int, token: str) -> bool:
    """Whether a token stands at `at`; one that is a word does not go on."""
    end = at + len(token)
    return text.startswith(token, at) and not (token[-1].isalpha() and text[end : end + 1].isalnum())


def _after_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    return at
