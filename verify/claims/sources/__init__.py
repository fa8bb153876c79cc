"""The documents: one module each, a tuple of claims in the order of the text."""
