"""Potentials: integrated by every route there is, checked by differentiation, with their domains."""
