"""The papers' experiments, at the papers' sizes: one file for each figure or family of figures."""
