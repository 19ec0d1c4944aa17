"""Steps of a build's graph that are tried again after a fault of storage or network that passes.

Each pass and each decision is such a step, and so is what a source's preparation reads and writes. A step must leave
the same each time: it yields nothing before it is through, and writes files of names that depend on its element alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

import apache_beam as beam

from corpus.passing import retry
from pipelines.engine.hand import in_hand

Made = TypeVar("Made")


def attempted(
    make: Callable[[], Iterable[Made]], work: str, where: str, part: tuple[str, str] = ("", "")
) -> list[Made]:
    """All that a step makes of an element, which is tried again after a fault that passes.

    Args:
        make: makes it.
        work: what the step is, as an error names it where the worker is lost.
        where: what it reads and writes, as an error names it where the fault stays.
        part: the step of the command that it belongs to, where progress counts it, and its key there.
    """
    with in_hand(work, "", *part) as hand:
        return retry(lambda: list(make()), where, hand.pauses)


def step(
    function: Callable[..., Iterable[Any]],
    work: str,
    where: str,
    *rest: Any,
    made: Any = tuple[int, Any],
    counted: str = "",
) -> Any:
    """A transform of Beam that makes elements of each element, is tried again, and ends in one line where that fails.

    Args:
        function: of an element, and rest.
        work: what the step is; the element's number follows.
        where: what it reads and writes.
        rest: further arguments, or side inputs.
        made: the type of what it makes.
        counted: the step of the command that its elements are parts of, by their number; "" where it is none.
    """

    @wraps(function)
    def attempts(element: Any, *rest: Any) -> list[Any]:
        number = str(element[0]) if isinstance(element, tuple) else ""
        part = (counted, number) if counted else ("", "")
        return attempted(lambda: function(element, *rest), f"{work} {number}".rstrip(), where, part)

    return beam.FlatMap(attempts, *rest).with_output_types(made)
