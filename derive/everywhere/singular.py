"""Metrics on rectangular matrices that turn on both sides: both questions are decided on the singular values.

Let rho(R E P) at R B P be rho(E) at B for all orthogonal R and P.  At B = diag(x_1, ..., x_l),
l = min(m, n) >= 2 different singular values, the changes of sign of the axes leave rho no mixed terms but those within
a pair i < j.  With S, A = (E_ij +- E_ji)/sqrt 2 it is

    sum H_kl dB_kk dB_ll + sum_(i<j) (k+ dS^2 + 2 c dS dA + k- dA^2) + sum r_i dB_ik^2  (k > l),

and g rho is a Hessian map iff c = 0 and (x_i - x_j) k+, (x_i + x_j) k-, x_i r_i are what they are for a function of the
singular values (docs/derivations/singular.md, theorem 1).  A *kernel* has H_kk = a(x_k) and functions of the own
singular values everywhere.  It has a warp only if it is a Hessian map, and is one for all sizes iff with q'' = a

    c = 0,    (x - y) k+(x, y) = q'(x) - q'(y),    (x + y) k-(x, y) = q'(x) + q'(y),    x r(x) = q'(x)

(theorem 2): Q(B) = sum of q over the singular values.
"""

from dataclasses import dataclass

from sympy import Expr, Symbol

from derive.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SingularKernel:
    """rho in a singular frame as functions of the symbols `x`, `y`, where beta has the singular values `value`(x).

    `diagonal` is a, `plus` and `minus` are k+ and k-, `rest` is r (None where all sizes that are meant are square).
    `potential` is q with q'' = a, up to a linear function: the potential of measurements with common singular vectors,
    and of all measurements where rho is a Hessian map.
    """

    x: Symbol
    y: Symbol
    value: Expr
    diagonal: Expr
    plus: Expr
    minus: Expr
    rest: Expr | None
    potential: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Singular:
    """What singular values decide of an m x n matrix beta: a Hessian map, or neither that nor a warp.

    `sizes` are, in words, the sizes and leaves for which this is a theorem; without a `kernel` nothing is
    said about rho itself.  `closure` is the verdict on rho(beta) where the
    theorem contains one.
    """

    rows: int
    columns: int
    kernel: SingularKernel | None
    verdict: Verdict
    sizes: str
    closure: Verdict | None = None
