"""The encodings that a dump may name: those of plain text, not all that Python has a codec for.

Python's registry also holds codecs that turn bytes into bytes (`hex`, `zip`, `base64`), that always fail (`undefined`),
that expand escapes (`unicode_escape`), or that spell domain names (`idna`). A page, a book or a paper that names one of
these has named no encoding. UTF-7 is left out as by the WHATWG's Encoding Standard: in it any ASCII can be hidden.
"""

from __future__ import annotations

import codecs
import encodings
from encodings.aliases import aliases

_FAMILIES = {
    "cp": "037 273 424 437 500 720 737 775 850 852 855 856 857 858 860 861 862 863 864 865 866 869 874 875 932 949 950"
    " 1006 1026 1125 1140 1250 1251 1252 1253 1254 1255 1256 1257 1258",
    "iso8859_": "1 2 3 4 5 6 7 8 9 10 11 13 14 15 16",
    "iso2022_": "jp jp_1 jp_2 jp_2004 jp_3 jp_ext kr",
    "mac_": "arabic croatian cyrillic farsi greek iceland latin2 roman romanian turkish",
    "euc_": "jis_2004 jisx0213 jp kr",
    "shift_": "jis jis_2004 jisx0213",
    "koi8_": "r t u",
    "utf_": "8 8_sig 16 16_be 16_le 32 32_be 32_le",
    "": "ascii big5 big5hkscs gb18030 gb2312 gbk hp_roman8 hz johab kz1048 latin_1 palmos ptcp154 tis_620",
}
"""Python's codecs of text (its library reference, "Standard Encodings"), by the start of their names."""

TEXT_CODECS = frozenset(start + end for start, ends in _FAMILIES.items() for end in ends.split())
"""The modules of these codecs, in Python's package `encodings`."""


def text_codec(name: str) -> str:
    """Python's name for the text encoding that a dump calls `name`; empty where it is none.

    Nothing is looked up in Python's registry but what is in the list, so that no name imports a module.
    """
    label = encodings.normalize_encoding(name[:_LABEL_CHARS].lower())
    module = aliases.get(label) or aliases.get(label.replace(".", "_")) or label
    return codecs.lookup(module).name if module in TEXT_CODECS else ""


_LABEL_CHARS = 100
"""No name of an encoding is longer than this many characters; Python's longest alias has 20."""
