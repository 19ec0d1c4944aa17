"""Faults of object stores, named as those of a local disk and, where they may pass, waited for.

Clients of stores raise exceptions of their own. Here each becomes an OSError with the number that a disk would give: no
such file, no permission, or a fault that may pass. So nothing of a store can be taken for a fault of a record.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from corpus.passing import is_passing, try_again

_MISSING = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_FORBIDDEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT)
_NO_CREDENTIALS = ("NoCredentialsError", "DefaultCredentialsError", "RefreshError", "PartialCredentialsError")
_MALFORMED = ("ParamValidationError", "InvalidBucketName", "LocationParseError", "InvalidURL", "InvalidSchema")
_CONNECTION = (
    "ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError", "HTTPClientError", "IncompleteRead",
    "IncompleteReadError", "ReadTimeoutError", "ResponseStreamingError", "RetryError", "TransportError",
)  # fmt: skip
"""Names of exceptions of botocore, http.client and google.auth for a connection that failed."""
_OF_CONNECTIONS = ("urllib3", "requests")
"""Packages whose exceptions are all about a connection."""
_AT_FIRST = 2
"""Attempts to connect to a host that has not answered yet: its name is more likely wrong than its network broken."""
_SAID_CHARS = 500

Value = TypeVar("Value")
_answered: set[str] = set()


class StatusError(Exception):
    """An answer of a server that is no success: its status, and what it says."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"{code} {said}".strip())
        self.code = code


def named(path: str, request: Callable[[], Value]) -> Value:
    """What a store answers to one request.

    Raises:
        OSError: with the number of the fault, what the store said, and the path.
    """
    try:
        return request()
    except Exception as error:
        number = number_of(error)
        if number is None:
            raise
        if _status(innermost(error)) is not None:
            _answered.add(_host(path))
        raise OSError(number, said_of(error), path) from error


def asked(path: str, request: Callable[[], Value]) -> Value:
    """What a store answers; faults that pass are waited for, and those of a host that never answered only shortly.

    Raises:
        OSError: the fault stayed, or is none that passes (see `named`).
    """
    host = _host(path)
    value = try_again(lambda: named(path, request), most=lambda: sys.maxsize if host in _answered else _AT_FIRST)
    _answered.add(host)
    return value


def _host(path: str) -> str:
    """What answers for a path: its scheme and bucket, or its server."""
    scheme, _, rest = path.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def number_of(error: BaseException) -> int | None:
    """The error number that a disk would give for what a store's client raised; None for no fault of a store."""
    error = innermost(error)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, socket.gaierror):
        return error.errno
    status = _status(error)
    if status in _MISSING:
        return errno.ENOENT
    name = type(error).__name__
    if status in _FORBIDDEN or name in _NO_CREDENTIALS:
        return errno.EACCES
    if status is not None and (status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR):
        return errno.EIO
    if status is not None or name in _MALFORMED:
        return errno.EINVAL
    if is_passing(error) or name in _CONNECTION or type(error).__module__.partition(".")[0] in _OF_CONNECTIONS:
        return errno.ECONNRESET
    return errno.EREMOTEIO if isinstance(error, OSError) else None


def said_of(error: BaseException) -> str:
    """What a store said, in one line."""
    said = " ".join(str(_reason(innermost(error))).split()) or type(error).__name__
    return said[:_SAID_CHARS]


def innermost(error: BaseException) -> BaseException:
    """The exception that Beam's own wraps: of a request for several files, the first."""
    details = getattr(error, "exception_details", None)
    inner = next((one for one in details.values() if isinstance(one, BaseException)), None) if details else None
    return innermost(inner) if inner is not None else error


def _reason(error: BaseException) -> BaseException:
    """What a library wraps into "Max retries exceeded": the fault of the connection."""
    reason = getattr(error, "reason", None) or next(iter(error.args), None)
    return _reason(reason) if isinstance(reason, BaseException) else error


def _status(error: BaseException) -> int | None:
    """The status of the store's HTTP answer, where an exception has it."""
    response = getattr(error, "response", None)
    stated = response.get("ResponseMetadata", {}).get("HTTPStatusCode") if isinstance(response, dict) else None
    status = getattr(error, "code", None) if stated is None else stated
    return status if isinstance(status, int) else None
