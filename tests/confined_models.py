"""Models whose predictor may not fill R^d, drawn from a seed, and an oracle for them in numbers of 60 digits.

The oracle shares nothing with `derive`.  It compares the kernels of J^T, found by pivoting, at points of the leaf that
a Runge-Kutta flow reaches (at random points without a start).  Where they agree, `leaf_oracle` judges the model of the
*last* independent coordinates; the tool keeps the simplest ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import drawn_models
from leaf_oracle import Oracle, Truth, null, rank
from mpmath import mp, mpf
from sympy import Expr, Matrix, Symbol, lambdify

from derive.errors import InputError
from derive.model import Model, parse_model

TINY_ON_LEAF, TINY = mpf(10) ** -8, mpf(10) ** -25


@dataclass(frozen=True)
class Kernel:
    """Is M invertible?  Does its kernel stay?  What holds for the last independent coordinates, if it does?"""

    regular: bool
    stays: bool
    reduced: Truth | None


def drawn(seed: int) -> Model | None:
    """A model; None where the text is refused (a coordinate that is constant)."""
    random = Random(f"confined {seed}")
    names = ["u", "v", "w", "x"][: random.randint(1, 4)]
    base = [_coordinate(random, names) for _ in range(random.randint(1, 3))]
    kind = random.choice(("affine", "affine", "curved", "crowded"))
    if kind == "affine":
        predictor = [_affine(random, base) for _ in range(len(base) + random.randint(1, 2))]
    elif kind == "curved":
        predictor = [*base, random.choice(("({a})*({b})", "({a})**2", "exp({a})", "({a})**2+({b})")).format(
            a=random.choice(base), b=random.choice(base))]  # fmt: skip
        random.shuffle(predictor)
    else:
        predictor = [_coordinate(random, names) for _ in range(len(names) + 1)]
    metric = drawn_models.metric(random, names)
    start = drawn_models.start(
        random, names, ("none", "any", "any", "zeros", "equal"), numerators=(1, 4), denominators=(2, 3)
    )
    try:
        return parse_model(predictor, parameters=names, start=start, parameter_metric=metric)
    except InputError:
        return None


def _coordinate(random: Random, names: list[str]) -> str:
    return drawn_models.coordinate(random, names, terms=2, chance=0.2)


def _affine(random: Random, base: Sequence[str]) -> str:
    terms = [f"({random.choice((-2, -1, 1, 1, 3))})*({f})" for f in base if random.random() < 0.8] or [base[0]]
    return " + ".join([*terms, str(random.choice((0, 0, 1, -3)))])


def judged(model: Model) -> Kernel:
    """What the oracle says, at three points of the leaf or of space."""
    metric = None if model.parameter_metric is None else Matrix(model.parameter_metric)
    fields, random = Fields(model.predictor, model.parameters, metric), Random(5)
    with mp.workdps(80):
        if model.start is None:
            points = [
                [mpf(random.randint(3, 30)) / 13 * random.choice((1, -1)) for _ in model.parameters] for _ in range(3)
            ]
            tiny = TINY
        else:
            start = [mpf(int(v.p)) / int(v.q) for v in model.start]
            points, tiny = [start, fields.flow(start, random), fields.flow(start, random)], TINY_ON_LEAF
        jacobians = [fields.jacobian(w) for w in points]
        ranks = {rank(j, tiny) for j in jacobians}
        d = len(model.predictor)
        if d in ranks:
            return Kernel(True, True, Oracle(model.predictor, model.parameters, metric).judge(points, tiny))
        assert len(ranks) == 1, "the rank of J drops at a point"
        kernel = null(jacobians[0].T, tiny)
        gaps = [abs(e) for j in jacobians for e in j.T * kernel]
        stays = max(gaps) < tiny * 10**3
        assert stays or max(gaps) > mpf(10) ** -5, "too close to tell"
        kept: list[int] = []
        for i in reversed(range(d)):
            rows = mp.matrix([[jacobians[0][k, n] for n in range(jacobians[0].cols)] for k in (*kept, i)])
            if rank(rows, tiny) > len(kept):
                kept.append(i)
    if not stays:
        return Kernel(False, False, None)
    own = Oracle([model.predictor[i] for i in sorted(kept)], model.parameters, metric)
    return Kernel(False, True, own.judge(points, tiny))


class Fields:
    """J and the gradient fields of a model as numbers, and flows under constant forces."""

    def __init__(self, predictor: Sequence[Expr], w: Sequence[Symbol], metric: Matrix | None) -> None:
        j = Matrix(list(predictor)).jacobian(list(w))
        raised = j.T if metric is None else metric.inv() * j.T
        self.numbers = [lambdify([list(w)], m, modules="mpmath", cse=True) for m in (j, raised)]

    def jacobian(self, w: Sequence[mpf]) -> mp.matrix:
        return mp.matrix(self.numbers[0](list(w)))

    def vectors(self, w: Sequence[mpf]) -> mp.matrix:
        """V_1, ..., V_d as columns."""
        return mp.matrix(self.numbers[1](list(w)))

    def flow(self, start: Sequence[mpf], random: Random) -> list[mpf]:
        """The start moved along three random constant forces, each for a short way."""
        w = list(start)
        with mp.workdps(30):
            for _ in range(3):
                v = self.vectors(w)
                force = [
                    mpf(random.randint(1, 6)) * random.choice((1, -1)) / (20 * (1 + mp.norm(v))) for _ in range(v.cols)
                ]

                def velocity(x: list[mpf], force: list[mpf] = force) -> list[mpf]:
                    return list(self.vectors(x) * mp.matrix(force))

                h = mpf(1) / 48
                for _ in range(24):
                    k1 = velocity(w)
                    k2 = velocity([x + h / 2 * k for x, k in zip(w, k1, strict=True)])
                    k3 = velocity([x + h / 2 * k for x, k in zip(w, k2, strict=True)])
                    k4 = velocity([x + h * k for x, k in zip(w, k3, strict=True)])
                    w = [x + h / 6 * (a + 2 * b + 2 * c + e) for x, a, b, c, e in zip(w, k1, k2, k3, k4, strict=True)]
        return w
