"""LLaMA, the model (arXiv 2302.13971, sections 2.2 to 2.4): one architecture in PyTorch and in JAX.

config         the sizes, from the paper's table 2   settings      hyperparameters; how a run uses its devices
torch/, jax/   the same files in both: llama (the model, one file), train (one step), parallel (the mesh), batches
weights        names, initial values, JAX's layout   hugging_face  safetensors, read and written
train          the training loop of both frameworks  checkpoint    folders that are complete or absent
metrics        progress, JSON lines, TensorBoard     data/         batches of tokens from a mixture
evaluate/      scoring (the paper's likelihoods, perplexity), tasks (questions from local files), carbon
command        `corpus model`: its options           errors        every error that a user can meet

torch and jax are extras: importing `model` needs neither.
"""

from model.config import SIZES, Config, Size

__all__ = ["SIZES", "Config", "Size"]
