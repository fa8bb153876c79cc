"""Additive laws, h = phi_1(w_1) + ... + phi_p(w_p): separation of variables, found by quadratures and linear algebra.

Fix all parameters but w_i at a point w0.  V_k(h) = 0 then reads

    phi_i'(w_i) V_k^i = - sum_j phi_j'(w0_j) V_k^j        (the V_k^j with j != i as functions of w_i alone)

so phi_i' is a combination, with constant coefficients, of the quotients V_k^j / V_k^i at w0, of which there are p - 1.
Which combinations of their terms satisfy sum_i phi_i' V_k^i = 0 is a linear system, and only those that do are
integrated.  So laws are found for sums and products of functions of one parameter, and for parts of a model that are of
this kind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flint import fmpq
from sympy import Add, DiracDelta, Expr, Integer, Rational, factor_terms

from derive.errors import InputError
from derive.exact.linear import nullspace
from derive.exact.points import Point
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, induced_dynamics
from derive.laws.primitive import match
from derive.laws.quadrature import primitive
from derive.model import Model

MAX_PARAMETERS, MAX_TERMS, MAX_FIELDS = 10, 60, 4


def additive(dynamics: InducedDynamics, point: Point) -> Iterator[Sequence[Expr]]:
    """Additive laws whose integrals are known; the others are fixed near the point for the integrands."""
    model = dynamics.model
    if len(model.parameters) > MAX_PARAMETERS:
        return
    terms = list(dict.fromkeys((i, t) for i in range(len(model.parameters)) for t in _integrands(dynamics, i, point)))
    if not 2 <= len(terms) <= MAX_TERMS:
        return
    try:
        own = induced_dynamics(replace(model, start=None), also=[t for _, t in terms])
        columns = [tuple(v[i] * own.field.convert(t) for v in own.gradients) for i, t in terms]
    except (InputError, KeyError, ZeroDivisionError):
        return
    rows, _ = match(own.field, columns, tuple(own.field.zero for _ in own.gradients), lambda e: e)
    found = [_integrated(terms, k, model) for k in nullspace(rows, len(terms))]
    yield [law for law in found if law is not None]


def _integrated(terms: Sequence[tuple[int, Expr]], coefficients: Sequence[fmpq], model: Model) -> Expr | None:
    """sum c_m of the integrals; None where one of them is not known."""
    total: Expr = Integer(0)
    for (i, term), c in zip(terms, coefficients, strict=True):
        if c != 0:
            part = primitive(term, model.parameters[i], model.start_map())
            if part is None:
                return None
            total += Rational(int(c.p), int(c.q)) * part
    return total


def readable_fields(dynamics: InducedDynamics) -> list[list[Expr]]:
    """The gradient fields as SymPy differentiates them, which keeps tan and cosh as they were written."""
    model = dynamics.model
    if model.parameter_metric is not None:
        return [[e.expression() for e in v] for v in dynamics.gradients]
    return [[_off_kinks(f.diff(p)) for p in model.parameters] for f in model.predictor]


def _off_kinks(e: Expr) -> Expr:
    """Where no argument of a sign is zero the sign does not change."""
    return e.replace(DiracDelta, lambda *_: Integer(0)) if e.has(DiracDelta) else e


def _integrands(dynamics: InducedDynamics, i: int, point: Point) -> Iterator[Expr]:
    """The terms of the quotients V_k^j / V_k^i along the i-th axis through the point, without constant factors."""
    symbol = dynamics.model.parameters[i]
    # not quite at the point: log(1) = 0 there is no more than an accident
    others = {s: point[s] * Rational(12 + n, 11 + n) for n, s in enumerate(dynamics.model.parameters) if s != symbol}
    fields = readable_fields(dynamics)
    below = next((f for f, v in zip(fields[:MAX_FIELDS], dynamics.gradients, strict=False) if not v[i].vanishes), None)
    for j, above in enumerate(below or ()):
        if j != i and below is not None:
            parts: tuple[Expr, Expr] = (above / below[i]).as_numer_denom()
            for term in Add.make_args(parts[0].expand()):
                # constant factors go first: values of the other parameters only make them unreadable
                factor = (term / factor_terms(parts[1])).as_independent(symbol, as_Add=False)[1].xreplace(others)
                factor = factor.as_independent(symbol, as_Add=False)[1]
                if not factor.is_zero and is_defined(factor):
                    yield factor
