"""Minimisers of l1, l2 and l_p, exact where they are rational."""
