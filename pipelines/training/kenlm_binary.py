"""ARPA to the binary that KenLM maps into memory, written by the loader inside the installed kenlm package.

The package has no build_binary, but libkenlm.so writes the same bytes while it reads an ARPA file, when its Config
names a file to write (docs/hacks.md). The layout of Config is that of kenlm 0.3.0 and of ufal.kenlm 26.4.1 on 64-bit
Linux; it is checked before use. Run as a program, because a C++ exception in the library ends the process.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from corpus.errors import ModelError
from pipelines.packages import worker_environment

_CONFIG_BYTES = 1024  # more than sizeof(Config): the constructor writes its defaults into this buffer
# Byte offsets of fields of lm::ngram::Config.
_PROBING_MULTIPLIER, _BUILDING_MEMORY, _WRITE_MMAP, _INCLUDE_VOCAB, _MESSAGES = 40, 48, 96, 108, 8
_DEFAULTS = {_PROBING_MULTIPLIER: 1.5, _BUILDING_MEMORY: 1 << 30, _WRITE_MMAP: 0, _INCLUDE_VOCAB: True}
_TYPES: dict[int, Any] = {
    _PROBING_MULTIPLIER: ctypes.c_float,
    _BUILDING_MEMORY: ctypes.c_size_t,
    _WRITE_MMAP: ctypes.c_size_t,
    _INCLUDE_VOCAB: ctypes.c_bool,
}
_PROBING = 0


def write_binary(arpa: Path, binary: Path) -> None:
    """Write the probing binary of an ARPA file.

    Raises:
        ModelError: KenLM refuses the ARPA, or another version of kenlm is installed.
    """
    command = [sys.executable, "-m", __name__, str(arpa), str(binary)]
    environment = os.environ | worker_environment()
    converting = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if converting.returncode:
        lines = converting.stderr.strip().splitlines() or [f"exit {converting.returncode}"]
        raise ModelError("an ARPA file that KenLM reads", lines[-1], str(arpa), "ufal.kenlm 26.4.1 or kenlm 0.3.0")


def _library() -> ctypes.CDLL:
    spec = importlib.util.find_spec("kenlm")
    if spec is None or spec.origin is None:
        raise SystemExit("kenlm is not installed")
    return ctypes.CDLL(str(Path(spec.origin).with_name("libkenlm.so")))


def _convert(arpa: str, binary: str) -> None:
    library = _library()
    config = ctypes.create_string_buffer(_CONFIG_BYTES)
    library._ZN2lm5ngram6ConfigC1Ev(config)  # lm::ngram::Config::Config()
    defaults = {offset: kind.from_buffer(config, offset).value for offset, kind in _TYPES.items()}
    if defaults != _DEFAULTS:
        raise SystemExit(f"this kenlm has another layout of Config: {defaults}")
    target = ctypes.create_string_buffer(binary.encode())
    ctypes.c_void_p.from_buffer(config, _WRITE_MMAP).value = ctypes.addressof(target)
    ctypes.c_void_p.from_buffer(config, _MESSAGES).value = None
    # lm::ngram::LoadVirtual(const char*, const Config&, ModelType)
    load = library._ZN2lm5ngram11LoadVirtualEPKcRKNS0_6ConfigENS0_9ModelTypeE
    load.restype = ctypes.c_void_p
    load(ctypes.c_char_p(arpa.encode()), config, ctypes.c_int(_PROBING))


if __name__ == "__main__":
    _convert(*sys.argv[1:])
