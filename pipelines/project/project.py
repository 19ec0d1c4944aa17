"""What a project file says: sources, models, tokenizer, mixture, exports, runner, output. Nothing of a dump is read.

Names, presets and settings are checked against the sources' recipes here, so that a fault is shown with its line before
anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from corpus.errors import InputError, UsageError
from corpus.mixture import read_weights
from corpus.recipe import Recipe, Value
from corpus.stores.addresses import read_text, require_writable
from pipelines.engine.plan import numbers, stages_until
from pipelines.engine.stages import Score, Source, Stage, in_force
from pipelines.parsing import token_count
from pipelines.project.fields import Field, parse
from pipelines.sources import find_source
from pipelines.training.lm import RECIPE as LANGUAGE_MODEL
from pipelines.training.reference import RECIPE as REFERENCE_MODEL
from tokenizer.settings import RECIPE as TOKENIZER

SUFFIXES = (".yaml", ".yml")
PARTS = ("output", "sources", "models", "tokenizer", "tokens", "mixture", "exports", "report", "runner")
OF_SOURCE = ("input", "preset", "set", "stop_after")
OF_TRAINING = ("languages", "articles", "pages", "set")
TOKEN_FORMATS = ("megatron", "mds", "litdata", "datatrove", "arrayrecord", "nanogpt")
FORMATS = ("tokenizer", *TOKEN_FORMATS, "jsonl")
TRAINED = {"lm": LANGUAGE_MODEL, "reference": REFERENCE_MODEL}
"""Models that `corpus train` makes, by the name that recipes have for them and the command has for their training."""


class Build(NamedTuple):
    """One source of the project: its name (or file), inputs, preset, settings as text, the last stage, what it reads.

    models: the paths of models by the number of the recipe that names them, where the project has them.
    """

    source: Source
    named: str
    inputs: tuple[str, ...]
    preset: str
    settings: Mapping[str, str]
    stop_after: str
    models: Mapping[str, str]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that are in force."""
        values = self.values()
        return in_force(stages_until(self.source.variant(self.preset)[1], self.stop_after), values)

    def values(self) -> dict[str, Value]:
        """Every number in force, those of models as the project has them."""
        return {name: one.value for name, one in numbers(self.source, self.preset, self.all_settings()).items()}

    def all_settings(self) -> dict[str, str]:
        """The settings, and the models of the project that they do not name."""
        return {**self.models, **self.settings}


class Training(NamedTuple):
    """A model that is trained: its name, its languages, the source of its articles, other inputs for its pages."""

    name: str
    languages: tuple[str, ...]
    articles: str
    pages: tuple[str, ...]
    settings: Mapping[str, str]


class Export(NamedTuple):
    """An export: its format; of a mixture how many tokens, and the seed."""

    format: str
    tokens: int | None
    seed: int


class Project(NamedTuple):
    """A project file as it is meant.

    tokenizer is the path of one that is there; None for one to be trained, "" for none at all. runner has the options
    after `--`.
    """

    file: str
    output: str
    builds: tuple[Build, ...]
    trainings: tuple[Training, ...]
    tokenizer: str | None
    tokenizer_settings: Mapping[str, str]
    token_settings: Mapping[str, str]
    weights: Mapping[str, float]
    tokens: int | None
    exports: tuple[Export, ...]
    report: bool
    runner: tuple[str, ...]

    @property
    def documents(self) -> str:
        """The folder of the builds."""
        return f"{self.output}/documents"

    def model(self, name: str) -> str:
        """The folder of a model that is trained."""
        return f"{self.output}/models/{name}"


def read_project(path: str) -> Project:
    """The project in a YAML file.

    Raises:
        InputError: no such file.
        UsageError: a fault of it, with line and column.
    """
    try:
        data = read_text(path).encode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("a project file", str(error), path, "docs/project.md says what it holds") from None
    fields = parse(data, path).members(PARTS)
    missing = [name for name in ("output", "sources") if name not in fields]
    if missing:
        raise UsageError(f"{missing[0]}: in a project file", "none", path, "docs/project.md has an example")
    output = fields["output"].refusing(lambda: _writable(fields["output"].text()))
    models = fields["models"].members() if "models" in fields else {}
    sources = fields["sources"].members()
    if not sources:
        fields["sources"].refuse("a source at least")
    trainings = {name: _training(name, field, sources) for name, field in models.items() if _is_trained(field)}
    paths = {name: _model_path(name, field, output) for name, field in models.items()}
    builds = tuple(_build(name, field, paths) for name, field in sources.items())
    return Project(path, output, builds, _used(trainings, builds, models), **_ends(fields))


def _writable(text: str) -> str:
    require_writable(text)
    return text.rstrip("/") or "/"


def _build(name: str, field: Field, models: Mapping[str, str]) -> Build:
    """A source of the project; its settings and stage are those of its recipe."""
    source = Field(field.node, field.file, "sources").refusing(lambda: find_source(name))
    fields = field.members(OF_SOURCE)
    if "input" not in fields:
        field.refuse("input: the files of the dump", ", ".join(fields) or "nothing")
    preset = fields["preset"].text() if "preset" in fields else "paper"
    if "preset" in fields:
        fields["preset"].refusing(lambda: numbers(source, preset, {}))
    settings = _settings(fields.get("set"), lambda one: numbers(source, preset, one))
    stop_after = fields["stop_after"].text() if "stop_after" in fields else ""
    if stop_after:
        fields["stop_after"].refusing(lambda: stages_until(source.variant(preset)[1], stop_after))
    build = Build(source, name, tuple(fields["input"].texts()), preset, settings, stop_after, {})
    return build._replace(models={number: models[model] for number, model in _models_of(build) if model in models})


def _models_of(build: Build) -> list[tuple[str, str]]:
    """The models that the stages in force load: (number of the recipe, its value)."""
    values = build.values()
    scores = [stage for stage in build.stages if isinstance(stage, Score)]
    return [(str(stage.model.name), str(values[str(stage.model.name)])) for stage in scores]


def _settings(field: Field | None, check: object) -> dict[str, str]:
    """The settings below `set:` as text, each checked by itself."""
    if field is None:
        return {}
    found = {name: one.setting() for name, one in field.members().items()}
    for name, one in field.members().items():
        one.refusing(lambda name=name: check({name: found[name]}))  # type: ignore[operator, misc]
    return found


def _is_trained(field: Field) -> bool:
    return field.is_mapping() or field.is_empty()


def _model_path(name: str, field: Field, output: str) -> str:
    return f"{output}/models/{name}" if _is_trained(field) else field.text()


def _training(name: str, field: Field, sources: Mapping[str, Field]) -> Training:
    """A model that is to be trained.

    Raises:
        UsageError: nothing trains a model of that name, or its articles are of no source of the project.
    """
    if name not in TRAINED:
        field.refuse(f"the path of a model, or one that is trained ({', '.join(TRAINED)})", f"{name} without a path")
    fields = field.members(OF_TRAINING)
    articles = fields["articles"].text() if "articles" in fields else "wikipedia"
    if articles not in sources:
        fields.get("articles", field).refuse(
            f"a source of the project whose articles {name} is trained on", repr(articles), "add it to sources:"
        )
    languages = tuple(fields["languages"].texts()) if "languages" in fields else ("en",)
    pages = tuple(fields["pages"].texts()) if "pages" in fields else ()
    settings = _settings(fields.get("set"), lambda one: _resolved(TRAINED[name], one))
    return Training(name, languages, articles, pages, settings)


def _resolved(recipe: Recipe, settings: Mapping[str, str]) -> object:
    return recipe.resolve(settings=settings)


def _used(
    trainings: Mapping[str, Training], builds: tuple[Build, ...], fields: Mapping[str, Field]
) -> tuple[Training, ...]:
    """The trainings, once each is known to be for a source."""
    wanted = {path.rpartition("/")[2] for build in builds for path in build.models.values()}
    for name in trainings:
        if name not in wanted:
            fields[name].refuse("a model that a source of the project loads", name, "leave it out, or add the source")
    return tuple(trainings.values())


def _ends(fields: Mapping[str, Field]) -> dict[str, Any]:
    """What a project says of the steps after the builds."""
    tokenizer = fields.get("tokenizer")
    if tokenizer is None:
        for name in ("tokens", "mixture"):
            if name in fields:
                fields[name].refuse("tokenizer: beside it", "none", "say `tokenizer: {}` to train one")
    trained = tokenizer is not None and _is_trained(tokenizer)
    of_tokenizer = tokenizer.members(("set",)) if tokenizer and trained else {}
    of_tokens = fields["tokens"].members(("set",)) if "tokens" in fields else {}
    mixture = fields["mixture"].members(("weights", "tokens")) if "mixture" in fields else {}
    return {
        "tokenizer": None if trained else tokenizer.text() if tokenizer else "",
        "tokenizer_settings": _settings(of_tokenizer.get("set"), lambda one: _resolved(TOKENIZER, one)),
        "token_settings": _settings(of_tokens.get("set"), lambda one: _resolved(TOKENIZER, one)),
        "weights": _weights(mixture["weights"]) if "weights" in mixture else {},
        "tokens": _count(mixture["tokens"]) if "tokens" in mixture else None,
        "exports": tuple(_export(one, tokenizer) for one in _list(fields.get("exports"))),
        "report": fields["report"].flag() if "report" in fields else True,
        "runner": tuple(_options(fields["runner"])) if "runner" in fields else (),
    }


def _list(field: Field | None) -> list[Field]:
    """The members of a list of names and values."""
    if field is None or field.is_empty():
        return []
    if field.is_mapping():
        field.refuse("a list, each entry after a `-`")
    return list(field.items())


def _export(field: Field, tokenizer: Field | None) -> Export:
    fields = field.members(("format", "tokens", "seed"))
    if "format" not in fields:
        field.refuse("format: of an export", ", ".join(fields) or "nothing")
    name = fields["format"].text()
    if name not in FORMATS:
        fields["format"].refuse(f"one of {', '.join(FORMATS)}")
    mixed = fields.keys() & {"tokens", "seed"}
    if mixed and name == "tokenizer":
        field.refuse("a format that is drawn from the mixture", repr(name))
    if (mixed or name != "jsonl") and tokenizer is None:
        field.refuse("tokenizer: in the project", "none", "say `tokenizer: {}` to train one")
    tokens = _count(fields["tokens"]) if "tokens" in fields else None
    return Export(name, tokens, _whole(fields["seed"]) if "seed" in fields else 0)


def _count(field: Field) -> int:
    """A number of tokens."""
    try:
        return token_count(field.text())
    except Exception as error:  # argparse's own
        field.refuse("a number of tokens, as 300e9", do=str(error))


def _whole(field: Field) -> int:
    try:
        return int(field.text())
    except ValueError:
        field.refuse("a whole number")


def _weights(field: Field) -> dict[str, float]:
    """Shares by source, stated here or in a JSON file."""
    if not field.is_mapping():
        path = field.text()
        try:
            return field.refusing(lambda: read_weights(read_text(path), path))
        except OSError as error:
            field.refuse("a JSON file of shares by source", str(error))
    shares = {}
    for name, one in field.members().items():
        try:
            shares[name] = float(one.text())
        except ValueError:
            one.refuse("a number")
        if not 0 < shares[name] < float("inf"):
            one.refuse("a positive number")
    return shares or field.refuse("a share at least")


def _options(field: Field) -> list[str]:
    """Options of Beam, as after `--`: `project: mine` is --project=mine, true is an option alone, a list repeats it."""
    words = []
    for name, one in field.members().items():
        if one.node.tag == "tag:yaml.org,2002:bool":
            words += [f"--{name}"] if one.flag() else [f"--no_{name}"]
        else:
            words += [f"--{name}={text}" for text in one.texts()]
    return words
