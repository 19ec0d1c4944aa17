"""Chromium, driven through a pipe by the DevTools protocol: no package, no port, no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "about:blank")


def found() -> str | None:
    """Where a browser is; None where there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A browser with one page; events has all that it said of itself: requests, messages, exceptions."""

    def __init__(self, path: str, profile: Path) -> None:
        to_browser, ours = os.pipe()
        theirs, from_browser = os.pipe()[::-1]
        line = f'exec "$0" "$@" 3<&{to_browser} 4>&{theirs}'
        command = ["bash", "-c", line, path, f"--user-data-dir={profile}", *FLAGS]
        self._browser = subprocess.Popen(command, pass_fds=(to_browser, theirs), stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(theirs)
        self._to: BinaryIO = os.fdopen(ours, "wb", buffering=0)
        self._from: BinaryIO = os.fdopen(from_browser, "rb")
        self._number, self._session = 0, ""
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        page = next(one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._browser.kill()
        self._browser.wait()
        self._to.close()
        self._from.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a command; what comes before it is put into events."""
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        self._to.write(json.dumps(said | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while (one := self._next()).get("id") != self._number:
            self.events.append(one)
        assert "error" not in one, one
        return dict(one["result"])

    def _next(self) -> dict[str, Any]:
        data = bytearray()
        while (byte := self._from.read(1)) != b"\0":
            assert byte, "the browser ended"
            data += byte
        return dict(json.loads(data))

    def open(self, address: str) -> None:
        """Go to a page, and wait until it is there."""
        self.call("Page.navigate", url=address)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._next())

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is on the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def type(self, text: str) -> None:
        """Keys, into what has the focus."""
        self.call("Input.insertText", text=text)

    def of(self, method: str) -> list[dict[str, Any]]:
        """The events of a kind."""
        return [event["params"] for event in self.events if event.get("method") == method]
