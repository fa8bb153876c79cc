"""The hull of a start: the smallest affine subspace of parameter space through it that no gradient field leaves.

A start may be symmetric (equal layers, u = v), of rank one in every layer, or proportional from neuron to neuron, and
the flow keeps that.  Then w = w0 + L z for all time and every loss, and with F and G on the subspace,

    F_0(z) = F(w0 + L z),     G_0(z) = L^T G(w0 + L z) L,

the model (F_0, G_0) has the same flow, the same M, brackets and leaf (docs/derivations/hull.md, theorem 1).

*The subspace.*  Let S be a linear space that has to be contained in im L; at first S = 0.  The components of
V_i(w0 + z), z in S, are rational functions over a common denominator, and the coefficient vectors of their numerators
span the values of V_i there: all of them have to be in im L.  S grows by them until it does not grow any more.  Then
V_i(w0 + z) is in S for every z in S and every i, as an identity.  Where functions such as exp occur, their monomials
take the place of those in z: dependent ones may make S too large, never too small.

*Coordinates* on the subspace are some of the parameters, the first that can be; the others are affine functions of
them.

*When it is used.*  Equations that hold along the flow from every start (linear conserved quantities) are no reason to
reduce: stage 2 knows them.  For rational fields, ranks at random points of the subspace and of parameter space tell
whether there are others; they decide nothing but whether to go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

from flint import fmpq, fmpq_mat, fmpq_mpoly
from sympy import QQ, Add, Expr, ImmutableDenseMatrix, Integer, Mul, Poly, Rational, Symbol
from sympy.polys.matrices import DomainMatrix

from derive.errors import ComputationError, InputError
from derive.exact.field import Element, Field
from derive.exact.points import Point, Undefined, sample_points, values
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics
from derive.model import Model

MAX_PARAMETERS = 80
Row = list[fmpq]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hull:
    """An invariant affine subspace through the start, as a model of its own.

    `model` has F_0, G_0 and the start in the parameters that are coordinates on the subspace; `images` gives each of
    the others as an affine function of them.
    """

    model: Model
    images: tuple[tuple[Symbol, Expr], ...]


def hull(dynamics: InducedDynamics) -> Hull | None:
    """The model on the hull of the start; None where the hull is all of parameter space, or was not found exactly."""
    model = dynamics.model
    if model.start is None or model.restrict or model.is_metric or not 1 < len(model.parameters) <= MAX_PARAMETERS:
        return None
    try:
        if _promises_nothing(dynamics):
            return None
        basis = _invariant(dynamics)
        images = None if basis is None else _defined(_images(model, basis), model)
        return None if images is None else _reduced(model, images)
    except (ArithmeticError, ComputationError, InputError, KeyError, NotImplementedError):
        return None  # a pole, a function that is not defined on the subspace, a coordinate of F that is constant there


# -- a look ahead -------------------------------------------------------------------------------------


def _promises_nothing(dynamics: InducedDynamics) -> bool:
    """Do values of rational fields at points of the subspace span as much as those at any points?"""
    model = dynamics.model
    constants = next(islice(sample_points((), model.constants), 3, None)) if model.constants else {}
    start = [v.xreplace(constants) for v in model.start or ()]
    if not dynamics.field.is_rational or not all(v.is_Rational for v in start):
        return False  # `_invariant` tells
    random, origin = Random(3), [fmpq(int(v.p), int(v.q)) for v in start]

    def inside(rows: Sequence[Row]) -> Row:
        steps = [random.randint(-4, 4) for _ in rows]
        return [x + sum((s * r[n] for s, r in zip(steps, rows, strict=True)), fmpq(0)) for n, x in enumerate(origin)]

    def anywhere(_: Sequence[Row]) -> Row:
        return [fmpq(random.randint(1, 9) * random.choice((1, -1)), random.randint(1, 4)) for _ in origin]

    return _span(dynamics, constants, inside) >= _span(dynamics, constants, anywhere)


def _span(dynamics: InducedDynamics, constants: Point, draw: Callable[[Sequence[Row]], Row]) -> int:
    """The rank of values of the fields at points that are drawn, until it has stayed twice."""
    parameters, rows, stayed = dynamics.model.parameters, list[Row](), 0
    while stayed < 2 and len(rows) < len(parameters):
        at = {p: Rational(int(x.p), int(x.q)) for p, x in zip(parameters, draw(rows), strict=True)}
        try:
            found = values(dynamics.gradients, {**at, **constants})
        except Undefined:
            stayed += 1
            continue
        exact = [[e for e in v if isinstance(e, fmpq)] for v in found]  # every entry is one: all symbols are rational
        reduced, size = fmpq_mat([*rows, *exact]).rref()
        stayed = stayed + 1 if size == len(rows) else 0
        rows = [[reduced[i, j] for j in range(len(parameters))] for i in range(size)]
    return len(rows)


# -- the subspace, exactly ----------------------------------------------------------------------------


def _invariant(dynamics: InducedDynamics) -> DomainMatrix | None:
    """A basis of the smallest S with V_i(w0 + S) in S, in reduced rows; None where S is as large as from any start."""
    p = len(dynamics.model.parameters)
    everywhere = None if dynamics.field.is_rational else _reduced_rows(_coefficients(dynamics, {}), p)
    most = p if everywhere is None else everywhere.shape[0]
    basis = DomainMatrix.zeros((0, p), QQ)
    while True:
        rows = _coefficients(dynamics, _images(dynamics.model, basis))
        grown = _reduced_rows([*basis.to_Matrix().tolist(), *rows], p)
        if grown is None or not 0 < grown.shape[0] < most:
            return None
        if grown.shape[0] == basis.shape[0]:
            return grown
        basis = grown


def _reduced_rows(rows: Sequence[Sequence[Expr]], p: int) -> DomainMatrix | None:
    """The reduced row echelon form without zero rows; None where the entries are in no field that is exact.

    Exact are Q, algebraic numbers, and rational functions over either of constants c and powers c**e of constants,
    which are algebraically independent.
    """
    listed = [list(r) for r in rows]
    matrix = DomainMatrix.from_list_sympy(len(rows), p, listed, extension=True).to_field()
    if matrix.domain.is_EX:  # SymPy does not decide whether c and c**e are independent; `_is_free` does
        matrix = DomainMatrix.from_list_sympy(len(rows), p, listed, composite=True).to_field()
    domain, plain = matrix.domain, True
    if domain.is_FractionField:
        domain, plain = domain.dom, all(_is_free(s) for s in domain.symbols)
    if not plain or not (domain.is_ZZ or domain.is_QQ or domain.is_AlgebraicField):
        return None
    reduced, pivots = matrix.rref()
    return reduced[: len(pivots), :]


def _is_free(s: Expr) -> bool:
    return s.is_Symbol or (s.is_Pow and s.base.is_Symbol and s.exp.is_Symbol)


def _images(model: Model, basis: DomainMatrix) -> dict[Symbol, Expr]:
    """Each parameter that is no coordinate on w0 + S through those that are: the pivots of the basis."""
    start, rows = model.start_map(), basis.to_Matrix().tolist()
    pivots = [next(n for n, e in enumerate(row) if e != 0) for row in rows]
    images: dict[Symbol, Expr] = {}
    for n, p in enumerate(model.parameters):
        if n not in pivots:
            moving = ((row[n], model.parameters[k]) for row, k in zip(rows, pivots, strict=True) if row[n] != 0)
            slope = Add(*(c * (q - start[q]) for c, q in moving))
            images[p] = (start[p] + slope).expand() if slope.free_symbols else start[p]
    return images


def _defined(images: Mapping[Symbol, Expr], model: Model) -> dict[Symbol, Expr] | None:
    """The images in lowest terms; None where one has a pole at some values of the constants (t in u = t, v = 1/t)."""
    found: dict[Symbol, Expr] = {}
    for p, image in images.items():
        polynomial = Poly(image, *model.parameters) if image.free_symbols & set(model.parameters) else None
        parts = (
            [(Integer(1), image)]
            if polynomial is None
            else [(Mul(*(q**k for q, k in zip(model.parameters, e, strict=True))), c) for e, c in polynomial.terms()]
        )
        lowest = [(m, c.together().cancel() if c.free_symbols else c) for m, c in parts]
        if any(sign_of(c.as_numer_denom()[1]) not in (1, -1) for _, c in lowest):
            return None
        found[p] = Add(*(m * c for m, c in lowest))
    return found


def _coefficients(dynamics: InducedDynamics, images: Mapping[Symbol, Expr]) -> list[tuple[Expr, ...]]:
    """Vectors that span the values of every V_i on the subspace: coefficients of monomials in its coordinates."""
    model = dynamics.model
    free = [p for p in model.parameters if p not in images]
    fields = [[e.expression().xreplace(dict(images)) for e in v] for v in dynamics.gradients]
    if not all(is_defined(e) for v in fields for e in v):
        raise ComputationError("a gradient field is not defined on the subspace")
    own = Field([e for v in fields for e in v], [*free, *model.constants])
    moving = [bool(own.generator_expression(g).free_symbols & set(free)) for g in own.generators] or [False]
    found: dict[tuple[Expr, ...], None] = {}
    for v in fields:
        table: dict[tuple[int, ...], list[dict[tuple[int, ...], fmpq]]] = {}
        for n, numerator in enumerate(_numerators([own.convert(e) for e in v])):
            for exponents, c in numerator.to_dict().items():
                outer = tuple(e if m else 0 for e, m in zip(exponents, moving, strict=False))
                inner = tuple(0 if m else e for e, m in zip(exponents, moving, strict=False))
                table.setdefault(outer, [{} for _ in v])[n][inner] = c
        for row in table.values():
            found[tuple(own.expression_of(own.context.from_dict(c)) for c in row)] = None
    return list(found)


def _numerators(v: Sequence[Element]) -> list[fmpq_mpoly]:
    """The entries times their common denominator."""
    common = v[0].denominator
    for e in v[1:]:
        common = common * (e.denominator / common.gcd(e.denominator))
    return [e.numerator * (common / e.denominator) for e in v]


# -- the model on it ----------------------------------------------------------------------------------


def _reduced(model: Model, images: dict[Symbol, Expr]) -> Hull:
    """F and G on the subspace.  Raises `InputError` where a coordinate of F is constant there."""
    start = model.start_map()
    free = tuple(p for p in model.parameters if p not in images)
    slopes = ImmutableDenseMatrix([[images.get(p, p).diff(q) for q in free] for p in model.parameters])
    given = model.parameter_metric
    metric = slopes.T * slopes if given is None else slopes.T * given.xreplace(images) * slopes
    metric = ImmutableDenseMatrix(metric.applyfunc(_plain))
    own = replace(
        model,
        parameters=free,
        predictor=tuple(_plain(f.xreplace(images)) for f in model.predictor),
        start=tuple(start[p] for p in free),
        parameter_metric=None if metric == ImmutableDenseMatrix.eye(len(free)) else metric,
    )
    return Hull(model=own, images=tuple(images.items()))


def _plain(e: Expr) -> Expr:
    """A sum of monomials where it is a polynomial."""
    return e.expand() if e.is_polynomial(*e.free_symbols) else e
