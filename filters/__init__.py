"""What may happen to a text: pure functions, no Beam and no files."""
