"""Under which terms the texts of each source stand, with the address of each statement, and what they ask.

What stands here was read at these addresses; it is a summary for engineers, and no advice of a lawyer. A source of
somebody else's is not here: UNKNOWN says so to whoever reads the card.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pipelines.publish.markdown import code, link


class Licence(NamedTuple):
    """A licence or terms of use: its name, its address, and its id on the Hugging Face hub, "" where it has none."""

    name: str
    url: str
    hub: str = ""


class Terms(NamedTuple):
    """The terms of a source.

    Args:
        what: what its documents are, in a sentence.
        publisher: who publishes the dump, and its address.
        licences: what the texts are under.
        asks: what whoever passes them on has to do, a sentence each.
        limits: what the documents lack, or what is not known of them.
        language: the hub's codes where the documents do not state one, as the source keeps no other.
    """

    what: str
    publisher: tuple[str, str]
    licences: tuple[Licence, ...]
    asks: tuple[str, ...]
    limits: tuple[str, ...] = ()
    language: tuple[str, ...] = ()

    def licence_link(self, stated: str) -> str:
        """A licence as a document states it, with its address: of these by its name, or by its id of GitHub."""
        for one in self.licences:
            if one.name == stated:
                return link(stated, one.url)
            if one == PER_FILE and _KEY.fullmatch(stated):
                return link(stated, f"{one.url}{stated}/")
        return code(stated)


CC_BY_SA_4 = Licence("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/", "cc-by-sa-4.0")
CC_BY_SA_3 = Licence("CC BY-SA 3.0", "https://creativecommons.org/licenses/by-sa/3.0/", "cc-by-sa-3.0")
CC_BY_SA_2_5 = Licence("CC BY-SA 2.5", "https://creativecommons.org/licenses/by-sa/2.5/")
GFDL = Licence("GFDL 1.3", "https://www.gnu.org/licenses/fdl-1.3.html", "gfdl")
ODC_BY = Licence("ODC-BY 1.0", "https://opendatacommons.org/licenses/by/1-0/", "odc-by")
CRAWL_TERMS = Licence("Common Crawl's Terms of Use", "https://commoncrawl.org/terms-of-use")
GUTENBERG = Licence("Project Gutenberg License", "https://www.gutenberg.org/policy/license.html")
ARXIV = Licence(
    "the licence of each paper, mostly arXiv's non-exclusive one", "https://info.arxiv.org/help/license/index.html"
)
_KEY = re.compile(r"[a-z0-9.-]+")
"""An id of a licence on GitHub, which is its page's name on choosealicense.com."""
PER_FILE = Licence("the licence of each repository (column `licence`)", "https://choosealicense.com/licenses/")

_PAGES = (
    "Respect the copyright and other rights of third parties in the pages, and the terms of their sites: the crawl's "
    f"terms ({CRAWL_TERMS.url}) say that whoever uses the crawled content agrees to that.",
    "Break no law with it, and read what these terms say of commercial use and of claims that arise from machine "
    "learning.",
)
_PAGES_LIMITS = (
    "Each page belongs to its author or site; none of them was asked, and no licence of theirs is recorded. "
    "The column `url` says where it stood.",
)
_BY_SA = (
    "Attribution: credit the authors; the column `url` leads to the page, which names them or its history.",
    "Share-alike: what is made of these texts and passed on stands under the same licence or a compatible one.",
    "Say that the texts were changed (see the funnel: markup was removed, and parts of pages).",
)

TERMS: Mapping[str, Terms] = {
    "commoncrawl": Terms(
        "Pages of the web by the steps of CCNet: without lines that several pages have, other languages, unlikely "
        "text, and pages unlike those that Wikipedia cites.",
        ("Common Crawl", "https://commoncrawl.org"), (CRAWL_TERMS,), _PAGES, _PAGES_LIMITS, language=("en",)
    ),
    "c4": Terms(
        "The published C4 (Colossal Clean Crawled Corpus): English pages of April 2019, cut down to sentences.",
        ("Allen Institute for AI, after Raffel et al.", "https://huggingface.co/datasets/allenai/c4"),
        (ODC_BY, CRAWL_TERMS),
        ("Attribution (ODC-BY, section 4): name C4 and its address wherever it is used publicly.", *_PAGES),
        _PAGES_LIMITS,
        language=("en",),
    ),
    "github": Terms(
        "Source files of repositories under permissive licences, each content once; no generated or minified files.",
        ("GitHub and Google, bigquery-public-data.github_repos",
         "https://github.com/blog/2298-github-data-ready-for-you-to-explore-with-bigquery"),
        (PER_FILE,),
        (
            "Keep the copyright and permission notice of each project, and for Apache-2.0 its NOTICE: they stand in "
            "the repository, which `repo` in the column `metadata` names.",
        ),
        (
            "Licence headers were removed from the texts (stage `boilerplate`) and licence files dropped, so the "
            "notices are not in this dataset.",
            "The licence is the one that GitHub found for the whole repository; a file may state another.",
        ),
        language=("code",),
    ),
    "wikipedia": Terms(
        "Articles of Wikipedia in up to 20 languages as plain text: markup, references, tables and navigation removed.",
        ("Wikimedia Foundation", "https://dumps.wikimedia.org/legal.html"),
        (CC_BY_SA_4, CC_BY_SA_3, GFDL),
        (
            "The version of CC BY-SA is that of the day a revision was saved: 3.0 before 2023-06-07, 4.0 since. The "
            "column `date` tells (https://meta.wikimedia.org/wiki/Terms_of_use/Creative_Commons_4.0/FAQ).",
            *_BY_SA,
        ),
        (
            "Some articles hold text that was brought in under CC BY-SA alone: for those the GFDL does not count. The "
            "page, or its history, says so.",
        ),
    ),
    "books": Terms(
        "Books of Project Gutenberg and other collections, each work once, without headers and licences.",
        ("Project Gutenberg, and whoever gave other books", "https://www.gutenberg.org"),
        (GUTENBERG,),
        (
            "Books of Project Gutenberg (`collection` is `gutenberg` in the column `metadata`): most are in the public "
            "domain in the USA, which says nothing of other countries: look up the law of yours "
            "(https://www.gutenberg.org/policy/permission.html).",
            "Its header and licence were removed. The name is a trademark: to pass books on under it, its licence asks "
            "to keep that text, and royalties where money is taken.",
            "Some of its books are under copyright and there by their holder's leave: those need the same leave.",
        ),
        (
            "Books from elsewhere (another `collection`, or none) are under the terms of whoever gave them, which are "
            "not recorded here.",
        ),
    ),
    "arxiv": Terms(
        "Papers as LaTeX: comments, preambles and bibliographies removed, the authors' macros expanded.",
        ("arXiv", "https://info.arxiv.org/help/bulk_data/index.html"),
        (ARXIV,),
        (
            "arXiv holds no copyright in the papers. Under its non-exclusive licence "
            "(https://arxiv.org/licenses/nonexclusive-distrib/1.0/), which the overwhelming majority has, passing a "
            "paper on needs its author's or publisher's leave (https://info.arxiv.org/help/license/reuse.html).",
            "Papers under Creative Commons ask what their licence asks: at least attribution, by the id of the paper.",
        ),
        (
            "The bulk files do not state the licence of a paper, so the column `licence` is empty. arXiv's OAI-PMH "
            "gives it for each id (https://info.arxiv.org/help/oa/index.html): look it up before you publish papers.",
        ),
    ),
    "stackexchange": Terms(
        "Questions with their answers, the highest score first, as plain text.",
        ("Stack Exchange", "https://archive.org/details/stackexchange"),
        (CC_BY_SA_4, CC_BY_SA_3, CC_BY_SA_2_5),
        (
            "The version is that of the day a post was written or last edited: 2.5 before 2011-04-08, 3.0 before "
            "2018-05-02, 4.0 since (https://meta.stackexchange.com/questions/347758).",
            "Attribution: Stack Exchange asks to name it, to link to the question (the column `url`), and to name and "
            "link the author of each question and answer (https://stackoverflow.blog/2009/06/25/attribution-required/).",
            *_BY_SA[1:],
        ),
        (
            "The column `licence` is the question's; its answers may be under an earlier or later version. It is empty "
            "where a dump is older than its statement; the page that `url` leads to says when a post was written.",
            "The names of authors are not in the documents; the page that `url` leads to has them.",
        ),
    ),
}  # fmt: skip

UNKNOWN = Terms(
    "",
    ("not stated", ""),
    (),
    ("The terms of this source are not recorded: ask whoever publishes its dump before you pass it on.",),
)


def terms_of(source: str, preset: str) -> Terms:
    """The terms of a source, built by a preset.

    C4 made anew of Common Crawl's own files is no part of the dataset that is under ODC-BY.
    """
    terms = TERMS.get(source, UNKNOWN)
    if source == "c4" and preset != "paper":
        what = "English pages of Common Crawl, cut down to sentences by the rules of C4 (T5's corpus)."
        crawl = TERMS["commoncrawl"].publisher
        return terms._replace(what=what, publisher=crawl, licences=(CRAWL_TERMS,), asks=_PAGES)
    return terms
