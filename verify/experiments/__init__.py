"""The experiments of the papers, as functions that return their data."""
