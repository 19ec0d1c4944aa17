"""What each command does with its options; torch, jax and the rest are imported only by the command that needs them."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from pathlib import Path

from corpus.errors import UsageError
from corpus.model_trial import require_sound
from model.config import named
from model.errors import BatchError, WeightsError
from model.evaluate.carbon import footprint, hours_of
from model.evaluate.scoring import Tokenizer
from model.settings import ParallelConfig, resolve_settings


def train(chosen: Namespace) -> None:
    """Train, or continue training."""
    from model.checkpoint import Run, complete_checkpoints, read_weights
    from model.data import batches as shards
    from model.train import LogConfig, build, check_vocabulary, run_to_end

    size = named(chosen.size, vocab_size=chosen.vocab_size, context=chosen.context)
    changes = {"peak_lr": chosen.lr, "warmup_steps": chosen.warmup, "seed": chosen.seed, "compute": chosen.compute}
    settings = resolve_settings(size, batch_tokens=chosen.batch_tokens, steps=chosen.steps, **changes)
    begun = bool(complete_checkpoints(chosen.output))
    rows, context = settings.batch_rows, settings.context
    batches = shards.open(chosen.mixture, seed=settings.seed, rows=rows, context=context, resumed=begun)
    check_vocabulary(batches, size.config)
    run = Run(chosen.framework, size.config, settings, batches.digest, batches.tokenizer)
    parallel_config = ParallelConfig(
        chosen.microbatch_rows, chosen.recompute, chosen.model_parallel, chosen.compile, chosen.deterministic
    )
    loaded = None
    if chosen.start and not begun:
        config, weights = read_weights(chosen.start)
        if config != size.config:
            raise UsageError(f"weights of {size.config}", str(config), where="--start")
        loaded = weights.__getitem__
    trainer = build(chosen.framework, size.config, settings, parallel_config, loaded)
    log_config = LogConfig(chosen.log_every, chosen.checkpoint_every, chosen.keep, chosen.tensorboard)
    loss = run_to_end(trainer, batches, run, chosen.output, log_config)
    if trainer.chief:
        ended = "already done" if loss is None else f"loss {loss:.4f}"
        print(f"{settings.steps:,} {'step' if settings.steps == 1 else 'steps'}, {ended}, in {chosen.output}")


def evaluate(chosen: Namespace) -> None:
    """Prints a line for each task and each source."""
    from model.data.batches import windows
    from model.evaluate.scoring import open_model, perplexities
    from model.evaluate.tasks import accuracy, read_task

    if not chosen.tasks and not chosen.shards:
        raise UsageError("--tasks or --shards", "neither", where="evaluate")
    tasks = [read_task(path) for path in chosen.tasks]
    if tasks and chosen.tokenizer is None:
        raise UsageError("--tokenizer with --tasks", "none", where="evaluate")
    if tasks:
        tokenizer = open_tokenizer(chosen.tokenizer, chosen.model)
    model = open_model(chosen.model, chosen.framework)
    for task in tasks:
        share, count = accuracy(model, tokenizer, task, chosen.shots)
        print(f"{task.name}: {share:.1%} of {count:,} ({task.form}, {chosen.shots} shots)")
    for folder in chosen.shards:
        require_shards(folder, chosen.model)
        for source, perplexity, pieces in perplexities(model, windows(folder, context=model.config.context)):
            print(f"{source}: perplexity {perplexity:.2f} over {pieces:,} pieces")


def open_tokenizer(path: Path, model: Path) -> Tokenizer:
    """The SentencePiece model in a file, once it is sure that the model in a folder was trained with it.

    Raises:
        WeightsError: it is another one.
        ModelError: it cannot be read.
    """
    require_tokenizer(path, model)
    require_sound(__name__, str(path))
    return load_pieces(str(path))


def try_model(path: str) -> None:
    """Load a tokenizer and use it, where that may do harm (see corpus.model_trial)."""
    load_pieces(path)


def load_pieces(path: str) -> Tokenizer:
    """The SentencePiece model in a file, each of its pieces looked at.

    Raises:
        WeightsError: it is damaged.
    """
    from sentencepiece import SentencePieceProcessor

    try:
        found = SentencePieceProcessor(model_file=path)
        found.encode(" ".join(found.id_to_piece(number) for number in range(found.get_piece_size())))
    except (OSError, RuntimeError, ValueError, LookupError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise WeightsError("a SentencePiece model", said, path) from error
    return found


def require_shards(folder: str, model: Path) -> None:
    """Checks that the shards in a folder were made with the tokenizer of the model in another.

    Raises:
        BatchError: they were made with another one.
    """
    from model.checkpoint import tokenizer_of
    from tokenizer.shards import TokenShard, find_shards

    wanted = tokenizer_of(model)
    for path in find_shards(folder):
        with TokenShard(path, check=False) as shard:
            found = shard.info.tokenizer
        if wanted not in (None, found):
            do = "tokenize with the model's own tokenizer"
            raise BatchError(f"shards of the tokenizer {str(wanted)[:12]}", found[:12], path, do)


def require_tokenizer(path: Path, model: Path) -> None:
    """Checks that a tokenizer.model is the one that a checkpoint's shards were made with.

    Raises:
        WeightsError: it is absent or another one.
    """
    from model.checkpoint import tokenizer_of

    if not path.is_file():
        raise WeightsError("a tokenizer.model", "none there", str(path))
    wanted, found = tokenizer_of(model), hashlib.sha256(path.read_bytes()).hexdigest()
    if wanted not in (None, found):
        do = "give the tokenizer.model of its shards"
        raise WeightsError(f"the tokenizer the model was trained with, {str(wanted)[:12]}", found[:12], str(path), do)


def carbon(chosen: Namespace) -> None:
    """Prints the energy and emissions of a run."""
    hours = chosen.gpu_hours if chosen.folder is None else hours_of(chosen.folder)
    found = footprint(hours, chosen.watts, chosen.pue, chosen.intensity)
    print(f"{hours:,.2f} device hours: {found.mwh:,.3f} MWh, {found.tonnes:,.3f} t CO2eq")


def _exported(tokenizer: Path | None) -> list[Path]:
    """The files of an exported tokenizer; none where none is given."""
    if tokenizer is None:
        return []
    from tokenizer.export.hugging_face import exported

    return list(exported(tokenizer))


def convert(chosen: Namespace) -> None:
    """Writes a model, and its tokenizer where given, as a Hugging Face folder."""
    from model.checkpoint import read_weights
    from model.hugging_face import write_hugging_face

    if chosen.tokenizer:
        require_tokenizer(chosen.tokenizer / "tokenizer.model", chosen.model)
    config, weights = read_weights(chosen.model)
    write_hugging_face(weights, config, chosen.output, chosen.dtype, _exported(chosen.tokenizer))
    print(f"{config.parameters():,} weights in {chosen.output}")
