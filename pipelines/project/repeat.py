"""One output made again, by the command that its manifest states, and compared with what that lists."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from corpus.errors import InputError, UnsoundError
from corpus.manifest import code_digest, versions
from corpus.output.manifest import DAMAGED, FINISHED, FOREIGN, KINDS, MANIFEST, RUN, files_of, is_named, read_manifest
from corpus.stores.addresses import is_local, storage_of
from pipelines.packages import worker_environment

MOST_NAMED = 5


def repeat(path: str, output: str | None) -> int:
    """Run the command of a manifest again and say whether the same came out; the exit code.

    Args:
        path: a manifest.json, or its folder.
        output: where to; None for where it was made, which does only what is missing or damaged there.

    Raises:
        InputError: no such manifest, or one that states no command.
    """
    folder = path.removesuffix(MANIFEST).rstrip("/") or "."
    before = _read(folder)
    command, where = before[RUN]["command"][1:], before[RUN]["folder"]
    if not os.path.isdir(where):
        do = "make it, or run the command by hand"
        raise InputError("the folder in which the command ran", "none", where, do)
    target = os.path.abspath(output) if output and is_local(output) else output
    words = _elsewhere(command, target) if target else command
    print(f"$ corpus {shlex.join(words)}", flush=True)
    told = {**os.environ, **worker_environment()}
    code = subprocess.run([sys.executable, "-m", "pipelines", *words], cwd=where, env=told, check=False).returncode
    if code:
        return code
    made = f"{target}/{folder.rpartition('/')[2]}" if target and _holds_others(before) else target or folder
    return _compared(before, _read(made), made)


def _read(folder: str) -> Mapping[str, Any]:
    manifest = read_manifest(folder, storage_of(folder))
    if manifest is None:
        raise InputError(f"an output with a {MANIFEST}", "none", folder)
    if manifest["state"] in (DAMAGED, FOREIGN):
        raise UnsoundError(f"a {MANIFEST} of ours", f"a {manifest['state']} one", folder)
    if RUN not in manifest:
        do = "it was made from Python, or by an earlier version; run its command by hand"
        raise InputError(f"a {MANIFEST} that states its command", "none", folder, do)
    return manifest


def _holds_others(manifest: Mapping[str, Any]) -> bool:
    """Whether the command writes a folder of the source's name into its output."""
    return manifest["kind"] in ("build", "tokens")


def _elsewhere(words: list[str], output: str) -> list[str]:
    """The words of a command with another output."""
    end = words.index("--") if "--" in words else len(words)
    for at in range(end):
        if words[at] == "--output":
            return [*words[: at + 1], output, *words[at + 2 :]]
        if words[at].startswith("--output="):
            return [*words[:at], f"--output={output}", *words[at + 1 :]]
    raise InputError("a command with --output", shlex.join(words), MANIFEST)


def _compared(before: Mapping[str, Any], after: Mapping[str, Any], folder: str) -> int:
    """Say whether the files that count are the same, and where not, what else differs."""
    pattern = KINDS[before["kind"]].content
    old, new = ({name: file.sha256 for name, file in files_of(one).items() if is_named(pattern, name)}
                for one in (before, after))  # fmt: skip
    differ = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if not differ and after["state"] == FINISHED:
        print(f"\nthe same again: {len(new)} files in {folder}, each with the bytes that the manifest lists")
        return 0
    some = ", ".join(differ[:MOST_NAMED]) + (" ..." if len(differ) > MOST_NAMED else "")
    print(f"\nnot the same: {len(differ)} of {len(old.keys() | new.keys())} files differ in {folder}: {some}")
    for line in _reasons(before, after):
        print(f"  {line}")
    return 1


def _reasons(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What else than the files two manifests differ in."""
    found = []
    if before.get("code", code_digest()) != code_digest():
        commits = [one[RUN].get("commit") or "no checkout" for one in (before, after)]
        found.append(f"the code differs: it was {commits[0]}, and is {commits[1]}")
    was, now = before[RUN]["versions"], versions()
    found += [
        f"{name} was {was[name]}, and is {now[name]}"
        for name in sorted(was.keys() & now.keys())
        if was[name] != now[name]
    ]
    inputs = [{one["name"]: one.get("digest") for one in some.get("inputs", ())} for some in (before, after)]
    changed = sorted(name for name in inputs[0].keys() | inputs[1].keys() if inputs[0].get(name) != inputs[1].get(name))
    if changed:
        found.append(f"inputs differ: {', '.join(changed[:MOST_NAMED])}{' ...' if len(changed) > MOST_NAMED else ''}")
    return found or ["inputs, code and versions are the same: please report this"]
