"""Common Crawl end to end on the demo crawl: every stage, scope and preset, with exact tallies."""

from __future__ import annotations

import gzip
import json
from hashlib import sha1
from pathlib import Path

import pytest
from built_files import built_rows

from corpus.columns import document_of
from corpus.document import Document
from corpus.errors import ModelError
from corpus.writers import id_hash
from pipelines.cli import main
from pipelines.demo import commoncrawl as demo
from pipelines.engine.build import Built, build
from pipelines.sources import find_source
from pipelines.sources.commoncrawl import RECIPE
from pipelines.training.fasttext import train_supervised

IN_PROCESS = ["--direct_num_workers=1"]


def built(dump: Path, output: Path, stop_after: str = "", preset: str = "paper", **settings: str) -> Built:
    return build(
        find_source("commoncrawl"),
        [str(dump)],
        str(output),
        preset,
        settings,
        stop_after=stop_after,
        beam_arguments=IN_PROCESS,
    )


def documents(done: Built) -> dict[str, Document]:
    """The documents of a build by their address."""
    rows = built_rows(done.folder, "documents")
    found = [document_of(row) for row in rows]
    return {document.meta["url"]: document for document in found}


def tally(done: Built, unit: str) -> dict[str, dict[str, int]]:
    """stage -> reason -> how many of a unit, of all stages that let something go."""
    rows: dict[str, dict[str, int]] = {}
    for (stage, of, reason), (n, _chars) in done.ledger.counts.items():
        if of == unit and reason not in ("entered", "kept"):
            rows.setdefault(stage, {})[reason] = n
    return rows


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crawl")
    demo.write(folder)
    return folder


@pytest.fixture(scope="module")
def models(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """lm, trained by the commands of the demo, and reference, which likes candles."""
    folder = tmp_path_factory.mktemp("models")
    for command in demo.BEFORE:
        words = [word.format(dump=dump, models=folder) for word in command]
        assert main([*words, "--", *IN_PROCESS] if words[0] == "build" else words) == 0
    text = folder / "pages.txt"
    text.write_text("__label__wiki paid flour candles account book\n__label__cc come bring learn visitors\n" * 50)
    train_supervised(text, folder / "reference.bin", seed=1, epoch=20, lr=1.0, dim=8)
    return folder


@pytest.fixture(scope="module")
def whole(dump: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    output = tmp_path_factory.mktemp("whole")
    return built(dump, output, perplexity_models=str(models / "lm"), reference_model=str(models / "reference.bin"))


def test_demo_is_the_same_bytes_every_time_and_small(dump: Path, tmp_path: Path) -> None:
    demo.write(tmp_path)
    files = sorted(path.relative_to(dump) for path in dump.rglob("*.gz"))
    assert [str(path) for path in files] == [
        f"CC-MAIN-2020-05/demo-0000{name}" for name in ("0.warc.gz", "0.warc.wet.gz", "1.warc.wet.gz")
    ]
    assert [(dump / name).read_bytes() for name in files] == [(tmp_path / name).read_bytes() for name in files]
    assert sum((dump / name).stat().st_size for name in files) < 200_000


def test_the_tally_of_every_stage(whole: Built) -> None:
    assert tally(whole, "record") == {"read": {"not_a_page": 3, "http_error": 1, "not_text": 1}}
    assert whole.ledger.count("read", "record", "unreadable") == 2
    assert tally(whole, "document") == {
        "page": {"too_short": 1},
        "line_dedup": {"no_line_left": 2},
        "language": {"other_language": 2, "language_uncertain": 1},
        "perplexity": {"bucket_tail": 11},
        "reference": {"not_a_reference": 1},
    }
    assert tally(whole, "line") == {"line_dedup": {"duplicate_line": 151, "repeated_line": 8}}


def test_a_document_keeps_all_that_is_known_of_it(whole: Built) -> None:
    found = documents(whole)
    url = "https://valley.example/weaver/page"
    assert url in found
    document = found[url]
    assert [line for line in document.text.split("\n") if line] == demo.article(101)
    assert document.meta["title"] == "The weaver at home"
    assert document.meta["dump"] == "CC-MAIN-2020-05"
    assert document.meta["date"] == "2020-01-17T08:15:00Z"
    assert document.meta["content_type"] == "text/html"
    assert document.meta["language"] == "en"
    assert document.meta["bucket"] in ("head", "middle")
    assert sorted(document.scores) == ["language_score", "percentile", "perplexity", "reference"]


def compared(line: str) -> str:
    """What cc_net compares of a line of the demo, whose only marks are ASCII."""
    return "".join("0" if char.isdecimal() else char for char in line.strip().lower())


def expected_lines(dump_pages: dict[str, list[str]], keep_first: bool) -> dict[str, list[str]]:
    """Line dedup over all pages, a line at a time: address -> lines that stay."""
    bodies = {url: lines[1:] for url, lines in dump_pages.items() if len("\n".join(lines[1:])) >= 300}
    owners: dict[str, list[str]] = {}
    for url, lines in bodies.items():
        for key in dict.fromkeys(map(compared, lines)):
            owners.setdefault(key, []).append(url)
    left = {}
    for url, lines in bodies.items():
        once = list({compared(line): line for line in reversed(lines)}.values())[::-1]
        left[url] = [
            line for line in once if len(owners[compared(line)]) == 1 or (keep_first and owner(owners, line) == url)
        ]
    return {url: lines for url, lines in left.items() if lines}


def owner(owners: dict[str, list[str]], line: str) -> str:
    """The page that keeps a line: the one whose record id has the smallest hash."""
    return min(owners[compared(line)], key=lambda url: id_hash(f"commoncrawl:{record_id(url)}"))


def record_id(url: str) -> str:
    return demo.record("conversion", url, b"").split(b"urn:uuid:")[1].split(b">")[0].decode()


@pytest.fixture(scope="module")
def texts_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's sound pages alone, in WET files of ten pages each."""
    folder = tmp_path_factory.mktemp("texts") / "CC-MAIN-2021-10"
    folder.mkdir()
    told = [demo.record("conversion", url, "\n".join([*lines, ""]).encode()) for url, lines in demo.pages().items()]
    for number in range(3):
        path = folder / f"part-{number}.warc.wet.gz"
        path.write_bytes(b"".join(map(gzip.compress, told[number * 10 : number * 10 + 10])))
    return folder


@pytest.mark.parametrize("keep", ["none", "first"])
def test_line_dedup_agrees_with_a_loop_over_all_lines(keep: str, texts_only: Path, tmp_path: Path) -> None:
    found = documents(built(texts_only, tmp_path, "line_dedup", dedup_keep=keep, dedup_scope="all"))
    expected = expected_lines(demo.pages(), keep_first=keep == "first")
    assert {url: document.text.split("\n") for url, document in found.items()} == expected


SCOPES = {"all": (1, 1), "dump": (1, 1), "group:50": (1, 1), "group:2": (2, 1), "shard": (3, 3)}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_line_is_compared_within_its_scope_alone(scope: str, tmp_path: Path) -> None:
    """One line in three shards of one dump: alone in its scope it stays."""
    line = "Candles are sold by weight and not by length, whatever the label says about it."
    folder = tmp_path / "CC-MAIN-2021-10"
    folder.mkdir()
    for number in range(3):
        lines = [f"Shop {number}", line, *demo.article(number, 5)]
        wet = demo.record("conversion", f"https://a.example/{number}", "\n".join([*lines, ""]).encode())
        (folder / f"{number}.warc.wet").write_bytes(wet)
    done = built(folder, tmp_path / "out", "line_dedup", dedup_scope=scope, shards_least="3", shard_bytes="1")
    holding = sum(line in document.text for document in documents(done).values())
    assert holding == {"shard": 3, "group:2": 1}.get(scope, 0)


def test_two_dumps_are_compared_under_all_but_not_under_dump(tmp_path: Path) -> None:
    for dump_name, word in (("CC-MAIN-2019-09", "winter"), ("CC-MAIN-2020-05", "spring")):
        folder = tmp_path / "crawls" / dump_name
        folder.mkdir(parents=True)
        wet = demo.record(
            "conversion", f"https://{dump_name}.example/", "\n".join(["T", *demo.article(7), ""]).encode()
        )
        own = demo.record(
            "conversion", f"https://{word}.example/", "\n".join(["T", f"of {word} alone " * 20, ""]).encode()
        )
        (folder / "0.warc.wet").write_bytes(wet + own)
    kept = {
        scope: len(documents(built(tmp_path / "crawls", tmp_path / scope, "line_dedup", dedup_scope=scope)))
        for scope in ("dump", "all")
    }
    assert kept == {"dump": 4, "all": 2}


@pytest.mark.parametrize(("chars", "kept"), [(299, 0), (300, 1)])
def test_both_sides_of_300_characters_less_the_title(chars: int, kept: int, tmp_path: Path) -> None:
    text = f"A title that does not count\n{'word ' * 60}"[: len("A title that does not count\n") + chars - 1] + "x\n"
    wet = demo.record("conversion", "https://a.example/", text.encode())
    long = demo.record("conversion", "https://b.example/", f"T\n{'word ' * 80}".encode())
    (tmp_path / "a.warc.wet").write_bytes(wet + long)
    done = documents(built(tmp_path / "a.warc.wet", tmp_path / "out", "page"))
    assert [len(document.text) for document in done.values() if len(document.text) < 399] == [chars] * kept


def test_a_dropped_line_names_a_page_that_has_it_too(whole: Built) -> None:
    rows = built_rows(whole.folder, "dropped")
    lines = [row for row in rows if row["reason"] == "duplicate_line"]
    assert lines
    for row in lines:
        assert row["duplicate_of"].startswith("commoncrawl:")
        assert row["duplicate_of"] != row["id"]


def test_buckets_can_be_chosen_later_without_scoring_again(whole: Built, models: Path, tmp_path: Path) -> None:
    settings = {
        "perplexity_models": str(models / "lm"), "reference_model": str(models / "reference.bin"),
        "tail_percentile": "100", "min_reference": "0.0",
    }  # fmt: skip
    again = build(
        find_source("commoncrawl"),
        [whole.folder],
        str(tmp_path),
        settings=settings,
        from_scored=True,
        beam_arguments=IN_PROCESS,
    )
    before, after = documents(whole), documents(again)
    assert len(after) == 24
    assert before.items() <= after.items()


@pytest.mark.parametrize("preset", ["cc_net", "redpajama"])
def test_presets_build(preset: str, dump: Path, models: Path, tmp_path: Path) -> None:
    settings = {"perplexity_models": str(models / "lm")}
    if preset == "redpajama":
        settings["reference_model"] = str(models / "reference.bin")
    done = built(dump, tmp_path, preset=preset, **settings)
    buckets = {document.meta["bucket"] for document in documents(done).values()}
    assert buckets == ({"head", "middle", "tail"} if preset == "cc_net" else {"head", "middle"})
    assert ("reference" in tally(done, "document")) == (preset == "redpajama")


def test_presets_differ_where_their_peers_do() -> None:
    paper, cc_net, redpajama = (RECIPE.resolve(preset) for preset in ("paper", "cc_net", "redpajama"))
    told = [(recipe["dedup_scope"].value, recipe["buckets"].value) for recipe in (paper, cc_net, redpajama)]
    assert told == [
        ("dump", ("head", "middle")), ("group:50", ("head", "middle", "tail", "all")), ("shard", ("head", "middle")),
    ]  # fmt: skip
    assert cc_net["reference_model"].value == ""


def test_a_model_that_is_nowhere_names_command_and_option(
    dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setenv("LLAMA_CORPUS_MODELS", str(kept))
    assert main(["build", "commoncrawl", "--input", str(dump), "--output", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        f"corpus: lm, {kept}/lm: expected the model lm, got no such file; `corpus train lm` makes one; give a path, or "
        f"put it into {kept}; name yours with --set perplexity_models=..., or leave `perplexity` out with --set "
        "perplexity_models=\n"
    )


def test_without_models_of_ones_own_a_crawl_is_built(
    dump: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["build", "commoncrawl", "--input", str(dump), "--output", str(tmp_path), "--preset", "without_models"]
    assert main([*words, "--", "--direct_num_workers=1"]) == 0
    said = capsys.readouterr().out
    for stage in ("perplexity", "reference"):
        assert f"  {stage:<16} switched off: no model was given\n" in said
    recipe = json.loads((tmp_path / "commoncrawl" / "manifest.json").read_text())["recipe"]
    assert [recipe[name]["value"] for name in ("perplexity_models", "reference_model")] == ["", ""]


MODEL_FAULTS = {
    "no language model": ({}, "expected the model lm, got no such file"),
    "a damaged one": ({"perplexity_models": "{models}/damaged"}, "en.arpa.bin: expected SHA-256"),
    "another language's": (
        {"languages": "de", "perplexity_models": "{models}/lm"}, "expected de.sp.model, got en.sp.model",
    ),
    "no classifier": ({"perplexity_models": "{models}/lm"}, "expected the model reference, got no such file"),
    "a classifier of languages": (
        {"perplexity_models": "{models}/lm", "reference_model": "lid.176"}, "a classifier that knows cc, wiki",
    ),
    "a language that lid.176 does not know": ({"languages": "tlh"}, "a classifier that knows tlh"),
}  # fmt: skip


@pytest.mark.parametrize("case", MODEL_FAULTS)
def test_a_model_that_is_wrong_is_refused_before_anything_runs(
    case: str, dump: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("LLAMA_CORPUS_MODELS", str(tmp_path / "kept"))
    damaged(models)
    settings, message = MODEL_FAULTS[case]
    words = [f"{name}={value.format(models=models)}" for name, value in settings.items()]
    command = [
        "build",
        "commoncrawl",
        "--input",
        str(dump),
        "--output",
        str(tmp_path / "out"),
        "--set",
        "min_chars=300",
    ]
    assert main([*command, *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def damaged(models: Path) -> None:
    """A copy of lm, once, of which one byte is another."""
    folder = models / "damaged"
    if not folder.exists():
        folder.mkdir()
        for path in (models / "lm").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        content = (folder / "en.arpa.bin").read_bytes()
        (folder / "en.arpa.bin").write_bytes(content[:5000] + bytes([content[5000] ^ 1]) + content[5001:])


def test_models_are_not_needed_before_their_stage(dump: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMA_CORPUS_MODELS", str(tmp_path / "kept"))
    assert len(documents(built(dump, tmp_path, "language"))) == 24
    with pytest.raises(ModelError):
        built(dump, tmp_path, "perplexity")


def test_real_pages_end_to_end(shared_data: Path, models: Path, tmp_path: Path) -> None:
    found = shared_data / "commoncrawl"
    inputs = [str(found / "pages-postlight-parser-00000.warc.wet.gz"), str(found / "real" / "*.warc*")]
    settings = {"perplexity_models": str(models / "lm"), "reference_model": "", "buckets": "head,middle,tail"}
    done = build(find_source("commoncrawl"), inputs, str(tmp_path), settings=settings, beam_arguments=IN_PROCESS)
    assert done.ledger.count("read", "record", "entered") == 216
    assert done.ledger.count("read", "record", "kept") == 150
    texts = [document.text for document in documents(done).values()]
    assert len(texts) == len({sha1(text.encode()).digest() for text in texts}) > 80
