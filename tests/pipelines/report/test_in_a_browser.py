"""The page in a real browser: its search and its choice work, hostile texts do nothing, nothing is requested."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import toy
from chromium import Browser, found

from corpus.output.manifest import BUILD
from corpus.output.read import read_output
from pipelines.engine.build import build
from pipelines.report import gather as gathering
from pipelines.report.page import page

SOURCE = toy.source(toy.CLEAN, toy.EXACT)
TEXTS = (
    "a llama of the Andes", "</pre></script><script>document.title='broken'</script>", "x", "twice the llama",
    "twice the llama", "<img src=http://example.com/x.png onerror=\"document.title='broken'\">",
)  # fmt: skip
SHOWN = "[...document.querySelectorAll('article')].filter(one => one.checkVisibility()).length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    path = found()
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    root = tmp_path_factory.mktemp("browser")
    dump = toy.write(root / "dump", a="\n\n".join(TEXTS))
    built = build(
        SOURCE, [dump], str(root / "out"), settings={"dropped_texts": 9}, beam_arguments=["--direct_num_workers=1"]
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gathering, "TEXTS", len(TEXTS))
        facts = gathering.gather(read_output(built.folder, BUILD), None, SOURCE)
    (root / "page.html").write_text(page([facts]))
    with Browser(path, root / "profile") as one:
        one.open(f"file://{root}/page.html")
        yield one


def sought(browser: Browser, words: str, fate: str = "") -> tuple[str, int]:
    browser.value("document.getElementById('search').value = ''; document.getElementById('search').focus()")
    if words:
        browser.type(words)
    browser.value(
        f"document.getElementById('fate').value = '{fate}';"
        "document.getElementById('fate').dispatchEvent(new Event('change'))"
    )
    return browser.value("document.getElementById('found').textContent"), browser.value(SHOWN)


def test_search_and_choice(browser: Browser) -> None:
    assert sought(browser, "LLAMA") == ("3 of 6 texts", 3)
    assert sought(browser, "llama twice") == ("2 of 6 texts", 2)
    assert sought(browser, "llama", "dropped") == ("1 of 6 texts", 1)
    assert sought(browser, "no such word") == ("0 of 6 texts", 0)
    assert sought(browser, "", "kept") == ("4 of 6 texts", 0)  # the section stays closed
    assert sought(browser, "") == ("", 0)


def test_enter_goes_to_the_first_text_found(browser: Browser) -> None:
    sought(browser, "twice")
    browser.value("document.getElementById('search').form.requestSubmit()")
    top = "[...document.querySelectorAll('article')].find(one => one.checkVisibility()).getBoundingClientRect().top"
    assert 0 <= browser.value(f"({top}) / innerHeight") < 1
    assert sought(browser, "") == ("", 0)


def test_nothing_is_requested_and_nothing_goes_wrong(browser: Browser) -> None:
    assert browser.value("document.title") == "toy: a build of llama-corpus"
    assert {one["request"]["url"].split(":")[0] for one in browser.of("Network.requestWillBeSent")} == {"file"}
    assert len(browser.of("Network.requestWillBeSent")) == 1
    assert [browser.of(kind) for kind in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")] == [
        [],
        [],
        [],
    ]


def test_the_checker_hears_what_goes_wrong(browser: Browser) -> None:
    browser.value("console.error('wrong')")
    browser.value("new Image().src = 'http://127.0.0.1:9/x.png'; 1")
    browser.value("1")
    assert len(browser.of("Runtime.consoleAPICalled")) == 1
    assert len(browser.of("Log.entryAdded")) >= 1  # the policy refused the picture


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(browser: Browser, width: int) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 800)
    assert browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
