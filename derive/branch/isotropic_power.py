"""Isotropic metrics that are powers of |beta|: M = k |beta|^e (1 - P) + l |beta|^e P, P the projector on beta.

On the leaf of a homogeneous model whose conserved quantities are all zero (a balanced start) M is a power of |beta|,
and no equation of low degree in its entries shows it: depth D gives |beta|^(2 - 2/D).  Its eigenvalue across beta and
the one along it,

    A = (tr M - lambda)/(d - 1),    lambda = beta^T M beta / |beta|^2,

satisfy A^n = k^n |beta|^m with whole n and even m there.  Those equations, and the form of M, are tested modulo the
ideal of the leaf; k is a root of a rational number, read off at one exact point of the branch.
"""

from sympy import Add, Expr, Rational, igcd, root

from derive.branch.equations import weight_of
from derive.exact.field import Element
from derive.exact.points import Point, Undefined, rational_value
from derive.fields.dynamics import dot
from derive.fields.leaf import Leaf, Question

MAX_POWER = 16


def isotropic_power(leaf: Leaf, point: Point) -> tuple[tuple[Expr, ...], ...] | None:
    """M in beta (d x d), d >= 2; None where it is not shown to be of this form."""
    dynamics, field = leaf.dynamics, leaf.dynamics.field
    betas, m = dynamics.model.coordinates, dynamics.inverse_metric
    d = len(betas)
    f = tuple(map(field.convert, dynamics.model.predictor))
    square = dot(field, f, f)
    if d < 2 or square.vanishes:
        return None
    along = dot(field, f, tuple(dot(field, row, f) for row in m)) / square
    trace = field.zero
    for i in range(d):
        trace = trace + m[i][i]
    across = (trace - along) / field.number(d - 1)
    form = [
        Question(
            element=m[i][j] * square - f[i] * f[j] * (along - across) - (square * across if i == j else field.zero),
            meaning="the part of M that is not isotropic",
        )
        for i in range(d)
        for j in range(i + 1)
    ]
    first, second = _power(leaf, across, square, point), _power(leaf, along, square, point)
    if first is None or second is None or not leaf.holds(form, "M is isotropic").is_proved:
        return None
    norm2 = Add(*(b**2 for b in betas))
    (k, e), (n, g) = first, second
    a, b = k * norm2**e, n * norm2 ** (g - 1) - k * norm2 ** (e - 1)
    return tuple(tuple(b * x * y + (a if x is y else 0) for y in betas) for x in betas)


def _power(leaf: Leaf, element: Element, square: Element, point: Point) -> tuple[Expr, Rational] | None:
    """(k, e) with element = k (|beta|^2)^e on the leaf."""
    weights = weight_of(element), weight_of(square)
    if weights[0] is None or not weights[1] or weights[0] <= 0:
        return None
    shared = igcd(*weights)
    n, m = int(weights[1] // shared), int(weights[0] // shared)
    try:
        there = rational_value(element, point), rational_value(square, point)
    except Undefined:
        return None
    if there[0] <= 0 or there[1] == 0 or max(n, m) > MAX_POWER:
        return None
    ratio = there[0] ** n / there[1] ** m
    question = Question(
        element=element.power(n) - leaf.dynamics.field.number(ratio) * square.power(m), meaning="a power"
    )
    if not leaf.holds([question], "a power law").is_proved:
        return None
    return root(Rational(int(ratio.p), int(ratio.q)), n), Rational(m, n)
