"""The potential of a kernel: Q(B) = sum of q(x) over the eigenvalues x of B, with q'' = a.

In the entries of B a sum over eigenvalues has a closed form for powers
of x (traces of powers of B, or of its inverse) and for log x (the logarithm of the determinant), and for 2 x 2 matrices
whatever q is, the eigenvalues being roots of a quadratic.  A form in the entries is used only if its second
derivatives are rho, exactly; where there is none, q itself is the answer.
"""

from dataclasses import replace

from sympy import Add, Expr, Integer, Matrix, Symbol, log, nan, sqrt, zoo

from derive.everywhere.spectral import Spectral
from derive.exact.identity import is_identity
from derive.model import Model
from derive.potentials.potential import Potential


def in_entries(model: Model, found: Spectral) -> tuple[Expr, tuple[Expr, ...]] | None:
    """(Q, grad Q) in beta of a metric that was given, zero at the start if there is one; None where it is not found."""
    if found.kernel is None or not found.verdict.is_proved or model.parameter_metric is None:
        return None
    q = found.kernel.potential
    if q is None or model.predictor != model.parameters:
        return None
    betas, n, place = model.coordinates, found.size, found.slice.place
    b = Matrix(n, n, lambda i, j: betas[place[i][j]] * (1 if i == j else found.slice.ratio))
    parts = [_trace(term, found.kernel.x, b) for term in Add.make_args(q)]
    if any(p is None for p in parts):
        return None
    value = Add(*(p for p in parts if p is not None))
    gradient = tuple(value.diff(s) for s in betas)
    names = dict(zip(model.parameters, betas, strict=True))
    rho = model.parameter_metric.xreplace(names)
    if not all(is_identity(gradient[i].diff(betas[j]) - rho[i, j]) for i in range(len(betas)) for j in range(i + 1)):
        return None
    start = {names[p]: v for p, v in model.start_map().items()}
    if not start:
        return value, gradient
    offset = [g.subs(start) for g in gradient]
    value = value - Add(*(c * s for c, s in zip(offset, betas, strict=True)))
    value = value - value.subs(start)
    if value.has(nan, zoo):
        return None
    return value, tuple(g - c for g, c in zip(gradient, offset, strict=True))


def _trace(term: Expr, x: Symbol, b: Matrix) -> Expr | None:
    """The sum of the term over the eigenvalues x of b."""
    coefficient, function = term.as_independent(x)
    if function == log(x):
        return coefficient * log(b.det())
    if function.is_Pow and function.base == x and function.exp.is_Integer:
        k = int(function.exp)
        power = b**k if k > 0 else b.adjugate() ** -k / b.det() ** -k
        return coefficient * power.trace().expand() if k > 0 else coefficient * power.trace()
    if function in (x, Integer(1)):
        return coefficient * (b.trace() if function == x else b.rows)
    if b.rows != 2:
        return None
    half, root = b.trace() / 2, sqrt((b[0, 0] - b[1, 1]) ** 2 + 4 * b[0, 1] ** 2) / 2
    return term.xreplace({x: half + root}) + term.xreplace({x: half - root})


def with_eigenvalues(q: Potential, found: Spectral | None) -> Potential:
    """A potential that is known on the eigenvalues alone says so."""
    function = None if found is None or found.kernel is None else found.kernel.potential
    known = q.form != "quadrature" or q.parametric is not None
    if found is None or found.kernel is None or function is None or known:
        return q
    reason = (
        f"Q is the sum of q over the eigenvalues of beta, less a linear function, q({found.kernel.x}) = {function}; "
        "it is not written in the entries"
    )
    return replace(q, reason=reason)
