"""How claims are decided: each method takes a formula and returns a verdict."""
