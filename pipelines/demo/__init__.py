"""Small raw dumps of our own, in each source's true format: one module per source, with `write(folder)`.

A module may also say how its build is run: NEEDS, sources that are built before it; BEFORE, commands that train its
models; SETTINGS, `name=value` for --set. In these, {documents}, {models} and {dump} are names of the demo's folders.
"""

VOCABULARY = "vocab_size=900"
"""The demo has too little text for 32,000 pieces."""
