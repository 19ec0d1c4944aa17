"""A search over the texts of the page: a box, a choice, and the script that follows them; the only one of the page."""

from __future__ import annotations

import base64
import hashlib

from pipelines.report.markup import Html, el

SCRIPT = """(() => {
const box = document.getElementById("search"), fate = document.getElementById("fate");
const folds = [...document.querySelectorAll("details.texts")];
const texts = folds.flatMap(fold => [...fold.querySelectorAll("article")].map(
  one => ({fold, one, words: one.textContent.toLowerCase()})));
const follow = () => {
  const words = box.value.toLowerCase().split(/\\s+/).filter(Boolean), sought = words.length > 0 || fate.value !== "";
  let found = 0;
  for (const fold of folds) fold.hidden = sought;
  for (const {fold, one, words: has} of texts) {
    one.hidden = !(words.every(word => has.includes(word)) && (!fate.value || fold.dataset.fate === fate.value));
    if (!one.hidden) { found += 1; fold.hidden = false; }
  }
  for (const fold of folds) fold.open = words.length > 0 && !fold.hidden;
  document.getElementById("found").textContent = sought ? `${found} of ${texts.length} texts` : "";
};
box.addEventListener("input", follow);
fate.addEventListener("change", follow);
box.form.addEventListener("submit", event => {
  event.preventDefault();
  const first = texts.find(({fold, one}) => fold.open && !one.hidden);
  if (first) first.one.scrollIntoView({behavior: "instant"});
});
})();"""

SCRIPT_POLICY = f"script-src 'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"
"""Lets the browser run this script, and none that stands in a text."""


def search_box() -> Html:
    """The box, the choice, and how many texts were found."""
    choice = [el("option", name, value=value) for value, name in _CHOICE]
    return el(
        "form",
        el(
            "label",
            "Search the texts shown, Enter goes to the first ",
            el("input", type="search", id="search", autocomplete="off"),
        ),
        el("label", "Of ", el("select", choice, id="fate")),
        el("output", id="found"),
        class_="search",
        role="search",
    )


_CHOICE = (("", "all"), ("kept", "those kept"), ("dropped", "those dropped"))


def script() -> Html:
    """The script, for the end of the page."""
    return el("script", Html(SCRIPT))
