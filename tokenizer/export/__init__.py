"""Token shards and tokenizers in the formats other tools read, one module a format; export writes, nothing reads."""
