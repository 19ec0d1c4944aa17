"""Weights as Hugging Face keeps them: a folder of config.json and safetensors, read and written.

The two name the weights differently, and rotate different pairs in the rotary embedding: the paper's release rotates
neighbours (2i, 2i+1), Hugging Face rotates (i, i + K/2), so the rows of every query and key matrix are reordered.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import OutputError
from model.config import Config, config_of
from model.digests import flush
from model.errors import WeightsError
from model.weights import Array, Weights, shapes

FILE_BYTES = 5_000_000_000  # largest safetensors file we write, as Hugging Face does
INDEX = "model.safetensors.index.json"
CONFIG = "config.json"
FLOATS = ("F64", "F32", "F16", "BF16")

OUTER = {"tok_embeddings": "model.embed_tokens", "norm": "model.norm", "output": "lm_head"}
INNER = {
    "attention.wq": "self_attn.q_proj",
    "attention.wk": "self_attn.k_proj",
    "attention.wv": "self_attn.v_proj",
    "attention.wo": "self_attn.o_proj",
    "feed_forward.w1": "mlp.gate_proj",
    "feed_forward.w2": "mlp.down_proj",
    "feed_forward.w3": "mlp.up_proj",
    "attention_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


SHAPE = {
    "dim": "hidden_size",
    "heads": "num_attention_heads",
    "layers": "num_hidden_layers",
    "norm_eps": "rms_norm_eps",
    "vocab_size": "vocab_size",
    "context": "max_position_embeddings",
}
"""What config.json calls the fields of our config."""


def hugging_face_name(name: str) -> str:
    """The name Hugging Face gives a weight: `model.layers.0.mlp.up_proj.weight` for our `layers.0.feed_forward.w3`."""
    layer = re.fullmatch(r"layers\.(\d+)\.(.+)\.weight", name)
    if layer is None:
        return f"{OUTER[name.removesuffix('.weight')]}.weight"
    return f"model.layers.{layer[1]}.{INNER[layer[2]]}.weight"


def split_pairs(weight: Array, heads: int) -> Array:
    """A query or key matrix [D, D] with each head's rotary pairs (2i, 2i+1) moved to (i, i + K/2)."""
    # Rows [H K] seen as [H, K/2, 2] (pair, half of it), swapped to [H, 2, K/2]: all first halves, then all second.
    return weight.reshape(heads, -1, 2, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def join_pairs(weight: Array, heads: int) -> Array:
    """The inverse of split_pairs: halves (i, i + K/2) back to neighbours, [H, 2, K/2] to [H, K/2, 2]."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def is_rotated(name: str) -> bool:
    """Whether a weight makes queries or keys, whose rows the two conventions order differently."""
    return name.endswith((".wq.weight", ".wk.weight"))


def hugging_face_config(config: Config, dtype: str) -> dict[str, Any]:
    """The config.json that transformers reads as this architecture."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": config.dim,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.heads,
        "num_hidden_layers": config.layers,
        "intermediate_size": config.ffn_dim,
        "hidden_act": "silu",
        "rms_norm_eps": config.norm_eps,
        "rope_theta": config.theta,
        "vocab_size": config.vocab_size,
        "max_position_embeddings": config.context,
        "tie_word_embeddings": False,
        "attention_bias": False,
        "bos_token_id": 1,  # the tokenizer's: unk 0, bos 1, eos 2, no pad
        "eos_token_id": 2,
        "torch_dtype": dtype,
    }


def config_from_hugging_face(folder: Path) -> Config:
    """The architecture of the model in a Hugging Face folder.

    Raises:
        WeightsError: it is not a LLaMA of the paper's architecture.
    """
    path = folder / "config.json"
    try:
        found = json.loads(path.read_bytes())
        theta = found.get("rope_theta") or found["rope_parameters"]["rope_theta"]
        config = config_of({**Config(2, 1, 1).as_dict(), **{ours: found[theirs] for ours, theirs in SHAPE.items()},
                            "theta": theta})  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WeightsError("the config.json of a LLaMA", f"{type(error).__name__}: {error}", where=str(path)) from error
    ours = {"model_type": "llama", "intermediate_size": config.ffn_dim, "tie_word_embeddings": False}
    ours["num_key_value_heads"] = config.heads
    for key, value in ours.items():
        if found.get(key, value) != value:
            raise WeightsError(
                f"{key} {value}", str(found[key])[:80], str(path), "only the architecture of LLaMA 1 is read"
            )
    return config


class HuggingFaceWeights(Mapping[str, Array]):
    """The weights of a Hugging Face folder by our names, each read, reordered and made float32 when asked for.

    Raises:
        WeightsError: a weight is missing or has another shape than its config says.
    """

    def __init__(self, folder: Path) -> None:
        self.config = config_from_hugging_face(folder)
        self._tensors = open_tensors(folder)
        there = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        if self.config.parameters() > there:  # of a byte each or more: asked before any memory is
            raise WeightsError(f"{self.config.parameters():,} weights", f"files of {there:,} bytes", str(folder))
        self.shapes = shapes(self.config)
        for name, shape in self.shapes.items():
            theirs = hugging_face_name(name)
            if theirs not in self._tensors:
                raise WeightsError(f"a weight {theirs}", "none", str(folder))
            stored = self._tensors[theirs].get_slice(theirs)
            found = tuple(stored.get_shape())
            if found != shape:
                raise WeightsError(f"{theirs} of shape {shape}", str(found), str(folder))
            if stored.get_dtype() not in FLOATS:
                raise WeightsError(f"{theirs} of type {', '.join(FLOATS)}", stored.get_dtype(), str(folder))

    def __getitem__(self, name: str) -> Array:
        theirs = hugging_face_name(name)
        weight = np.asarray(self._tensors[theirs].get_tensor(theirs), np.float32)
        return join_pairs(weight, self.config.heads) if is_rotated(name) else weight

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def open_tensors(folder: Path) -> dict[str, Any]:
    """The open safetensors file that holds each tensor, by Hugging Face's name."""
    from safetensors import SafetensorError, safe_open

    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise WeightsError("a folder with *.safetensors", "none there", str(folder))
    tensors: dict[str, Any] = {}
    for path in paths:
        try:
            opened = safe_open(path, framework="np")
        except (SafetensorError, OSError) as error:
            do = "fetch or write it again"
            raise WeightsError("a complete safetensors file", str(error), str(path), do) from error
        tensors |= dict.fromkeys(opened.keys(), opened)
    return tensors


def write_hugging_face(
    weights: Weights, config: Config, folder: Path, dtype: str = "float32", copied: Sequence[Path] = ()
) -> None:
    """Writes config.json and safetensors files of at most 5 GB, with an index where there are several.

    Args:
        dtype: float32 or bfloat16.
        copied: files to be copied beside them.
    """
    with written_aside(folder, last=CONFIG) as aside:
        _write_files(weights, config, aside, dtype)
        for path in copied:
            shutil.copyfile(path, aside / path.name)


@contextmanager
def written_aside(folder: Path, last: str) -> Iterator[Path]:
    """A hidden folder for the files of `folder`, which are put into it, flushed, when the block ends without error.

    Args:
        last: the file without which readers refuse the folder: deleted first, put there last. So a process that is
            killed at any moment leaves nothing that could be read, and what it left is deleted by the next.
    """
    aside = folder / ".writing"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        for path in aside.iterdir():
            flush(path)
        flush(aside)
        (folder / last).unlink(missing_ok=True)
        flush(folder)
        for path in sorted(aside.iterdir(), key=lambda path: path.name == last):
            os.replace(path, folder / path.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    flush(folder)
    flush(folder.parent)


def _write_files(weights: Weights, config: Config, folder: Path, dtype: str) -> None:
    import ml_dtypes
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    kind = {"float32": np.float32, "bfloat16": ml_dtypes.bfloat16}[dtype]
    files = split_into_files(config, np.dtype(kind).itemsize)
    for path, names in files.items():
        tensors = {}
        for name in names:
            weight = split_pairs(weights[name], config.heads) if is_rotated(name) else weights[name]
            tensors[hugging_face_name(name)] = np.ascontiguousarray(weight.astype(kind))
        try:
            save_file(tensors, folder / path, metadata={"format": "pt"})
        except SafetensorError as error:
            do = "see to room and permission there, then run the same command again"
            raise OutputError("to write a file", str(error), str(folder / path), do) from error
    if len(files) > 1:
        where = {hugging_face_name(name): path for path, names in files.items() for name in names}
        index = {"metadata": {"total_size": config.parameters() * np.dtype(kind).itemsize}, "weight_map": where}
        (folder / INDEX).write_text(json.dumps(index, indent=2))
    (folder / CONFIG).write_text(json.dumps(hugging_face_config(config, dtype), indent=2))


def split_into_files(config: Config, item_bytes: int, file_bytes: int = FILE_BYTES) -> dict[str, list[str]]:
    """Which weights each file holds, in the model's order, each file at most `file_bytes` or one weight."""
    files: list[list[str]] = [[]]
    room = file_bytes
    for name, shape in shapes(config).items():
        size = item_bytes * int(np.prod(shape))
        if size > room and files[-1]:
            files.append([])
            room = file_bytes
        files[-1].append(name)
        room -= size
    if len(files) == 1:
        return {"model.safetensors": files[0]}
    return {f"model-{n:05}-of-{len(files):05}.safetensors": names for n, names in enumerate(files, 1)}
