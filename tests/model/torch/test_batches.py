from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from batch_shards import numbered

from model.data.batches import Batches

torch = pytest.importorskip("torch", reason="the PyTorch adapter needs torch")


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    folder: Path = tmp_path_factory.mktemp("shards")
    mixture = numbered(folder, {"c4": 3000, "books": 1000}, {"c4": 0.7, "books": 0.3})
    return Batches(mixture, seed=1, rows=6, context=20)


@pytest.mark.filterwarnings("ignore:This DataLoader will create")  # more workers than this machine has cores
@pytest.mark.filterwarnings("ignore:os.fork")  # of JAX, which another test may have imported; no worker uses it
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_loader_gives_the_batches_in_order(batches: Batches, workers: int) -> None:
    from model.torch.batches import TorchBatches, loader

    found = list(islice(loader(TorchBatches(batches, start=4, rank=1, world=2, segments=True), workers), 7))
    for k, batch in enumerate(found, start=4):
        tokens = batches.batch(k, 1, 2)
        assert np.array_equal(batch["inputs"].numpy(), tokens[:, :-1])
        assert np.array_equal(batch["targets"].numpy(), tokens[:, 1:])
        assert np.array_equal(batch["segments"].numpy(), batches.segments(tokens))
