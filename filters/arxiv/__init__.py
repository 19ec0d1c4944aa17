"""LaTeX as text: comments out, the author's macros expanded, first section to bibliography kept."""
