"""Least squares in Loureiro's lecture notes (2025): risk, minimisers, flow and iterates from first principles.

Conventions of the notes: R(theta) = |y - X theta|^2 / (2n), gradient flow d theta/dt = -grad R.  The data
are symbols (`x12` is row 1, column 2) with n = 2 rows unless stated.  A text of a printed matrix
formula is written by `texts`, entry by entry; what it is compared with never passes through it.
"""

from collections.abc import Callable, Sequence
from functools import cache

from sympy import Expr, Integer, Matrix, Rational, exp, eye

from verify.claims.reading import Names

N = Names(positive=("alpha", "n", "t", "lam", "sigma", "sigma1", "sigma2", "I", "s", "z"))
Values = dict[str, Callable[[], Expr]]


def texts(entries: Sequence[Expr]) -> str:
    """Expressions as a list in the grammar of formulas."""
    return ", ".join(str(e) for e in entries)


def named(prefix: str, entries: Callable[[], Sequence[Expr]], size: int) -> Values:
    """prefix1, prefix2, ... -> the entries, computed when they are asked for."""
    return {f"{prefix}{i + 1}": (lambda i=i: entries()[i]) for i in range(size)}


def vector(name: str, size: int) -> Matrix:
    return Matrix([N(f"{name}{i + 1}") for i in range(size)])


def data(rows: int, columns: int) -> Matrix:
    return Matrix(rows, columns, lambda i, j: N(f"x{i + 1}{j + 1}"))


# -- least squares ------------------------------------------------------------------------------------


def risk(x: Matrix, theta: Matrix, batch: Sequence[int] | None = None) -> Expr:
    """R over the rows of a batch (all rows by default), averaged over the batch, with the factor 1/2."""
    rows = range(x.rows) if batch is None else batch
    y = vector("y", x.rows)
    return sum(((y[i] - (x.row(i) * theta)[0]) ** 2 for i in rows), Integer(0)) / (2 * len(rows))


def slope(x: Matrix, theta: Matrix, batch: Sequence[int] | None = None) -> Matrix:
    """grad R at theta, by differentiation."""
    at = vector("theta", x.cols)
    value = risk(x, at, batch)
    return Matrix([value.diff(v) for v in at]).subs(dict(zip(at, theta, strict=True)), simultaneous=True)


def hessian(x: Matrix) -> Matrix:
    at = vector("theta", x.cols)
    value = risk(x, at)
    return Matrix(x.cols, x.cols, lambda i, j: value.diff(at[i], at[j]).expand())


def kernel_vector(x: Matrix) -> Matrix:
    """A vector of Ker X for 1 x 2 and 2 x 3 symbols (the cross product of the rows)."""
    return Matrix([-x[0, 1], x[0, 0]]) if x.rows == 1 else x.row(0).cross(x.row(1)).T


@cache
def least_squares(rows: int, columns: int) -> Matrix:
    """The minimiser of R for n >= d; for n < d the one that lies in the span of the rows, X^T c with X X^T c = y."""
    x, y = data(rows, columns), vector("y", rows)
    if rows >= columns:
        return hessian(x).LUsolve(x.T * y / rows).applyfunc(lambda e: e.cancel())
    return (x.T * (x * x.T).LUsolve(y)).applyfunc(lambda e: e.cancel())


@cache
def flow_limit(rows: int, columns: int) -> Matrix:
    """The interpolator that the flow from c reaches: c + X^T nu (the flow moves in the span), X(c + X^T nu) = y."""
    x, y, c = data(rows, columns), vector("y", rows), vector("c", columns)
    return (c + x.T * (x * x.T).LUsolve(y - x * c)).applyfunc(lambda e: e.cancel())


def ridge(rows: int, columns: int) -> Matrix:
    """argmin |y - X theta|^2 + lam |theta|^2, from its normal equations."""
    x, y = data(rows, columns), vector("y", rows)
    return (x.T * x + N("lam") * eye(columns)).LUsolve(x.T * y)


def iterates(x: Matrix, *, momentum: bool = False) -> Matrix:
    """Two steps of SGD from c on the batches {1} and {2} with rates eta1 and eta2 (heavy ball with rate m)."""
    start = vector("c", x.cols)
    first = start - N("eta1") * slope(x, start, [0])
    second = first - N("eta2") * slope(x, first, [1])
    return second + N("m") * (first - start) if momentum else second


# -- the flow in the basis of singular vectors ---------------------------------------------------------

LEFT = Matrix([[Rational(3, 5), Rational(4, 5)], [Rational(-4, 5), Rational(3, 5)]])
RIGHT = {
    2: Matrix([[Rational(5, 13), Rational(12, 13)], [Rational(-12, 13), Rational(5, 13)]]),
    3: Matrix([[2, -1, 2], [2, 2, -1], [-1, 2, 2]]) / 3,
}


def singular_values(columns: int) -> Matrix:
    """D, 2 x columns, with sigma1 and sigma2 on the diagonal."""
    return Matrix(2, columns, lambda i, j: N(f"sigma{i + 1}") if i == j else Integer(0))


def singular_data(columns: int) -> Matrix:
    """X = U D V^T with rational orthogonal U, V."""
    return LEFT * singular_values(columns) * RIGHT[columns].T


def mode(target: Expr, rate: Expr, start: Expr) -> Expr:
    """b(t) for db/dt = target - rate b, b(0) = start, by variation of constants."""
    decay = exp(-rate * N("t"))
    return decay * start + target * (1 - decay) / rate


def path(columns: int) -> Matrix:
    """theta(t) for n = 2 from theta(0) = V b, V the right singular vectors: one equation for each b_j."""
    v, y = RIGHT[columns], LEFT.T * vector("y", 2)
    n, b = Integer(2), vector("b", columns)
    modes = [mode(s * y[j] / n, s**2 / n, b[j]) for j, s in enumerate((N("sigma1"), N("sigma2")))]
    return v * Matrix([*modes, *b[2:]])


def printed_path(columns: int, *, projected: bool) -> str:
    """The text of the sums in (2.12) and (2.14), n = 2, over j = 1, 2, for theta_0 = V b.

    `projected` puts <v_j, theta_0> v_j in place of theta_0.  For three columns the kernel part b3 v3 stands
    in front and the sum has theta_{0,parallel}.
    """
    v, entries = RIGHT[columns], []
    for i in range(columns):
        whole = " + ".join(f"({v[i, k]})*b{k + 1}" for k in range(2))
        parts = [f"({v[i, k]})*b{k + 1}" for k in range(2, columns)]
        for j in range(2):
            target = f"(({LEFT[0, j]})*y1 + ({LEFT[1, j]})*y2)/sigma{j + 1}*({v[i, j]})"
            start = f"({v[i, j]})*b{j + 1}" if projected else f"({whole})"
            parts += [target, f"exp(-sigma{j + 1}**2*t/2)*({start} - {target})"]
        entries.append(" + ".join(parts))
    return ", ".join(entries)
