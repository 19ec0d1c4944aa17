"""LLaMA, the model (arXiv 2302.13971, sections 2.2 to 2.4): one architecture in PyTorch and in JAX.

config         the sizes, from the paper's table 2   settings     what decides a run's numbers; how it is laid out
llama_torch    the model in PyTorch, one file        llama_jax    the same in JAX, one file
weights        names, starting values, JAX's layout  hugging_face safetensors, both ways
train          the loop; train_torch and train_jax the step it turns; parallel_torch and parallel_jax the mesh
checkpoint     folders that are whole or absent      metrics      progress, JSON lines, TensorBoard
scoring        the paper's likelihoods, perplexity   tasks        questions out of local files
carbon         the paper's energy formula            batches      rows of tokens out of a mixture
command        `corpus model`: its options          errors        everything a user can meet

torch and jax are extras: importing `model` needs neither.
"""

from model.config import SIZES, Config, Size

__all__ = ["SIZES", "Config", "Size"]
