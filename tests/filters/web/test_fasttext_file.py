"""What the head of a fastText file announces, and the settings that no model has."""

from __future__ import annotations

import struct

import pytest

from filters.web.fasttext_file import MAGIC, Layout, read_layout

SOUND = {"dim": 16, "loss": 3, "model": 3, "bucket": 200, "minn": 0, "maxn": 0}
ORDER = (
    "dim",
    "ws",
    "epoch",
    "minCount",
    "neg",
    "wordNgrams",
    "loss",
    "model",
    "bucket",
    "minn",
    "maxn",
    "lrUpdateRate",
)
"""The settings in fastText's Args::save."""


def head(**changed: int) -> bytes:
    settings = {**dict.fromkeys(ORDER, 1), **SOUND, **changed}
    sizes = struct.pack("<iiiqq", 1, 0, 1, 99, -1)
    label = b"__label__a\0" + struct.pack("<qb", 99, 1)
    return struct.pack("<ii12id", *MAGIC, *(settings[name] for name in ORDER), 0.0) + sizes + label


def test_a_sound_head() -> None:
    assert read_layout(head()) == Layout(16, 0, 1, 200, -1, len(head()))


@pytest.mark.parametrize("name", SOUND)
def test_settings_that_no_model_has(name: str) -> None:
    with pytest.raises(ValueError, match="settings that no model has"):
        read_layout(head(**{name: -1}))
