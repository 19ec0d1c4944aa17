"""LLaMA, the model (arXiv 2302.13971, sections 2.2 to 2.4): one architecture in PyTorch and in JAX.

config         the sizes and their training settings, from the paper's table 2
llama_torch    the model in PyTorch, one file        llama_jax    the same in JAX, one file
weights        names, starting values, Hugging Face safetensors, torch <-> JAX
train          the loop, `train_torch` and `train_jax` the step it turns, `parallel_torch` the mesh
checkpoint     folders that are whole or absent      metrics      progress, JSON lines, TensorBoard
scoring        the paper's likelihoods, over `tasks` perplexity   by source, on held-out shards
carbon         the paper's energy formula            batches      rows of tokens out of a mixture

torch and jax are extras: importing `model` needs neither.
"""

from model.config import SIZES, Config, Size

__all__ = ["SIZES", "Config", "Size"]
