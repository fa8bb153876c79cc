"""Directions in which F never changes: the constant vectors n with J(w) n = 0 for all w.

Where they span the whole kernel of J, F = G(A w) with a matrix A of full rank whose kernel they are, and the level
F = beta is an affine space as soon as G is one-to-one.  Softmax is such a model (n = (1, ..., 1)), and so is every
function of one linear form.

Candidates come from exact values of J at a few points, where exponentials of linear forms are monomials in exp(w_j)
and every other function is a number of its own; each candidate is then proved as an identity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from flint import fmpq, fmpq_mat
from sympy import Dummy, Expr, Function, Integer, Matrix, Pow, Rational, Symbol, exp, ilcm, prod

MAX_PARAMETERS, POINTS = 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """The rows n of `directions` (a basis, reduced), each 1 at its place in `pivots` and 0 at the others' places."""

    pivots: tuple[int, ...]
    directions: tuple[tuple[Rational, ...], ...]


def affine(e: Expr, w: Sequence[Symbol]) -> tuple[list[Rational], Expr] | None:
    """Rational slopes a and a number c with e = a.w + c; None for anything else."""
    slopes = [e.diff(p) for p in w]
    if not all(a.is_Rational for a in slopes):
        return None
    return slopes, e.xreplace(dict.fromkeys(w, Integer(0)))  # pyright: ignore[reportReturnType]


def gauge_of(predictor: Sequence[Expr], w: Sequence[Symbol]) -> Gauge | None:
    """The constant kernel of J where its dimension is p - d; None where it is less, or F is not understood."""
    count = len(w) - len(predictor)
    if count < 0 or len(w) > MAX_PARAMETERS:
        return None
    plain = _Plain(predictor, w)
    rows = [[plain.read(f.diff(p)) for p in w] for f in predictor]
    if any(e is None for row in rows for e in row):
        return None
    jacobian = Matrix(rows)
    chance = Random(len(w))
    generators = sorted(jacobian.free_symbols, key=str)
    values: list[list[fmpq]] = []
    for _ in range(POINTS):
        there = {g: Rational(chance.randint(2, 99), chance.randint(2, 9)) for g in generators}
        point = jacobian.xreplace(there)
        if not all(v.is_Rational for v in point):
            return None
        values += [[fmpq(int(v.p), int(v.q)) for v in point.row(i)] for i in range(point.rows)]
    reduced, rank = fmpq_mat(values).rref()
    if len(w) - rank != count:
        return None
    found = _kernel(reduced, rank)
    zero = (jacobian * Matrix([list(n) for n in found]).T).applyfunc(_cancelled) if found else Matrix()
    if any(not e.is_zero for e in zero):
        return None
    free = tuple(
        next(i for i, v in enumerate(n) if v == 1 and all(m[i] == 0 for m in found if m is not n)) for n in found
    )
    return Gauge(pivots=free, directions=found)


def _cancelled(e: Expr) -> Expr:
    return e.together().as_numer_denom()[0].expand()


def _kernel(reduced: fmpq_mat, rank: int) -> tuple[tuple[Rational, ...], ...]:
    """The kernel of a matrix in reduced echelon form, one vector for every free column."""
    size = reduced.ncols()
    leading = [next(j for j in range(size) if reduced[i, j] != 0) for i in range(rank)]
    found = []
    for free in (j for j in range(size) if j not in leading):
        n = [Integer(int(j == free)) for j in range(size)]
        for i, j in enumerate(leading):
            n[j] = -Rational(int(reduced[i, free].p), int(reduced[i, free].q))
        found.append(tuple(n))
    return tuple(found)


class _Plain:
    """Expressions as rational functions of generators: w_j, exp(w_j/q), and every other function of w."""

    def __init__(self, predictor: Sequence[Expr], w: Sequence[Symbol]) -> None:
        self.w = w
        arguments = [affine(e.args[0], w) for f in predictor for e in f.atoms(exp)]
        slopes = [a for found in arguments if found is not None for a in found[0]]
        self.unit = int(ilcm(*(int(a.q) for a in slopes), 1, 1))
        self.powers = [Dummy(f"e{j}", positive=True) for j in range(len(w))]
        self.constants: dict[Expr, Dummy] = {}
        self.known: dict[Expr, Expr] = {}

    def read(self, e: Expr) -> Expr | None:
        """The rational function; None where e is none."""
        for u in e.atoms(Function) - self.known.keys():
            if u.free_symbols & set(self.w):
                self.known[u] = self._generator(u)
        found = e.xreplace(self.known)
        return found if not found.has(Function) and _is_rational(found) else None

    def _generator(self, u: Expr) -> Expr:
        form = affine(u.args[0], self.w) if isinstance(u, exp) else None
        if form is None:
            return Dummy("f", real=True)
        slopes, rest = form
        terms = (g ** int(a * self.unit) for g, a in zip(self.powers, slopes, strict=True) if a)
        factor = Integer(1) if rest.is_zero else self.constants.setdefault(exp(rest), Dummy("c", positive=True))
        return factor * prod(terms)


def _is_rational(e: Expr) -> bool:
    return all(p.exp.is_Integer for p in e.atoms(Pow))
