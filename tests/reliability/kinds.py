"""Kinds of hostile documents, by the language of their markup: a start, a body that is repeated, a close, an end.

Each was slow, deep or large once, or is the plainest way to ask much of one rule. `@` in a body is a number in letters,
another one each time: distinct names cost what equal ones do not.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from itertools import count, islice, product
from typing import NamedTuple

BLANKS = " " * 100_000


class Kind(NamedTuple):
    """A text of any size: start, body n times, middle, close n times, end."""

    body: str
    start: str = ""
    middle: str = ""
    close: str = ""
    end: str = ""

    def text(self, chars: int) -> str:
        """The text of at most this many characters."""
        fixed = len(self.start) + len(self.middle) + len(self.end)
        grown = _NAME_CHARS * (self.body.count("@") + self.close.count("@"))
        times = max(1, (chars - fixed) // (len(self.body) + len(self.close) + grown))
        bodies, closes = (_repeated(part, times) for part in (self.body, self.close))
        return (self.start + bodies + self.middle + closes + self.end)[:chars]


_NAME_CHARS = 4


def _repeated(part: str, times: int) -> str:
    return "".join(part.replace("@", name) for name in islice(_names(), times)) if "@" in part else part * times


def _names() -> Iterator[str]:
    for length in count(_NAME_CHARS):
        yield from map("".join, product(string.ascii_lowercase, repeat=length))


def kinds(bodies: str, *others: Kind) -> tuple[Kind, ...]:
    """Kinds that are a body alone, one a line (`\\n` is a line end, `\\s` a blank), and others."""
    found = (line.replace("\\n", "\n").replace("\\s", " ").replace("\\t", "\t") for line in bodies.split("\n"))
    return (*map(Kind, filter(None, found)), *others)


WIKITEXT = kinds(
    r"""
<
</
<a\s
<a>
<foo>
<ref>
</ref>
<ref/>
<ref
<ref name=x>a</ref>
<nowiki>
<nowiki>a</nowiki>
<math>a</math>
<pre>\na</pre>
<!--
<!---->
-->
<table>
<table></table>
<sup>1</sup>
<sup>
<br>
<br\s
<li>a
<div>
{{
}}
{{a}}\s
a{{a}}a\s
{{a|
{{a|b=
{{{
{{{a|b}}}
{{{a|
[[
]]
[[a]]
[[a|b]]
[[a:
[[a:....
[[File:a.png|thumb|b]]
[[file:file:file:
[[a|b
[http://a b\s
[http://a b]
[http://a [b]\s
[//
http://a\s
{|\n
|}\n
{|\n|a\n|}\n
{|\n|-\n|
|
|\n
||
!!
\n!a
\n|
''
'''
'''''a
__
__AAA__
-{
-{a}-
-{a:b;
&
&lt;
&#1;
*
*\n
* a\n
#a\n
:;*#a\n
=\n
== a ==\n
=
\s
\s\n
\sa\n
\n
a\n
----\n
-
{{convert|1|km}}
{{Ciudad}}
{{PAGENAME}}
{{cite web|url=http://a}}
{{cite {{a}}\s
{{cite\s
{{formatnum:1}}
{{#if:a|b}}
{{@|b}}
{{lang|de|a}}
{{quote|a}}
px|
thumb|
é
(
,
""",
    Kind(f"{{|\n|{BLANKS}"), Kind(f"|{BLANKS}"), Kind(f"<{BLANKS}"), Kind(f"[[{BLANKS}"), Kind(f"{{{{{BLANKS}"),
    Kind(f"\n{BLANKS}"), Kind(f"</ref{BLANKS}"), Kind(f"&{BLANKS}"), Kind(f"|population{BLANKS}"),
    Kind("{{Ciudad}} a ", "|population = " + "1" * 1000 + "\n"), Kind("(", close="<ref/>)"),
    Kind("( ", close="<ref/>)"),
    Kind("}}", "[[" * 99), Kind("]]", "[[{{\n"), Kind("]]", "[[{{" + "a" * 1000 + "\n"), Kind("[[a", "{{b|" * 50),
    Kind("a.b ", "{{x|" * 99, end="}}" * 99), Kind(".", "{{x|" * 9, end="}}" * 9),
    Kind("aa-", "{{x|" * 9, end="!" + "}}" * 9),
    Kind("1", "{{convert|" * 9, end="!}}" * 9), Kind("a\n|", "{|\n|\n" * 9, end="\n|}" * 9),
    Kind("a|", "[[b|" * 9, end="]]" * 9),
    Kind("x ", "<ref>", end="</ref>"), Kind("<ref a", end="</ref>"), Kind("a ", "{|\n|"), Kind("[[a", "{|\n"),
)  # fmt: skip
TEX = kinds(
    r"""
\
\\
{
}
{}
%
%\n
a%\n
\%
\a
\a{
\a{x}
\a[
$
#
#1
~
\s
\n
\s\n
\section
\section{
\section[
\section{a}
\section{References}
\subsection{References}
\begin{verbatim}
\begin{verbatim}\end{verbatim}
\begin{comment}
\begin{comment}\end{comment}
\begin{@}
\begin{a}\end{a}
\end{document}
\begin{document}
\begin\s
\verb|
\verb|a|
\lstinline[
\url{
\url{a}
\href{\abstract{
\url[
\cite{a}
\nocite{a}\s
\bibliography{a}
\begin{thebibliography}
\begin{filecontents}{a}
\begin{filecontents}{@}\end{filecontents}
\input{a}
\input{@}
\input{
\usepackage{a}
\def
\def\a
\def\a{
\def\a{b}
\def\a#1
\def\a#1@{}
\def\@{}
\def\@{\@}\@
\edef\a{\b}
\edef\a{
\gdef
\gdef\a{}
\let\a=\b
\let\@=\a
\newcommand
\newcommand{\y}
\newcommand{\y}{
\newcommand{\@}{}
\newcommand{\a}[1][x]{#1}\a
\newenvironment{a}{b}{c}
\newenvironment{@}{b}{c}
\NewEnviron{@}{\BODY}
\NewDocumentCommand{\a}{
\newif\if@
\if
\ifx\a\b
\iftrue
\iffalse
\iffalse\fi
\ifnum1=1 a\fi
\ifnum
\ifcase
\else
\fi
\csname
\csname a\endcsname
\expandafter
\expandafter\a\b
\noexpand
\string
\protect
\xspace
\long
\global
\global\long
\makeatletter
\@ifnextchar
\@ifstar{a}{b}
\@namedef{a}{b}
\ifthenelse{
\ifthenelse{\equal{a}{b}}{c}{d}
\whiledo{1=1}{a}
\endinput
\endinput\n
\frac{a}{b}
\hat
\LaTeX
\excludecomment{@}\begin{@}
\includecomment{@}\begin{@}
\lstnewenvironment{@}\begin{@}
\newminted{
""",
    Kind("\\newcommand{\\y}" + BLANKS), Kind("\\def" + BLANKS), Kind("\\input" + BLANKS), Kind("%\n" + BLANKS),
    Kind("\\a", r"\def\a{\a}"), Kind("\\a", r"\def\a{\a\a}"), Kind("\\a ", r"\def\a{ }"), Kind("\\,\n", r"\def\,{ }"),
    Kind("\\a{", r"\newcommand{\a}[1]{#1}", close="}"), Kind("\\a[", r"\newcommand{\a}[1][]{}"),
    Kind("\\a{x}", r"\def\a#1{\b{#1#1}}\def\b#1{#1#1}"), Kind("\\a ", r"\def\a#1\b#2\c{}"),
    Kind("\\a x", r"\def\a#1\b X{#1}"),
    Kind(r"\def\@{}", "{", close="}"), Kind(r"\def\@{}", "{", close=r"\gdef\x{}"), Kind("{", r"\def\a{b}", close="}"),
    Kind(r"\verb|a|", r"\def\a{b}"), Kind(r"\long\long\long\@ "), Kind("a", r"\def\a{", end=r"}\a\a\a\a"),
    Kind("#1", r"\def\a#1{", end=r"}\a b\a c"), Kind(r"\href{\abstract{", end=r"\%"), Kind(r"\url{a}", end="%"),
    Kind(r"\verb|a|", end="%"), Kind(r"\begin{verbatim}", end="%"),
    Kind(r"\begin{lstlisting}\end{lstlisting}", end="%"),
    Kind(r"\section{a} b ", "\\documentclass{a}\n\\begin{document}\n"), Kind("{" * 60_000, close="}" * 60_000),
)  # fmt: skip
HTML = kinds(
    r"""
<
</
<p>
<p>a
</p>
<p>a</p>
<a href=x>
<a\s
<div>
<ul><li>
<ul><li>a
<ol><li>a</li></ol>
<li>a
<pre>
<pre>a</pre>
<pre>\n
<li><pre>
<li><pre>a</pre></li>
<code>
<table>
<table><tr><td>
<tr><td>a
<blockquote>
<blockquote>a
<dl><dd>
<h1>
<br>
<hr>
<b>
<b><i>
<b>a<p>
<font>
<span>a</span>
<script>
<script>a</script>
<style>
<!--
<!-- a -->
<![CDATA[
<svg>
<math>
<select><option>
<option>a
<textarea>
<title>
<noscript>
<iframe>
<template>
<form>
<input>
<img alt=a>
&
&amp;
&#
&#30;
&lt;a
<a b=c\s
"
\s
\n
a\n
é
<@>
<@>a</@>
""",
    Kind("<a " + "b=c " * 1000), Kind("x", '<a b="', end='">'), Kind("a='b' ", "<a "), Kind("<div>", close="</div>"),
    Kind("<ul><li>", close="</li></ul>"), Kind("<pre>a", "<ul><li>", end="</pre>"), Kind("<a>" * 8, "<table>"),
    Kind("<ul><li>a\n<pre>b\n</pre>"), Kind(f"<p>{BLANKS}"), Kind("a\n", "<pre>", end="</pre>"),
    Kind("a\n", "<ul><li><ul><li><ul><li><pre>", end="</pre>"), Kind("@ ", "<p "), Kind('@=">"', "<p ", end=">"),
    Kind("@ " * 900 + ">", "<p ", close="<p "), Kind("<p @>a</p>"), Kind("</@>"), Kind("<li><pre>@</pre>"),
)  # fmt: skip
CODE = kinds(
    r"""
/
//
//\n
// a\n
/*
/**/
/* a */\n
*/
*
#
#\n
# a\n
#!
"
"""
    + "'''\n"
    + r"""
<!--
-->
<!-- a -->
{
}
{-
--
--\n
;\n
%\n
(*
(* a *)
<?php
#ifndef a\n
#ifndef a\n#define a\n
#pragma once\n
package a;\n
namespace a;\n
Copyright\s
/* Copyright 2000 a */\n
// Copyright 2000 a\n
# Copyright 2000 a\n
// licensed under\s
// see a\s
# Licensed under the a\n
# @generated\n
# do not\s
# generated by\n
// this file is part of\n
\s
\n
\s\n
a\n
a
é
0,
\t
\r\n
""",
    Kind("a ", "# Licensed under the "), Kind("a ", "// see "), Kind("x ", "/* Copyright (c) 2000 ", end="*/"),
    Kind(" * Copyright 2000 a\n", "/*\n", end="*/"), Kind("# permission is hereby granted\n"),
    Kind("# " + "a " * 400 + "\n"),
    Kind(f"//{BLANKS}\n"), Kind("generated ", "# "), Kind("# (c) 2000 a\n"), Kind("// a license b\n"),
    Kind("# as is\n"),
)  # fmt: skip
BOOKS = kinds(
    r"""
\s
\n
\n\n
a
a\n
a\n\n
\sa\n\n
*
***
*** START
*** START OF THE PROJECT GUTENBERG EBOOK A ***\n
*** END OF THE PROJECT GUTENBERG EBOOK A ***\n
*** START OF THE PROJECT GUTENBERG EBOOK A ***\na\n*** END OF THE PROJECT GUTENBERG EBOOK A ***\n
*END*THE SMALL PRINT!\n
*END THE SMALL PRINT\n
End of Project Gutenberg's a\n
Project Gutenberg\n\n
Produced by\s
Produced by a\n\n
[
]
[a
[a]
[[a]]
[[[
[Transcriber's Note:
[Transcriber's Note: a]
Transcriber's Note
Transcriber's Notes\n\n
[Note: a e-text
[Illustration]\n\n
_
_a_
<<
<<THIS ELECTRONIC VERSION
<<THIS ELECTRONIC VERSION a>>
http://a\s
www.a\n\n
a@b.c\n
E-text prepared by a\n\n
The Project Gutenberg EBook of a\n
Title: a\n
Author: a\nLanguage: English\n
""",
    Kind("[a ", "Produced by x\n\n"), Kind("[Transcriber's Note: a\n\n"), Kind(f"[{BLANKS}"), Kind(f"*{BLANKS}"),
    Kind("  a\n\n", "Transcriber's Note\n\n"), Kind("(" * 100 + "\n\n"), Kind(f"\n{BLANKS}"), Kind("a b ", "[Note: "),
)  # fmt: skip
PAGES = kinds(
    r"""
a
a\s
a\n
a.\n
a b c d e.\n
\s
\n
\s\n
.
...
.\s
?\s
a. b.\s
Mr. A.\s
[
]
[1]
[edit]
[citation needed]
{
javascript
lorem ipsum
é
É
Σ
\t
\r
"
'
1
1.\n
。
a.B.\s
e.g. a\s
(a.
\sa.\n
-
--
A.B.C.
a,\s
https://a\s
terms of use.\n
a\sb\sc\sd\se.[1]\n
WARC
""",
    Kind("\u00a0"), Kind("\u2028"), Kind("a" * 999 + " "), Kind("é" * 999 + "\n"), Kind("\u0300"),
    Kind("a\u0300"), Kind("\x85a."),
    Kind("a b c d e. " * 50 + "\n"), Kind(f"a{BLANKS}.\n"), Kind("A. "),
)  # fmt: skip

LANGUAGES = {"wikitext": WIKITEXT, "TeX": TEX, "HTML": HTML, "code": CODE, "books": BOOKS, "pages": PAGES}
