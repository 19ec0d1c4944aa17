"""LLaMA in JAX."""
