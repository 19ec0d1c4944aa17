"""What `corpus rules` says of every source and preset, as golden files: tests/golden/rules/SOURCE.PRESET.txt.

    make golden-rules

writes them anew; the difference that git then shows is the change of the recipe, to be read by a person. They say all
that a rule is (stage, reason, measure, test, value, unit, basis, citation, choices, file) but for line numbers, which
move when nothing changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from corpus.recipe import Cited
from pipelines.commands.rules import BESIDE, numbers_beside
from pipelines.engine.plan import numbers
from pipelines.engine.rules import Rule, rules_of
from pipelines.sources import find_source, names

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "rules"
_LINE_NUMBER = re.compile(r":\d+(?=\)?$)")


def recipes() -> list[tuple[str, str]]:
    """Every source with each of its presets; what belongs to no source has the preset ""."""
    named = [(name, preset) for name in names() for preset in find_source(name).recipe.presets]
    return [*named, *((name, "") for name in BESIDE)]


def rules(name: str, preset: str) -> list[Rule]:
    """The rules of a recipe."""
    if not preset:
        return [Rule(name, number_name, "", "", number) for number_name, number in numbers_beside(name).items()]
    source = find_source(name)
    return list(rules_of(source, preset, numbers(source, preset, {})))


def text(name: str, preset: str) -> str:
    """A golden file's text: two lines a rule."""
    return "".join(f"{line}\n" for rule in rules(name, preset) for line in _lines(rule))


def _lines(rule: Rule) -> Iterator[str]:
    yield " | ".join([rule.stage, rule.reason, _LINE_NUMBER.sub("", rule.measure)])
    if rule.number:
        yield f"    {rule.test} {_stated(rule.number)}".rstrip()


def _stated(number: Cited) -> str:
    choices = f" of {', '.join(number.choices)}" if number.choices else ""
    where = _LINE_NUMBER.sub("", number.where)
    return f"{number.value!r} {number.unit}{choices} [{number.basis}: {number.citation}] {where}"


def path(name: str, preset: str) -> Path:
    """The golden file of a recipe."""
    return FOLDER / f"{name}.{preset or 'numbers'}.txt"


def main() -> None:
    """Write every golden file, and remove those of recipes that are no more."""
    FOLDER.mkdir(exist_ok=True)
    written = {path(*recipe): text(*recipe) for recipe in recipes()}
    for old in set(FOLDER.glob("*.txt")) - written.keys():
        old.unlink()
    for file, content in written.items():
        file.write_text(content, encoding="utf-8")
    print(f"{len(written)} files in {FOLDER}")


if __name__ == "__main__":
    main()
