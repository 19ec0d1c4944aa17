"""What a reader of the page sees of a link."""

from __future__ import annotations

import re

from filters.wikipedia.aside import GONE
from filters.wikipedia.names import CATEGORY, FILE, LANGUAGES, OTHER_SPACES, SISTERS

_PREFIX = re.compile(r"\s*+(:?)\s*+([^:\[\]{}|<>\s](?:[^:\[\]{}|<>\n]{0,38}?[^:\[\]{}|<>\s])?)\s*+:")
_PLAIN = re.compile(r"\[\[([^\[\]{}|:<>\n=\x00]+)\]\]")
_PIPED = re.compile(r"\[\[[^\[\]{}|:<>\n\x00]+\|([^\[\]{}|\n=]+)\]\]")
_EXTERNAL = re.compile(
    r"\[(?:(?:https?|ftps?|ircs?|news|gopher|git):|mailto:|//)[^\s\]\[<>\x00]*+"
    r"([^\[\]\n]*+(?:\[[^\[\]\n]{0,200}\][^\[\]\n]*+)*+)\]",
    re.IGNORECASE,
)
_MEDIA = re.compile(
    r"[^:|\[\]\n]{1,40}:[^|\[\]\n]{1,240}\.(?:jpe?g|png|svg|gif|tiff?|webp|xcf|djvu|pdf|og[gva]|opus|flac|webm|wav|mp3|midi?)\s*(?:\||\])",
    re.IGNORECASE,
)
LINK_OPENS, LINK_ENDS = "\x03", "\x04"
_MARKED = re.compile(f"{LINK_OPENS}[^{LINK_OPENS}{LINK_ENDS}]*{LINK_ENDS}|(?:https?|ftp)://\\S+")


def show_plain_links(text: str) -> str:
    """The text with the links that need no thought (no colon, nothing nested) replaced by what they show.

    Splitting at a pattern with one group gives the texts between and the groups, joined as good as a substitution and
    twice as fast.
    """
    return "".join(_PIPED.split("".join(_PLAIN.split(text))))


def show_external_links(text: str) -> str:
    """The text with every `[http://... label]` replaced by its label, between the marks of a link."""
    return _EXTERNAL.sub(_label, text) if "[" in text else text


def _label(link: re.Match[str]) -> str:
    label = link[1].strip()
    return f"{LINK_OPENS}{label}{LINK_ENDS}" if label.strip(GONE) else f"{LINK_OPENS}{LINK_ENDS}{GONE}"


def without_link_marks(text: str) -> str:
    """The text as it reads: links are their labels."""
    return text.replace(LINK_OPENS, "").replace(LINK_ENDS, "")


def is_mostly_link(text: str, note_chars: int) -> bool:
    """Whether a text holds a link to another site and says fewer than note_chars characters beside it."""
    beside, links = _MARKED.subn("", text)
    return links > 0 and len(beside) < note_chars


def is_embedded(target: str, file_names: frozenset[str], category_names: frozenset[str]) -> bool:
    """Whether a link is no link in the text: a picture, a category, or the page's counterpart in another language."""
    prefix = _PREFIX.match(target)
    if prefix is None or prefix[1]:
        return False
    name = prefix[2].replace("_", " ").lower()
    return name in file_names or name in category_names or name in LANGUAGES or _MEDIA.match(target) is not None


def shown(arguments: list[str]) -> str:
    """What a link shows: its label, or its target without the name of a namespace or of another wiki."""
    target = arguments[0]
    if "\n" in target:
        return "|".join(arguments)
    if len(arguments) > 1:
        label = "|".join(arguments[1:])
        return label if label.strip() else _without_namespace(target.partition("(")[0].partition(",")[0]).strip()
    return _without_namespace(target)


def _without_namespace(target: str) -> str:
    target, at = target.strip(), 0
    while True:
        blanks = _BLANKS.match(target, at)
        at = blanks.end() if blanks else at
        at += target.startswith(":", at)
        prefix = _PREFIX.match(target, at)
        if prefix is None or not _is_namespace(prefix[2].replace("_", " ").lower()):
            return target[at:]
        at = prefix.end()


def _is_namespace(name: str) -> bool:
    return name in FILE or name in CATEGORY or name in OTHER_SPACES or name in SISTERS or name in LANGUAGES


_BLANKS = re.compile(r"\s*+")
