"""The metric route: one coordinate whose M is known in beta, Q'' = 1/M, integrated twice and differentiated back.

An absolute value in M is taken on the side of its zero where the start lies: no flow crosses a zero of M, and beyond
any other the formula is not claimed.
"""

from collections.abc import Mapping

from sympy import Abs, Expr, Integer, Symbol

from derive.branch.elimination import Elimination
from derive.exact.integrals import scalar_potential
from derive.exact.signs import is_defined
from derive.fields.leaf import Leaf
from derive.potentials.check import confirms
from derive.potentials.parametric import (
    Closed,
)


def metric_route(leaf: Leaf, eliminated: Elimination, s: Symbol) -> Closed | None:
    """Q, grad Q and, in s, the dual where the gradient was inverted; None where nothing is confirmed."""
    model = leaf.dynamics.model
    if eliminated.inverse_metric is None:
        return None
    start = model.start_map()
    beta = model.coordinates[0]
    m = eliminated.inverse_metric[0][0]
    beta0 = None
    if start:
        m = m.xreplace({c: law.xreplace(start) for c, law in eliminated.constants})
        beta0 = model.predictor[0].xreplace(start)
    anchor = model.predictor[0].xreplace(dict(eliminated.branch)) if beta0 is None else beta0
    m = without_signs(m, {beta: anchor})
    found = scalar_potential(m, beta, beta0, anchor, s)
    if found is None or not confirms(
        [found.gradient], found.value, [[m]], Integer(1), [beta], None if beta0 is None else [beta0]
    ):
        return None
    if not is_defined(found.gradient):
        return None
    value = found.value if found.value is not None and is_defined(found.value) else None
    return value, (found.gradient,), found.dual_value, found.dual_gradient


def without_signs(e: Expr, anchor: Mapping[Symbol, Expr]) -> Expr:
    """The expression without absolute values, on the side of their zeros where the anchor lies."""
    return e.replace(Abs, lambda u: _unsigned(u, u.subs(anchor)))


def _unsigned(inner: Expr, there: Expr) -> Expr:
    """|u| on the branch where u has the sign that it has at the start."""
    return inner if there.is_positive else -inner if there.is_negative else Abs(inner)
