"""C4: the published dataset."""
