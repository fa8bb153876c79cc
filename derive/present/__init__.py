"""A derivation as a reader wants it: JSON, terminal text, LaTeX, HTML."""
