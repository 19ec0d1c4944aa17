"""Stack Exchange: the source, and which sites are the largest."""
