"""Batches of a mixture of token shards, the same for both frameworks."""
