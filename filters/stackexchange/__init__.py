"""Stack Exchange: a question and its answers as one text."""
