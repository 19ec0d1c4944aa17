"""Token shards and tokenizers written in the formats of other tools, one module per format."""
