"""CITATION.cff of the project: whole, of this version, and with no author but its contributors."""

from __future__ import annotations

import ast

import yaml
from conftest import ROOT

from pipelines.publish.citation import citation_file


def test_the_project_s_citation() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (cited["cff-version"], cited["type"], cited["title"]) == ("1.2.0", "software", "llama-corpus")
    assert cited["authors"] == [{"name": "llama-corpus contributors"}]
    setup = ast.parse((ROOT / "setup.py").read_text("utf-8"))
    stated = {node.arg: node.value.value for node in ast.walk(setup)
              if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant)}  # fmt: skip
    assert (cited["version"], cited["license"]) == (stated["version"], stated["license"])


def test_the_paper_is_cited_as_datasets_cite_it() -> None:
    mine = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["references"]
    theirs = yaml.safe_load(citation_file("a", "", "", "2026-01-31"))["references"]
    assert mine == theirs[:1]
