"""Models that turn with their predictor: scalars a, vectors w^1, ..., w^k of d entries each, and the group O(d).

A model is *equivariant* if F(a, R w) = R F(a, w) for every orthogonal R, its restrictions do not change under R,
and its parameter metric turns with R.  This is checked exactly, on generators of the group: the rotations of two
neighbouring coordinates, by their derivative, and one reflection.

Candidates for the vectors come from the formulas, never from names: the parameters that one coordinate has for
itself (`sum_k a_k w_k`), or the one parameter whose sign is the sign of one coordinate (`g v/|v|`).  Whatever
is tried, only the check counts.

An equivariant map with k <= d vectors is F = sum_k s_k(a, w^l . w^m) w^k, with functions s_k that do not know d
(docs/derivations/scope.md, theorem 5): the model at one dimension defines its family in every dimension d >= k.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, ImmutableDenseMatrix, Symbol

from derive.exact.field import Element
from derive.exact.identity import is_identity
from derive.fields.dynamics import InducedDynamics, induced_dynamics
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Vectors:
    """The scalar parameters and the k vectors (d parameters each) of an equivariant model."""

    scalars: tuple[Symbol, ...]
    vectors: tuple[tuple[Symbol, ...], ...]


def equivariant(model: Model) -> Vectors | None:
    """The vectors of a model with d >= 2 coordinates that turns with its predictor; None where that is not shown."""
    d = len(model.predictor)
    if d < 2:
        return None
    dynamics = induced_dynamics(model)
    for columns in (_signs(model), _own(model)):
        if not columns or len(columns) > d:
            continue
        flat = {p for vector in columns for p in vector}
        found = Vectors(scalars=tuple(p for p in model.parameters if p not in flat), vectors=columns)
        if _metric_is_known(model, found) and _turns(dynamics, found) and _reflects(model, found):
            return found
    return None


def _own(model: Model) -> tuple[tuple[Symbol, ...], ...]:
    """The parameters of each coordinate that no other coordinate has, the k-th of each forming the k-th vector."""
    used = [[p for p in model.parameters if p in f.free_symbols] for f in model.predictor]
    own = [[p for p in ps if sum(p in other for other in used) == 1] for ps in used]
    if len({len(ps) for ps in own}) != 1:
        return ()
    return tuple(zip(*own, strict=True))


def _signs(model: Model) -> tuple[tuple[Symbol, ...], ...]:
    """One vector: for each coordinate the only parameter whose sign it has, while no other coordinate has it."""
    vector: list[Symbol] = []
    for i, f in enumerate(model.predictor):
        rest = [g for j, g in enumerate(model.predictor) if j != i]
        odd = [
            p for p in model.parameters if p in f.free_symbols and _is_odd(f, p) and all(_is_even(g, p) for g in rest)
        ]
        if len(odd) != 1:
            return ()
        vector += odd
    return (tuple(vector),) if len(set(vector)) == len(vector) else ()


def _is_odd(f: Expr, p: Symbol) -> bool:
    return is_identity(f.xreplace({p: -p}) + f)


def _is_even(f: Expr, p: Symbol) -> bool:
    return is_identity(f.xreplace({p: -p}) - f)


def _metric_is_known(model: Model, found: Vectors) -> bool:
    """How a parameter metric turns is defined here for one vector and no scalars alone."""
    return model.parameter_metric is None or (not found.scalars and found.vectors == (model.parameters,))


def _turns(dynamics: InducedDynamics, found: Vectors) -> bool:
    """L F_i = F_j, L F_j = -F_i, and L of everything else as the rotation w_i' = w_j, w_j' = -w_i says."""
    model, field = dynamics.model, dynamics.field
    predictor = [field.convert(f) for f in model.predictor]
    for i in range(len(predictor) - 1):
        j = i + 1
        slope = _Rotation(dynamics, found, i, j)
        wanted = {i: predictor[j], j: -predictor[i]}
        if not all(slope.is_(f, wanted.get(n, field.zero)) for n, f in enumerate(predictor)):
            return False
        if not all(slope.is_(field.convert(r), field.zero) for r in model.restrict):
            return False
        if model.parameter_metric is not None and not _metric_turns(slope, model.parameter_metric):
            return False
    return True


@dataclass(frozen=True, slots=True)
class _Rotation:
    """The derivative along the rotation of coordinates i and j of every vector."""

    dynamics: InducedDynamics
    found: Vectors
    i: int
    j: int

    def of(self, element: Element) -> Element:
        field, total = self.dynamics.field, self.dynamics.field.zero
        for vector in self.found.vectors:
            p, q = vector[self.i], vector[self.j]
            total = total + field.convert(q) * element.derivative(p) - field.convert(p) * element.derivative(q)
        return total

    def is_(self, element: Element, wanted: Element) -> bool:
        return self.dynamics.field.normal(self.of(element) - wanted).vanishes


def _metric_turns(slope: _Rotation, metric: ImmutableDenseMatrix) -> bool:
    """L G = K G - G K, where the rotation is w' = K w: K_ij = 1 and K_ji = -1."""
    field, size = slope.dynamics.field, metric.rows
    g = [[field.convert(metric[m, n]) for n in range(size)] for m in range(size)]
    partner = {slope.i: (slope.j, field.one), slope.j: (slope.i, -field.one)}

    def commutator(m: int, n: int) -> Element:
        total = field.zero
        if m in partner:
            other, sign = partner[m]
            total = total + sign * g[other][n]
        if n in partner:
            other, sign = partner[n]
            total = total + sign * g[m][other]  # -(G K)_mn = (G K^T)_mn
        return total

    return all(slope.is_(g[m][n], commutator(m, n)) for m in range(size) for n in range(m + 1))


def _reflects(model: Model, found: Vectors) -> bool:
    """The first coordinate of every vector turned round turns the first coordinate of F round, and nothing else."""
    turned: Mapping[Symbol, Expr] = {vector[0]: -vector[0] for vector in found.vectors}
    signs = [-1 if n == 0 else 1 for n in range(len(model.predictor))]
    if not all(is_identity(f.xreplace(turned) - s * f) for f, s in zip(model.predictor, signs, strict=True)):
        return False
    if not all(is_identity(r.xreplace(turned) - r) for r in model.restrict):
        return False
    g = model.parameter_metric
    return g is None or all(
        is_identity(g[m, n].xreplace(turned) - signs[m] * signs[n] * g[m, n])
        for m in range(g.rows)
        for n in range(m + 1)
    )
