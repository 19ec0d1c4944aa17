"""What a build was made with: recipe with citations, inputs, versions and digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corpus.amounts import of
from pipelines.engine.plan import BUILD
from pipelines.report.amounts import full, short, stated
from pipelines.report.markup import Html, el

INPUTS_MOST = 20


def recipe(manifest: Mapping[str, Any]) -> list[Html]:
    """The numbers of the source, then those of the build itself."""
    numbers = manifest["recipe"]
    own = {name: number for name, number in numbers.items() if name not in BUILD}
    engine = {name: number for name, number in numbers.items() if name in BUILD}
    return [
        _numbers(own, f"The recipe of {manifest['source']}: every number in force"),
        _numbers(engine, "The build's own numbers"),
    ]


def _numbers(numbers: Mapping[str, Any], caption: str) -> Html:
    head = _head("Name", "Value", "Basis", "Where it comes from")
    rows = [_number(name, number) for name, number in sorted(numbers.items())]
    return el("div", el("table", el("caption", caption), head, el("tbody", rows), class_="recipe"), class_="wide")


def _number(name: str, number: Mapping[str, Any]) -> Html:
    value = [stated(number["value"]), el("small", f" {number['unit']}") if number["unit"] else None]
    changed = number["citation"] == "--set"
    basis = el("span", "set" if changed else number["basis"], class_=f"basis {'set' if changed else number['basis']}")
    cited = "changed on the command line" if changed else number["citation"]
    return el("tr", el("th", el("code", name), scope="row"), el("td", value), el("td", basis), el("td", cited))


def changed(manifest: Mapping[str, Any]) -> list[str]:
    """The numbers that the command line changed, as it stated them."""
    numbers = sorted(manifest["recipe"].items())
    return [f"{name} = {stated(number['value'])}" for name, number in numbers if number["citation"] == "--set"]


def origin(manifest: Mapping[str, Any]) -> list[Html]:
    """Inputs, versions and digests."""
    digests = [("code", manifest["code"]), ("fingerprint", manifest["fingerprint"])]
    return [
        _pairs("Digests: the same fingerprint is the same build", ("Of", "Digest"), digests),
        _pairs("Versions of the libraries that shape a document", ("Library", "Version"), manifest["versions"].items()),
        _inputs(manifest["inputs"]),
    ]


def _pairs(caption: str, names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> Html:
    rows = [el("tr", el("th", name, scope="row"), el("td", el("code", value))) for name, value in pairs]
    return el(
        "div", el("table", el("caption", caption), _head(*names), el("tbody", rows), class_="pairs"), class_="wide"
    )


def _inputs(inputs: Sequence[Mapping[str, Any]]) -> Html:
    size = sum(each.get("size", 0) for each in inputs)
    caption = f"{of(len(inputs), 'input')}, {short(size)} bytes" + (
        f"; the first {INPUTS_MOST}" if len(inputs) > INPUTS_MOST else ""
    )
    rows = [
        el(
            "tr",
            el("th", el("bdi", el("code", each["path"])), scope="row"),
            el("td", full(each["size"]) if "size" in each else "–"),
        )
        for each in inputs[:INPUTS_MOST]
    ]
    return el(
        "div",
        el("table", el("caption", caption), _head("File", "Bytes"), el("tbody", rows), class_="inputs"),
        class_="wide",
    )


def _head(*names: str) -> Html:
    return el("thead", el("tr", [el("th", name, scope="col") for name in names]))
