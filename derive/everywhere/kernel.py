"""Kernels: metrics on symmetric matrices of every size n that two functions make up.

In an eigenbasis of beta, rho is a(x_k) dB_kk^2 along the eigenvalues and h(x_i, x_j) between two of them.  With
d(x, y) = (x - y) h(x, y), rho is a Hessian map for matrices of size n iff

    d_x d(x, y) = a(x),     d_y d(x, y) = -a(y),     and, for n >= 3,     d(x, y) + d(y, z) = d(x, z),

that is, iff d(x, y) = q'(x) - q'(y) with q'' = a (up to a constant, for n = 2).  Where the first fails there is no warp
either, for any n >= 2 (docs/derivations/spectral.md, theorem 2).  Nothing here depends on n.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sympy import Dummy, Expr, Symbol

from derive.everywhere.symmetric import Slice
from derive.exact.field import Element, Field
from derive.exact.identity import is_identity
from derive.exact.integrals import integrated
from derive.exact.points import Point, Undefined, excludes_zero, sample_points, value

POINTS, MAX_OPERATIONS = 12, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """rho in an eigenbasis: `diagonal` a and `across` h as functions of `x`, `y`, and the eigenvalue f(x) of beta.

    `difference` is d = (f(x) - f(y)) h(x, y).  `potential` is q with q'' = a, up to a linear function, where the
    metric is a Hessian map and q was found: Q is the sum of q over the eigenvalues.
    """

    x: Symbol
    y: Symbol
    eigenvalue: Expr
    diagonal: Expr
    across: Expr
    potential: Expr | None = None

    @property
    def difference(self) -> Expr:
        return (self.eigenvalue - self.eigenvalue.xreplace({self.x: self.y})) * self.across


def kernel_of(found: Slice, constants: Sequence[Symbol] = ()) -> Kernel | None:
    """The functions of one and two eigenvalues that make up the slice, if there are such."""
    w, f, a, pairs = found.variables, found.eigenvalues, found.along, dict(found.across)
    first, second = w[0], w[1]
    for k, s in enumerate(w):
        if any(not e.is_zero for m, e in enumerate(a[k]) if m != k):
            return None
        if (f[k].free_symbols | a[k][k].free_symbols) & (set(w) - {s}):
            return None
        if not _same(f[k].xreplace({s: first}), f[0]) or not _same(a[k][k].xreplace({s: first}), a[0][0]):
            return None
    for (i, j), h in pairs.items():
        if h.free_symbols & (set(w) - {w[i], w[j]}) or not _same(h, pairs[0, 1].xreplace({first: w[i], second: w[j]})):
            return None
    taken = {"x", "y"} & set(map(str, constants))
    x, y = (first, second) if taken else (Symbol("x", real=True), Symbol("y", real=True))
    names = {first: x, second: y}
    return Kernel(
        x=x,
        y=y,
        eigenvalue=f[0].xreplace(names),
        diagonal=(a[0][0] / f[0].diff(first) ** 2).xreplace(names).cancel(),
        across=_plain(pairs[0, 1].xreplace(names)),
    )


def _same(left: Expr, right: Expr) -> bool:
    return left == right or is_identity(left - right)


def _plain(e: Expr) -> Expr:
    if e.is_rational_function():
        return e.cancel().factor()
    return e.factor() if e.count_ops() <= 2 * MAX_OPERATIONS else e


def for_every_size(kernel: Kernel, constants: Sequence[Symbol], *, hessian: bool) -> Kernel | None:
    """The kernel, with its potential, if it is a Hessian map (or, not `hessian`, if it is refuted) for every n >= 2."""
    x, y, z, d = kernel.x, kernel.y, Dummy("z", real=True), kernel.difference
    shifted = d.xreplace({x: y, y: z}), d.xreplace({y: z})
    field = Field([d, *shifted, kernel.diagonal, kernel.eigenvalue], [x, y, z, *constants])
    first, second, outer = map(field.convert, (d, *shifted))
    gap = first.derivative(x) - field.convert(kernel.diagonal) * field.convert(kernel.eigenvalue).derivative(x)
    if hessian:
        holds = field.normal(gap).vanishes and field.normal(first + second - outer).vanishes
        return replace(kernel, potential=_of_eigenvalue(kernel)) if holds else None
    shown = any(_is_nonzero(gap, p) for p in islice(points_in_order((x, y, z), constants), POINTS))
    return kernel if shown else None


def _is_nonzero(element: Element, point: Point) -> bool:
    try:
        return excludes_zero(value(element, point))
    except Undefined:
        return False


def _of_eigenvalue(kernel: Kernel) -> Expr | None:
    """q(x) with q'' = a, up to a linear function of x = f(x); None where it is not found."""
    if kernel.eigenvalue != kernel.x or kernel.diagonal.count_ops() > MAX_OPERATIONS:
        return None
    x = Dummy("x", positive=True)
    wanted = kernel.diagonal.xreplace({kernel.x: x})
    slope = integrated(wanted.expand(), x)
    found = None if slope is None else integrated(slope.expand(), x)
    if found is None or not is_identity(found.diff(x, 2) - wanted):
        return None
    return found.expand().xreplace({x: kernel.x})


def points_in_order(variables: Sequence[Symbol], constants: Sequence[Symbol]) -> Iterator[Point]:
    """Exact points with different w, the largest first."""
    for point in sample_points(variables, constants):
        numbers = sorted({point[v] for v in variables}, reverse=True)
        if len(numbers) == len(variables):
            yield point | dict(zip(variables, numbers, strict=True))
