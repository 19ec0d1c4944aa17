"""The commands of `corpus`, one module each; the name of the file is the command.

A module has `arguments(parser)`, which declares them, and `run(options) -> int`, the exit code. Its docstring's first
line is the help. options.beam holds what stood after `--`.
"""
