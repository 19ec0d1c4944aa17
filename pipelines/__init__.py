"""The only package that imports apache_beam: builds, dedup, tokenizing, and the command `corpus`."""
