"""corpus.yaml: what it may say, the command lines it stands for, and its faults with line and column."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import CorpusError
from pipelines.cli import main
from pipelines.command_line import parser
from pipelines.commands import export
from pipelines.project.project import FORMATS, Project, read_project
from pipelines.project.steps import steps_of

SMALL = """\
output: OUT
sources:
  github: {input: [exports, more/*.gz]}
"""
WHOLE = """\
output: gs://bucket/OUT/
sources:
  commoncrawl:
    input: crawl/*.wet.gz
    set: {min_chars: 200, languages: [en, de]}
  wikipedia:
    input: dumps/wikipedia
  c4:
    input: c4
    preset: rebuild
    set:
      language_model: lid.176.bin
    stop_after: language
models:
  lm: {languages: [en, de], set: {pieces: 8000}}
  reference:
    pages: [sample/*.wet.gz]
    set: {match: host}
tokenizer:
  set: {vocab_size: 2000}
tokens:
  set: {shuffle: false}
mixture:
  weights: {commoncrawl: 2, wikipedia: 1}
  tokens: 300e9
exports:
  - {format: tokenizer}
  - {format: nanogpt, tokens: 1e6, seed: 7}
  - format: megatron
  - format: jsonl
runner:
  runner: DataflowRunner
  project: mine
  experiments: [a, b]
  streaming: false
  save_main_session: true
"""
BEAM = "-- --runner=DataflowRunner --project=mine --experiments=a --experiments=b --no_streaming --save_main_session"


def project(folder: Path, text: str) -> Project:
    path = folder / "corpus.yaml"
    path.write_text(text)
    return read_project(str(path))


def lines(folder: Path, text: str) -> list[str]:
    return [shlex.join(step.words) for step in steps_of(project(folder, text))]


def test_a_small_one_is_a_build_and_a_report(tmp_path: Path) -> None:
    assert lines(tmp_path, SMALL) == [
        "build github --input exports 'more/*.gz' --output OUT/documents",
        "report OUT/documents",
    ]
    assert lines(tmp_path, SMALL + "report: no\n") == [
        "build github --input exports 'more/*.gz' --output OUT/documents"
    ]


def test_a_tokenizer_that_is_there_or_is_trained(tmp_path: Path) -> None:
    assert lines(tmp_path, SMALL + "tokenizer: t.model\nreport: no\n")[1:] == [
        "tokenize --input OUT/documents --tokenizer t.model --output OUT/tokens",
        "mix --shards OUT/tokens --output OUT/mixture",
    ]
    assert lines(tmp_path, SMALL + "tokenizer:\n")[1:] == [
        "train tokenizer --input OUT/documents --output OUT/tokenizer",
        "tokenize --input OUT/documents --tokenizer OUT/tokenizer/tokenizer.model --output OUT/tokens",
        "mix --shards OUT/tokens --output OUT/mixture",
        "report OUT/documents --shards OUT/tokens",
    ]


def test_the_whole_way_in_order(tmp_path: Path) -> None:
    out = "gs://bucket/OUT"
    sets = "--set min_chars=200 languages=en,de"
    models = f"perplexity_models={out}/models/lm reference_model={out}/models/reference"
    weights = """--weights '{"commoncrawl": 2.0, "wikipedia": 1.0}'"""
    assert lines(tmp_path, WHOLE) == [
        f"build wikipedia --input dumps/wikipedia --output {out}/documents {BEAM}",
        f"build c4 --input c4 --output {out}/documents --preset rebuild --set language_model=lid.176.bin"
        f" --stop-after language {BEAM}",
        f"build commoncrawl --input 'crawl/*.wet.gz' --output {out}/pages/lm {sets} --stop-after language {BEAM}",
        f"train lm --language en --input {out}/documents/wikipedia --pages {out}/pages/lm/commoncrawl"
        f" --output {out}/models/lm --set pieces=8000",
        f"train lm --language de --input {out}/documents/wikipedia --pages {out}/pages/lm/commoncrawl"
        f" --output {out}/models/lm --set pieces=8000",
        f"build commoncrawl --input 'sample/*.wet.gz' --output {out}/pages/reference {sets} --stop-after language"
        f" {BEAM}",
        f"train reference --positives '{out}/documents/wikipedia/evidence/references-*'"
        f" --pages {out}/pages/reference/commoncrawl --output {out}/models/reference --set match=host",
        f"build commoncrawl --input 'crawl/*.wet.gz' --output {out}/documents --set {models} min_chars=200"
        f" languages=en,de {BEAM}",
        f"train tokenizer --input {out}/documents --output {out}/tokenizer {weights} --set vocab_size=2000",
        f"tokenize --input {out}/documents --tokenizer {out}/tokenizer/tokenizer.model --output {out}/tokens"
        f" --set shuffle=false {BEAM}",
        f"mix --shards {out}/tokens --output {out}/mixture {weights} --tokens 300000000000",
        f"export tokenizer --input {out}/tokenizer/tokenizer.model --output {out}/exports/tokenizer",
        f"export nanogpt --mixture {out}/mixture --tokens 1000000 --seed 7 --output {out}/exports/nanogpt",
        f"export megatron --input {out}/tokens --output {out}/exports/megatron",
        f"export jsonl --input {out}/documents --output {out}/exports/jsonl",
        f"report {out}/documents --shards {out}/tokens",
    ]


def test_every_step_is_a_command_line_that_the_parser_takes(tmp_path: Path) -> None:
    for step in steps_of(project(tmp_path, WHOLE)):
        words = list(step.words)
        parser().parse_args(words[: words.index("--")] if "--" in words else words)


def test_options_of_a_command_stand_before_those_of_beam(tmp_path: Path) -> None:
    first, *_between, last = steps_of(project(tmp_path, SMALL + "runner: {direct_num_workers: 1}\n"))
    assert shlex.join(first.with_options(["-q", "--log", "json"]).words) == (
        "build github --input exports 'more/*.gz' --output OUT/documents -q --log json -- --direct_num_workers=1"
    )
    assert last.with_options(["-q"]).words == ("report", "OUT/documents", "-q")


def test_formats_are_those_of_the_command() -> None:
    assert tuple(export.FORMATS) == FORMATS


def test_titles_are_what_only_takes(tmp_path: Path) -> None:
    titles = [step.title for step in steps_of(project(tmp_path, WHOLE))]
    assert titles[:5] == ["build wikipedia", "build c4", "build commoncrawl", "train lm en", "train lm de"]
    assert titles[-5:] == ["export tokenizer", "export nanogpt", "export megatron", "export jsonl", "report"]


def test_a_model_that_is_there_is_no_step(tmp_path: Path) -> None:
    text = "output: OUT\nsources:\n  commoncrawl: {input: crawl, set: {reference_model: }}\nmodels: {lm: cc_net/lm}\n"
    assert lines(tmp_path, text) == [
        "build commoncrawl --input crawl --output OUT/documents --set perplexity_models=cc_net/lm reference_model=",
        "report OUT/documents",
    ]


def test_what_a_source_says_itself_of_a_model_counts(tmp_path: Path) -> None:
    text = (
        "output: OUT\nsources:\n  commoncrawl: {input: crawl, set: {perplexity_models: mine, reference_model: }}\n"
        "report: no\n"
    )
    assert lines(tmp_path, text) == [
        "build commoncrawl --input crawl --output OUT/documents --set perplexity_models=mine reference_model=",
    ]


FAULTS: dict[str, tuple[Callable[[str], str], str]] = {
    "key": (lambda s: s.replace("output:", "outptu:"), "line 1, column 1: expected one of output, sources, models,"
            " tokenizer, tokens, mixture, exports, report, runner, got 'outptu'; did you mean output?"),
    "no output": (lambda s: s.replace("output: OUT\n", ""), "corpus.yaml: expected output: in a project file, got none;"
                  " docs/project.md has an example"),
    "no sources": (lambda s: "output: OUT\nsources:\n", "line 2, column 9, sources: expected a source at least, got"
                   " nothing"),
    "source": (lambda s: s.replace("github", "githb"), "line 3, column 10, sources: expected a source, or the path of a"
               " .py file, got 'githb'; did you mean github?"),
    "key of source": (lambda s: s.replace("input", "inputs"), "line 3, column 12, sources.github: expected one of"
         " input,"
                      " preset, set, stop_after, got 'inputs'; did you mean input?"),
    "no input": (lambda s: s.replace("input: [exports, more/*.gz]", "preset: paper"), "line 3, column 11,"
                 " sources.github: expected input: the files of the dump, got preset"),
    "preset": (lambda s: s.replace("}", ", preset: redpajam}"), "line 3, column 49, sources.github.preset: expected a"
               " preset of github, got 'redpajam'; did you mean redpajama?"),
    "setting": (lambda s: s.replace("}", ", set: {longest_line_char: 3}}"), "line 3, column 66,"
                " sources.github.set.longest_line_char: expected a name of the github recipe, got 'longest_line_char';"
                " did you mean longest_line_chars or mean_line_chars or dropped_text_chars?"),
    "value": (lambda s: s.replace("}", ", set: {longest_line_chars: x}}"), "line 3, column 67,"
              " sources.github.set.longest_line_chars: expected a value like 1000, got 'x'"),
    "stage": (lambda s: s.replace("}", ", stop_after: exat}"), "line 3, column 53, sources.github.stop_after:"
         " expected a"
              " stage of the source, got 'exat'; did you mean exact?"),
    "model": (lambda s: s + "models: {gpt: }\n", "line 4, column 14, models.gpt: expected the path of a model, or one"
              " that is trained (lm, reference), got gpt without a path"),
    "unused model": (lambda s: s + "  wikipedia: {input: w}\nmodels: {lm: {}}\n", "line 5, column 14, models.lm:"
         " expected"
                     " a model that a source of the project loads, got lm; leave it out, or add the source"),
    "articles": (lambda s: s + "  commoncrawl: {input: c}\nmodels: {lm: {}}\n", "line 5, column 14, models.lm:"
         " expected a"
                 " source of the project whose articles lm is trained on, got 'wikipedia'; add it to sources:"),
    "of training": (lambda s: s + "  commoncrawl: {input: c}\nmodels: {lm: {articles: github, set: {order: x}}}\n",
                    "line 5, column 46, models.lm.set.order: expected a value like 5, got 'x'"),
    "tokens alone": (lambda s: s + "tokens: {}\n", "line 4, column 9, tokens: expected tokenizer: beside it, got none;"
                     " say `tokenizer: {}` to train one"),
    "export": (lambda s: s + "exports: [{format: parquet}]\n", "line 4, column 20, exports[0].format: expected one of"
               " tokenizer, megatron, mds, litdata, datatrove, arrayrecord, nanogpt, jsonl, got 'parquet'"),
    "export of tokens": (lambda s: s + "exports: [{format: mds}]\n", "line 4, column 11, exports[0]: expected"
         " tokenizer:"
                         " in the project, got none; say `tokenizer: {}` to train one"),
    "export of a mixture": (lambda s: s + "exports: [{format: jsonl, tokens: 5}]\n", "line 4, column 11, exports[0]:"
                            " expected tokenizer: in the project, got none; say `tokenizer: {}` to train one"),
    "export of no texts": (lambda s: s + "tokenizer:\nexports: [{format: tokenizer, tokens: 5}]\n",
                           "line 5, column 11, exports[0]: expected a format that is drawn from the mixture, got"
                           " 'tokenizer'"),
    "no list": (lambda s: s + "exports: {format: jsonl}\n", "line 4, column 10, exports: expected a list, each entry"
                " after a `-`, got names and values"),
    "count": (lambda s: s + "tokenizer:\nmixture: {tokens: many}\n", "line 5, column 19, mixture.tokens: expected a"
         " number"
              " of tokens, as 300e9, got 'many'; expected a whole number above 0, as 300e9, got 'many'"),
    "weight": (lambda s: s + "tokenizer:\nmixture: {weights: {github: -1}}\n", "line 5, column 29,"
               " mixture.weights.github: expected a positive number, got '-1'"),
    "weights": (lambda s: s + "tokenizer:\nmixture: {weights: none.json}\n", "line 5, column 20, mixture.weights:"
         " expected"
                " a JSON file of shares by source, got "),
    "report": (lambda s: s + "report: 2\n", "line 4, column 9, report: expected true or false, got '2'"),
    "output": (lambda s: s.replace("output: OUT", "output: https://x/y"), "line 1, column 9, output: expected "),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_that_says_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    change, said = FAULTS[name]
    changed = change(SMALL)
    assert changed != SMALL
    with pytest.raises(CorpusError) as raised:
        project(tmp_path, changed)
    where = f"{tmp_path}/corpus.yaml"
    got = str(raised.value).removeprefix(f"{where}, ").removeprefix(f"{tmp_path}/")
    assert got.startswith(said)
    assert main(["run", "corpus.yaml"]) == main(["plan", "corpus.yaml"]) == 2
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 2
    assert all(line.startswith("corpus: corpus.yaml") for line in error)


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    assert main(["plan", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"corpus: {path}: expected a project file, got ")
