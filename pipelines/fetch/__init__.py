"""Dumps brought to this machine: one module per source says which files there are, where, and with which checksums.

Each has `arguments(parser)` and `listing(options, client)`; `corpus/transfer` brings the files, and
`pipelines/commands/fetch.py` is the command.
"""
