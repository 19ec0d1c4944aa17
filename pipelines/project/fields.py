"""The fields of a YAML file, each with its line and column, so that a fault is shown where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, NoReturn, TypeVar

import yaml

from corpus.errors import UsageError
from corpus.recipe import nearest

T = TypeVar("T")
MOST_BYTES = 1 << 20
"""A project file is some kilobytes; a file of another kind that was given by mistake may be anything."""
_NULL = "tag:yaml.org,2002:null"


class Field(NamedTuple):
    """A value in a YAML file: its node, the file, and the names that lead to it, such as `sources.github.set`."""

    node: yaml.Node
    file: str
    name: str

    @property
    def where(self) -> str:
        """Where it stands, as error messages say it."""
        mark = self.node.start_mark
        return f"{self.file}, line {mark.line + 1}, column {mark.column + 1}{f', {self.name}' if self.name else ''}"

    def refuse(self, expected: str, got: str = "", do: str = "") -> NoReturn:
        """Refuse the value.

        Raises:
            UsageError: always.
        """
        raise UsageError(expected, got or self._shown(), self.where, do)

    def refusing(self, check: Callable[[], T]) -> T:
        """What a check gives; what it refuses is refused here, where the value stands.

        Raises:
            UsageError: the check did.
        """
        try:
            return check()
        except UsageError as error:
            raise UsageError(error.expected, error.got, self.where, error.do) from None

    def is_mapping(self) -> bool:
        """Whether it has names and values."""
        return isinstance(self.node, yaml.MappingNode)

    def is_empty(self) -> bool:
        """Whether nothing stands there: `name:` alone, or null."""
        return bool(self.node.tag == _NULL)

    def members(self, known: Iterable[str] = ()) -> dict[str, Field]:
        """The values of a mapping by name; none where nothing stands there.

        Args:
            known: the names that it may have; without any, all.

        Raises:
            UsageError: no mapping, a name twice, or one that is not known; the message has the nearest.
        """
        if self.is_empty():
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            names = ", ".join(known)
            self.refuse(f"names and values ({names})" if names else "names and values")
        found: dict[str, Field] = {}
        for key, value in self.node.value:
            named = Field(key, self.file, self.name)
            name = named.text()
            if name in found:
                named.refuse("each name once", f"{name!r} twice", f"the first is in line {_line(found[name])}")
            if known and name not in known:
                named.refuse(f"one of {', '.join(known)}", repr(name), nearest(name, list(known)))
            found[name] = Field(value, self.file, f"{self.name}.{name}".lstrip("."))
        return found

    def items(self) -> Iterator[Field]:
        """The values of a list; of a single value that one.

        Raises:
            UsageError: names and values.
        """
        if isinstance(self.node, yaml.SequenceNode):
            yield from (Field(one, self.file, f"{self.name}[{at}]") for at, one in enumerate(self.node.value))
        elif isinstance(self.node, yaml.ScalarNode):
            yield self
        else:
            self.refuse("a value or a list of values", "names and values")

    def text(self) -> str:
        """A single value, as it is written: numbers and words alike.

        Raises:
            UsageError: a list, a mapping or nothing.
        """
        if not isinstance(self.node, yaml.ScalarNode) or self.is_empty():
            self.refuse("a value")
        return str(self.node.value)

    def texts(self) -> list[str]:
        """A list of values, or a single one.

        Raises:
            UsageError: none at all, or what is no value.
        """
        found = [one.text() for one in self.items()]
        return found or self.refuse("a value at least", "an empty list")

    def setting(self) -> str:
        """A value as `--set name=value` would state it: a list is parted by commas, nothing is empty."""
        if self.is_empty():
            return ""
        return ",".join(one.text() for one in self.items())

    def flag(self) -> bool:
        """True or false.

        Raises:
            UsageError: neither.
        """
        if self.node.tag != "tag:yaml.org,2002:bool":
            self.refuse("true or false")
        return self.text().lower() in ("true", "yes", "on")

    def _shown(self) -> str:
        if self.is_empty():
            return "nothing"
        kinds = {yaml.MappingNode: "names and values", yaml.SequenceNode: "a list"}
        return kinds.get(type(self.node)) or repr(str(self.node.value))


def _line(field: Field) -> int:
    return int(field.node.start_mark.line) + 1


def parse(data: bytes, file: str) -> Field:
    """The only document of a YAML file.

    Raises:
        UsageError: no YAML, more than one document, an anchor that refers to itself, or a file too large.
    """
    if len(data) > MOST_BYTES:
        raise UsageError(f"a project file of at most {MOST_BYTES:,} bytes", f"{len(data):,}", file)
    try:
        node = yaml.compose(data, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}, line {mark.line + 1}, column {mark.column + 1}" if mark else file
        raise UsageError("YAML", error.problem or str(error), where) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError("YAML", str(error).splitlines()[0], file) from None
    if node is None:
        raise UsageError("names and values", "an empty file", file)
    field = Field(node, file, "")
    _refuse_circles(field, set(), set())
    return field


def _refuse_circles(field: Field, above: set[int], seen: set[int]) -> None:
    """Refuse a node within itself, which an anchor can make; a node that several aliases name is looked at once."""
    node = field.node
    if id(node) in above:
        field.refuse("a value that does not hold itself", "an alias of what it stands in")
    if id(node) in seen or isinstance(node, yaml.ScalarNode):
        return
    seen.add(id(node))
    above.add(id(node))
    pairs = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
    for child in pairs:
        _refuse_circles(Field(child, field.file, field.name), above, seen)
    above.remove(id(node))
