"""What is passed on of a manifest: no folder, user, key or machine."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.publish.shareable import shareable, shared_text


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("/home/me/models/lm", "lm"),
        ("/home/me/models/lm/", "lm"),
        ("~/models/lm", "lm"),
        ("../elsewhere/lm", "lm"),
        ("./lm", "lm"),
        ("/", "/"),
        ("models/lm", "models/lm"),
        ("perplexity_models=/home/me/lm", "perplexity_models=lm"),
        ("a/b=/home/me/lm", "a/b=/home/me/lm"),
        ("min_chars=300", "min_chars=300"),
        ("https://me:secret@example.org/dumps/a.gz?key=1#x", "https://example.org/dumps/a.gz"),
        ("gs://bucket/dumps/*.gz", "gs://bucket/dumps/*.gz"),
        ("http://[broken", "http://[broken"),
        ("half of /home/me", "half of /home/me"),
        ("", ""),
    ],
)
def test_a_word(text: str, shared: str) -> None:
    assert shared_text(text) == shared


@pytest.mark.parametrize(
    ("value", "shared"),
    [
        ({"host": "box", "folder": "/home/me", "owns": ["*"], "made_of": [{"path": "../a"}]}, {}),
        ({"run": {"host": "box", "command": ["corpus", "/a/b"]}}, {"run": {"command": ["corpus", "b"]}}),
        ([{"path": "/home/me/a.gz", "size": 3}], [{"path": "a.gz", "size": 3}]),
        (("/a/b", 1.5, None, True), ["b", 1.5, None, True]),
    ],
    ids=["private fields", "below another", "in a list", "other values"],
)
def test_a_value(value: Any, shared: Any) -> None:
    assert shareable(value) == shared
