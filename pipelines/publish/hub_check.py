"""Whether the Hugging Face hub can be reached and takes our token, known within seconds.

huggingface_hub itself asks five times and waits without end, so it is used only once this has been answered.
"""

from __future__ import annotations

import os
import queue
import threading
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from corpus.errors import OutputError, UsageError
from corpus.extras import extra
from corpus.transfer.answers import reason

ENDPOINT = "https://huggingface.co"
SCHEME = "hf://datasets/"
SECONDS = 6.0
"""In all; a name that no server of names answers takes longer than any timeout of a connection."""
_TOKEN = "set HF_TOKEN to a token with the right to write, or run `hf auth login`"


class Repository(NamedTuple):
    """A dataset on the hub: where the hub is, and its OWNER/NAME."""

    endpoint: str
    owner: str
    name: str

    @property
    def id(self) -> str:
        """OWNER/NAME."""
        return f"{self.owner}/{self.name}"

    @property
    def url(self) -> str:
        """Its page."""
        return f"{self.endpoint}/datasets/{self.id}"


def repository(address: str) -> Repository:
    """The dataset that hf://datasets/OWNER/NAME is.

    Raises:
        UsageError: another address; or $HF_ENDPOINT is none.
    """
    owner, slash, name = address.removeprefix(SCHEME).partition("/")
    plain = all(part and part == quote(part, safe="-_.") and not part.startswith((".", "-")) for part in (owner, name))
    if not address.startswith(SCHEME) or not slash or not plain:
        raise UsageError(f"{SCHEME}OWNER/NAME", repr(address), "--to")
    endpoint = os.environ.get("HF_ENDPOINT", ENDPOINT).rstrip("/")
    if urlsplit(endpoint).scheme not in ("http", "https") or not urlsplit(endpoint).netloc:
        raise UsageError(f"an address such as {ENDPOINT}", repr(endpoint), "HF_ENDPOINT")
    return Repository(endpoint, owner, name)


def require_hub(to: Repository, token: str | None) -> None:
    """Refuse, within SECONDS, a hub that cannot be reached or that does not take the token.

    Raises:
        UsageError: there is no token. OutputError: the hub does not answer, or refuses.
    """
    if not token:
        raise UsageError("a token of the hub", "none", f"--to {SCHEME}{to.id}", _TOKEN)
    answers: queue.Queue[int | OutputError] = queue.Queue()
    threading.Thread(target=_ask, args=(f"{to.endpoint}/api/whoami-v2", token, answers), daemon=True).start()
    try:
        answer = answers.get(timeout=SECONDS)
    except queue.Empty:
        raise _unreachable(to.endpoint, f"none within {SECONDS:.0f} seconds") from None
    if isinstance(answer, OutputError):
        raise answer
    if answer in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise OutputError("a hub that takes the token", f"status {answer}", to.endpoint, _TOKEN)
    if answer != HTTPStatus.OK:
        raise _unreachable(to.endpoint, f"status {answer}")


def _ask(url: str, token: str, answers: queue.Queue[int | OutputError]) -> None:
    """Put the status of an answer, or why there is none."""
    import requests

    try:
        headers = {"Authorization": f"Bearer {token}"}
        with requests.get(url, headers=headers, timeout=SECONDS, allow_redirects=False) as answer:
            answers.put(answer.status_code)
    except (requests.RequestException, OSError, ValueError) as error:
        answers.put(_unreachable(url.removesuffix("/api/whoami-v2"), reason(error)))


def _unreachable(endpoint: str, got: str) -> OutputError:
    do = "see to the network, or to HF_ENDPOINT; without --to the folder alone is written"
    return OutputError("the hub to answer", got, endpoint, do)


def token_here() -> str | None:
    """The token of the environment or of the hub's own login.

    Raises:
        MissingExtraError: huggingface_hub is not installed.
    """
    with extra("publish", "--to"):
        from huggingface_hub import get_token
    return get_token()
