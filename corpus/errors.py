"""Every error that a user can meet.

CorpusError
├── UsageError        the command or the recipe is wrong; nothing ran          (exit 2)
│   └── RecipeError   a name, preset or value the recipe does not have
├── InputError        a file is absent, of an unknown format, or refused       (exit 2 before a run, else a ledger row)
│   ├── RecordError   one record inside a dump cannot be read                  (a ledger row, never an exit)
│   └── UnsoundError  an output that is unfinished, failed, stale or damaged   (exit 1)
├── ModelError        a model file is missing, damaged or of another language  (exit 2)
├── BuildError        a build ran and must not be trusted                      (exit 1)
│   └── LedgerError   kept + dropped differs from entered
├── MissingExtraError packages that an extra of the distribution brings are absent  (exit 1)
├── OutputError       an output cannot be written, or another writer is at it  (exit 1)
└── ShardError        a token shard or mixture is damaged or was changed       (exit 1)

model/errors.py adds the model's own: WeightsError and CheckpointError below ModelError, BatchError below InputError,
RunError below CorpusError. The command prints each of them as one line and ends with its exit_code.
"""

from __future__ import annotations


class CorpusError(Exception):
    """An error that a user can meet, as one line.

    Args:
        expected: what was expected.
        got: what was found instead.
        where: file and offset, stage, or option.
        do: what the user can do about it.
    """

    exit_code = 1

    def __init__(self, expected: str, got: str = "", where: str = "", do: str = "") -> None:
        self.expected, self.got, self.where, self.do = expected, got, where, do
        super().__init__(expected, got, where, do)

    def __str__(self) -> str:
        parts = [f"{self.where}: " if self.where else "", f"expected {self.expected}"]
        if self.got:
            parts.append(f", got {self.got}")
        if self.do:
            parts.append(f"; {self.do}")
        return "".join(parts)


class UsageError(CorpusError):
    """The command line is wrong; nothing ran."""

    exit_code = 2


class RecipeError(UsageError):
    """A name, preset or value that the recipe does not have."""


class InputError(CorpusError):
    """A file that is absent, of an unknown format, or refused."""

    exit_code = 2


class RecordError(InputError):
    """One record inside a dump that cannot be read."""


class UnsoundError(InputError):
    """An output of an earlier command that must not be read: unfinished, failed, stale, damaged or added to."""

    exit_code = 1


class ModelError(CorpusError):
    """A model file that is missing, damaged, or made for something else."""

    exit_code = 2


class MissingExtraError(CorpusError):
    """Packages that only an extra of llama-corpus brings, and that are not installed.

    Args:
        extra: its name in setup.py.
        package: the first that is missing.
        where: the option, address or feature that needs it.
    """

    def __init__(self, extra: str, package: str, where: str) -> None:
        do = f"pip install 'llama-corpus[{extra}]'"
        super().__init__(f"the packages of the extra '{extra}'", f"no {package}", where, do)


class BuildError(CorpusError):
    """A build that ran and must not be trusted."""


class LedgerError(BuildError):
    """kept + dropped differs from entered."""


class OutputError(CorpusError):
    """An output that cannot be written: the filesystem refuses, or another writer is at it."""


class ShardError(CorpusError):
    """A token shard or mixture that is damaged or was changed."""
