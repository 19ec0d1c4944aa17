"""Wikipedia's dumps: pages-articles of some wikis, of one day

corpus fetch wikipedia --date latest --output dumps/wikipedia
corpus fetch wikipedia --date 20220801 --languages bg sl --mirror https://MIRROR --output dumps/wikipedia

The main site keeps a dump for some months; mirrors and archives keep others. Files come as many parts where a wiki has
them, and each is compared with the SHA-1 that the dump states.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from typing import Any

from corpus.errors import InputError
from corpus.transfer.client import AbsentError, Client
from corpus.transfer.part import Remote
from pipelines.fetch.listing import Listing

SITE = "https://dumps.wikimedia.org"
LANGUAGES = ("bg", "ca", "cs", "da", "de", "en", "es", "fr", "hr", "hu",
             "it", "nl", "pl", "pt", "ro", "ru", "sl", "sr", "sv", "uk")  # fmt: skip
"""The paper's 20 (arXiv 2302.13971, section 2.1, Wikipedia; its dumps are of June to August 2022)."""
_JOBS = ("articlesmultistreamdump", "articlesdump")
"""The jobs of a dump that write articles, the better one first: of many streams, which can be read in parts."""
_ARTICLES = re.compile(r"-pages-articles(?P<streams>-multistream)?(?P<part>\d*)\.xml(-p\d+p\d+)?\.(bz2|gz|7z)")
_DATES = re.compile(r'href="(\d{8})/?"')


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--date", required=True, metavar="YYYYMMDD", help="day of the dump, or `latest`")
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, metavar="CODE", help="without: the paper's 20")
    parser.add_argument("--mirror", default=SITE, metavar="URL", help=f"without: {SITE}")


def listing(options: argparse.Namespace, client: Client) -> Listing:
    """The files of the articles of each wiki."""
    wikis = [f"{language.replace('-', '_')}wiki" for language in options.languages]
    return Listing([file for wiki in wikis for file in _files(client, options.mirror.rstrip("/"), wiki, options.date)])


def _files(client: Client, mirror: str, wiki: str, date: str) -> list[Remote]:
    if date != "latest":
        return _of_day(client, mirror, wiki, date)
    page = client.get(f"{mirror}/{wiki}/").decode("utf-8", "replace")
    for day in sorted(set(_DATES.findall(page)), reverse=True):
        try:
            return _of_day(client, mirror, wiki, day)
        except InputError:
            continue  # the newest may still be made
    raise InputError("a finished dump", "none", f"{mirror}/{wiki}/", "give --date, or another --mirror")


def _of_day(client: Client, mirror: str, wiki: str, date: str) -> list[Remote]:
    """The files of one wiki's dump, by its status, or where a mirror has none by its list of checksums."""
    folder = f"{mirror}/{wiki}/{date}"
    try:
        files = list(_of_status(client.json(f"{folder}/dumpstatus.json"), folder))
    except AbsentError:
        files = list(_of_sums(client.get(f"{folder}/{wiki}-{date}-sha1sums.txt").decode(), folder))
    if not files:
        raise InputError("a finished dump of articles", "none", folder, "give another --date or --mirror")
    return files


def _of_status(status: Any, folder: str) -> Iterator[Remote]:
    jobs = status.get("jobs", {}) if isinstance(status, Mapping) else {}
    done = [jobs[name]["files"] for name in _JOBS if jobs.get(name, {}).get("status") == "done"]
    for name, facts in sorted(done[0].items()) if done else ():
        if _ARTICLES.search(name):
            yield Remote(f"{folder}/{name}", name, int(facts["size"]), ("sha1", facts["sha1"]))


def _of_sums(text: str, folder: str) -> Iterator[Remote]:
    """The articles in a list of `SHA-1  name`: those of many streams if there are any, in parts if there are any."""
    pairs = [line.split() for line in text.splitlines()]
    sums = {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
    found = {name: match for name in sums if (match := _ARTICLES.search(name))}
    for kind in ("streams", "part"):
        better = {name: match for name, match in found.items() if match[kind]}
        found = better or found
    for name in sorted(found):
        yield Remote(f"{folder}/{name}", name, None, ("sha1", sums[name]))
