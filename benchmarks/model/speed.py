"""Training speed of the models: tokens a second and MFU by shape, against transformers in the same run.

    python benchmarks/model/speed.py                       CPU: small shapes, float32, one core
    python benchmarks/model/speed.py --framework jax       the same for the JAX model
    python benchmarks/model/speed.py --shapes 1B 7B-layers   GPU: bfloat16, torch.compile; MFU of the chip's peak

Each step is the whole of it: forward, backward, clipping, AdamW. On a CPU the two models take turns, one step each,
and CPU seconds count, so that other work on the machine touches both alike; the ratio is the median of those of the
turns, with the least and the greatest. MFU on a CPU is against a product of the same framework in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from operator import truediv

import numpy as np
import torch
from torch import nn

from model.config import SIZES, Config
from model.metrics import peak_flops
from model.settings import ParallelConfig, Settings
from model.train import Trainer, build
from model.weights import Array

SHAPES = {name: SIZES[name].config for name in ("debug", "20M", "125M", "1B")}
SHAPES["7B-layers"] = replace(SIZES["7B"].config, layers=4)  # the 7B's layers, as many as one GPU's memory trains


def ours(trainer: Trainer, settings: Settings) -> Callable[[Array], None]:
    def step(rows: Array) -> None:
        float(trainer.step(rows, settings.peak_lr)[0])

    return step


def theirs(config: Config, settings: Settings, parallel_config: ParallelConfig) -> Callable[[Array], None]:
    from transformers import LlamaConfig, LlamaForCausalLM

    from model.hugging_face import hugging_face_config

    model = LlamaForCausalLM(LlamaConfig(**hugging_face_config(config, "float32")))
    model.train()
    maps = [w for w in model.parameters() if w.ndim > 1]
    norms = [w for w in model.parameters() if w.ndim == 1]
    groups = [{"params": maps, "weight_decay": settings.weight_decay}, {"params": norms, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, settings.peak_lr, settings.betas, settings.eps, fused=True)

    def step(rows: Array) -> None:
        for part in torch.from_numpy(rows.astype(np.int64)).split(parallel_config.microbatch_rows):
            loss = model(part[:, :-1], labels=part[:, :-1], shift_labels=part[:, 1:].contiguous()).loss
            (loss * len(part) / len(rows)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        optimizer.zero_grad()

    return step


def seconds(step: Callable[[Array], None], rows: Array, clock: Callable[[], float]) -> float:
    start = clock()
    step(rows)
    return clock() - start


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--framework", choices=("torch", "jax"), default="torch")
    options.add_argument("--shapes", nargs="+", choices=SHAPES, default=["debug", "20M"])
    options.add_argument("--rows", type=int, default=4, help="rows of a step (on a GPU: 8)")
    options.add_argument("--context", type=int, help="pieces of a row (CPU: 256; GPU: 2,048)")
    options.add_argument("--steps", type=int, default=7)
    options.add_argument("--recompute", default="none")
    chosen = options.parse_args()
    gpu = torch.cuda.is_available()
    if not gpu:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core: waiting threads spin, and would count
        torch.set_num_threads(1)
    context = chosen.context or (2_048 if gpu else 256)
    clock = time.perf_counter if gpu else time.process_time
    parallel_config = ParallelConfig(microbatch_rows=chosen.rows, recompute=chosen.recompute, compile=gpu)
    for name in chosen.shapes:
        config = replace(SHAPES[name], context=context)
        settings = Settings(100, chosen.rows, context, 1e-4, 1, compute="bfloat16" if gpu else "float32")
        trainer = build(chosen.framework, config, settings, parallel_config)
        contenders = {"ours": ours(trainer, settings)}
        if not gpu:
            contenders["transformers"] = theirs(config, settings, parallel_config)
        draws = np.random.default_rng(0)
        taken: dict[str, list[float]] = {who: [] for who in contenders}
        for turn in range(chosen.steps + 2):  # the first two warm up
            rows = draws.integers(0, config.vocab_size, (chosen.rows, context + 1), dtype=np.int32)
            for who, step in contenders.items():
                spent = seconds(step, rows, clock)
                if turn > 1:
                    taken[who].append(spent)
        rate = chosen.rows * context / statistics.median(taken["ours"])
        mfu = rate * config.flops_per_token(context) / peak_flops(trainer.device_name, trainer.ones, clock)
        line = f"{name:10} {config.parameters() / 1e6:8.1f} M  {rate:10,.0f} tokens/s  MFU {mfu:6.1%}"
        if not gpu:
            ratios = sorted(map(truediv, taken["transformers"], taken["ours"]))
            line += f"  {statistics.median(ratios):.2f} x transformers ({ratios[0]:.2f}-{ratios[-1]:.2f}, CPU seconds)"
        print(f"{line}  {trainer.device_name}")


if __name__ == "__main__":
    main()
