"""LaTeX's own words that the expansion has to know."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _controls(text: str) -> frozenset[str]:
    return frozenset("\\" + word for word in text.split())


TYPESET_WORDS = _words(
    """LaTeX LaTeXe TeX BibTeX ldots dots textellipsis S P dag ddag copyright pounds today ss ae oe o l aa AE OE O L AA
    i j textbackslash textasciitilde textregistered texttrademark textdegree"""
)
"""Words that print something in text: a blank after them, which TeX had already read, is lost without `{}`."""

TAKES_ARGUMENT = _words(
    """frac dfrac tfrac cfrac binom dbinom tbinom sqrt stackrel overset underset substack mathbf mathrm mathcal mathbb
    mathfrak mathit mathsf mathtt mathscr mathnormal boldsymbol bm pmb operatorname text textbf textit textrm textsf
    texttt textsc textsl textup textmd textnormal emph mbox ensuremath footnote underline overline underbrace overbrace
    hat bar tilde vec dot ddot check breve acute grave mathring widehat widetilde overrightarrow overleftarrow mathop
    mathbin mathrel mathord mathopen mathclose mathpunct mathinner MakeUppercase MakeLowercase uppercase lowercase"""
)
"""Commands that take one token or group: a macro that stands there stood as one token, and needs braces expanded."""

STRUCTURE = _controls(
    """part chapter section subsection subsubsection paragraph subparagraph appendix caption label ref cite item bibitem
    bibliography maketitle title author footnote begin end documentclass usepackage input include document enddocument
    thebibliography tableofcontents url href"""
)
"""Commands that carry a paper's structure: an author who redefines one changes its look, not its name."""

PROVIDED = _controls("url href path doi BibTeX LaTeX TeX cite citep citet citenamefont")
"""Commands that LaTeX or its usual packages have, so that \\providecommand leaves them."""

TEX_CONDITIONALS = _controls(
    """ifcat ifnum ifdim ifodd ifvmode ifhmode ifmmode ifinner ifvoid ifhbox ifvbox ifx ifeof iftrue iffalse ifcase
    ifdefined ifcsname iffontchar ifincsname ifpdf ifxetex ifluatex ifPDFTeX ifXeTeX ifLuaTeX if"""
)
"""Conditionals that \\fi closes."""

UNDEFINED = _controls("undefined @undefined @@undefined")
ALWAYS_DEFINED = _controls("pdfoutput pdfpagewidth pdfpageheight documentclass newcommand")
EMPTY = _controls("relax @empty empty")
