"""train, evaluate and convert the model, and count a run's carbon

corpus model train --framework torch --size 125M --mixture MIXTURE --output RUN
torchrun --nproc_per_node 8 --no-python corpus model train --size 7B --mixture MIXTURE --output RUN
corpus model evaluate --model RUN --tokenizer MODELS/tokenizer/tokenizer.model --tasks questions.jsonl
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from corpus.errors import MissingExtraError
from model.config import SIZES
from model.evaluate.carbon import GPU_WATTS, INTENSITY, PUE
from model.settings import COMPUTE, RECOMPUTE

OF_EXTRAS = ("torch", "jax", "jaxlib", "optax", "orbax", "safetensors", "ml_dtypes", "tensorboard")
"""What the extras `torch` and `jax` bring, as it is imported."""


def positive(text: str) -> int:
    """A whole number above zero."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments: those of each thing to do with a model."""
    names = parser.add_subparsers(title="what to do", metavar="DO", dest="do", required=True)
    for name, add, text in (
        ("train", add_train, "train a model on a mixture of token shards, or resume one"),
        ("evaluate", add_evaluate, "score a model on tasks, and its perplexity by source"),
        ("convert", add_convert, "write a model as a Hugging Face folder"),
        ("carbon", add_carbon, "compute the energy and the emissions of a run"),
    ):
        add(names.add_parser(name, help=text, description=text))


def run(options: Namespace) -> int:
    """Do what was named.

    Raises:
        MissingExtraError: a package is missing that the extra `torch` or `jax` brings.
    """
    try:
        from model import commands

        getattr(commands, options.do)(options)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in OF_EXTRAS:
            raise
        framework = getattr(options, "framework", "torch")
        raise MissingExtraError(framework, str(error.name), f"corpus model {options.do}") from error
    return 0


def add_train(command: ArgumentParser) -> None:
    """The options of `train`; those left out take the size's numbers."""
    command.add_argument("--framework", choices=("torch", "jax"), default="torch", help="(%(default)s)")
    command.add_argument("--size", required=True, metavar="SIZE", help="one of " + ", ".join(SIZES))
    command.add_argument("--mixture", required=True, metavar="DIR", help="what `corpus mix` wrote")
    command.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="DIR",
        help="checkpoints and metrics; continues from its last checkpoint",
    )
    command.add_argument(
        "--start",
        type=Path,
        metavar="DIR",
        help="weights to start from: a checkpoint of either framework, or Hugging Face",
    )
    for name, kind, what in (
        ("vocab-size", positive, "pieces of the tokenizer (32,000)"),
        ("context", positive, "pieces of a row"),
        ("steps", positive, "optimizer steps"),
        ("batch-tokens", positive, "pieces of one optimizer step"),
        ("lr", float, "peak learning rate"),
        ("warmup", positive, "steps of warm-up"),
    ):
        command.add_argument(f"--{name}", type=kind, metavar="N", help=what)
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of starting weights and of batches")
    command.add_argument("--compute", choices=COMPUTE, default="bfloat16", help="type of the products (%(default)s)")
    add_parallel_config(command)
    add_log_config(command)


def add_parallel_config(command: ArgumentParser) -> None:
    """The options that change a run's speed and memory, not its result."""
    command.add_argument(
        "--microbatch-rows", type=positive, default=1, metavar="N", help="rows of one pass in one process"
    )
    command.add_argument(
        "--recompute", choices=RECOMPUTE, default="selective", help="activations computed twice, not kept"
    )
    command.add_argument(
        "--model-parallel", type=positive, default=1, metavar="N", help="processes (JAX: devices) that share a layer"
    )
    command.add_argument("--compile", action="store_true", help="torch.compile each layer")
    command.add_argument("--deterministic", action="store_true", help="only kernels whose sums do not depend on timing")


def add_log_config(command: ArgumentParser) -> None:
    """The options of what a run logs and keeps."""
    command.add_argument("--log-every", type=positive, default=10, metavar="STEPS", help="(%(default)s)")
    command.add_argument("--checkpoint-every", type=positive, default=1_000, metavar="STEPS", help="(%(default)s)")
    command.add_argument("--keep", type=positive, default=3, metavar="N", help="checkpoints to keep")
    command.add_argument("--tensorboard", action="store_true", help="write the metrics for TensorBoard, too")


def add_evaluate(command: ArgumentParser) -> None:
    """The options of `evaluate`."""
    command.add_argument("--framework", choices=("torch", "jax"), default="torch", help="(%(default)s)")
    command.add_argument(
        "--model", required=True, type=Path, metavar="DIR", help="a run, a checkpoint or a Hugging Face folder"
    )
    command.add_argument("--tokenizer", type=Path, metavar="FILE", help="tokenizer.model; for tasks")
    command.add_argument(
        "--tasks", nargs="+", type=Path, default=[], metavar="FILE", help="*.jsonl, TruthfulQA.csv, crows_pairs*.csv"
    )
    command.add_argument("--shots", type=int, default=0, metavar="N", help="questions shown with their answers first")
    command.add_argument(
        "--shards", nargs="+", default=[], metavar="DIR", help="held-out token shards; perplexity by source"
    )


def add_carbon(command: ArgumentParser) -> None:
    """The options of `carbon`; the paper's figures where left out."""
    source = command.add_mutually_exclusive_group(required=True)
    source.add_argument("--gpu-hours", type=float, metavar="H", help="hours of one device")
    source.add_argument("--run", dest="folder", type=Path, metavar="DIR", help="a run's folder: its own hours")
    command.add_argument("--watts", type=float, default=GPU_WATTS, help="power of one device (%(default)s)")
    command.add_argument("--pue", type=float, default=PUE, help="power usage effectiveness (%(default)s)")
    command.add_argument("--intensity", type=float, default=INTENSITY, help="t CO2eq per MWh (%(default)s)")


def add_convert(command: ArgumentParser) -> None:
    """The options of `convert`; the way back is `train --start`, and `evaluate --model` reads either."""
    command.add_argument(
        "--model", required=True, type=Path, metavar="DIR", help="a run, a checkpoint or a Hugging Face folder"
    )
    command.add_argument("--output", required=True, type=Path, metavar="DIR", help="the Hugging Face folder to write")
    command.add_argument(
        "--dtype", choices=("float32", "bfloat16"), default="float32", help="type of the weights written"
    )
    command.add_argument("--tokenizer", type=Path, metavar="DIR", help="what `corpus export tokenizer` wrote, to copy")
