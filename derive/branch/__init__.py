"""Elimination: parameters and metric as functions of beta, on the branch of the start."""
