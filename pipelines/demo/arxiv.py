"""A small arXiv bulk tar of our own: submissions as arXiv ships them, some plain, one for each fault."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

SAVED = 1_000_000_000
"""Modification time written into the tars, seconds of the epoch: equal bytes on every run."""

TAR = "arXiv_src_0704_001.tar"

TIDES = r"""\documentclass{article}
\usepackage{amsmath}
\newcommand{\harmonic}[1]{\mathsf{#1}}
\newcommand{\level}[2][t]{h_{#2}(#1)}
\input{sections/macros}
\begin{document}
\title{Reading a harbour's tides from a fishing diary}
\author{The keeper of the diary}
\maketitle
\begin{abstract}Forty years of notes in a wheelhouse give the lunar constant to within four per cent.\end{abstract}
% the sections follow
\chapterfile{data}
\chapterfile{model}
\bibliography{tides}
\end{document}
"""
TIDES_MACROS = r"""\newcommand{\chapterfile}[1]{\input{sections/#1}}
\newcommand{\moon}{\ensuremath{\harmonic{M}_2}\xspace}
"""
TIDES_DATA = r"""\section{The diary}
Every morning the mate wrote down how far the slipway stood under water% in feet
. Of 14,610 days, 212 are missing; most of them fall on the first of January.

The entries are rounded to a hand's breadth, which is about \(0.1\,\mathrm{m}\).
"""
TIDES_MODEL = r"""\section{One constant}
We fit \moon alone:
\begin{equation}
  \level{0} = a\cos(\omega_{\moon} t + \varphi).
\end{equation}
% The other constants were tried and made things worse.
The residual \level[s]{1} has no period that a year of mornings could show.
\begin{figure}\includegraphics{slipway}\caption{The slipway at \moon.}\end{figure}
"""
BREAD = r"""\documentclass[12pt]{article}
\DeclareMathOperator{\rise}{rise}
\newtheorem{claim}{Claim}
\begin{document}
\section*{How long does dough rise in a cold kitchen?}
We left eleven loaves on a window sill in March. Let $\rise(T)$ be the time in which a loaf doubles.
\begin{claim} $\rise(T)$ halves with every seven degrees. \end{claim}
\begin{proof} Weigh, wait, and measure the height with a ruler. \end{proof}

\section{Discussion}
A loaf that is forgotten does not keep to the claim.
\begin{thebibliography}{1}
\bibitem{grandmother} Spoken advice, undated.
\end{thebibliography}
\appendix
\section{The eleven loaves}
Three were rye; one was eaten before it could be measured.
\end{document}
"""
LETTER = r"""\documentclass[prl]{revtex4}
\begin{document}
\begin{abstract}A sundial can be read at night, poorly.\end{abstract}
\maketitle
By the full moon a sundial shows the time of day shifted by twelve hours, if the moon is exactly full. One day later it
is wrong by about fifty minutes.

We corrected for this with a table carved on the plinth and found the remaining error to be that of our eyes.
\end{document}
"""
UMLAUTS = r"""\documentclass{article}
\usepackage[latin1]{inputenc}
\def\ort{K%
öln}
\begin{document}
\section{Glocken über \ort}
Die Glocken von \ort\ schlagen nie zugleich. Wir hörten ein Jahr lang zu und fanden keine Stunde, in der nicht eine von
ihnen zu spät kam.
\end{document}
"""
OLD = r"""\magnification=1200
\def\proof{\medbreak\noindent{\it Why. }}
{\bf Knots in garden hoses.} A hose that is dragged around two trees comes back with a knot more often than not.
\proof The free end passes through every loop it meets.
\bye
"""
SWITCH = r"""\documentclass{article}
\newif\iflong \longfalse
\begin{document}
\section{Counting swifts}
Swifts were counted at dusk\iflong, on eighty evenings which we describe one by one\fi.
\iffalse This sentence was cut in review. \fi
Their number grows by a third between the fifth and the twentieth of July, when the young fly for the first time.
\end{document}
"""
LOOP = r"""\documentclass{article}
\newcommand{\again}{over and \again}
\begin{document}
\section{A refrain}
The refrain goes \again. Everything else in the song ends, as songs do, after the third verse.
\end{document}
"""
FIRST_OF_TWO = r"""\documentclass{article}
\begin{document}
\section{Ferries}
A ferry that leaves when it is full leaves late on Mondays and early on Fridays; over a year the two cancel.
\end{document}
"""
SECOND_OF_TWO = r"""\documentclass{article}
\begin{document}
\section{Supplement: the timetable}
The timetable was printed once and has not been true since.
\end{document}
"""
CODE = r"""\documentclass{article}
\newcommand{\prog}[1]{\texttt{#1}}
\begin{document}
\section{A clock in twelve lines}
The program \prog{tick} prints the hour:
\begin{verbatim}
while true; do date +%H; sleep 3600; done   # \prog is not expanded here
\end{verbatim}
It loses a second a week, which \prog{sleep} is not to blame for.
\end{document}
"""
BODILESS = r"""\documentclass{article}
\begin{document}
\bibliography{nothing}
\end{document}
"""


def write(folder: Path) -> None:
    """Write the demo's bulk tar, `arXiv_src_0704_001.tar`, into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TAR).write_bytes(packed({f"0704/{name}": data for name, data in submissions().items()}))


def submissions() -> dict[str, bytes]:
    """The packed submissions by the names of their files."""
    tides = {
        "tides.tex": TIDES, "sections/macros.tex": TIDES_MACROS, "sections/data.tex": TIDES_DATA,
        "sections/model.tex": TIDES_MODEL, "tides.bib": "@misc{diary}", "slipway.eps": "%!PS-Adobe-3.0",
    }  # fmt: skip
    hostile = {"../../etc/passwd.tex": r"\section{No}", "a.png": "not shown"}
    return {
        "0704.0001.gz": zipped(packed(tides)),
        "0704.0002.gz": zipped(BREAD),
        "0704.0003.gz": zipped(LETTER),
        "0704.0004.gz": zipped(packed({"glocken.tex": UMLAUTS.encode("latin-1")})),
        "hep-th9901001.gz": zipped(OLD),
        "0704.0005.gz": zipped(SWITCH.replace("\n", "\r\n")),
        "0704.0006.gz": zipped(LOOP),
        "0704.0007.gz": zipped(packed({"ferries.tex": FIRST_OF_TWO, "supplement.tex": SECOND_OF_TWO})),
        "0704.0008.gz": zipped(packed({"clock.tex": CODE, "README": "see clock.tex"})),
        "0704.0009.pdf": b"%PDF-1.4\n% a paper that was only ever a PDF\n",
        "0704.0010.gz": zipped("%!PS-Adobe-2.0\n% PostScript of 1993\n"),
        "0704.0011.gz": zipped("%auto-ignore\nThis paper has been withdrawn by its author.\n"),
        "0704.0012.gz": zipped(packed(hostile)),
        "0704.0013.gz": zipped(packed({"figure.jpg": "not shown"})),
        "0704.0014.gz": zipped(BREAD)[:400],
        "0704.0015.gz": zipped(BODILESS),
    }


def zipped(data: str | bytes) -> bytes:
    """Gzip, the same bytes on every run."""
    return gzip.compress(data.encode() if isinstance(data, str) else data, mtime=SAVED)


def packed(files: dict[str, str] | dict[str, bytes]) -> bytes:
    """A tar of files, the same bytes on every run."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, contents in files.items():
            data = contents.encode() if isinstance(contents, str) else contents
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), SAVED
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()
