"""The rules of the house, each with planted faults that show it at work: imports, purity, rooms, numbers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import ROOT
from guards import rooms, walls
from guards.constants import CONSTANTS, FORMAT_MODULES, PENDING
from guards.imports import Module, circles, graph, reachable, read_modules
from guards.numbers import bare_numbers
from guards.patterns import quantifiers
from guards.quantifiers import COUNTED

from corpus.recipe import BASES
from pipelines.engine.plan import BUILD
from pipelines.sources import find_source, names

KNOWN_MISPLACED: list[str] = []


@pytest.fixture(scope="module")
def house() -> dict[str, Module]:
    return read_modules(ROOT)


def planted(folder: Path, files: Mapping[str, str]) -> dict[str, Module]:
    """The modules of a small tree of packages."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_modules(folder)


# --- who imports whom


def test_imports_keep_to_the_walls(house: dict[str, Module]) -> None:
    assert walls.forbidden_imports(house) == []


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("filters/x.py", "import apache_beam", ["filters.x:1 imports apache_beam"]),
        ("corpus/x.py", "from apache_beam import io", ["corpus.x:1 imports apache_beam"]),
        ("filters/x.py", "from pipelines import engine", ["filters.x:1 imports pipelines"]),
        ("corpus/x.py", "def f():\n    from filters import html", ["corpus.x:2 imports filters"]),
        ("tokenizer/x.py", "import filters.html", ["tokenizer.x:1 imports filters.html"]),
        ("filters/x.py", "from corpus import writers", ["filters.x:1 imports corpus.writers"]),
        ("model/x.py", "import tokenizer.shards", ["model.x:1 imports tokenizer.shards"]),
        ("model/x.py", "from corpus.recipe import Recipe", ["model.x:1 imports corpus.recipe"]),
        ("corpus/x.py", "import llama_corpus", ["corpus.x:1 imports llama_corpus"]),
        ("corpus/x.py", "from importlib import import_module as m\nm('filters')", ["corpus.x:2 imports filters"]),
        ("corpus/x.py", "import importlib\nimportlib.import_module('filters')", ["corpus.x:2 imports filters"]),
        ("corpus/x.py", "__import__('filters.html')", ["corpus.x:1 imports filters.html"]),
        ("corpus/x/y.py", "from ...filters import html", ["corpus.x.y:1 imports filters"]),
        (
            "corpus/x.py",
            "from importlib import import_module\nimport_module('.a', 'filters')",
            ["corpus.x:2 imports filters.a"],
        ),
        ("corpus/x.py", "import builtins\ngetattr(builtins, '__import__')('filters')", ["corpus.x:2 imports filters"]),
        (
            "corpus/x.py",
            "import importlib\ngetattr(importlib, 'import_module')('filters')",
            ["corpus.x:2 imports filters"],
        ),
        ("corpus/x.py", "import sys\nsys.modules['filters.html']", ["corpus.x:2 imports filters.html"]),
        ("corpus/x.py", "from sys import modules as m\nm.get('filters')", ["corpus.x:2 imports filters"]),
        ("corpus/x.py", "from importlib.util import find_spec\nfind_spec('filters')", ["corpus.x:2 imports filters"]),
        ("corpus/x.py", "from corpus.writers import *", ["corpus.x:1 imports all of corpus.writers"]),
        ("corpus/x.py", "run(['python', '-m', 'pipelines'])", ["corpus.x:1 imports pipelines"]),
        ("corpus/x.py", "run('python', '-c', 'import filters as f')", ["corpus.x:1 imports filters"]),
        ("corpus/x.py", "import runpy", ["corpus.x:1 imports runpy"]),
        ("corpus/x.py", "from unittest.mock import patch", ["corpus.x:1 imports unittest.mock"]),
        ("corpus/x.py", "import sys\nsys.modules['re'], sys.modules[__name__], sys.argv", []),
        ("model/data/x.py", "import tokenizer.shards", []),
        ("model/x.py", "from corpus.errors import CorpusError", []),
        ("pipelines/x.py", "import filters, corpus, tokenizer, apache_beam", []),
        ("llama_corpus/__init__.py", "import pipelines, model", []),
    ],
)
def test_an_import_across_a_wall_is_found(tmp_path: Path, path: str, text: str, found: list[str]) -> None:
    modules = planted(tmp_path, {path: text, "corpus/writers.py": ""})
    assert walls.forbidden_imports(modules) == found


def test_names_to_import_are_constants(house: dict[str, Module]) -> None:
    assert walls.loads_by_name(house) == []
    assert set(walls.REGISTRIES) == {
        module.name for module in house.values() if any(not one.target for one in module.loads)
    }


@pytest.mark.parametrize(
    "text",
    [
        "from importlib import import_module\nimport_module(name)",
        "import importlib as i\ni.import_module('fil' + 'ters')",
        "\n__import__(f'{package}.html')",
        "from pkgutil import resolve_name\nresolve_name(name)",
        "import importlib\nm = importlib.import_module\nm('filters')",
        "from importlib import import_module\nlist(map(import_module, ['filters']))",
        "from importlib import import_module\nimport_module('.html', __package__)",
        "import importlib\nvars(importlib)['import_module']('filters')",
        "import importlib\nimportlib.__dict__['import_module']('filters')",
        "import importlib\nimportlib.reload(x)",
        "from importlib.util import spec_from_file_location as s\ns('a', 'filters/html.py')",
        "from importlib.machinery import SourceFileLoader as S\nS('a', 'filters/html.py')",
        "import sys\nsys.modules[name]",
        "from sys import modules\nmodules.pop(name)",
        "\nexec('import filters')",
        "\nrun = eval",
        "from builtins import exec as e\ne('import filters')",
        "\n__builtins__['__import__']('filters')",
    ],
)
def test_an_import_by_a_name_worked_out_is_found(tmp_path: Path, text: str) -> None:
    modules = planted(tmp_path, {"corpus/x.py": text})
    assert set(walls.loads_by_name(modules)) == {"corpus.x:2 imports by a name that is no constant"}


def test_a_name_of_its_own_is_no_builtin(tmp_path: Path) -> None:
    text = "import re\nclass A:\n    def f(self, exec): exec('x')\ndef compile(x): return re.compile(x)\ncompile('a')"
    assert walls.loads_by_name(planted(tmp_path, {"corpus/x.py": text})) == []


def test_names_are_taken_from_where_they_are_made(house: dict[str, Module]) -> None:
    assert walls.laundered(house) == []


@pytest.mark.parametrize(
    "text",
    [
        "from corpus.x import pq",
        "from corpus import x\ntable = x.pq.read_table",
        "import corpus.x\ntable = corpus.x.pq",
        "def f():\n    from corpus.x import pq as parquet",
    ],
    ids=["by name", "through the module", "through the package", "renamed, in a function"],
)
def test_a_foreign_name_through_a_permitted_module_is_found(tmp_path: Path, text: str) -> None:
    through = "import pyarrow.parquet\nimport pyarrow.parquet as pq\nMINE = 1\n"
    modules = planted(tmp_path, {"filters/y.py": text, "corpus/__init__.py": "", "corpus/x.py": through})
    (found,) = walls.laundered(modules)
    assert found.endswith("takes pq of corpus.x")
    own = planted(tmp_path, {"filters/y.py": "from corpus.x import MINE\nfrom corpus import x\nx.MINE\n"})
    assert walls.laundered(own) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from corpus.x import tools", "tools"),
        ("from corpus import x\nx.reader('a')", "reader"),
        ("import corpus.x as c\nc.clock()", "clock"),
        ("from corpus import x\ngetattr(x, 'os').listdir()", "os"),
        ("from corpus import path", "path"),
        ("from corpus.x import *", "*"),
    ],
    ids=["a module", "a builtin", "a function", "by getattr", "through a package", "all names"],
)
def test_a_foreign_thing_by_another_name_is_found(tmp_path: Path, text: str, name: str) -> None:
    through = "import os, time\ntools = os\nreader = open\nclock: object = time.time\nMINE = str(1)\n"
    files = {"filters/y.py": text, "corpus/__init__.py": "from os import path", "corpus/x.py": through}
    (found,) = walls.laundered(planted(tmp_path, files))
    assert f"takes {name} of corpus" in found
    own = planted(tmp_path, {"filters/y.py": "from corpus.x import MINE"})
    assert walls.laundered(own) == []


def test_mypy_refuses_names_that_a_module_only_imported() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["strict"] is True
    assert not any("implicit_reexport" in table for table in (settings, *settings["overrides"]))


def test_no_circle_of_imports(house: dict[str, Module]) -> None:
    assert circles(graph(house)) == []


def test_a_planted_circle_is_found(tmp_path: Path) -> None:
    files = {
        "corpus/a.py": "from corpus import b",
        "corpus/b.py": "def f():\n    from corpus.c import X",
        "corpus/c.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from corpus.a import Y",
        "corpus/d.py": "import corpus.a",
    }
    assert circles(graph(planted(tmp_path, files))) == [["corpus.a", "corpus.b", "corpus.c"]]


def test_no_import_within_pipelines_leads_upwards(house: dict[str, Module]) -> None:
    assert walls.upward_imports(house) == []


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("engine/x.py", "from pipelines.sources import a", "engine.x imports pipelines.sources.a"),
        ("sources/x.py", "import pipelines.training.a", "sources.x imports pipelines.training.a"),
        ("report/x.py", "from pipelines.commands import a", "report.x imports pipelines.commands.a"),
        ("commands/x.py", "import pipelines.report.a, pipelines.engine.a, pipelines.sources.a", ""),
    ],
    ids=["engine", "sources", "report", "downwards"],
)
def test_an_import_upwards_is_found(tmp_path: Path, path: str, text: str, found: str) -> None:
    inner = {f"pipelines/{room}/a.py": "import pipelines.engine.b" for room in ("sources", "training", "commands")}
    modules = planted(tmp_path, {**inner, "pipelines/engine/b.py": "", f"pipelines/{path}": text})
    assert walls.upward_imports(modules) == ([f"pipelines.{found}, which lies above it"] if found else [])


# --- what a filter may touch


def test_filters_read_no_file_no_clock_no_chance(house: dict[str, Module]) -> None:
    assert walls.impure_filters(house) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(p):\n    return open(p)", ["filters.x:2 uses open"]),
        ("reader = open", ["filters.x:1 uses open"]),
        ("import os", ["filters.x:1 imports os"]),
        ("from os import path", ["filters.x:1 imports os"]),
        ("def f():\n    import time", ["filters.x:2 imports time"]),
        ("import random", ["filters.x:1 imports random"]),
        ("from pathlib import Path", ["filters.x:1 imports pathlib"]),
        (
            "import importlib\nimportlib.import_module('time')",
            ["filters.x:1 imports importlib", "filters.x:2 imports time"],
        ),
        ("def f(p):\n    return p.read_text()", ["filters.x:2 uses p.read_text"]),
        ("def f(day):\n    return day.today()", ["filters.x:2 uses day.today"]),
        (
            "import numpy as np\nx = np.random.default_rng",
            [f"filters.x:2 uses numpy.random{name}" for name in (".default_rng", "")],
        ),
        ("import numpy as np\nx = np.fromfile", ["filters.x:2 uses numpy.fromfile"]),
        ("eval('1')", ["filters.x:1 uses eval"]),
        ("def f(x, o=open): return o(x)", ["filters.x:1 uses open"]),
        ("from numpy import fromfile as f\nx = f('a')", ["filters.x:1 imports numpy.fromfile"]),
        ("from pyarrow import OSFile", ["filters.x:1 imports pyarrow.OSFile"]),
        ("import numpy\nx = getattr(numpy, 'fromfile')", ["filters.x:2 uses getattr"]),
        ("import numpy\nx = numpy.__dict__['fromfile']", ["filters.x:2 uses __dict__"]),
        ("from operator import attrgetter as a", ["filters.x:1 imports operator.attrgetter"]),
        ("import posixpath\nx = posixpath.os.listdir", ["filters.x:2 uses posixpath.os"]),
        ("import posixpath as p\nx = p.getsize('a')", ["filters.x:2 uses posixpath.getsize"]),
        ("from posixpath import exists", ["filters.x:1 imports posixpath.exists"]),
        ("import dataclasses\nx = dataclasses.sys.modules", ["filters.x:2 uses dataclasses.sys"]),
        ("from enum import sys", ["filters.x:1 imports enum.sys"]),
        ("import numpy as np\nx = np.datetime64('now')", ["filters.x:2 uses np.datetime64"]),
        ("def f(x):\n    x.dump('a')", ["filters.x:2 uses x.dump"]),
        ("def f(x):\n    return hash(x)", ["filters.x:2 uses hash"]),
        ("x = sorted('ab', key=id)", ["filters.x:1 uses id"]),
        ("x = len.__self__", ["filters.x:1 uses __self__"]),
        ("def f(g):\n    return g.__globals__", ["filters.x:2 uses __globals__"]),
        ("x = __spec__.loader", ["filters.x:1 uses __spec__"]),
        ("x = vars()", ["filters.x:1 uses vars"]),
        ("from os import *", ["filters.x:1 imports os"]),
        ("import posixpath, html.entities, numpy as np\nx = posixpath.join, html.entities.html5, np.array", []),
        ("from corpus import model_files\nx = model_files.read_text('a')", []),
        ("import re, numpy\nclass C:\n    open: str\nx = C().open", []),
    ],
)
def test_an_impure_filter_is_found(tmp_path: Path, text: str, found: list[str]) -> None:
    modules = planted(tmp_path, {"filters/x.py": text, "corpus/x.py": "import os, time, random\nopen('x')"})
    assert walls.impure_filters(modules) == found


# --- rooms


def test_what_serves_one_source_lies_in_its_room(house: dict[str, Module]) -> None:
    assert rooms.misplaced(house) == KNOWN_MISPLACED


FLOORS = {
    "pipelines/sources/github/source.py": "import corpus.readers.github.read, filters.github.code",
    "pipelines/sources/c4.py": "import corpus.readers.web.warc, filters.c4.rules, corpus.readers.lines",
    "pipelines/sources/commoncrawl.py": "import corpus.readers.web.warc, filters.web.lines",
    "corpus/readers/github/read.py": "import corpus.readers.base, corpus.readers.lines",
    "corpus/readers/web/warc.py": "import corpus.readers.base",
    **dict.fromkeys(("corpus/readers/lines.py", "corpus/readers/base.py"), ""),
    **{f"filters/{name}.py": "" for name in ("github/code", "c4/rules", "web/lines")},
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"filters/github/code.py": "import filters.words", "filters/words.py": ""},
         ["filters.words serves github alone and lies outside its room"]),
        ({"corpus/readers/github/read.py": "import corpus.readers.a", "corpus/readers/a.py": "import corpus.readers.b",
          "corpus/readers/b.py": ""},
         [f"corpus.readers.{name} serves github alone and lies outside its room" for name in "ab"]),
        ({"pipelines/sources/github/source.py": "import filters.web.urls", "filters/web/urls.py": ""},
         ["filters.web.urls serves github alone and lies outside its room",
          "filters.web.urls lies in the room web and serves github"]),
        ({"filters/c4/rules.py": "import filters.web.sentences", "filters/web/sentences.py": ""},
         ["filters.web.sentences serves c4 alone and lies in the room web"]),
        ({"filters/web/lines.py": "import filters.c4.marks", "filters/c4/marks.py": ""},
         ["filters.c4.marks serves commoncrawl alone and lies outside its room",
          "filters.c4.marks lies in the room c4 and serves commoncrawl"]),
        ({"pipelines/sources/github/source.py": "import pipelines.engine.join", "pipelines/engine/join.py": ""},
         ["pipelines.engine.join serves github alone and lies outside its room"]),
        ({"pipelines/sources/github/source.py": "import pipelines.engine.join", "pipelines/engine/join.py": "",
          "pipelines/engine/build.py": "import pipelines.engine.join"}, []),
        ({"pipelines/sources/github/source.py": "import pipelines.engine.dedup.near", "filters/near.py": "",
          "pipelines/engine/dedup/near.py": "import filters.near"}, []),
    ],
    ids=["in order", "a filter", "readers, one through the other", "another's room", "c4's own in the web's",
         "the web's in c4's", "in pipelines", "the engine's too", "a kind of dedup"],
)  # fmt: skip
def test_a_misplaced_module_is_found(tmp_path: Path, changes: dict[str, str], found: list[str]) -> None:
    modules = planted(tmp_path, FLOORS | changes)
    mine = {name.removesuffix(".py").replace("/", ".") for name in changes} - {"pipelines.sources.github.source"}
    faults = [fault for fault in rooms.misplaced(modules) if fault.split()[0] in mine]
    assert faults == found


# --- numbers

DECIDING, WRITING = ("corpus.readers", "filters"), ("corpus.output",)


def deciding(house: dict[str, Module]) -> list[Module]:
    """The modules that decide texts, what they import (but what locks a folder), and what belongs to a source."""
    edges = graph(house)
    within = {name for name in house if walls.is_within(name, DECIDING)}
    below = {name for start in within for name in reachable(start, edges) if not walls.is_within(name, WRITING)}
    sources = {name for name in house if walls.is_within(name, (rooms.SOURCES,))}
    return [house[name] for name in sorted((within | below | sources) - FORMAT_MODULES.keys())]


def test_no_number_stands_bare_in_a_source(house: dict[str, Module]) -> None:
    sources = [house[rooms.source_module(name, house)] for name in rooms.source_names(house)]
    assert [fault for source in sources for fault in bare_numbers(source, trivial=())] == []


def test_numbers_that_decide_are_cited(house: dict[str, Module]) -> None:
    bare = {module.name: bare_numbers(module, frozenset(CONSTANTS)) for module in deciding(house)}
    assert {name: faults for name, faults in bare.items() if faults and name not in PENDING} == {}
    assert {name for name in PENDING if name in bare and not bare[name]} == set()


def test_what_decides_nothing_is_a_number_of_the_house(house: dict[str, Module]) -> None:
    assert all(CONSTANTS.values())
    assert FORMAT_MODULES.keys() <= house.keys()
    needed = {name for name in CONSTANTS if listed_numbers(house, name)}
    assert CONSTANTS.keys() - needed == set()


def listed_numbers(house: dict[str, Module], name: str) -> list[str]:
    """The numbers that are bare once a constant is off the list."""
    module = house.get(name.partition(":")[0])
    return bare_numbers(module, frozenset(CONSTANTS.keys() - {name})) if module else []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("def f(x): return len(x) > 40", "40"),
        ("def f(x): return x[:2000]", "2000"),
        ("def f(x): return x[-200:]", "200"),
        ("def f(x): return range(9)", "9"),
        ("def f(x, most=7): return x", "7"),
        ("SHARE = 0.25", "0.25"),
        ("TABLE = {'km': 3}", "3"),
        ("def f(x): return x.split(' ', 5)", "5"),
        ("def f(x): return len(x) > int('40')", "int('40')"),
        ("def f(x): return x > float('1e-5')", "float('1e-5')"),
        ("READ_BYTES = 4096", ""),
        ("OTHER, READ_BYTES = 3, 4096", "3"),
        ("def f():\n    READ_BYTES = 4096", "4096"),
        ("from corpus.recipe import cited\nX = cited(40, 'why', 'chars')", ""),
        ("from corpus.recipe import cited as c\nX = c(40, 'why', 'chars') if c(1, 'w').value else 41", "41"),
        ("def cited(x): return x\nX = cited(40)", "40"),
        ("def f(x): return x[3], x[-4]", ""),
        ("def f(x): return x > 2 or x < -1 or x == 0.0", ""),
        ("def f(x): raise ValueError(x[:80])", ""),
        ("def f(x): raise ValueError(x[:80] or 'empty')", ""),
        ("def f(x): raise ValueError(x) if len(x) > 80 else KeyError(x)", "80"),
        ("READ_BYTES = (4096, lambda x: len(x) > 40)", "40"),
        ("class C:\n    def f(self, x):\n        return x.hex()[:16]", ""),
        ("class C:\n    def f(self, x):\n        return x.hex()[:17]", "17"),
        ("def f(x):\n    return x.hex()[:16]", "16"),
        ("TABLE = frozenset((5, 0))", "5"),
        ("def f(x): return x * 80", "80"),
        ("def f(x): return '=' * 80", "80"),
        ("def f(x, *, most=(1, 9)): return x", "9"),
        ("def f(x):\n    match x:\n        case 7: return x", "7"),
        ("from decimal import Decimal as D\nX = D('0.25')", "D('0.25')"),
        ("import numpy as np\nX = np.float64('0.25')", "np.float64('0.25')"),
        ("from ast import literal_eval as parsed\nX = parsed('40')", "parsed('40')"),
        ("def f(x): return len(x) > len('........')", "len('........')"),
        ("def f(x): return x + len('<!--')", ""),
        ("def f(x): return len(x) > 2 * 2 * 2 * 2", "2 * 2"),
        ("def f(x): return len(x) > 2 ** 2 ** 2", "2 ** 2"),
        ("def f(x): return len(x) > (1 << 2 << 1)", "1 << 2"),
        ("def f(x): return x - 1 + 2 - 2", ""),
        ("def f(x): return len(x) > 40j.imag", "40j"),
        ("def f(x): return len(x) > 0x28", "40"),
        ("X: int = 40", "40"),
        ("X = f'{0:>{40}}'", "40"),
        ("FLAG = True", ""),
    ],
)
def test_a_bare_number_is_found(tmp_path: Path, line: str, found: str) -> None:
    module = planted(tmp_path, {"filters/x.py": line})["filters.x"]
    faults = bare_numbers(module, frozenset({"filters.x:READ_BYTES", "filters.x:C 16"}))
    assert [fault.partition(" ")[2] for fault in faults][:1] == ([found] if found else [])


def test_what_patterns_count_is_on_the_list(house: dict[str, Module]) -> None:
    counted = {place: counts for module in deciding(house) for place, counts in quantifiers(module).items()}
    assert counted == {place: counts for place, (counts, _why) in COUNTED.items()}
    assert all(why for _counts, why in COUNTED.values())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import re\nX = re.compile(r'a{3,}')", {"filters.x:X": "{3,}"}),
        ("X = rb'a{0,60}?b{,7}'", {"filters.x:X": "{0,60} {,7}"}),
        ("def f(x):\n    return re.match(rf'{x}{{2,9}}a{{5}}', x)", {"filters.x:f": "{2,9} {5}"}),
        ("class C:\n    X = 'a{4}'", {"filters.x:C": "{4}"}),
        ("X = {'a': ('b', 'c{8}')}\nY = 'd{9}'", {"filters.x:X": "{8}", "filters.x:Y": "{9}"}),
        ("if True:\n    X = 'a{4}'", {"filters.x:": "{4}"}),
        ("X = r'a{2}b{0,1}c{1,}{}{name}'", {}),
    ],
)
def test_what_a_pattern_counts_is_found(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    assert quantifiers(planted(tmp_path, {"filters/x.py": text})["filters.x"]) == found


@pytest.mark.parametrize("name", names())
def test_every_number_says_its_source(name: str) -> None:
    recipe = find_source(name).recipe
    presets = [number for changes in recipe.presets.values() for number in changes.values()]
    for number in [*recipe.values(), *presets, *BUILD.values()]:
        assert number.basis in BASES
        assert number.citation, number.name
        path, _, line = number.where.partition(":")
        assert "cited(" in "".join((ROOT / path).read_text().splitlines()[int(line) - 2 : int(line) + 1]), number.where
