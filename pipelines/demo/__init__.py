"""Small raw dumps of our own, in each source's true format: one module a source, with `write(folder)`.

A module may also say how its build is run: NEEDS, other sources that come first; BEFORE, commands that train what it
needs; SETTINGS, `name=value` for --set. In these, {documents}, {models} and {dump} stand for folders of the demo.
"""

VOCABULARY = "vocab_size=900"
"""The demo's texts are too few for 32,000 pieces."""
