"""Metrics that turn with conjugation: both questions are decided on the eigenvalues.

Let rho be a metric on symmetric n x n matrices B with rho(R E R^T) at R B R^T equal to rho(E) at B.  At a diagonal B
with different eigenvalues x_1 > ... > x_n the changes of sign of the axes leave rho no mixed terms:

    rho = sum H_kl dB_kk dB_ll + 2 sum_(i<j) h_ij dB_ij^2,       d_ij = (x_i - x_j) h_ij.

g rho is a Hessian map iff g is a function of the eigenvalues with, for theta = grad log g in x,

    d_m (g H_kl) = d_k (g H_ml),    theta_k d_ij + d_k d_ij = H_ki - H_kj,    d_ij + d_jk = d_ik

(docs/derivations/spectral.md, theorem 1): n variables instead of n (n + 1) / 2, and theta is forced by any pair i, j.
Where H is diagonal, H_kk = a(x_k) and h_ij = h(x_i, x_j), rho is given by a *kernel*, the same for every n, and
theta = 0: a warp does not help, and the verdict is one about two functions of at most three variables.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from sympy import Symbol

from derive.errors import InputError
from derive.everywhere.factors import factor_slice
from derive.everywhere.kernel import Kernel, for_every_size, kernel_of, points_in_order
from derive.everywhere.pointwise import near_start, warp_witness
from derive.everywhere.symmetric import Slice, symmetric_slice
from derive.exact.field import Element, Field
from derive.exact.linear import Matrix, determinant_and_inverse
from derive.exact.points import Undefined, excludes_zero, text, value
from derive.metric.closure import Closure
from derive.metric.hessian import Hessian
from derive.model import Model
from derive.verdict import Verdict, Witness, proved, refuted

POINTS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectral:
    """What the eigenvalues decide: a Hessian map (`verdict` proved) or neither that nor a warp (refuted).

    `kernel` is there where the verdict is a theorem for every n >= 2.
    """

    size: int
    slice: Slice
    verdict: Verdict
    kernel: Kernel | None = None


def spectral(model: Model) -> Spectral | None:
    """The verdict of the eigenvalues; None where the model has not this form, or they leave it open.

    With a start only rational functions are dealt with, for which what fails at a point fails on a dense open set, so
    near the start; and only models whose leaf is an open set of parameters, n (n + 1)/2 entries or a square U.
    """
    rows = (*model.predictor, *(model.parameter_metric or ()))
    if model.restrict or (model.start is not None and not all(e.is_rational_function(*model.parameters) for e in rows)):
        return None
    found = symmetric_slice(model) or factor_slice(model)
    if found is None or (model.start is not None and not found.is_open):
        return None
    try:
        own = _Own.of(found, model.constants)
    except (InputError, ZeroDivisionError):
        return None
    if own is None:
        return None
    kernel = kernel_of(found, model.constants)
    verdict = _decide(own, model, found)
    if verdict is None:
        return None
    if kernel is not None:
        kernel = for_every_size(kernel, model.constants, hessian=verdict.is_proved)
    return Spectral(size=len(found.variables), slice=found, verdict=verdict, kernel=kernel)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """rho at diagonal B in a field of functions of w: H, d_ij and the derivatives by the eigenvalues."""

    field: Field
    variables: tuple[Symbol, ...]
    rho: Matrix
    differences: dict[tuple[int, int], Element]
    inverse: Matrix  # of the derivatives of the eigenvalues by w

    @staticmethod
    def of(found: Slice, constants: Sequence[Symbol]) -> "_Own | None":
        n, w = len(found.variables), found.variables
        rows = [*found.eigenvalues, *(e for row in found.along for e in row), *(e for _, e in found.across)]
        field = Field(rows, [*w, *constants])
        f = [field.convert(e) for e in found.eigenvalues]
        jacobian = [[e.derivative(s) for s in w] for e in f]
        inverted = determinant_and_inverse(field, jacobian)
        if inverted is None or field.normal(inverted[0]).vanishes:
            return None
        back = inverted[1]
        along = [[field.convert(e) for e in row] for row in found.along]
        rho = _product(_product([list(c) for c in zip(*back, strict=True)], along), back)
        if (regular := determinant_and_inverse(field, rho)) is None or field.normal(regular[0]).vanishes:
            return None
        across = {pair: field.convert(h) for pair, h in found.across}
        differences = {(i, j): (f[i] - f[j]) * h for (i, j), h in across.items()}
        if any(field.normal(e).vanishes for e in differences.values()) or n < 2:
            return None
        return _Own(field=field, variables=w, rho=rho, differences=differences, inverse=back)

    def slope(self, element: Element, k: int) -> Element:
        """The derivative by the k-th eigenvalue."""
        total = self.field.zero
        for m, s in enumerate(self.variables):
            if not self.inverse[m][k].vanishes:
                total = total + self.inverse[m][k] * element.derivative(s)
        return total

    def forced(self, pair: tuple[int, int]) -> list[Element]:
        """theta from one pair i, j."""
        (i, j), d = pair, self.differences[pair]
        return [(self.rho[k][i] - self.rho[k][j] - self.slope(d, k)) / d for k in range(len(self.variables))]


def _product(a: Matrix, b: Matrix) -> Matrix:
    n = range(len(a))
    return [[_sum([a[i][k] * b[k][j] for k in n]) for j in n] for i in n]


def _sum(parts: Sequence[Element]) -> Element:
    total = parts[0]
    for p in parts[1:]:
        total = total + p
    return total


def _decide(own: _Own, model: Model, found: Slice) -> Verdict | None:
    """Proved (theta = 0 and every condition holds), refuted (a condition fails whatever theta is), or None."""
    n = len(own.variables)
    theta = own.forced((0, 1))
    left = [o for o in _obstructions(own, theta) if not own.field.normal(o[1]).vanishes]
    if not left and all(own.field.normal(t).vanishes for t in theta):
        return proved(
            f"{FORM}: on the eigenvalues of beta, a symmetric {n} x {n} matrix, d_k H_ij = d_j H_ik is an identity"
        )
    for meaning, element in left:
        witness = _witness(own, model, found, meaning, element)
        if witness is not None:
            return refuted(f"{FORM}: no function g satisfies the warp equations, as its eigenvalues show", witness)
    return None


FORM = "rho turns with conjugation"


def _obstructions(own: _Own, theta: Sequence[Element]) -> Iterator[tuple[str, Element]]:
    """What would have to vanish for a warp, theta being forced by the first two eigenvalues."""
    n, d = range(len(own.variables)), own.differences
    for i, j, k in combinations(n, 3):
        yield f"d_{i + 1}{j + 1} + d_{j + 1}{k + 1} - d_{i + 1}{k + 1}", d[i, j] + d[j, k] - d[i, k]
    for pair in list(d)[1:]:
        for k, (a, b) in enumerate(zip(own.forced(pair), theta, strict=True)):
            yield f"d log g / dx_{k + 1} from x_{pair[0] + 1}, x_{pair[1] + 1} less that from x_1, x_2", a - b
    rho = own.rho
    for k, m in combinations(n, 2):
        for i in n:
            gap = theta[m] * rho[k][i] + own.slope(rho[k][i], m) - theta[k] * rho[m][i] - own.slope(rho[m][i], k)
            yield f"d_{m + 1} (g H_{k + 1}{i + 1}) - d_{k + 1} (g H_{m + 1}{i + 1}), divided by g,", gap
        yield f"the curl {m + 1}, {k + 1} of d log g", own.slope(theta[k], m) - own.slope(theta[m], k)


def _witness(own: _Own, model: Model, found: Slice, meaning: str, element: Element) -> Witness | None:
    """An exact diagonal point, x_1 > ... > x_n, where the element is not zero; if possible it is shown by brackets.

    With a start, a point at it or so near that it should lie on its leaf, which is an open set.
    """
    places = list(range(len(model.predictor)))
    if model.start is not None:
        return next((w for p in islice(near_start(model), POINTS) if (w := warp_witness(model, places, p))), None)
    for sample in islice(points_in_order(own.variables, model.constants), POINTS):
        try:
            number = value(element, sample)
        except Undefined:
            continue
        if not excludes_zero(number):
            continue
        point = found.lifted(sample)
        blocks = [sorted({found.place[k][m] for k in pair for m in pair}) for pair in own.differences]
        for block in (*blocks, places):
            if (shown := warp_witness(model, block, point)) is not None:
                return shown
        names = ", ".join(f"x_{k + 1}" for k in range(len(own.variables)))
        return Witness(point=tuple(point.items()), value=text(number), entry=(found.place[0][0], found.place[0][1]),
                       meaning=f"at eigenvalues {names} of beta, {meaning}")  # fmt: skip
    return None


def decided(found: Spectral | None, closed: Closure, model: Model) -> Hessian | None:
    """The record of stage 4 where the eigenvalues decide; None where they do not, or closure is open.

    With as many parameters as coordinates J is regular, and the fields commute where J [V_i, V_j] = 0.
    """
    if found is None or not closed.verdict.is_proved:
        return None
    if found.verdict.is_refuted:
        commuting = refuted("commuting fields would make rho a Hessian map, which it is not", found.verdict.witness)
    elif len(model.parameters) == len(model.predictor):
        commuting = proved("J is regular, and J [V_i, V_j] = 0")
    else:
        return None
    return Hessian(commuting=commuting, hessian=found.verdict, images=())
