"""The model's branches of the project's one tree of errors (corpus/errors.py).

CorpusError
├── ModelError            a model's files                                                     (exit 2)
│   ├── WeightsError      a weights file is missing, damaged or of another architecture
│   └── CheckpointError   a checkpoint is damaged, or belongs to another run
├── InputError            a file                                                              (exit 2)
│   └── BatchError        the tokens do not fit the model, or are not those it was trained on
└── RunError              training began and had to stop                                      (exit 1)
"""

from __future__ import annotations

from corpus.errors import CorpusError, InputError, ModelError


class WeightsError(ModelError):
    """A weights file that is missing, damaged, or of another architecture."""


class CheckpointError(ModelError):
    """A checkpoint that is damaged, or belongs to another run."""


class BatchError(InputError):
    """Tokens that do not fit the model, or are not those it was trained on."""


class RunError(CorpusError):
    """A run that had begun and had to stop."""
