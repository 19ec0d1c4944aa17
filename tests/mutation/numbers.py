"""Change every cited number, one at a time, and ask the golden files of the rules whether they notice.

    make mutations
    PYTHONPATH=.:tests python -m mutation.numbers

Each cited(...) of the project is changed where it stands in its module's source: its value, its unit, its basis, its
citation. The changed module takes the place of its own, the rules of every source and preset are printed, and a change
after which all golden files are as before survives. Exit 1 when one does.
"""

from __future__ import annotations

import ast
import copy
import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any

from guards import golden_rules
from guards.imports import Module, cited_calls, read_modules

from corpus.code import Reached, reached_by
from corpus.errors import CorpusError
from corpus.recipe import BASES, ROOT
from pipelines.engine import rules

PARTS = {"value": 0, "citation": 1, "unit": 2, "basis": 3}
"""The parts of a cited number, by the place of their argument."""
PRINTING = "guards.golden_rules"
"""The module that prints rules, which is made anew for each fault."""
_MODULE = ("__file__", "__package__", "__path__", "__spec__")


def mutants(module: Module) -> Iterator[tuple[str, str, ast.Module]]:
    """Each change of one part of one cited number: the part, what becomes of it, and the module's tree with it."""
    for at, call in enumerate(cited_calls(module)):
        for part, changed in _changes(module, call):
            tree = copy.deepcopy(module.tree)
            _set(cited_calls(Module(module.name, module.path, tree))[at], part, changed)
            told = f"{module.name}:{call.lineno} {part} {ast.unparse(changed)}"
            yield part, told, ast.fix_missing_locations(tree)


def _changes(module: Module, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    stated = {part: call.args[at] for part, at in PARTS.items() if at < len(call.args)}
    stated |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    value = eval(compile(ast.Expression(stated["value"]), "value", "eval"), vars(sys.modules[module.name]))
    yield from (("value", ast.Constant(other)) for other in _other_values(value))
    yield "citation", ast.Constant("another source")
    yield "unit", ast.Constant("bushels")
    basis = getattr(stated.get("basis"), "value", "ours")
    yield "basis", ast.Constant(next(other for other in BASES if other != basis))


def _other_values(value: Any) -> list[Any]:
    """Other values of the same type: ten times, a tenth, one more, one less; another word; one item more, one less."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        others = [value * 10, type(value)(value / 10), value + 1, value - 1]
        return [other for other in dict.fromkeys(others) if other != value]
    if isinstance(value, str):
        return [f"{value}x"]
    return [(*value, "another"), *([value[1:]] if value else [])]


def _set(call: ast.Call, part: str, changed: ast.expr) -> None:
    if PARTS[part] < len(call.args):
        call.args[PARTS[part]] = changed
    else:
        kept = [keyword for keyword in call.keywords if keyword.arg != part]
        call.keywords = [*kept, ast.keyword(part, changed)]


@contextmanager
def in_place_of(module: Module, tree: ast.Module) -> Iterator[None]:
    """A module as its changed tree makes it, where every other module looks for it."""
    own, (package, _, name) = sys.modules[module.name], module.name.rpartition(".")
    try:
        setattr(sys.modules[package], name, _made(own, compile(tree, str(module.path), "exec")))
        yield
    finally:
        sys.modules[module.name] = own
        setattr(sys.modules[package], name, own)


def _made(own: ModuleType, code: CodeType) -> ModuleType:
    """A new module that runs some code and stands in the place of its own."""
    made = ModuleType(own.__name__)
    made.__dict__.update({name: vars(own)[name] for name in _MODULE if name in vars(own)})
    sys.modules[own.__name__] = made
    exec(code, made.__dict__)
    return made


def survives(module: Module, tree: ast.Module, affected: Iterable[tuple[str, str]]) -> bool:
    """Whether all golden files are as before when a module is as its changed tree makes it."""
    own = sys.modules[PRINTING]
    with in_place_of(module, tree):
        try:
            printing = _made(own, compile(inspect.getsource(own), own.__name__, "exec"))
            return all(printing.text(*recipe) == golden_rules.path(*recipe).read_text("utf-8") for recipe in affected)
        except CorpusError:  # the source is refused before anything is read
            return False
        finally:
            sys.modules[PRINTING] = own


def affected_by(module: Module) -> list[tuple[str, str]]:
    """The recipes whose golden file names a module: no other can change with it."""
    place = module.path.relative_to(ROOT).as_posix()
    return [recipe for recipe in golden_rules.recipes() if place in golden_rules.path(*recipe).read_text("utf-8")]


def remembered(reached: Callable[[Iterable[Any]], Reached]) -> Callable[[Iterable[Any]], Reached]:
    """reached_by with a memory: what functions reach does not change with a number."""
    known: dict[tuple[str, ...], Reached] = {}

    def reached_by_names(functions: Iterable[Any]) -> Reached:
        functions = list(functions)
        names = tuple(f"{getattr(one, '__module__', '')}:{getattr(one, '__qualname__', one)}" for one in functions)
        if names not in known:
            known[names] = reached(functions)
        return known[names]

    return reached_by_names


def main() -> int:
    """Plant every fault; how many there were, and those that no golden file showed."""
    rules.reached_by = remembered(reached_by)
    planted: Counter[str] = Counter()
    survivors = []
    modules = [module for module in read_modules(ROOT).values() if cited_calls(module)]
    for module in modules:
        import_module(module.name)
        affected = affected_by(module)
        for part, told, tree in mutants(module):
            planted[part] += 1
            if survives(module, tree, affected):
                survivors.append(told)
    numbers = sum(len(cited_calls(module)) for module in modules)
    counts = ", ".join(f"{count} of a {part}" for part, count in planted.items())
    print(f"{numbers} cited numbers in {len(modules)} modules; {planted.total()} faults planted ({counts})")
    print("\n".join([f"{len(survivors)} survive", *survivors]))
    return int(bool(survivors))


if __name__ == "__main__":
    sys.exit(main())
