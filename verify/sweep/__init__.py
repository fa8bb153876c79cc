"""Sweeps: one measurement at many settings, on many processes, into one file that survives everything."""
