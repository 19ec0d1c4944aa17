"""Books: Gutenberg's texts, EPUB and ZIP files, and the catalogue."""
