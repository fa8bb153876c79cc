"""Stage 7b, the commuting route: follow the gradient field from the start in the dual time s.

For one coordinate the flow dw/ds = grad F(w) from w(0) gives beta(s) = F(w(s)) with
d beta/ds = M, so s = Q'(beta) and beta(s) = grad Q*(s): the Legendre dual of Q, without inverting
anything (mathematics of the dual form: Li, Wang, Lee, Arora 2022, theorem 4.1).

A parameter whose velocity depends on itself alone, dw/ds = k w^n, is solved by the power rule:

    n = 1    w = w0 exp(k s)
    n != 1   w = w0 (1 - (n-1) k w0^(n-1) s)^(-1/(n-1))

so that `w+^D - w-^D` from alpha gives Woodworth's h_D with every constant in its place, also where the
depth D is a symbol (`derive.potentials.symbolic_powers`; n = 1, that is D = 2, is then excepted).  A linear
field dw/ds = A w is solved by the exponential of A where its eigenvalues are rational.  Each solution
is verified: it satisfies the differential equation and the start, identically.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Expr,
    Integer,
    Matrix,
    Min,
    Poly,
    Pow,
    Symbol,
    cosh,
    exp,
    expand_log,
    log,
    oo,
    sinh,
)

from derive.exact.identity import is_identity
from derive.exact.integrals import integrated, is_plain
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics
from derive.potentials.symbolic_powers import powers_joined, powers_solve


@dataclass(frozen=True, slots=True, kw_only=True)
class Dual:
    """beta(s), Q*(s) with Q*(0) = 0, the open interval of s around 0 on which they exist, and w(s)."""

    gradient: Expr
    value: Expr | None
    interval: tuple[Expr, Expr]
    path: tuple[tuple[Symbol, Expr], ...]


def dual_flow(dynamics: InducedDynamics, s: Symbol) -> Dual | None:
    """Solve the gradient field of a one-coordinate model from its start; None where it is not solved."""
    model = dynamics.model
    if model.start is None or len(model.predictor) != 1:
        return None
    velocities = [v.expression().powsimp() for v in dynamics.gradients[0]]
    start = model.start_map()
    path = _separate(velocities, model.parameters, start, s) or _linear(velocities, model.parameters, start, s)
    if path is None or not (_solves(path, velocities, start, s) or powers_solve(path, velocities, start, s)):
        return None
    gradient = powers_joined(model.predictor[0], path)
    value = _primitive_of(gradient, s)
    return Dual(gradient=gradient, value=value, interval=_interval(gradient, s), path=tuple(path.items()))


def _separate(
    velocities: Sequence[Expr], parameters: Sequence[Symbol], start: Mapping[Symbol, Expr], s: Symbol
) -> dict[Symbol, Expr] | None:
    """Each dw/ds = k w^n on its own, by the power rule; None where a velocity has another form."""
    path: dict[Symbol, Expr] = {}
    for parameter, velocity in zip(parameters, velocities, strict=True):
        k, n = (velocity.factor() if velocity.is_Add else velocity).as_coeff_exponent(parameter)  # (D + 1) w^D
        if k.free_symbols & set(parameters) or (start[parameter].is_zero and not (n - 1).is_nonnegative):
            return None
        w0 = start[parameter]
        if velocity.is_zero or (w0.is_zero and not n.is_zero):
            path[parameter] = w0
        elif n.is_zero:
            path[parameter] = w0 + k * s
        elif (n - 1).is_zero:
            path[parameter] = w0 * exp(k * s)
        else:
            path[parameter] = w0 * (1 - (n - 1) * k * w0 ** (n - 1) * s) ** (-1 / (n - 1))
    return path


def _linear(
    velocities: Sequence[Expr], parameters: Sequence[Symbol], start: Mapping[Symbol, Expr], s: Symbol
) -> dict[Symbol, Expr] | None:
    """dw/ds = A w with A symmetric and its eigenvalues rational: expand the start in eigenvectors."""
    field = Matrix(velocities)
    if any(not v.is_polynomial(*parameters) for v in velocities):
        return None
    a = field.jacobian(Matrix(parameters))
    if a.free_symbols or (a * Matrix(parameters) - field).expand() != Matrix.zeros(len(parameters), 1):
        return None
    if not a.is_symmetric() or any(not value.is_Rational for value in a.eigenvals()):
        return None
    total = Matrix.zeros(len(parameters), 1)
    initial = Matrix([start[p] for p in parameters])
    for eigenvalue, _, vectors in a.eigenvects():
        basis = Matrix.hstack(*vectors)
        projection = basis * (basis.T * basis).inv() * basis.T
        total += exp(eigenvalue * s) * projection * initial
    return dict(zip(parameters, total, strict=True))


def _solves(path: Mapping[Symbol, Expr], velocities: Sequence[Expr], start: Mapping[Symbol, Expr], s: Symbol) -> bool:
    return all(
        (path[p].subs(s, 0) - start[p]).expand().is_zero and is_identity(path[p].diff(s) - v.xreplace(dict(path)))
        for p, v in zip(start, velocities, strict=True)
    )


def _primitive_of(gradient: Expr, s: Symbol) -> Expr | None:
    """The primitive that vanishes at s = 0: powers, exponentials and logarithms of linear functions by rule."""
    total: Expr = Integer(0)
    plain = expand_log(gradient, force=True) if gradient.has(log) else gradient  # the derivative is compared below
    terms = [t for part in Add.make_args(plain) for t in Add.make_args(part.expand() if part.has(exp) else part)]
    for term in terms:
        coefficient, power = term.as_independent(s, as_Add=False)
        base, exponent = power.as_base_exp()
        slope = base.diff(s)
        if isinstance(power, Pow) and not slope.has(s) and not exponent.has(s) and not (exponent + 1).is_zero:
            piece = coefficient * base ** (exponent + 1) / (slope * (exponent + 1))
        elif isinstance(power, Pow) and not slope.has(s) and (exponent + 1).is_zero and not base.subs(s, 0).is_zero:
            piece = coefficient / slope * log((base / base.subs(s, 0)).expand())  # positive up to the pole of beta(s)
        elif isinstance(power, exp) and power.args[0].diff(s).is_zero is False and not power.args[0].diff(s).has(s):
            piece = term / power.args[0].diff(s)
        elif isinstance(power, log) and power.args[0].diff(s).is_zero is False and not power.args[0].diff(s).has(s):
            piece = coefficient * power.args[0] * (power - 1) / power.args[0].diff(s)
        else:
            piece = integrated(term, s)
        if piece is None or not is_plain(piece) or not is_defined(piece.subs(s, 0)):
            return None
        total += piece
    total = total - total.subs(s, 0)
    return total if is_identity(total.diff(s) - gradient) else None


def _interval(gradient: Expr, s: Symbol) -> tuple[Expr, Expr]:
    """The nearest zeros, left and right of s = 0, of linear functions under a power that is not a natural number.

    Where a symbolic exponent leaves the side of a zero open, the interval is the one that no zero enters from
    either side.
    """
    zeros = []
    for power in gradient.atoms(Pow):
        base, exponent = power.as_base_exp()
        slope = base.diff(s)
        if not (slope.has(s) or slope.is_zero or (exponent.is_Integer and exponent >= 0)):
            zeros.append(-base.subs(s, 0) / slope)
    if any(sign_of(zero) is None for zero in zeros):
        parts = [zero.as_numer_denom() for zero in zeros]  # |1/x| as 1/|x|, as SymPy writes it when it reads it again
        nearest = Min(*(Abs(top) / Abs(bottom) for top, bottom in parts))
        return -nearest, nearest
    low, high = -oo, oo
    for zero in zeros:
        if zero.is_positive and (high is oo or (high - zero).is_positive):
            high = zero
        if zero.is_negative and (low is -oo or (zero - low).is_positive):
            low = zero
    return low, high


def increasing_interval(gradient: Expr, s: Symbol) -> tuple[Expr, Expr] | None:
    """The largest interval around s = 0 on which beta(s) is known to increase; None where that is not decided.

    A solution of d beta/ds = M(beta) with M > 0 increases, so beyond a zero of d beta/ds the formula no longer is
    one.  Decided for sums of exponentials with positive weights, and for rational functions by their real zeros.
    """
    slope = gradient.diff(s)
    terms = [t.as_independent(s, as_Add=False) for t in Add.make_args(slope.rewrite([sinh, cosh], exp).expand())]
    if all(c.is_positive and (not e.has(s) or isinstance(e, exp)) for c, e in terms):
        return -oo, oo
    if not slope.is_rational_function(s) or slope.free_symbols - {s} or not slope.subs(s, 0).is_positive:
        return None
    top, bottom = slope.together().as_numer_denom()
    zeros = {z for part in (top, bottom) if part.has(s) for z in Poly(part, s).real_roots()}
    return max((z for z in zeros if z < 0), default=-oo), min((z for z in zeros if z > 0), default=oo)
