"""Copies of files of stores on this machine: each version once, whole or not there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from memory_store import MemoryStore

from corpus import models
from corpus.errors import InputError, ModelError
from corpus.storage import Stored
from corpus.stores.addresses import CONNECTIONS
from corpus.stores.copies import local_copy
from corpus.stores.objects import ObjectStorage


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """A store that answers for mem://, and a cache of the test's own."""
    made = MemoryStore()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(CONNECTIONS, "others", lambda path: ObjectStorage(made))
    return made


def test_a_file_is_copied_once_for_each_version(store: MemoryStore) -> None:
    store.kept["mem://bucket/m.model"] = b"model one"
    first = local_copy("mem://bucket/m.model")
    assert (Path(first).read_bytes(), Path(first).name) == (b"model one", "m.model")
    assert Path(first).parent.stat().st_mode & 0o777 == 0o700
    store.requests.clear()
    assert (local_copy("mem://bucket/m.model"), store.requests) == (first, {"stat": 1})
    store.kept["mem://bucket/m.model"] = b"another model"
    second = local_copy("mem://bucket/m.model")
    assert (Path(second).read_bytes(), Path(first).read_bytes()) == (b"another model", b"model one")
    assert local_copy("here/m.model") == "here/m.model"


def test_a_file_that_changes_while_it_is_copied_is_refused(
    store: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.kept["mem://bucket/m.model"] = b"mode"
    monkeypatch.setattr(store, "stat", lambda path: Stored(path, 9, 1.0) if path in store.kept else None)
    with pytest.raises(InputError, match="expected 9 bytes, got 4: it changed while it was copied"):
        local_copy("mem://bucket/m.model")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    with pytest.raises(InputError, match=r"mem://bucket/other\.model: expected a file, got none there"):
        local_copy("mem://bucket/other.model")


def test_a_model_is_brought_with_what_vouches_for_it(store: MemoryStore) -> None:
    card = models.card_bytes({"en.arpa": "0" * 64})
    store.kept = {"mem://b/lm/en.arpa": b"words", "mem://b/lm/en.card.json": card, "mem://b/lm/.lock-1": b"lock"}
    for name in ("mem://b/lm", "mem://b/lm/", "mem://b/lm/en.arpa"):
        with pytest.raises(ModelError, match=r"en\.arpa: expected SHA-256 0+, got"):
            models.find(name)
    store.kept["mem://b/lm/en.card.json"] = models.card_bytes({})
    assert models.find("mem://b/lm/en.arpa").read_bytes() == b"words"
    assert sorted(path.name for path in models.find("mem://b/lm").iterdir()) == ["en.arpa", "en.card.json"]
    with pytest.raises(ModelError, match="mem://b/none: expected a model, got nothing there"):
        models.find("mem://b/none")
