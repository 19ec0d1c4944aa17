"""Memory of one training step a token, with and without activation checkpointing, by shape (two layers of each size).

    python benchmarks/model_memory.py                     counts what the step would allocate; no memory is taken
    python benchmarks/model_memory.py --shapes 7B-layers

Activations are what the forward pass leaves for the backward pass: the bytes alive between the two beyond weights and
gradients, by PyTorch's own tracker over fake tensors, with the kernels of the CPU (fused attention, as on a GPU).
Operations are those of the products, the ones done again too.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.utils.flop_counter import FlopCounterMode

from model.config import SIZES, Config
from model.llama_torch import Llama
from model.parallel_torch import parallelize
from model.settings import RECOMPUTE, Machine

SHAPES = {f"{name}-layers": replace(SIZES[name].config, layers=2) for name in ("125M", "1B", "7B", "65B")}


def kept_and_operations(config: Config, rows: int, context: int, what: str) -> tuple[int, int]:
    """Bytes alive after the forward pass beyond those before it, and operations of forward and backward."""
    with FakeTensorMode():
        model = Llama(config, torch.bfloat16)
        parallelize(model, None, Machine(recompute=what))
        pieces = torch.zeros(rows, context, dtype=torch.long)
        tracker = MemTracker()
        tracker.track_external(model, pieces)
        flops = FlopCounterMode(display=False)
        with tracker, flops:
            before = alive(tracker)
            loss = model(pieces).float().mean()
            after = alive(tracker)
            loss.backward()
        return after - before, flops.get_total_flops()


def alive(tracker: MemTracker) -> int:
    return sum(sizes["Total"] for sizes in tracker.get_tracker_snapshot("current").values())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--shapes", nargs="+", choices=SHAPES, default=list(SHAPES))
    options.add_argument("--rows", type=int, default=32, help="many, so that the weights cast to bfloat16 weigh little")
    options.add_argument("--context", type=int, default=2_048)
    chosen = options.parse_args()
    logging.disable(logging.WARNING)
    for name in chosen.shapes:
        base: tuple[int, int] | None = None
        for what in RECOMPUTE:
            found = kept_and_operations(SHAPES[name], chosen.rows, chosen.context, what)
            base = base or found
            tokens = chosen.rows * chosen.context
            print(
                f"{name:12} {what:10} {found[0] / tokens / 1024:9.1f} KiB a token ({found[0] / base[0]:.2f} x)"
                f"   {found[1] / tokens / 1e9:7.2f} GFLOP a token ({found[1] / base[1]:.2f} x)"
            )


if __name__ == "__main__":
    main()
