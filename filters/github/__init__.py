"""GitHub: what kind of file a text is, and its licence header."""
