"""Books: Gutenberg's own text around a book."""
