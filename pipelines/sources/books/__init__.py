"""Books: the source, and its catalogue."""
