"""JSON from outside: whatever its bytes are, it is a value or a ValueError."""

from __future__ import annotations

import json
from typing import Any


def json_value(data: bytes | str) -> Any:
    """The value of some JSON.

    Raises:
        ValueError: it is none, or nests deeper than Python's stack.
    """
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("JSON that nests less deeply was expected") from None
