"""The batches of model.data as an iterator over JAX arrays, whose state is one integer (as Grain's iterators do)."""

from __future__ import annotations

import jax

from model.data.batches import Batches


class JaxBatches:
    """One process's batches from `start` on: inputs and targets [rows, context], and segments if asked for.

    With a sharding over the rows the arrays are global ones, of which this process (rank of world) holds its rows.
    """

    def __init__(
        self,
        batches: Batches,
        start: int = 0,
        rank: int = 0,
        world: int = 1,
        segments: bool = False,
        sharding: jax.sharding.Sharding | None = None,
    ) -> None:
        self.batches, self.rank, self.world, self.segments, self.sharding = batches, rank, world, segments, sharding
        self._next = start

    def __iter__(self) -> JaxBatches:
        return self

    def __next__(self) -> dict[str, jax.Array]:
        tokens = self.batches.batch(self._next, self.rank, self.world)
        batch = {"inputs": tokens[:, :-1], "targets": tokens[:, 1:]}
        if self.segments:
            batch["segments"] = self.batches.segments(tokens)
        self._next += 1
        if self.sharding is None:
            return {name: jax.numpy.asarray(rows) for name, rows in batch.items()}
        shape = (self.batches.rows, self.batches.context)
        return {
            name: jax.make_array_from_process_local_data(self.sharding, rows, shape) for name, rows in batch.items()
        }

    def get_state(self) -> dict[str, int]:
        """The number of the next batch, which is the whole state."""
        return {"next": self._next}

    def set_state(self, state: dict[str, int]) -> None:
        """Continue from a state that get_state returned."""
        self._next = state["next"]
