"""What is printed of a command's progress: one plain line, two rows of a terminal, or an object of JSON."""

from __future__ import annotations

import json
from typing import Any

from corpus.amounts import of
from corpus.progress.estimate import seconds_left
from corpus.progress.steps import BYTES, Look, Step

BAR_CHARS = 24
"""The longest bar; a narrow terminal has a shorter one, or none."""
PROGRESS, BEGIN, END, NOTE = "progress", "begin", "end", "note"
"""What an object of JSON is about: its key `event`."""
_UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def line(look: Look) -> str:
    """All of it in one line: `build github: pass 1 of 2, 3.1 of 12.4 MB, 1.2 MB/s, ..., 0:12, 0:31 left`."""
    return f"{look.command}: {', '.join([_name(look), *figures(look), *_times(look)])}"


def rows(look: Look, columns: int) -> list[str]:
    """Two rows of a terminal: command, bar and times; step and figures. What has no room is left out from the right."""
    times = ", ".join(_times(look))
    head = _with_bar(look, times, columns)
    return [head, _fitted([f"  {_name(look)}", *figures(look)], columns)]


def end_line(look: Look, said: str) -> str:
    """The last line of a command: how it ended, and after what time."""
    return f"{look.command}: {said} after {clock(look.elapsed)}"


def json_line(look: Look, event: str, time: str, **more: Any) -> str:
    """An object of JSON on one line; docs/progress.md has the keys. What is not known is null."""
    step, left = look.step, 0.0 if event == END else seconds_left(look.steps)
    share = None if left is None else round(look.elapsed / (look.elapsed + left), 4) if look.elapsed + left else 1.0
    found: dict[str, Any] = {
        "time": time,
        "event": event,
        "command": look.command,
        "step": step and step.name,
        "unit": step and step.unit,
        "done": step and round(step.done + step.found),
        "total": (step and round(step.total)) or None,
        "per_second": step and _rounded(_rate(step)),
        "documents": look.entered or None,
        "kept_share": _rounded(look.kept_share),
        "elapsed_seconds": round(look.elapsed, 3),
        "left_seconds": _rounded(left),
        "share": share,
    }
    return json.dumps(found | more, ensure_ascii=True)


def steps_json(look: Look) -> list[dict[str, Any]]:
    """All steps, each as an object of what is known of it: what the estimate is made of."""
    usual = Step("")._asdict()
    return [{key: value for key, value in step._asdict().items() if value != usual[key]} for step in look.steps]


def figures(look: Look) -> list[str]:
    """How much of the step that is being done is done, how fast, how many documents, and which share is kept."""
    step, found = look.step, list[str]()
    if step is None:
        return found
    if step.total or step.done:
        found.append(_done(step))
    rate = _rate(step)
    if rate:
        found.append(f"{amount(rate, step.unit)}/s" if step.unit == BYTES else f"{of(rate, step.unit)}/s")
    if look.entered:
        found.append(of(look.entered, "document"))
    if look.kept_share is not None:
        found.append(f"{look.kept_share:.0%} kept")
    return found


def clock(seconds: float) -> str:
    """A length of time as a clock shows it: 0:07, 12:34, 3:05:09, 2d 03:05:09."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days}d {hour:02d}:{minute:02d}:{second:02d}"
    return f"{hour}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def amount(number: float, unit: str) -> str:
    """A number of units: bytes in the unit that people read them in, 3.2 GB; others as they are, 1,234 documents."""
    if unit != BYTES:
        return of(number, unit)
    size, name = _size_of(number)
    return f"{number / size:.3g} {name}" if number < 1000 * size else f"{number / size:,.0f} {name}"


def _size_of(number: float) -> tuple[float, str]:
    return next(((size, name) for size, name in _UNITS if number >= size), (1.0, "B"))


def _name(look: Look) -> str:
    return look.step.name if look.step else "begins"


def _done(step: Step) -> str:
    """`3.1 of 12.4 MB`, `12 of 30 documents`, `12.4 MB` where the total is not known."""
    done = min(step.done + step.found, step.total) if step.total else step.done
    if not step.total:
        return amount(done, step.unit)
    if step.unit != BYTES:
        return f"{done:,.0f} of {of(step.total, step.unit)}"
    size, name = _size_of(step.total)
    digits = 0 if name == "B" else 1
    return f"{done / size:,.{digits}f} of {step.total / size:,.{digits}f} {name}"


def _rate(step: Step) -> float | None:
    return step.done / step.seconds if step.done and step.seconds else None


def _times(look: Look) -> list[str]:
    left = seconds_left(look.steps)
    return [clock(look.elapsed), *([] if left is None else [f"{clock(left)} left"])]


def _with_bar(look: Look, times: str, columns: int) -> str:
    """The command, a bar and the times; where there is no room first the bar is left out, then the command is cut."""
    left = seconds_left(look.steps)
    room = columns - len(look.command) - len(times) - len("  100 %  ")
    if left is None or room < len("[####]"):
        return _fitted([f"{look.command[: max(0, columns - len(times) - 2)]}  {times}"], columns)
    share = look.elapsed / (look.elapsed + left) if look.elapsed + left else 1.0
    width = min(BAR_CHARS, room - len("[]"))
    filled = int(share * width)
    return f"{look.command} [{'#' * filled}{'-' * (width - filled)}] {share:3.0%}  {times}"[:columns]


def _fitted(parts: list[str], columns: int) -> str:
    """As many parts as have room, in order; of the first, what has."""
    text = parts[0][:columns]
    for part in parts[1:]:
        if len(text) + len(part) + 2 > columns:
            break
        text = f"{text}, {part}"
    return text


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4 if number < 1 else 1)
