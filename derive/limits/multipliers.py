"""R for quadratic coordinates F_i = w.A_i w + b_i.w + c_i by their multipliers, several at once, or of any eigenvalues.

For mu in R^d with S(mu) = I - sum_i mu_i A_i positive semidefinite, |w - w0|^2 - mu.F(w) is convex in w.  Where its
gradient vanishes,

    w - w0 = sum_i mu_i grad F_i(w)/2,    which is S(mu) w = w0 + sum_i mu_i b_i/2,

w minimises it over all w, hence |w - w0|^2 over F = F(w).  So R(F(w)) = |w - w0|^2, with gradient mu where S is
positive definite; mu = 0 is the start.  No eigenvalue of S is negative exactly where the coefficients of every factor
of its characteristic polynomial, monic with real roots only, have alternating signs.
"""

from collections.abc import Iterator, Sequence

from sympy import Add, Dummy, Expr, Integer, Matrix, Poly, Symbol

from derive.limits.branches import Branch
from derive.model import Model

MAX_COORDINATES, MAX_PARAMETERS = 6, 12


def by_multipliers(part: Model, multipliers: Sequence[Symbol]) -> tuple[Branch, ...]:
    """The branch through the start for quadratic coordinates, its unknowns mu and w; none for other coordinates."""
    w, d = part.parameters, len(part.predictor)
    if part.start is None or d > MAX_COORDINATES or len(w) > MAX_PARAMETERS:
        return ()
    if not all(_is_quadratic(f, w) for f in part.predictor):
        return ()
    flat = _linear(part)
    if flat is not None:
        return (flat,)
    total = Add(*(m * f for m, f in zip(multipliers, part.predictor, strict=True))).expand()
    slopes = [total.diff(p) for p in w]
    form = Matrix(len(w), len(w), lambda i, j: Integer(i == j) - slopes[i].diff(w[j]) / 2)
    stationary = tuple(p - v - (s / 2).expand() for p, v, s in zip(w, part.start, slopes, strict=True))
    return (
        Branch(
            reason="quadratic coordinates: the Lagrange function is convex where the conditions hold",
            unknowns=(*multipliers, *w),
            equations=(*stationary, *(f - beta for f, beta in zip(part.predictor, part.coordinates, strict=True))),
            conditions=tuple(dict.fromkeys(c for block in _blocks(form) for c in _semidefinite(block))),
            where=None,
            value=Add(*((p - v) ** 2 for p, v in zip(w, part.start, strict=True))),
        ),
    )


def _linear(part: Model) -> Branch | None:
    """R = (beta - beta_0).(J J^T)^-1 (beta - beta_0) where F is linear with independent rows."""
    assert part.start is not None
    rows = Matrix([[f.diff(p) for p in part.parameters] for f in part.predictor])
    kernel = rows * rows.T
    if rows.free_symbols or kernel.det() == 0:
        return None
    first = [f.xreplace(part.start_map()).expand() for f in part.predictor]
    moved = Matrix([b - v for b, v in zip(part.coordinates, first, strict=True)])
    reason = "linear coordinates: an orthogonal projection"
    return Branch(reason=reason, value=(moved.T * kernel.inv() * moved)[0].expand())


def _is_quadratic(f: Expr, w: Sequence[Symbol]) -> bool:
    if not f.is_polynomial(*w):
        return False
    polynomial = Poly(f, *w)
    return polynomial.total_degree() <= 2 and all(c.is_Rational for c in polynomial.coeffs())


def _blocks(matrix: Matrix) -> Iterator[Matrix]:
    """The diagonal blocks that rows and columns can be sorted into; equal ones once."""
    left, seen = set(range(matrix.rows)), set[tuple[Expr, ...]]()
    while left:
        block, front = set[int](), {min(left)}
        while front:
            block |= front
            front = {j for i in front for j in left if not matrix[i, j].is_zero} - block
        left -= block
        found = matrix.extract(sorted(block), sorted(block))
        if tuple(found) not in seen:
            seen.add(tuple(found))
            yield found


def _semidefinite(matrix: Matrix) -> list[Expr]:
    """Polynomials in the multipliers, all >= 0 exactly where the symmetric matrix has no negative eigenvalue."""
    t = Dummy("t")
    characteristic = Poly(matrix.charpoly().all_coeffs(), t).as_expr()
    _, factors = Poly(characteristic, t, *sorted(matrix.free_symbols, key=str)).factor_list()
    found: list[Expr] = []
    for factor, _ in factors:
        first, *others = Poly(factor.as_expr(), t).all_coeffs()
        found += [((-1) ** (k + 1) * c / first).expand() for k, c in enumerate(others)]
    return [c for c in found if c.free_symbols]
