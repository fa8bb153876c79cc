"""Minimisers of functions of a symmetric positive semidefinite matrix: trace (nuclear norm) and spectral entropy."""
