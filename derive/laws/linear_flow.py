"""Laws of linear flows: quotients of powers of eigenforms, for quadratic predictors and functions of one.

A field that is affine up to a common factor, V = g (A w + b), acts on forms l(w) = c . w + c_0 by a matrix B:
V(l) = g (B l)(w).  If B l = m l then log|l| / m runs like a clock, at one speed g for all m that are not zero, and

    m_2 log|l_1| - m_1 log|l_2|

is conserved.  If A^T c = 0 and c . b = s is not zero, then c . w / s is such a clock too.

Eigenvalues are rational, or a pair m, m' from a factor of degree two of the characteristic polynomial.  For v in the
kernel of that factor of B the eigenforms are B v - m' v and B v - m v: no elimination with roots is needed.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from flint import fmpq, fmpq_mat, fmpq_poly
from sympy import Abs, Expr, Integer, Mul, Rational, Symbol, log, sqrt

from derive.exact.linear import nullspace, rank
from derive.fields.dynamics import InducedDynamics

MAX_PARAMETERS, MAX_EXPONENT = 8, 6
Form = list[fmpq]


def linear_flow(dynamics: InducedDynamics) -> Iterator[Sequence[Expr]]:
    """Laws of a single gradient field that is affine up to a common factor."""
    matrix = _matrix(dynamics)
    if matrix is None:
        return
    symbols = dynamics.model.parameters
    moving = list(_eigenforms(matrix, symbols))
    yield [_law(*one, *other) for one, other in combinations(moving, 2)]
    steady = _steady(matrix)
    if steady is not None:
        form, speed = _expression(steady[0], symbols), steady[1]
        yield [log(Abs(f)) * speed - m * form for f, m in moving]


def _matrix(dynamics: InducedDynamics) -> fmpq_mat | None:
    """B, of size p + 1; None where the field is not affine up to a factor."""
    p, field = len(dynamics.model.parameters), dynamics.field
    if len(dynamics.gradients) != 1 or p > MAX_PARAMETERS:
        return None
    below = field.one
    for e in dynamics.gradients[0]:
        below = below * field.quotient(e.denominator, (below.numerator).gcd(e.denominator))
    cleared = [(e * below).numerator for e in dynamics.gradients[0]]
    common = cleared[0]
    for numerator in cleared[1:]:
        common = common.gcd(numerator)
    rows = [[fmpq(0)] * (p + 1) for _ in range(p + 1)]
    for n, numerator in enumerate(cleared):
        for exponents, coefficient in (numerator / common).to_dict().items():
            if sum(exponents) > 1 or any(exponents[p:]):
                return None
            at = next((i for i, e in enumerate(exponents) if e), p)
            rows[at][n] = coefficient  # V(w_n) contains coefficient w_at
    return fmpq_mat(rows)


def _eigenforms(matrix: fmpq_mat, symbols: Sequence[Symbol]) -> Iterator[tuple[Expr, Expr]]:
    """Forms l and numbers m != 0 with V(l) = g m l."""
    size = matrix.nrows()
    for factor, _ in matrix.charpoly().factor()[1]:
        if factor.degree() > 2 or factor[0] == 0:
            continue
        kernel = nullspace(_rows(_applied(factor, matrix)), size)
        if factor.degree() == 1:
            root = -_number(factor[0]) / _number(factor[1])
            for vector in kernel:
                yield _expression(vector, symbols), root
            continue
        half, square = -_number(factor[1]) / 2, (_number(factor[1]) / 2) ** 2 - _number(factor[0])
        if square < 0:
            continue
        for vector, image in _cyclic(kernel, matrix):
            for sign in (1, -1):
                root = half + sign * sqrt(square)
                v, moved = _expression(vector, symbols, whole=False), _expression(image, symbols, whole=False)
                yield (moved - (half - sign * sqrt(square)) * v).expand(), root


def _applied(factor: fmpq_poly, matrix: fmpq_mat) -> fmpq_mat:
    """The polynomial of the matrix."""
    size = matrix.nrows()
    identity = fmpq_mat([[fmpq(int(i == j)) for j in range(size)] for i in range(size)])
    total = identity * fmpq(0)
    for k in range(factor.degree(), -1, -1):
        total = total * matrix + identity * factor[k]
    return total


def _cyclic(kernel: Sequence[Form], matrix: fmpq_mat) -> Iterator[tuple[Form, Form]]:
    """Vectors v and images B v that together span the kernel."""
    found: list[Form] = []
    for vector in kernel:
        image = [row[0] for row in _rows(matrix * fmpq_mat([[c] for c in vector]))]
        if rank([*found, vector]) > len(found):
            found += [vector, image]
            yield vector, image


def _steady(matrix: fmpq_mat) -> tuple[Form, Rational] | None:
    """A form c . w with A^T c = 0 and its speed c . b, where that is not zero."""
    size = matrix.nrows()
    for form in nullspace(_rows(matrix)[:-1], size):
        speed = sum((a * b for a, b in zip(_rows(matrix)[-1], form, strict=True)), fmpq(0))
        if speed != 0:
            return form, _number(speed)
    return None


def _rows(matrix: fmpq_mat) -> list[Form]:
    return [[matrix[i, j] for j in range(matrix.ncols())] for i in range(matrix.nrows())]


def _number(c: fmpq) -> Rational:
    return Rational(int(c.p), int(c.q))


def _expression(form: Form, symbols: Sequence[Symbol], *, whole: bool = True) -> Expr:
    """The form, with integer coefficients if it may be scaled."""
    total: Expr = sum((_number(c) * s for c, s in zip(form, (*symbols, Integer(1)), strict=True)), Integer(0))
    return total.as_content_primitive()[1] if whole else total


def _law(first: Expr, m: Expr, second: Expr, n: Expr) -> Expr:
    """n log|first| - m log|second|, or its exponential where that is a product of small powers."""
    ratio = (n / m).expand().radsimp()
    if ratio.is_Rational and max(abs(ratio.p), ratio.q) <= MAX_EXPONENT:
        return Mul(first ** abs(int(ratio.p)), second ** (int(ratio.q) if ratio < 0 else -int(ratio.q)))
    return n * log(Abs(first)) - m * log(Abs(second))
