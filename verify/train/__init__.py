"""Training as the judge: gradient descent with several small steps against the minimiser of the derived potential."""
