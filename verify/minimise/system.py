"""The optimality conditions as one square system, whatever form the potential has.

With u the inner variable (s, beta, or the parameters w), phi(u) = grad Q, F(u) = beta and h(u) the laws,

    phi(u) - A^T nu = 0,     h(u) - h(u_0) = 0,     A F(u) - b = 0,

where A holds the active rows.  The three forms of a potential give

    dual        u = s      phi(s) = s          F(s) = beta(s) = grad Q*(s)
    closed      u = beta   phi = grad Q        F(beta) = beta
    parametric  u = w      phi = grad Q (w)    F = the predictor,  h = the conserved quantities

For a strictly convex Q a solution of the first two is the minimiser under A beta = b (KKT).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Matrix, Symbol, oo

from derive.derivation import Derivation
from derive.errors import ComputationError
from verify.flow.program import Tape
from verify.flow.tape import compile_tape


@dataclass(frozen=True, slots=True)
class Inner:
    """phi, F, h as tapes of u, their Jacobians' nonzero entries, the start u_0 and u's open domain (exact)."""

    form: str
    size: int
    values: Tape
    slopes: Tape
    places: tuple[tuple[int, int], ...]
    start: tuple[Expr, ...]
    domain: tuple[tuple[Expr, Expr], ...]
    d: int
    laws: int


def inner_of(derivation: Derivation, at: dict[Symbol, Expr]) -> Inner:
    """The system of a derivation whose constants take the values `at`.

    Raises `ComputationError` where there is no potential, or none in a form that can be solved.
    """
    q, model = derivation.potential, derivation.model
    if derivation.within is not None:
        raise ComputationError(
            f"the predictor of {model.name} is confined to an affine subspace", hint="its independent coordinates alone"
        )
    if not q.verdict.is_proved:
        raise ComputationError(
            f"{model.name} has no proved potential ({q.verdict.status}): {q.verdict.reason}",
            hint="verify steer, which needs none",
        )
    if q.dual_gradient is not None and (q.dual_domain is not None or derivation.mixture is None):
        u = q.dual_variables  # a mixture of them may be bounded, where there is no interval of each
        domain = q.dual_domain or ((-oo, oo),) * len(u)
        return _inner("dual", u, u, q.dual_gradient, (), (Integer(0),) * len(u), at, domain)
    if q.gradient is not None:
        u = q.variables
        start = tuple(f.xreplace(model.start_map()) for f in model.predictor)
        return _inner("closed", u, q.gradient, u, (), start, at)
    images, start = dict(derivation.subspace), model.start_map()
    u = tuple(p for p in model.parameters if p not in images)
    laws = () if derivation.laws is None else derivation.laws.laws
    if images:  # the potential is that of the model on the hull of the start, and so are the laws
        laws = tuple(law for _, law in derivation.elimination.constants)
    if q.parametric is not None and derivation.laws is not None and len(laws) + len(q.variables) == len(u):
        phi, predictor, held = (
            tuple(f.xreplace(images) for f in listed) for listed in (q.parametric.gradient, model.predictor, laws)
        )
        return _inner("parametric", u, phi, predictor, held, [start[p] for p in u if start], at)
    raise ComputationError(f"the potential of {model.name} is known as a {q.form} only", hint="verify flow")


def _inner(
    form: str,
    u: Sequence[Symbol],
    phi: Sequence[Expr],
    predictor: Sequence[Expr],
    laws: Sequence[Expr],
    start: Sequence[Expr],
    at: dict[Symbol, Expr],
    domain: Sequence[tuple[Expr, Expr]] | None = None,
) -> Inner:
    values = [e.xreplace(at) for e in (*phi, *predictor, *laws)]
    jacobian = Matrix(values).jacobian(Matrix(u))
    places = tuple((i, k) for i in range(jacobian.rows) for k in range(jacobian.cols) if not jacobian[i, k].is_zero)
    return Inner(
        form=form,
        size=len(u),
        values=compile_tape(values, u),
        slopes=compile_tape([jacobian[p] for p in places], u),
        places=places,
        start=tuple(e.xreplace(at) for e in start),
        domain=tuple((a.xreplace(at), b.xreplace(at)) for a, b in domain or ((-oo, oo),) * len(u)),
        d=len(phi),
        laws=len(laws),
    )
