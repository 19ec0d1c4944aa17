"""The tokenizer: training, exact encoding, token shards (writer, reader, exports) and the mixture over them."""
