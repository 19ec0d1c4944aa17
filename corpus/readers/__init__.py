"""Readers: the bytes of a dump become outcomes on Documents."""
