"""What the path of a file in a repository says about it."""

from __future__ import annotations

import re

_SPACED = """(?i)(^|/)(
      node_modules | bower_components | jspm_packages | web_modules | vendors? | third[-_]?party | 3rd[-_]?party
    | externals? | extern | godeps/_workspace | carthage/(build|checkouts) | pods | site-packages | dist-packages
    | [.]?(venv|virtualenv) | [.]yarn/(releases|plugins|sdks) | [.]bundle | elm-stuff | deps
    )/
    | (^|/)(
      gradlew([.]bat)? | mvnw([.]cmd)? | gradle/wrapper/[^/]+ | config[.](guess|sub) | install-sh | ltmain[.]sh
    | depcomp | libtool
    | (jquery|bootstrap|angular|react|vue|d3|lodash|underscore|backbone|modernizr|prototype|moment|three|handlebars
      |require|ember|knockout|mootools|normalize|font-?awesome)(-ui|[-.]bundle|[-.]slim)?
      [-.]v?[0-9][-._0-9a-z]*[.](js|css)
    )$"""
VENDORED = "".join(_SPACED.split())
"""Paths of other projects' code, as a pattern that Python and SQL (RE2) read alike.

Source: the practice of github-linguist's vendor.yml; our own, shorter list.
"""
_VENDORED = re.compile(VENDORED)

_LICENCE = re.compile(
    r"(?:.*/)?(?:licen[cs]es?|copying|copyright|copyleft|unlicense|patents|notice|eula|mit-license|apache-license)"
    r"(?:[-_.][-\w.]*)?",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"\.(?:py|js|ts|rb|go|java|php|rs|c|h|cc|cpp|hpp|cs|kt|scala|sh|css|html?|json|ya?ml|toml)$", re.IGNORECASE
)


def is_vendored(path: str) -> bool:
    """Whether a file lies where projects keep the code of others, or is a copy of a well-known library or script."""
    return _VENDORED.search(path) is not None


def is_licence_file(path: str) -> bool:
    """Whether a file is a licence or notice text, by its name: `LICENSE`, `COPYING.LESSER`, `NOTICE.txt`."""
    return _LICENCE.fullmatch(path) is not None and not _CODE.search(path)


def suffix_of(path: str) -> str:
    """What follows the last dot of a file's name, lower-case and with the dot; the whole name where there is no dot."""
    name = path.rpartition("/")[2].lower()
    stem, dot, suffix = name.rpartition(".")
    return f".{suffix}" if dot and stem else name
