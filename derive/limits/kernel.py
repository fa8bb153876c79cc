"""The tangent kernel at the start, and the quadratic form that is Q near it.

`K_0 = M(beta(0)) = J G^-1 J^T` is the neural tangent kernel on the coordinates of the predictor (Jacot,
Gabriel, Hongler 2018).  Q and grad Q vanish at the start and Hess Q = g M^-1, so Taylor's theorem gives

    Q = g_0/2 (beta - beta_0)^T K_0^-1 (beta - beta_0) + remainder.

K_0 is block diagonal over independent blocks, and is inverted block by block, exactly.  The remainder
is cubic; where the derivatives V_i(M/g) vanish at the start it is quartic, and where M/g is constant
there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Dummy, E, Expr, ImmutableDenseMatrix, Integer, Symbol, exp, ilcm

from derive.blocks import Block, Template, template
from derive.connected import Connected
from derive.exact.identity import is_identity, is_nonzero
from derive.model import Model

MAX_BLOCK, MAX_POWER = 6, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quadratic:
    """`value`: the quadratic form in beta; `norm`: l2, weighted l2 or mahalanobis; `order`: the remainder is
    of relative order |beta - beta_0|^order, and zero where `order` is 0."""

    value: Expr
    norm: str
    order: int


def tangent_kernel(model: Model, whole: Connected, places: Sequence[int]) -> ImmutableDenseMatrix:
    """K_0 = M(beta(0)) for the coordinates at `places`; entries in the constants of the start."""
    start = model.start_map()
    rows = [[whole.inverse_metric[i][j].xreplace(start).expand() for j in places] for i in places]
    return ImmutableDenseMatrix(rows)


def quadratic_at_start(model: Model, parts: Sequence[Block], whole: Connected) -> Quadratic | None:
    """g_0/2 (beta - beta_0)^T K_0^-1 (beta - beta_0); None where K_0 is singular or a block is large."""
    start, betas = model.start_map(), model.coordinates
    assert whole.warp.factor is not None
    g0 = whole.warp.factor.xreplace(start)
    inverses: dict[Template, ImmutableDenseMatrix | None] = {}
    terms: list[Expr] = []
    diagonal: set[Expr] | None = set()
    for block in parts:
        key = template(block)
        if key not in inverses:
            small = len(block.places) <= MAX_BLOCK
            inverses[key] = _inverse(tangent_kernel(model, whole, block.places)) if small else None
        inverse = inverses[key]
        if inverse is None:
            return None
        shifted = [betas[i] - model.predictor[i].xreplace(start).expand() for i in block.places]
        n = len(shifted)
        terms += [(shifted[i] * shifted[j]) * (g0 * inverse[i, j] / 2) for i in range(n) for j in range(n)]
        off = any(not inverse[i, j].is_zero for i in range(n) for j in range(n) if i != j)
        diagonal = None if off or diagonal is None else diagonal | {inverse[i, i] for i in range(n)}
    separable = all(len(block.places) == 1 for block in parts)
    norm = "l2" if diagonal is not None and len(diagonal) == 1 else "weighted l2" if separable else "mahalanobis"
    return Quadratic(value=Add(*terms), norm=norm, order=_flatness(model, parts, whole))


def _inverse(kernel: ImmutableDenseMatrix) -> ImmutableDenseMatrix | None:
    """The inverse where the determinant is certainly not zero, none of its numbers a high power of e."""
    if any(abs(u.args[0]) > MAX_POWER for u in kernel.atoms(exp) if u.is_number):
        return None
    plain, back = _in_one_power(kernel)
    if not is_nonzero(plain.det().xreplace(back)):
        return None
    inverse = plain.inv().applyfunc(lambda e: e.factor())
    product = (plain * inverse).applyfunc(lambda e: e.together().cancel())
    return inverse.xreplace(back) if product == ImmutableDenseMatrix.eye(kernel.rows) else None


def _in_one_power(kernel: ImmutableDenseMatrix) -> tuple[ImmutableDenseMatrix, dict[Expr, Expr]]:
    """Powers of e with rational exponents as powers of one symbol: to factor over Q(e^(1/2)) takes minutes."""
    powers = {e: e.args[0] for e in kernel.atoms(exp) if e.args[0].is_Rational} | {E: Integer(1)}
    unit = ilcm(*(r.q for r in powers.values()), 1)
    t = Dummy("t", positive=True)
    plain = kernel.xreplace({e: t ** (r * unit) for e, r in powers.items()}).applyfunc(lambda e: e.cancel())
    return plain, {t: exp(Integer(1) / unit)}


def _flatness(model: Model, parts: Sequence[Block], whole: Connected) -> int:
    """0 where Hess Q is constant, 2 where its first derivative vanishes at the start, 1 where that is not known.

    Along V_i the derivative of Hess Q = g M^-1 vanishes exactly where that of M/g does.
    """
    start, orders = model.start_map(), [0]
    assert whole.warp.factor is not None
    known: dict[Template, int] = {}
    for block in parts:
        key = template(block)
        if key not in known:
            known[key] = _block_flatness(block, whole, start)
        orders.append(known[key])
    some = {o for o in orders if o}
    return 0 if not some else min(some)


def _block_flatness(block: Block, whole: Connected, start: Mapping[Symbol, Expr]) -> int:
    part = block.model
    assert whole.warp.factor is not None
    entries = [whole.inverse_metric[i][j] / whole.warp.factor for i in block.places for j in block.places if i <= j]
    if not any(e.free_symbols & set(part.parameters) for e in entries):
        return 0
    if part.parameter_metric is not None or len(block.places) > MAX_BLOCK:
        return 1
    slopes = (
        Add(*(f.diff(p) * entry.diff(p) for p in part.parameters)).xreplace(dict(start))
        for f in part.predictor
        for entry in entries
    )
    return 2 if all(is_identity(slope) for slope in slopes) else 1
