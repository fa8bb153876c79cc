"""R for beta = U U^T, of any size: U is known up to an orthogonal matrix on the right.

If B = U_1 U_1^T, all U with U U^T = B are U_1 O, and |U_1 O - U_0|^2 = tr B + |U_0|^2 - 2 tr(O^T U_1^T U_0), least for
the orthogonal factor of U_1^T U_0, where the trace is the sum of the singular values:

    R(B) = tr B + |U_0|^2 - 2 tr (U_0^T B U_0)^(1/2),

the square of the Bures-Wasserstein distance of B and U_0 U_0^T.  The root of a matrix of rank q <= 2 has the trace
sqrt(tr S) (q = 1) or sqrt(tr S + 2 sqrt(det S)); U_0^T B U_0 and B U_0 U_0^T have the same eigenvalues but for zeros.
"""

from sympy import Add, Expr, Matrix, sqrt

from derive.limits.branches import Branch
from derive.matrices import product_of
from derive.model import Model


def on_gram(part: Model) -> tuple[Branch, ...]:
    """R in closed form for U U^T with one or two rows or columns; no branch for anything else."""
    found = product_of(part) if len(part.predictor) > 1 else None
    if found is None or not found.is_symmetric or part.start is None:
        return ()
    n, _, r = found.shape
    if min(n, r) > 2:
        return ()
    start = part.start_map()
    u = Matrix([[start[p] for p in row] for row in found.left])
    b = Matrix(n, n, lambda i, j: shifted(part, found.place[i][j]))
    inner = u.T * b * u if r <= n else b * u * u.T
    root = sqrt(inner.trace().expand())
    if inner.rows == 2:
        root = sqrt(inner.trace().expand() + 2 * sqrt((u.T * b * u if r <= n else b * u * u.T).det().factor()))
    value = Add(*(b[i, i] for i in range(n)), *(v**2 for v in u)) - 2 * root
    return (Branch(reason="U U^T: the orthogonal factor of a polar decomposition is nearest", value=value),)


def shifted(part: Model, place: int) -> Expr:
    """beta without the constant term of its coordinate (the W0 of W0 + B A)."""
    origin = dict.fromkeys(part.parameters, 0)
    return part.coordinates[place] - part.predictor[place].subs(origin)
