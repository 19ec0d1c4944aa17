"""What each command does with its options; torch, jax and the rest are imported only by the command that needs them."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from pathlib import Path

from model.carbon import footprint, hours_of
from model.config import named
from model.errors import UsageError, WeightsError
from model.scoring import Tokenizer
from model.settings import Machine, settle


def train(chosen: Namespace) -> None:
    """Trains, or goes on training."""
    from model import batches as shards
    from model.checkpoint import Run, read_weights, whole
    from model.train import Rhythm, build, fit, run_to_end

    size = named(chosen.size, vocab_size=chosen.vocab_size, context=chosen.context)
    changes = {"peak_lr": chosen.lr, "warmup_steps": chosen.warmup, "seed": chosen.seed, "compute": chosen.compute}
    settings = settle(size, batch_tokens=chosen.batch_tokens, steps=chosen.steps, **changes)
    batches = shards.open(chosen.mixture, seed=settings.seed, rows=settings.batch_rows, context=settings.context)
    fit(batches, size.config)
    run = Run(chosen.framework, size.config, settings, batches.digest, batches.tokenizer)
    machine = Machine(
        chosen.microbatch_rows, chosen.recompute, chosen.model_parallel, chosen.compile, chosen.deterministic
    )
    loaded = None
    if chosen.start and not whole(chosen.output):
        config, weights = read_weights(chosen.start)
        if config != size.config:
            raise UsageError(f"weights of {size.config}", str(config), where="--start")
        loaded = weights.__getitem__
    trainer = build(chosen.framework, size.config, settings, machine, loaded)
    rhythm = Rhythm(chosen.log_every, chosen.checkpoint_every, chosen.keep, chosen.tensorboard)
    loss = run_to_end(trainer, batches, run, chosen.output, rhythm)
    if trainer.chief:
        print(f"{settings.steps:,} steps, loss {loss:.4f}, in {chosen.output}")


def evaluate(chosen: Namespace) -> None:
    """Prints a line for each task and each source."""
    from model.batches import windows
    from model.scoring import open_model, perplexities
    from model.tasks import accuracy, read_task

    if not chosen.tasks and not chosen.shards:
        raise UsageError("--tasks or --shards", "neither", where="evaluate")
    tasks = [read_task(path) for path in chosen.tasks]
    if tasks and chosen.tokenizer is None:
        raise UsageError("--tokenizer with --tasks", "none", where="evaluate")
    model = open_model(chosen.model, chosen.framework)
    for task in tasks:
        share, count = accuracy(model, open_tokenizer(chosen.tokenizer, model.config.vocab_size), task, chosen.shots)
        print(f"{task.name}: {share:.1%} of {count:,} ({task.form}, {chosen.shots} shots)")
    for folder in chosen.shards:
        for source, perplexity, pieces in perplexities(model, windows(folder, context=model.config.context)):
            print(f"{source}: perplexity {perplexity:.2f} over {pieces:,} pieces")


def open_tokenizer(path: Path, vocab_size: int) -> Tokenizer:
    """The SentencePiece model in a file.

    Raises:
        WeightsError: it cannot be read, or has another count of pieces than the model.
    """
    from sentencepiece import SentencePieceProcessor

    try:
        found = SentencePieceProcessor(model_file=str(path))
    except (OSError, RuntimeError) as error:
        raise WeightsError("a SentencePiece model", str(error).splitlines()[0], str(path)) from error
    if found.vocab_size() != vocab_size:
        raise WeightsError(f"a tokenizer of {vocab_size:,} pieces", f"{found.vocab_size():,}", str(path))
    return found


def carbon(chosen: Namespace) -> None:
    """Prints the energy and emissions of a run."""
    hours = chosen.gpu_hours if chosen.folder is None else hours_of(chosen.folder)
    found = footprint(hours, chosen.watts, chosen.pue, chosen.intensity)
    print(f"{hours:,.2f} device hours: {found.mwh:,.3f} MWh, {found.tonnes:,.3f} t CO2eq")


def convert(chosen: Namespace) -> None:
    """Writes a model, and its tokenizer where given, as a Hugging Face folder."""
    from model.checkpoint import read_weights
    from model.hugging_face import write_hugging_face

    config, weights = read_weights(chosen.model)
    write_hugging_face(weights, config, chosen.output, chosen.dtype)
    if chosen.tokenizer:
        write_tokenizer(chosen.tokenizer, chosen.output)
    print(f"{config.parameters():,} weights in {chosen.output}")


def write_tokenizer(tokenizer: Path, folder: Path) -> None:
    """Copies a tokenizer under the name transformers looks for, with the class and the pieces it marks a text with."""
    if not tokenizer.is_file():
        raise UsageError("a file", "none there", where=f"--tokenizer {tokenizer}")
    shutil.copyfile(tokenizer, folder / f"tokenizer{tokenizer.suffix}")
    config = {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "add_bos_token": True,
        "add_eos_token": False,
        "legacy": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2))
