"""The steps of a project: the command lines that a person would type for it, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.project.project import Build, Project, Training
from tokenizer.train import MODEL_NAME

PAGES = "pages"
"""Folder of builds that are looked at before their models are trained."""


class Step(NamedTuple):
    """One command: its words less `corpus`, the folder it leaves, and of a build what is built."""

    words: tuple[str, ...]
    output: str
    build: Build | None = None

    def with_options(self, words: list[str]) -> Step:
        """The step with more options of the command, before those of Beam."""
        at = self.words.index("--") if "--" in self.words else len(self.words)
        return self._replace(words=(*self.words[:at], *words, *self.words[at:]))

    @property
    def title(self) -> str:
        """The command in two or three words: `build github`, `train lm en`."""
        named = list(self.words[: 2 if self.words[0] in ("build", "train", "export") else 1])
        if "--language" in self.words:
            named.append(self.words[self.words.index("--language") + 1])
        return " ".join(named)


def steps_of(project: Project) -> list[Step]:
    """All steps of a project; what one reads was made by one before it."""
    trained = {training.name for training in project.trainings}
    late = [build for build in project.builds if _needs(project, build, trained)]
    early = [build for build in project.builds if build not in late]
    return [
        *(_build(project, build) for build in early),
        *(step for training in project.trainings for step in _train(project, training, late)),
        *(_build(project, build) for build in late),
        *_tokens(project),
        *_exports(project),
        *_report(project),
    ]


def _needs(project: Project, build: Build, trained: set[str]) -> list[str]:
    """The models that a build loads and that the project trains."""
    return [name for name in trained if project.model(name) in build.models.values()]


def _build(project: Project, build: Build, output: str = "", stop_after: str = "") -> Step:
    output = output or project.documents
    settings = dict(build.settings) if stop_after else build.all_settings()
    words = ["build", build.named, "--input", *build.inputs, "--output", output]
    words += ["--preset", build.preset] if build.preset != "paper" else []
    words += _set(settings)
    if stop_after or build.stop_after:
        words += ["--stop-after", stop_after or build.stop_after]
    made = build._replace(models={} if stop_after else build.models, stop_after=stop_after or build.stop_after)
    return Step((*words, *_beam(project)), f"{output}/{build.source.name}", made)


def _train(project: Project, training: Training, late: list[Build]) -> Iterator[Step]:
    """A look at the pages of the source that loads the model, and the training, once per language."""
    user = next(build for build in late if project.model(training.name) in build.models.values())
    folder = f"{project.output}/{PAGES}/{training.name}"
    user = user._replace(inputs=training.pages or user.inputs)
    before = _before_models(user)
    yield _build(project, user, folder, before)
    articles = next(build for build in project.builds if build.named == training.articles)
    made = f"{project.documents}/{articles.source.name}"
    target, pages = project.model(training.name), ["--pages", f"{folder}/{user.source.name}"]
    if training.name == "reference":
        words = ["train", "reference", "--positives", f"{made}/evidence/references-*", *pages, "--output", target]
        yield Step((*words, *_set(training.settings)), target)
        return
    for language in training.languages:
        words = ["train", "lm", "--language", language, "--input", made, *pages, "--output", target]
        yield Step((*words, *_set(training.settings)), target)


def _before_models(build: Build) -> str:
    """The last stage before the first one whose model is trained by the project."""
    names, last = [stage.name for stage in build.stages], ""
    for stage, name in zip(build.stages, names, strict=True):
        model = getattr(stage, "model", None)
        if model is not None and model.name in build.models:
            return last
        last = name
    return last


def _tokens(project: Project) -> Iterator[Step]:
    if project.tokenizer == "":
        return
    tokenizer = project.tokenizer
    weights = ["--weights", json.dumps(dict(project.weights))] if project.weights else []
    if tokenizer is None:
        target = f"{project.output}/tokenizer"
        tokenizer = f"{target}/{MODEL_NAME}"
        words = ["train", "tokenizer", "--input", project.documents, "--output", target, *weights]
        yield Step((*words, *_set(project.tokenizer_settings)), target)
    tokens, mixture = f"{project.output}/tokens", f"{project.output}/mixture"
    words = ["tokenize", "--input", project.documents, "--tokenizer", tokenizer, "--output", tokens]
    yield Step((*words, *_set(project.token_settings), *_beam(project)), tokens)
    count = ["--tokens", str(project.tokens)] if project.tokens else []
    yield Step(("mix", "--shards", tokens, "--output", mixture, *weights, *count), mixture)


def _exports(project: Project) -> Iterator[Step]:
    model = project.tokenizer or f"{project.output}/tokenizer/{MODEL_NAME}"
    of_format = {"tokenizer": model, "jsonl": project.documents}
    for export in project.exports:
        target = f"{project.output}/exports/{export.format}"
        if export.tokens is None:
            made_of = ["--input", of_format.get(export.format, f"{project.output}/tokens")]
        else:
            made_of = ["--mixture", f"{project.output}/mixture", "--tokens", str(export.tokens)]
            made_of += ["--seed", str(export.seed)] if export.seed else []
        yield Step(("export", export.format, *made_of, "--output", target), target)


def _report(project: Project) -> Iterator[Step]:
    if project.report:
        shards = ["--shards", f"{project.output}/tokens"] if project.tokenizer != "" else []
        yield Step(("report", project.documents, *shards), project.documents)


def _set(settings: object) -> list[str]:
    pairs = dict(settings)  # type: ignore[call-overload]
    return ["--set", *(f"{name}={text}" for name, text in pairs.items())] if pairs else []


def _beam(project: Project) -> list[str]:
    return ["--", *project.runner] if project.runner else []
