"""Stack Exchange: Posts.xml of a site, and its questions with their answers."""
