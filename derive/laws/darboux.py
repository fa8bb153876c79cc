"""Ratios of Darboux polynomials: rational conserved quantities such as ratios of minors of U for U U^T with wide U.

A polynomial f with V_i(f) = lambda_i f for every i is a Darboux polynomial with cofactor lambda.  The quotient of two
with the same cofactor is conserved (Darboux 1878).  Which cofactor?  The divergence is one that a flow brings along: a
Jacobi multiplier has it, and a field that acts as U -> A U on the r columns of U has divergence r tr A, while its
n x n minors have the cofactor tr A.  So lambda = div V / k with k = 1, ..., p is tried; for a given cofactor the f of
one degree are the kernel of a matrix over Q.
"""

from collections.abc import Iterator, Sequence

from sympy import Expr

from derive.exact.field import Element
from derive.exact.signs import sign_of
from derive.fields.dynamics import InducedDynamics
from derive.laws.primitive import Entry, Modulo, kernel, monomials

MAX_PARAMETERS, MAX_DEGREE, MAX_TERMS = 12, 3, 400


def ratios(dynamics: InducedDynamics, modulo: Modulo) -> Iterator[Sequence[Expr]]:
    """Quotients of Darboux polynomials of one degree and cofactor div V / k; denominators are not zero at the start."""
    model, field = dynamics.model, dynamics.field
    p = len(model.parameters)
    divergences = [_divergence(dynamics, i) for i in range(len(dynamics.gradients))]
    if p > MAX_PARAMETERS or all(e.vanishes for e in divergences):
        return
    for degree in range(1, MAX_DEGREE + 1):
        terms = list(monomials(model.parameters, degree))
        if len(terms) > MAX_TERMS:
            return
        elements = [field.convert(t) for t in terms]
        slopes = [[dynamics.along(v, e) for v in dynamics.gradients] for e in elements]
        for k in range(1, p + 1):
            cofactors = [e / field.number(k) for e in divergences]
            entries = [
                Entry(function=t, slopes=tuple(s - c * e for s, c in zip(own, cofactors, strict=True)))
                for t, e, own in zip(terms, elements, slopes, strict=True)
            ]
            found = kernel(field, entries, modulo)
            if len(found) > 1:
                below = _denominator(found, dynamics)
                yield [f / below for f in found if f is not below]


def _divergence(dynamics: InducedDynamics, i: int) -> Element:
    total = dynamics.field.zero
    for component, parameter in zip(dynamics.gradients[i], dynamics.model.parameters, strict=True):
        total = total + component.derivative(parameter)
    return total


def _denominator(found: Sequence[Expr], dynamics: InducedDynamics) -> Expr:
    """The first that is certainly not zero at the start; the first without one."""
    start = dynamics.model.start_map()
    certain = (f for f in found if not start or sign_of(f.xreplace(start).expand()) not in (None, 0))
    return next(certain, found[0])
