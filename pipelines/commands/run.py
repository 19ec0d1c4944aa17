"""everything that a project file says: builds, models, tokenizer, token shards, mixture, exports, report

corpus run corpus.yaml
corpus run corpus.yaml --only tokenize
corpus run --from OUT/github/manifest.json --output AGAIN

What was done before is found again and not done twice, so a run that was stopped goes on when the same command is
given. `corpus plan corpus.yaml` says what it will take; run.json in the project's output what it took. With --from one
output is made once more by the command that its manifest states, and compared. docs/project.md describes the file.
"""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING

from corpus.errors import UsageError
from corpus.recipe import nearest
from pipelines.parsing import mode_of, words_of

if TYPE_CHECKING:
    from pipelines.project.spawn import Spawner


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the project, corpus.yaml")
    parser.add_argument("--only", nargs="+", default=[], metavar="STEP", help="of its steps those of these commands")
    parser.add_argument("--from", dest="manifest", metavar="MANIFEST", help="the manifest.json of an output, instead")
    parser.add_argument("--output", metavar="DIR", help="with --from: where it is made again; else where it was made")


def run(options: argparse.Namespace) -> int:
    """Run the steps of a project, or the command of a manifest."""
    if bool(options.file) == bool(options.manifest):
        raise UsageError("FILE, or --from MANIFEST", "both" if options.file else "neither", "corpus run")
    if options.manifest:
        from pipelines.project.repeat import repeat

        return repeat(options.manifest, options.output)
    if options.output:
        raise UsageError("the output that the file states", "--output", "corpus run", "it goes with --from")
    return _run_project(options)


def _run_project(options: argparse.Namespace) -> int:
    from pipelines.project.spawn import Spawner

    spawner = Spawner()  # before anything large is imported
    try:
        return _run_steps(options, spawner)
    finally:
        spawner.close()


def _run_steps(options: argparse.Namespace, spawner: Spawner) -> int:
    from pipelines.project.forecast import cores_of, foresee
    from pipelines.project.project import read_project
    from pipelines.project.run import Record, run_steps
    from pipelines.project.steps import steps_of

    project = read_project(options.file)
    steps = steps_of(project)
    for word in options.only:
        titles = [step.title for step in steps]
        if not any(title == word or title.startswith(f"{word} ") for title in titles):
            raise UsageError("a step of the project", repr(word), "--only", nearest(word, titles))
    if options.only:
        steps = [one for one in steps if any(f"{one.title} ".startswith(f"{word} ") for word in options.only)]
    steps = [step.with_options(words_of(mode_of(options))) for step in steps]
    cores = cores_of(None)
    say = functools.partial(print, flush=True)
    code = run_steps(
        steps, spawner, Record(project.output, ["corpus", "run", options.file], cores), foresee, cores, say
    )
    if not code:
        print(f"\nAll of {options.file} is in {project.output}; what it took: {project.output}/run.json")
    return code
