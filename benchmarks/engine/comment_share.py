"""Comments per 100 lines of code, by package; docstrings are counted apart.

  python benchmarks/engine/comment_share.py [CHECKOUT ...]

A line of code holds something other than a comment or a docstring. A comment that ends a line of code counts as one;
a string that follows an assignment and explains it counts as a docstring line.
"""

from __future__ import annotations

import argparse
import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

PACKAGES = ("corpus", "filters", "tokenizer", "pipelines", "model", "llama_corpus")
DIRECTIVES = ("# fmt:", "# type:", "# noqa", "#!")


def docstring_lines(tree: ast.Module) -> set[int]:
    """The lines of strings that stand as statements: docstrings, and the strings below assignments."""
    strings = (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return {line for string in strings for line in range(string.lineno, (string.end_lineno or string.lineno) + 1)}


def count(path: Path) -> Counter[str]:
    """Lines of code, of docstrings and of comments in one file."""
    text = path.read_text(encoding="utf-8")
    documented = docstring_lines(ast.parse(text))
    code, comments = set(), 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comments += not token.string.startswith(DIRECTIVES)
        elif token.string.strip():
            code.update(range(token.start[0], token.end[0] + 1))
    return Counter(code=len(code - documented), comments=comments, docstrings=len(documented))


def rooms(root: Path) -> dict[str, Counter[str]]:
    """The counts of every package and of its subpackages."""
    found: dict[str, Counter[str]] = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).parts[:-1]
            lines = count(path)
            for depth in range(1, len(parts) + 1):
                found.setdefault("/".join(parts[:depth]), Counter()).update(lines)
    return dict(sorted(found.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkouts", nargs="*", type=Path, default=[Path()], help="by default the current folder")
    for root in parser.parse_args().checkouts:
        print(root)
        for room, lines in rooms(root).items():
            comments, docstrings = (100 * lines[kind] / max(1, lines["code"]) for kind in ("comments", "docstrings"))
            print(f"  {room:32} {lines['code']:6,} lines, {comments:5.1f} comments, {docstrings:5.1f} docstring lines")


if __name__ == "__main__":
    main()
