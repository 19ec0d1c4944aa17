"""Small raw dumps of our own, in each source's true format: one module a source, with `write(folder)`."""
