"""The batches of model.data.batches as a PyTorch dataset."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from model.data.batches import Batches


class TorchBatches(IterableDataset[dict[str, torch.Tensor]]):
    """One rank's batches from `start` on: inputs and targets [rows, context], and segments if asked for.

    Workers of a DataLoader take every num_workers-th batch, and the loader collects them in turn, so that batches
    arrive in order for any number of workers. To resume, create it with start = the last batch used + 1.
    """

    def __init__(self, batches: Batches, start: int = 0, rank: int = 0, world: int = 1, segments: bool = False) -> None:
        super().__init__()
        self.batches, self.start, self.rank, self.world, self.segments = batches, start, rank, world, segments

    def __iter__(self) -> Iterator[dict[str, torch.Tensor]]:
        worker = get_worker_info()
        steps = count(self.start) if worker is None else islice(count(self.start), worker.id, None, worker.num_workers)
        for k in steps:
            tokens = self.batches.batch(k, self.rank, self.world)
            rows = torch.from_numpy(tokens)  # [rows, context + 1]; inputs and targets are views of the same memory
            batch = {"inputs": rows[:, :-1], "targets": rows[:, 1:]}
            if self.segments:
                batch["segments"] = torch.from_numpy(self.batches.segments(tokens))
            yield batch


def loader(dataset: TorchBatches, workers: int = 0, pin_memory: bool = False) -> DataLoader[dict[str, torch.Tensor]]:
    """A DataLoader that yields the dataset's batches unchanged."""
    return DataLoader(dataset, batch_size=None, num_workers=workers, pin_memory=pin_memory)
