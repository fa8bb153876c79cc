"""Least l2 norm under margins: least distance as non-negative least squares (Lawson and Hanson 1974, chapter 23).

The multipliers of its rows are computed in exact rationals: w = A^T nu, A w = 1, nu >= 0, all margins >= 1.  The
problem is strictly convex.
"""

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.optimize import nnls

from verify.margins.point import LARGEST, SMALL, MaxMargin, Rows, active_rows, balls, in_floats, margins


def least_l2(rows: Rows) -> MaxMargin | None:
    """argmin |w|_2; None where float64 finds none."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    stacked = np.r_[a.T, np.ones((1, len(a)))]
    u, _ = nnls(stacked, np.r_[np.zeros(a.shape[1]), 1.0])
    rest = stacked @ u - np.r_[np.zeros(a.shape[1]), 1.0]
    if not rest[-1] < -1e-300:
        return None
    w = -rest[:-1] / rest[-1]
    chosen = [n for n in range(len(a)) if u[n] > SMALL * u.max()]
    if len(chosen) <= LARGEST:
        some = fmpq_mat([rows[n] for n in chosen])
        gram = some * some.transpose()
        if gram.det() != 0:
            nu = gram.solve(fmpq_mat([[fmpq(1)]] * len(chosen)))
            exact = (some.transpose() * nu).entries()
            if all(v >= 0 for v in nu.entries()) and min(margins(rows, exact)) >= 1:
                return MaxMargin(
                    w=balls(exact),
                    active=active_rows(rows, exact),
                    unique=True,
                    how="exact: the optimality conditions hold",
                )
    return in_floats(rows, w, "least squares in float64") if (a @ w).min() > 1 - 1e-6 else None
