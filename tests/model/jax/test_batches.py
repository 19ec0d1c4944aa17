from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from batch_shards import numbered

from model.data.batches import Batches

jax = pytest.importorskip("jax", reason="the JAX adapter needs jax")


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> Batches:
    folder = tmp_path_factory.mktemp("shards")
    return Batches(numbered(folder, {"c4": 3000}, {"c4": 1.0}), seed=1, rows=6, context=20)


def test_the_iterator_gives_the_batches_and_resumes(batches: Batches) -> None:
    from model.jax.batches import JaxBatches

    iterator = JaxBatches(batches, start=2, rank=1, world=3, segments=True)
    found = list(islice(iterator, 3))
    for k, batch in enumerate(found, start=2):
        tokens = batches.batch(k, 1, 3)
        assert np.array_equal(batch["inputs"], tokens[:, :-1])
        assert np.array_equal(batch["targets"], tokens[:, 1:])
        assert np.array_equal(batch["segments"], batches.segments(tokens))
    state = iterator.get_state()
    expected = next(iterator)
    resumed = JaxBatches(batches, rank=1, world=3)
    resumed.set_state(state)
    assert state == {"next": 5}
    assert np.array_equal(next(resumed)["inputs"], expected["inputs"])


def test_a_sharding_makes_global_arrays(batches: Batches) -> None:
    from model.jax.batches import JaxBatches

    sharding = jax.sharding.NamedSharding(jax.make_mesh((1,), ("rows",)), jax.sharding.PartitionSpec("rows"))
    batch = next(JaxBatches(batches, sharding=sharding))
    assert batch["inputs"].sharding == sharding
    assert np.array_equal(batch["inputs"], batches.batch(0)[:, :-1])
