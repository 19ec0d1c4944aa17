"""Every error of the model a user can meet.

LlamaError
├── UsageError        the command is wrong; nothing ran                                   (exit 2)
├── WeightsError      a weights file is missing, damaged or of another architecture       (exit 2)
├── CheckpointError   a checkpoint is damaged, or belongs to another run                  (exit 2)
├── BatchError        the tokens do not fit the model, or are not those it was trained on (exit 2)
└── RunError          a run that had begun and had to stop                                (exit 1)

The twin of corpus.errors: `model` stands alone, so it says the same things with a class of its own.
"""

from __future__ import annotations


class LlamaError(Exception):
    """What went wrong, in one line.

    Args:
        expected: what should have been there.
        got: what was there instead.
        where: file or option.
        do: what the user can do about it.
    """

    exit_code = 2

    def __init__(self, expected: str, got: str = "", where: str = "", do: str = "") -> None:
        self.expected, self.got, self.where, self.do = expected, got, where, do
        super().__init__(expected, got, where, do)

    def __str__(self) -> str:
        line = f"{self.where}: " if self.where else ""
        line += f"expected {self.expected}"
        line += f", got {self.got}" if self.got else ""
        return line + (f"; {self.do}" if self.do else "")


class UsageError(LlamaError):
    """The command line is wrong; nothing ran."""


class WeightsError(LlamaError):
    """A weights file that is missing, damaged, or of another architecture."""


class CheckpointError(LlamaError):
    """A checkpoint that is damaged, or belongs to another run."""


class BatchError(LlamaError):
    """Tokens that do not fit the model, or are not those it was trained on."""


class RunError(LlamaError):
    """A run that had begun and had to stop."""

    exit_code = 1
