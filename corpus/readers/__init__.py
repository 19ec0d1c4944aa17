"""Readers: the bytes of a dump become verdicts on Documents."""
