"""The web: CCNet's line keys, language, perplexity and references."""
