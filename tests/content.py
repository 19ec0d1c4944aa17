"""The content of an output's files: of a manifest all but the record of the run that made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from corpus.output.manifest import MANIFEST, RUN, SEAL, unsealed


def content_sha256(path: Path) -> str:
    """A digest of a file; of a manifest of ours one that two runs of the same command share."""
    data = path.read_bytes()
    if path.name == MANIFEST and (fields := unsealed(data)).keys() > {"state"}:
        kept = {name: value for name, value in fields.items() if name not in (RUN, SEAL)}
        data = json.dumps(kept, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()
