"""R where the level is an affine space: F = G(A w), G one-to-one, A a matrix with independent rows.

A w = G^-1(beta) is all that beta says about w, so that the nearest point is an orthogonal projection:

    R = (G^-1(beta) - A w0).(A A^T)^-1 (G^-1(beta) - A w0).

The rows that F does not see are found as its gauge (`derive.limits.gauge`).  G is inverted where it is a rational
function of d atoms, each one strictly monotone function of one linear form (exp, sinh, asinh, tanh, atan, odd powers,
or the form itself), and F = beta is a linear system for the atoms: softmax is one.  Denominators must be sums of
positive terms, so that the two systems have the same solutions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Function,
    Integer,
    Matrix,
    Poly,
    Pow,
    Rational,
    Symbol,
    asinh,
    atan,
    atanh,
    exp,
    log,
    pi,
    sign,
    sinh,
    tan,
    tanh,
)

from derive.limits.branches import Branch
from derive.limits.gauge import Gauge, affine, gauge_of
from derive.model import Model

MAX_COORDINATES = 8
_INVERSES = {exp: log, sinh: asinh, asinh: sinh, tanh: atanh, atan: tan}


@dataclass(frozen=True, slots=True)
class _Atom:
    """A monotone function (or power, or the identity) of a.y + c."""

    expression: Expr
    slopes: tuple[Rational, ...]
    offset: Expr

    def back(self, value: Expr) -> Expr:
        """The linear form a.y where the atom has the value."""
        e = self.expression
        if isinstance(e, Function):
            return _INVERSES[type(e)](value) - self.offset
        if isinstance(e, Pow):
            return sign(value) * Abs(value) ** (1 / e.exp) - self.offset
        return value - self.offset

    def range(self, value: Expr) -> list[Expr]:
        """What is positive where the atom takes the value."""
        kind = type(self.expression)
        return {exp: [value], tanh: [1 - value**2], atan: [pi**2 / 4 - value**2]}.get(kind, [])  # pyright: ignore


def on_fibres(part: Model) -> tuple[Branch, ...]:
    """R in closed form where the level is an affine space; no branch where F is not of this form."""
    w, d = part.parameters, len(part.predictor)
    if part.start is None or d > MAX_COORDINATES:
        return ()
    gauge = gauge_of(part.predictor, w)
    if gauge is None:
        return ()
    y = [p for j, p in enumerate(w) if j not in gauge.pivots]
    inner = [f.xreplace({w[j]: Integer(0) for j in gauge.pivots}) for f in part.predictor]
    atoms = _atoms_of(inner, y)
    if atoms is None:
        return ()
    values = _solved(inner, atoms, y, part.coordinates)
    if values is None:
        return ()
    rows = Matrix([lifted(atom.slopes, gauge, len(w)) for atom in atoms])
    moved = Matrix([atom.back(v) for atom, v in zip(atoms, values, strict=True)]) - rows * Matrix(list(part.start))
    inverse = (rows * rows.T).inv()
    squares = (inverse[i, i] * moved[i] ** 2 for i in range(d))
    products = (2 * inverse[i, j] * moved[i] * moved[j] for i, j in combinations(range(d), 2))
    return (
        Branch(
            reason="beta says what d linear forms of w are, and nothing else: an orthogonal projection",
            value=Add(*squares, *products),
            where=tuple(c for atom, v in zip(atoms, values, strict=True) for c in atom.range(v)),
        ),
    )


def lifted(slopes: Sequence[Rational], gauge: Gauge, size: int) -> list[Rational]:
    """The form on w that is a.y where the pivots are 0, and that the gauge does not change."""
    left = iter(slopes)
    row = [Integer(0) if j in gauge.pivots else next(left) for j in range(size)]
    for j, n in zip(gauge.pivots, gauge.directions, strict=True):
        row[j] = -Add(*(a * v for i, (a, v) in enumerate(zip(row, n, strict=True)) if i not in gauge.pivots))
    return row


def _atoms_of(inner: Sequence[Expr], y: Sequence[Symbol]) -> list[_Atom] | None:
    """d atoms whose forms are independent; None where there are others."""
    try:
        found = list(dict.fromkeys(atom for f in inner for atom in _atoms(f, y)))
    except _Unknown:
        return None
    if len(found) != len(y) or Matrix([atom.slopes for atom in found]).det() == 0:
        return None
    return found


class _Unknown(Exception):
    """An expression that is no rational function of atoms."""


def _atoms(e: Expr, y: Sequence[Symbol]) -> Iterator[_Atom]:
    if not e.free_symbols & set(y):
        return
    if isinstance(e, Add):
        linear = Add(*(t for t in e.args if t.free_symbols & set(y) and affine(t, y) is not None))
        if not linear.is_zero:
            yield _form(linear, y)
        for term in (t for t in e.args if affine(t, y) is None):
            yield from _atoms(term, y)
        return
    form = affine(e, y)
    if form is not None:
        yield _form(e, y)
        return
    argument = e.args[0] if isinstance(e, Function) or _is_odd_power(e) else None
    form = None if argument is None else affine(argument, y)
    if form is not None and (isinstance(e, Pow) or type(e) in _INVERSES):
        yield _Atom(e, tuple(form[0]), form[1])
        return
    if isinstance(e, Function) or (isinstance(e, Pow) and not e.exp.is_Integer):
        raise _Unknown
    for argument in e.args:
        yield from _atoms(argument, y)


def _form(linear: Expr, y: Sequence[Symbol]) -> _Atom:
    """A linear form as an atom, its first slope 1."""
    slopes = [linear.diff(p) for p in y]
    first = next(a for a in slopes if a)
    unit = [a / first for a in slopes]
    return _Atom(Add(*(a * p for a, p in zip(unit, y, strict=True))), tuple(unit), Integer(0))


def _is_odd_power(e: Expr) -> bool:
    return isinstance(e, Pow) and e.exp.is_Integer and e.exp > 1 and e.exp % 2 == 1


def _solved(
    inner: Sequence[Expr], atoms: Sequence[_Atom], y: Sequence[Symbol], betas: Sequence[Symbol]
) -> list[Expr] | None:
    """The atoms in beta, from a linear system; None where it is not linear, or a denominator may vanish."""
    names = [Dummy(f"e{i}", real=True) for i in range(len(atoms))]
    rows, right = [], []
    for f, beta in zip(inner, betas, strict=True):
        top, bottom = _written(f, atoms, names).together().as_numer_denom()
        if not all(e.is_polynomial(*names) for e in (top, bottom)) or not _is_positive(bottom, atoms, names):
            return None
        equation = Poly(top - beta * bottom, *names)
        if equation.total_degree() > 1 or equation.free_symbols_in_domain & set(y):
            return None
        rows.append([equation.coeff_monomial(n) for n in names])
        right.append(-equation.coeff_monomial(1))
    system = Matrix(rows)
    if system.det().expand().is_zero:
        return None
    return [v.factor() for v in system.LUsolve(Matrix(right))]


def _written(f: Expr, atoms: Sequence[_Atom], names: Sequence[Dummy]) -> Expr:
    """f in the names of its atoms: functions first, what is left is linear in the forms."""
    table = {a.expression: n for a, n in zip(atoms, names, strict=True) if isinstance(a.expression, Function | Pow)}
    forms = [(a, n) for a, n in zip(atoms, names, strict=True) if a.expression not in table]
    found = f.xreplace(table)
    if not forms:
        return found
    y = sorted(set[Symbol]().union(*(a.expression.free_symbols for a, _ in forms)), key=str)
    matrix = Matrix([[a.expression.diff(p) for p in y] for a, _ in forms])
    own = matrix.rref()[1]  # these variables are functions of the forms and of the others, which drop out
    others = [j for j in range(len(y)) if j not in own]
    right = [n - Add(*(matrix[i, j] * y[j] for j in others)) for i, (_, n) in enumerate(forms)]
    solved = matrix.extract(range(len(forms)), own).inv() * Matrix(right)
    return found.xreplace(dict(zip((y[j] for j in own), solved, strict=True))).expand()


def _is_positive(bottom: Expr, atoms: Sequence[_Atom], names: Sequence[Dummy]) -> bool:
    """A number that is not zero, or a sum of exponentials with coefficients of one sign."""
    polynomial = Poly(bottom, *names)
    used = {i for m in polynomial.monoms() for i, k in enumerate(m) if k}
    signs = {c.is_positive for c in polynomial.coeffs()}
    return signs in ({True}, {False}) and all(isinstance(atoms[i].expression, exp) for i in used)
