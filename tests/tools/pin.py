"""The pins of tools.environments, written again: python -m tools.pin (needs uv; `make lock` does it).

An environment keeps the versions of requirements-dev.lock where its tools allow them; its pins are what it has beyond
or in other versions. torch, and the libraries of CUDA that come with some of its wheels, are those of this project.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.environments import PINS, ROOT

NANOTRON = "nanotron @ git+https://github.com/huggingface/nanotron@0e0a27ea83cfe1ba61332a00383bb8307dd9e13d"
ASKED = {
    "documents": ["polars", "duckdb", "pyspark", "pandas", "datasets", "datatrove"],
    "grain": ["grain", "array-record"],
    "litdata": ["litdata"],
    "litgpt": ["litgpt>=0.5.13", "litdata", "transformers"],
    "megatron": ["megatron-core"],
    "mosaicml": ["mosaicml-streaming>=0.13"],
    "nanotron": [NANOTRON, "datatrove<0.6", "transformers<5", "datasets<5", "numba"],
    "torchtitan": ["torchtitan>=0.3"],
}
"""What each environment is for; of those that requirements-dev.lock would hold back, the version asked for."""
WITH_TORCH = re.compile(r"(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def pins(asked: list[str], lock: list[str]) -> list[str]:
    """The pins of an environment beyond a lock file, as its lines are."""
    torch = next(line for line in lock if line.startswith("torch=="))
    with TemporaryDirectory() as name:
        wanted, limits, found = (Path(name, one) for one in ("in", "limits", "out"))
        wanted.write_text("\n".join(asked))
        limits.write_text(torch)
        found.write_text("\n".join(lock))  # versions that uv keeps where it can
        words = ["--quiet", "--no-annotate", "--no-header", "--python-version", "3.11", "--constraint", str(limits)]
        subprocess.run(["uv", "pip", "compile", str(wanted), *words, "--output-file", str(found)], check=True)
        return [line for line in found.read_text().splitlines() if line not in lock and not WITH_TORCH.match(line)]


if __name__ == "__main__":
    locked = (ROOT / "requirements-dev.lock").read_text().splitlines()
    for environment, tools in ASKED.items():
        (PINS / f"{environment}.txt").write_text("".join(f"{line}\n" for line in pins(tools, locked)))
