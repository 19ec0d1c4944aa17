"""The walls between packages: what a module may import, and what a filter may touch.

Each check takes the modules under a root and gives one sentence for every fault, so that a planted fault can be shown.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pkgutil import resolve_name
from types import ModuleType

from guards.imports import PACKAGES, Import, Module, graph, resolve

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "corpus": ("corpus",),
    "filters": (
        "filters", "corpus.document", "corpus.errors", "corpus.recipe", "corpus.models", "corpus.model_files",
        "corpus.model_trial",
        "corpus.readers",
    ),
    "tokenizer": ("tokenizer", "corpus"),
    "pipelines": ("pipelines", "filters", "tokenizer", "corpus"),
    "model": ("model", "corpus.errors", "corpus.progress"),
    "model.data": ("model", "corpus.errors", "tokenizer"),
    "model.commands": ("model", "corpus.errors", "corpus.model_trial", "corpus.progress", "tokenizer"),
    "llama_corpus": PACKAGES,
}  # fmt: skip
"""Who may import whom, by the longest name that fits: a module, and all that lies below it."""

BEAM, MAY_IMPORT_BEAM = "apache_beam", "pipelines"
FILTERS_LIBRARIES = frozenset({
    "__future__", "bisect", "collections", "collections.abc", "csv", "dataclasses", "enum", "functools", "hashlib",
    "html", "html.entities", "itertools", "math", "operator", "posixpath", "re", "string", "struct", "typing",
    "unicodedata", "urllib.parse",
    "numpy", "numpy.typing", "pyarrow", "pyarrow.compute", "xxhash",
    "fasttext", "fasttext.FastText", "fasttext.FastText.fasttext", "kenlm", "langdetect_rs", "nltk.tokenize.punkt",
    "punkt", "resiliparse.extract.html2text", "resiliparse.parse.html", "sentencepiece",
})  # fmt: skip
"""All that a filter may import from outside: no files, no network, no clock, no chance, no processes."""

FORBIDDEN_NAMES = frozenset({
    "open", "input", "print", "exec", "eval", "compile", "breakpoint", "globals", "locals", "vars", "getattr",
    "setattr", "delattr", "help", "hash", "id", "__import__", "__builtins__", "__loader__", "__spec__", "__file__",
})  # fmt: skip
"""Builtins that read, that run code, that reach what is not named, or that differ from one process to the next."""
PERMITTED_DUNDERS = frozenset({"__init__", "__name__", "__getitem__", "__doc__", "__mod__"})
"""Attributes between underscores that a filter may name; others lead to globals, modules and loaders."""
PERMITTED_OF = {"posixpath": frozenset({"join", "normpath", "basename", "dirname", "split", "splitext", "isabs"})}
"""Of modules that also read the disk, what works on names alone."""
FORBIDDEN_CALLS = (
    "numpy.load", "numpy.save", "numpy.savez", "numpy.loadtxt", "numpy.savetxt", "numpy.genfromtxt", "numpy.fromfile",
    "numpy.memmap", "numpy.random", "numpy.lib", "numpy.ctypeslib", "pyarrow.OSFile", "pyarrow.memory_map",
    "pyarrow.fs", "pyarrow.parquet", "pyarrow.input_stream", "pyarrow.output_stream", "pyarrow.create_memory_map",
    "pyarrow.PythonFile", "pyarrow.MemoryMappedFile", "numpy.fromregex", "numpy.savez_compressed", "numpy.lib.npyio",
    "operator.attrgetter", "operator.methodcaller",
)  # fmt: skip
FORBIDDEN_METHODS = frozenset({
    "open", "read_text", "read_bytes", "write_text", "write_bytes", "tofile", "unlink", "mkdir", "rmdir", "glob",
    "rglob", "iterdir", "is_file", "is_dir", "exists", "stat", "urandom", "now", "today", "utcnow", "system", "popen",
    "dump", "get_data", "load_module",
})  # fmt: skip
"""What would read a file, a clock or chance through a library that is allowed."""

IMPORTERS = frozenset({"imp", "pydoc", "runpy", "unittest", "zipimport"})
"""Modules of the standard library that import what they are given, and that nothing here needs."""
REGISTRIES = {
    "corpus.code": "it looks at the code of modules that are imported, whatever they are",
    "corpus.model_trial": "a model file is tried by the module that will load it",
    "pipelines.engine.rules": "a number's name is looked up in the module that cites it",
    "pipelines.packages": "where a package would be imported from is asked before it is imported",
    "pipelines.plugins": "a source of somebody else's is a file or a package that we have not seen",
    "pipelines.sources": "a source's file name is its registration",
    "pipelines.parsing": "a command's file name is its name",
    "pipelines.commands.export": "an export's library is imported when it is asked for",
}
"""Modules that may import by a name that is worked out, and why."""

ALIASES = {"corpus.model_files.Mapped": "the type of a file in memory, for annotations"}
"""Other names of foreign things that may be taken, and why."""

STOREYS = (
    "packages", "versions", "plugins", "beam_options", "engine", "documents", "shares", "pieces", "tokenize",
    "sources", "training", "fetch", "demo", "report", "publish", "parsing", "project", "reach", "commands",
    "command_line", "cli", "__main__", "flex_template",
)  # fmt: skip
"""The rooms of pipelines from the ground up: each may import those before it."""


def may_import(module: str) -> tuple[str, ...]:
    """What a module of the project may import of the project."""
    fitting = [name for name in MAY_IMPORT if is_within(module, (name,))]
    return MAY_IMPORT[max(fitting, key=len)]


def is_within(module: str, names: Iterable[str]) -> bool:
    """Whether a module is one of these or lies below one."""
    return any(module == name or module.startswith(f"{name}.") for name in names)


def forbidden_imports(modules: Mapping[str, Module]) -> list[str]:
    """Imports across a wall, stated or by a constant name, wherever in a module they stand; and `import *`."""
    crossing = [
        f"{module.name}:{one.line} imports {target}"
        for module in modules.values()
        for one in module.imports
        if not _allowed(module.name, target := resolve(one, modules))
    ]
    every = [(module, one) for module in modules.values() for one in module.imports if one.name == "*"]
    return crossing + [f"{module.name}:{one.line} imports all of {one.target}" for module, one in every]


def _allowed(module: str, target: str) -> bool:
    if target.split(".")[0] in IMPORTERS:
        return False
    if target.split(".")[0] == BEAM:
        return is_within(module, (MAY_IMPORT_BEAM,))
    return target.split(".")[0] not in PACKAGES or is_within(target, may_import(module))


def loads_by_name(modules: Mapping[str, Module]) -> list[str]:
    """Imports of a module whose name is worked out, outside the registries."""
    return [
        f"{module.name}:{one.line} imports by a name that is no constant"
        for module in modules.values()
        for one in module.loads
        if not one.target and module.name not in REGISTRIES
    ]


def laundered(modules: Mapping[str, Module]) -> list[str]:
    """Names taken from a module that only imported them itself; each is to be taken from where it is made."""
    found = []
    for module in modules.values():
        if not module.is_package or module.name != "llama_corpus":  # the public face gathers names on purpose
            found += [
                f"{module.name}:{line} takes {name} of {target}" for line, target, name in _taken(module, modules)
            ]
    return sorted(set(found))


def _taken(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[int, str, str]]:
    """(line, module, name) of each name taken from a module of the project that does not make it."""
    uses = [(one.line, one.target, one.name) for one in module.imports if one.name]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Call):
            target, _, name = module.origin(node).rpartition(".")
            uses.append((node.lineno, target, name))
    for line, target, name in uses:
        foreign = target in modules and f"{target}.{name}" not in modules
        if foreign and not name.startswith("__") and not _makes(modules[target], name):
            yield line, target, name


def _makes(module: Module, name: str) -> bool:
    return name in module.defined or f"{module.name}.{name}" in ALIASES


def impure_filters(modules: Mapping[str, Module]) -> list[str]:
    """What in filters reads a file, a clock or chance, imports what could, or reaches what it does not name."""
    found: list[str] = []
    for module in modules.values():
        if is_within(module.name, ("filters",)):
            found += [f"{module.name}:{one.line} imports {name}" for one in module.imports if (name := _strange(one))]
            found += [f"{module.name}:{line} uses {name}" for line, name in _touched(module)]
    return found


def _strange(one: Import) -> str:
    """What an import brings in that no filter may have; "" for others."""
    whole = f"{one.target}.{one.name}" if one.name else one.target
    if one.target.split(".")[0] in (*PACKAGES, BEAM) or not whole:
        return ""
    if one.target not in FILTERS_LIBRARIES:
        return one.target
    return whole if one.name and _is_forbidden(whole) else ""


def _is_forbidden(origin: str) -> bool:
    """Whether something of a permitted library reads, or is a module that is not permitted itself."""
    module, _, name = origin.rpartition(".")
    if is_within(origin, FORBIDDEN_CALLS) or name not in PERMITTED_OF.get(module, {name}):
        return True
    return module in FILTERS_LIBRARIES and origin not in FILTERS_LIBRARIES and _is_module(module, name)


@cache
def _is_module(module: str, name: str) -> bool:
    """Whether an attribute of a library's module is a module: `posixpath.os`."""
    return isinstance(getattr(resolve_name(module), name, None), ModuleType)


def _touched(module: Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in FORBIDDEN_NAMES:
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and _is_forbidden(origin := module.origin(node)):
            yield node.lineno, origin
        elif isinstance(node, ast.Attribute) and node.attr[:2] == "__" and node.attr not in PERMITTED_DUNDERS:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and _reads(module, node):
            yield node.lineno, ast.unparse(node.func)


def _reads(module: Module, call: ast.Call) -> bool:
    """Whether a method is called that reads a file, a clock or chance; corpus.model_files may be asked for a file."""
    clock = any(getattr(argument, "value", None) in ("now", "today") for argument in call.args)
    reads = getattr(call.func, "attr", "") in FORBIDDEN_METHODS or clock
    return reads and not is_within(module.origin(call.func), PACKAGES)


def upward_imports(modules: Mapping[str, Module]) -> list[str]:
    """Imports within pipelines from a room to one above it."""
    edges = {name: targets for name, targets in graph(modules).items() if is_within(name, ("pipelines",))}
    return [
        f"{name} imports {target}, which lies above it"
        for name, targets in edges.items()
        for target in sorted(targets & edges.keys())
        if edges[target] and _storey(target) > _storey(name)
    ]


def _storey(module: str) -> int:
    """The number of a module's room; the package itself is the ground."""
    parts = module.split(".")
    return STOREYS.index(parts[1]) if len(parts) > 1 else -1
