"""Exact points of a submanifold {r_1 = ... = r_m = 0}.

Random small rationals are given to all parameters but m; the equations are then solved one after
the other, linear unknowns first, quadratic ones by the quadratic formula.  Only points that satisfy
every equation exactly are returned: rational ones first, those with one square root after them.
"""

from collections.abc import Iterator, Sequence
from random import Random

from sympy import Expr, Poly, Rational, Symbol, sqrt

_TRIES = 400


def points_on(equations: Sequence[Expr], parameters: Sequence[Symbol], constants: Sequence[Symbol]) -> Iterator[dict[Symbol, Expr]]:
    """Reproducible exact points; the iterator ends when the tries are used up."""
    random = Random(7)
    irrational = []
    for _ in range(_TRIES):
        point = _attempt(list(equations), parameters, constants, random)
        if point is None:
            continue
        if all(v.is_Rational for v in point.values()):
            yield point
        else:
            irrational.append(point)
    yield from irrational


def _attempt(equations: list[Expr], parameters: Sequence[Symbol], constants: Sequence[Symbol], random: Random) -> dict[Symbol, Expr] | None:
    point: dict[Symbol, Expr] = {c: Rational(random.randint(1, 5)) for c in constants}
    order = list(parameters)
    random.shuffle(order)
    unknowns = order[: len(equations)]
    for symbol in order[len(equations) :]:
        point[symbol] = Rational(random.choice((-1, 1)) * random.randint(1, 12), random.choice((1, 1, 2, 3)))
    solved: list[tuple[Symbol, Expr]] = []
    pending = [e.as_numer_denom()[0] for e in equations]
    while True:
        pending = [e.xreplace(point).expand() for e in pending]
        pending = [e for e in pending if not e.is_zero]
        if not pending:
            break
        step = _solvable(pending, unknowns)
        if step is None:
            return None
        solved.append(step)
        pending = [e.subs(*step).as_numer_denom()[0] for e in pending]
    for symbol in unknowns:
        if symbol not in {s for s, _ in solved}:
            point[symbol] = Rational(random.randint(1, 9), 2)
    for symbol, expression in reversed(solved):
        point[symbol] = expression.subs(point).expand()
    if not all(v.is_finite and v.is_real for v in point.values()):
        return None
    exact = all(e.as_numer_denom()[0].xreplace(point).expand().is_zero for e in equations)
    return point if exact else None


def _solvable(equations: Sequence[Expr], unknowns: Sequence[Symbol]) -> tuple[Symbol, Expr] | None:
    """An unknown in terms of others: from an equation linear in it, else by the quadratic formula."""
    quadratic: tuple[Symbol, Expr] | None = None
    for equation in equations:
        free = sorted(equation.free_symbols & set(unknowns), key=str)
        for symbol in free:
            if not equation.is_polynomial(*free):
                continue
            polynomial = Poly(equation, symbol)
            if polynomial.degree() == 1 and not polynomial.LC().free_symbols & set(unknowns):
                a, b = polynomial.all_coeffs()
                return symbol, -b / a
            if polynomial.degree() == 2 and len(free) == 1 and quadratic is None:
                a, b, c = polynomial.all_coeffs()
                discriminant = b**2 - 4 * a * c
                if discriminant.is_nonnegative:
                    quadratic = symbol, (-b + sqrt(discriminant)) / (2 * a)
    return quadratic
