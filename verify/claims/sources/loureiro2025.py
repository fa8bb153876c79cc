"""Loureiro, lecture notes "Implicit bias of descent algorithms" (2025), in two parts.

Conventions of the notes: R(theta) = |y - X theta|^2/(2n), d theta/dt = -grad R, theta = u v elementwise,
I = (u^2 - v^2)/2.  Matrix formulas are read entry by entry for symbolic X, 2 x 2 or 2 x 3 (n = 2) unless
another size is given; statements about one coordinate are stated for one.  An equation `1 + a = 1` stands for
a = 0, and `theta` for one coordinate.
"""

from verify.claims.sources import loureiro2025_networks, loureiro2025_squares

CLAIMS = (*loureiro2025_squares.CLAIMS, *loureiro2025_networks.CLAIMS)
