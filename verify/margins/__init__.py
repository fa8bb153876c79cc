"""Max-margin predictors for l1, l2 and l_(2/D), from float64 to exact numbers."""
