"""Theorems with the dimension as a symbol: families of models, and what is proved for all of one."""
