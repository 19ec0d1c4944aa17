"""What other distributions add by entry points, as installed metadata in a folder of the import path."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UsageError
from pipelines.cli import main
from pipelines.plugins import COMMANDS, EXPORTS, load, plugins

HELLO = '''"""say hello"""
def arguments(parser):
    parser.add_argument("name")
def run(options):
    print("hello,", options.name)
    return 3
'''


def install(folder: Path, name: str, group: str, modules: dict[str, str], **points: str) -> None:
    """A distribution in a folder: its modules, and entry points of a group by name."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"[{group}]", *(f"{point} = {value}" for point, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(text)


def test_a_command_of_another_distribution_is_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "greeter", COMMANDS, {"greeter_hello": HELLO}, hello="greeter_hello")
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["hello", "you"]) == 3
    assert capsys.readouterr().out == "hello, you\n"
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "    hello     say hello\n" in capsys.readouterr().out


def test_one_that_cannot_be_imported_says_so_and_harms_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(tmp_path, "broken", COMMANDS, {"broken_hello": "import no_such_thing\n"}, hello="broken_hello")
    monkeypatch.syspath_prepend(tmp_path)
    assert main(["hello", "you", "--loudly"]) == 2
    assert capsys.readouterr().err == (
        "corpus: llama_corpus.commands hello: expected broken_hello to be imported, got ModuleNotFoundError: "
        "No module named 'no_such_thing'; update or uninstall broken\n"
    )
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "(cannot be imported: ModuleNotFoundError" in capsys.readouterr().out
    assert main(["rules", "mixture"]) == 0


@pytest.mark.parametrize("name", ["ledger", "hello"])
def test_a_name_that_is_taken_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for owner in ("greeter", "other"):
        install(tmp_path, owner, COMMANDS, {f"{owner}_it": HELLO}, **{name: f"{owner}_it"})
    monkeypatch.syspath_prepend(tmp_path)
    first = "llama-corpus" if name == "ledger" else "greeter"
    second = "greeter" if name == "ledger" else "other"
    with pytest.raises(
        UsageError, match=f"expected one `{name}` in {COMMANDS}, got one of {first} and one of {second}"
    ):
        plugins(COMMANDS, ["ledger"])


def test_an_entry_point_is_an_attribute_of_a_module_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "greeter", COMMANDS, {"greeter_two": "WHAT = 5\n"}, hello="greeter_two:WHAT")
    monkeypatch.syspath_prepend(tmp_path)
    assert load(plugins(COMMANDS)["hello"]) == 5


def test_an_export_of_another_distribution_is_one_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "def export(folder, output):\n    return [f'{output}/of {folder}']\n"
    install(tmp_path, "packer", EXPORTS, {"packer_it": text}, packed="packer_it", again="packer_it:export")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("packed", "again"):
        assert main(["export", name, "--input", "TOKENS", "--output", "OUT"]) == 0
        assert capsys.readouterr().out == "OUT/of TOKENS\n"
    assert main(["export", "wrapped", "--input", "TOKENS", "--output", "OUT"]) == 2
    assert "'packed'" in capsys.readouterr().err
