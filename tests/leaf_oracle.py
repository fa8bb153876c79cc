"""A second implementation of the decisions on parametrisations, in numbers of 60 digits at points of a leaf.

Nothing is shared with `derive`: predictors are differentiated by SymPy, evaluated by mpmath, ranks are pivots above
10^-20, derivatives of what is only known as numbers are central differences of step 10^-20.

    T        span of V_i and their brackets up to a length, at the point
    closure  dM = 0 on {u in T : J u = 0}
    hessian  J [V_i, V_j] = 0
    warp     J [V_i, V_j] = a_i M e_j - a_j M e_i with a_i = sum_j (M^-1 J [V_i, V_j])_j / (d - 1), V_i(a_j) = V_j(a_i)

Points of the leaf of a start are reached by a Runge-Kutta flow under a few random forces: exact to about 10^-11, so
that what has to vanish is compared with 10^-8 there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mpmath import mp, mpf
from sympy import DiracDelta, Expr, Integer, Matrix, Symbol, eye, lambdify

DIGITS, STEPS = 60, 24


@dataclass(frozen=True)
class Truth:
    """What the oracle found, True or False; None where a question has no meaning or no answer.

    `laws` is p less the rank of the brackets that were formed: an upper bound of the number of laws.
    """

    laws: int
    regular: bool
    commuting: bool
    closure: bool
    hessian: bool | None
    warp: bool | None


class Oracle:
    """One model: predictor and parameters in SymPy, optional metric on parameter space."""

    def __init__(self, predictor: Sequence[Expr], w: Sequence[Symbol], metric: Matrix | None = None, length: int = 3):
        self.p, self.d = len(w), len(predictor)
        jacobian = Matrix(list(predictor)).jacobian(list(w))
        raised = (eye(self.p) if metric is None else metric.inv()) * jacobian.T
        fields = [raised.col(i) for i in range(self.d)]

        def bracket(v: Matrix, u: Matrix) -> Matrix:
            return u.jacobian(list(w)) * v - v.jacobian(list(w)) * u

        pairs = {(i, j): bracket(fields[i], fields[j]) for j in range(self.d) for i in range(j)}
        layers = [fields, list(pairs.values())]
        for _ in range(length - 2):
            layers.append([bracket(v, u) for v in fields for u in layers[-1]][:12])
        inverse = jacobian * raised
        parts = [
            inverse,
            jacobian,
            Matrix.hstack(*fields),
            Matrix.hstack(*(v for layer in layers for v in layer)),
            Matrix.hstack(*(jacobian * b for b in pairs.values())) if pairs else Matrix(self.d, 0, []),
            Matrix.hstack(*(list(pairs.values()) or [Matrix(self.p, 0, [])])),
            Matrix([inverse[i, j] for i in range(self.d) for j in range(i + 1)]).jacobian(list(w)),
        ]
        self.pairs = list(pairs)
        self.shapes = [m.shape for m in parts]
        parts = [
            m.applyfunc(lambda e: e.replace(DiracDelta, lambda *_: Integer(0))) for m in parts
        ]  # of sign, off zero
        self.numbers = lambdify([list(w)], [list(m) for m in parts], modules="mpmath", cse=True)

    def at(self, w: Sequence[mpf]) -> list:
        """M, J, V, T, images, brackets and dM at a point.  Raises `ValueError` where they are not real and finite."""
        with mp.workdps(DIGITS + 20):
            flat = self.numbers(list(w))
            if any(not mp.isfinite(e) or mp.im(e) != 0 for part in flat for e in part):
                raise ValueError("not real")
            return [_shaped(part, shape) for part, shape in zip(flat, self.shapes, strict=True)]

    def slopes(self, w: Sequence[mpf]) -> list[mpf]:
        """The forced a at a point."""
        m, _, _, _, images, _, _ = self.at(w)
        inverse = m**-1
        a = [mpf(0)] * self.d
        for n, (i, j) in enumerate(self.pairs):
            turned = inverse * images[:, n]
            a[i] += turned[j] / (self.d - 1)
            a[j] -= turned[i] / (self.d - 1)
        return a

    def judge(self, points: Sequence[Sequence[mpf]], tiny: mpf) -> Truth:
        """The answers at the points, all of them on one leaf or all generic."""
        with mp.workdps(DIGITS + 20):
            return self._judge(points, tiny)

    def _judge(self, points: Sequence[Sequence[mpf]], tiny: mpf) -> Truth:
        rank_t, regular, commuting, closes, hessian, warp = 0, False, True, True, True, True
        for w in points:
            m, j, v, t, images, brackets, slope_m = self.at(w)
            rank_t = max(rank_t, rank(t, tiny))
            commuting &= _small(brackets, tiny)
            kernel = null(j * t, tiny)
            if kernel.cols:
                closes &= _small(slope_m * (t * kernel), tiny)
            if rank(m, tiny) < self.d:
                continue
            regular = True
            hessian &= _small(images, tiny)
            warp &= self._warps(w, m, v, images, tiny)
        return Truth(
            laws=self.p - rank_t, regular=regular, commuting=commuting, closure=closes,
            hessian=hessian if regular else None, warp=warp if regular else None,
        )  # fmt: skip

    def _warps(self, w: Sequence[mpf], m: mp.matrix, v: mp.matrix, images: mp.matrix, tiny: mpf) -> bool:
        if self.d == 1:
            return True
        a = self.slopes(w)
        for n, (i, j) in enumerate(self.pairs):
            if not _small(images[:, n] - a[i] * m[:, j] + a[j] * m[:, i], tiny):
                return False
        h = mpf(10) ** -20
        rates = []
        for i in range(self.d):
            there = self.slopes([x + h * v[n, i] for n, x in enumerate(w)])
            back = self.slopes([x - h * v[n, i] for n, x in enumerate(w)])
            rates.append([(y - z) / (2 * h) for y, z in zip(there, back, strict=True)])
        return all(abs(rates[i][j] - rates[j][i]) < tiny * (1 + abs(rates[i][j])) for i, j in self.pairs)

    def flow(self, start: Sequence[mpf], random: Random, pieces: int = 3) -> list[mpf]:
        """A point of the leaf: the start moved along a few random constant forces."""
        w = list(start)
        with mp.workdps(30):
            for _ in range(pieces):
                pace = 1 + max(abs(e) for e in self.at(w)[0])
                force = [mpf(random.randint(-6, 6)) / (2 * pace) for _ in range(self.d)]

                def velocity(x: Sequence[mpf], force: list[mpf] = force) -> list[mpf]:
                    v = self.at(x)[2]
                    return [sum(v[n, i] * force[i] for i in range(self.d)) for n in range(self.p)]

                h = mpf(1) / (6 * STEPS)
                for _ in range(STEPS):
                    k1 = velocity(w)
                    k2 = velocity([x + h / 2 * k for x, k in zip(w, k1, strict=True)])
                    k3 = velocity([x + h / 2 * k for x, k in zip(w, k2, strict=True)])
                    k4 = velocity([x + h * k for x, k in zip(w, k3, strict=True)])
                    w = [x + h / 6 * (a + 2 * b + 2 * c + e) for x, a, b, c, e in zip(w, k1, k2, k3, k4, strict=True)]
        return w


def _shaped(flat: Sequence[mpf], shape: tuple[int, int]) -> mp.matrix:
    rows, columns = shape
    found = mp.matrix(rows, columns)
    for i in range(rows):
        for j in range(columns):
            found[i, j] = mp.re(flat[i * columns + j])
    return found


def _small(values: mp.matrix, tiny: mpf) -> bool:
    return all(abs(e) < tiny for e in values)


def echelon(matrix: mp.matrix, tiny: mpf) -> tuple[mp.matrix, list[int]]:
    """Reduced rows, with complete choice of the pivot in each column."""
    a, pivots = matrix.copy(), []
    for column in range(a.cols):
        at = len(pivots)
        if at == a.rows:
            break
        best = max(range(at, a.rows), key=lambda i: abs(a[i, column]))
        if abs(a[best, column]) < tiny:
            continue
        for c in range(a.cols):
            a[at, c], a[best, c] = a[best, c], a[at, c]
        scale = a[at, column]
        for c in range(a.cols):
            a[at, c] /= scale
        for i in range(a.rows):
            if i != at and a[i, column] != 0:
                factor = a[i, column]
                for c in range(a.cols):
                    a[i, c] -= factor * a[at, c]
        pivots.append(column)
    return a, pivots


def rank(matrix: mp.matrix, tiny: mpf) -> int:
    return len(echelon(matrix, tiny)[1])


def null(matrix: mp.matrix, tiny: mpf) -> mp.matrix:
    """A basis of the kernel, one column each."""
    a, pivots = echelon(matrix, tiny)
    free = [c for c in range(matrix.cols) if c not in pivots]
    basis = mp.matrix(matrix.cols, len(free))
    for n, c in enumerate(free):
        basis[c, n] = 1
        for i, pivot in enumerate(pivots):
            basis[pivot, n] = -a[i, c]
    return basis
