"""What `corpus train` can train, one module each; the name of the file is the word.

A module has `arguments(parser)` and `run(options) -> int`, as those of pipelines.commands have.
"""
