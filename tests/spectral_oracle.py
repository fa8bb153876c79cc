"""Spectral metrics of given kernels: in numbers by eigenvectors (mpmath), and as models in the entries of a matrix.

The oracle knows a kernel (a, h) and a size; derivatives of rho are differences.  Nothing is shared with `derive`.
"""

from itertools import combinations
from random import Random

import mpmath as mp
from sympy import (
    Expr,
    ImmutableDenseMatrix,
    Matrix,
    Poly,
    Symbol,
    expand,
    hessian,
    lambdify,
    sqrt,
    symbols,
    together,
    zeros,
)

from derive.model import Model

X, Y = symbols("x y", real=True)
STEP = mp.mpf(10) ** -12


def pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i, n)]


def kernel_metric(b: mp.matrix, a, h) -> mp.matrix:  # type: ignore[no-untyped-def]
    """rho in the coordinates b_ij, i <= j: sum over eigenvectors, with a on the diagonal and h off it."""
    n = b.rows
    values, vectors = mp.eigsy(b)
    turned = []
    for i, j in pairs(n):
        e = mp.zeros(n, n)
        e[i, j] = e[j, i] = 1
        turned.append(vectors.T * e * vectors)
    weight = [[a(values[i]) if i == j else h(max(values[i], values[j]), min(values[i], values[j])) for j in range(n)]
              for i in range(n)]  # fmt: skip
    return mp.matrix(
        [[sum(weight[i][j] * p[i, j] * q[i, j] for i in range(n) for j in range(n)) for q in turned] for p in turned]
    )


def slopes(metric, b: mp.matrix) -> list[mp.matrix]:  # type: ignore[no-untyped-def]
    found = []
    for i, j in pairs(b.rows):
        e = mp.zeros(b.rows, b.rows)
        e[i, j] = e[j, i] = STEP
        found.append((metric(b + e) - metric(b - e)) / (2 * STEP))
    return found


def verdicts(n: int, a, h) -> tuple[bool, bool]:  # type: ignore[no-untyped-def]
    """(is a Hessian map, the forced theta solves the warp equations) at a positive definite matrix of size n."""
    with mp.workdps(40):
        random = Random(n)
        m = mp.matrix([[mp.mpf(random.randint(-9, 9)) / 10 for _ in range(n)] for _ in range(n)])
        b = m * m.T + mp.diag([mp.mpf(i + 1) / 2 for i in range(n)])

        def metric(c: mp.matrix) -> mp.matrix:
            return kernel_metric(c, a, h)

        rho, p = metric(b), slopes(metric, b)
        inverse, d = rho**-1, range(rho.rows)
        theta = [sum(inverse[i, j] * (p[j][i, k] - p[k][i, j]) for i in d for j in d) / (len(d) - 1) for k in d]
        scale = max(abs(e) for m in p for e in m)
        gaps = [abs(p[k][i, j] - p[j][i, k]) for i in d for j, k in combinations(d, 2)]
        left = [
            abs(theta[k] * rho[i, j] + p[k][i, j] - theta[j] * rho[i, k] - p[j][i, k])
            for i in d
            for j, k in combinations(d, 2)
        ]
        return max(gaps) < scale * mp.mpf("1e-10"), max(left) < scale * mp.mpf("1e-10")


def numeric(e: Expr, *variables: Symbol):  # type: ignore[no-untyped-def]
    return lambdify(variables, e, "mpmath")


def matrix(n: int, name: str = "w") -> Matrix:
    return Matrix(n, n, lambda i, j: Symbol(f"{name}{min(i, j) + 1}{max(i, j) + 1}", real=True))


def upper(b: Matrix) -> list[Expr]:
    return [b[i, j] for i, j in pairs(b.rows)]


def given(n: int, form, shuffle: int | None = None) -> Model:  # type: ignore[no-untyped-def]
    """The metric E -> form(W, E), its coordinates in any order."""
    w, e = matrix(n), matrix(n, "e")
    rho = (hessian(form(w, e), upper(e)) / 2).applyfunc(together)
    order = list(range(rho.rows))
    if shuffle is not None:
        Random(shuffle).shuffle(order)
    entries = tuple(upper(w)[i] for i in order)
    rows = ImmutableDenseMatrix(rho.rows, rho.rows, lambda i, j: rho[order[i], order[j]])
    return Model(name="given", parameters=entries, predictor=entries, parameter_metric=rows, is_metric=True)


def function_of(n: int, f: Expr, root: int = 2) -> Model:
    """beta = f(W), f a polynomial, W_ij = w_ij/sqrt(root) off the diagonal."""
    w = matrix(n)
    b = zeros(n, n)
    s = Matrix(n, n, lambda i, j: w[i, j] if i == j else w[i, j] / sqrt(root))
    for (k,), c in Poly(f, X).terms():
        b += c * s**k
    return Model(name="f(W)", parameters=tuple(upper(w)), predictor=tuple(expand(e) for e in upper(b)))
