"""Conserved quantities: found, counted, and what the start makes of them."""
