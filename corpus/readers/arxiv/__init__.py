"""arXiv's bulk tars: submissions, their papers, and the encoding of their files."""
