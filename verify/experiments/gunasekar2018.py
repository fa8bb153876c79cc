"""Gunasekar et al. 2018, Fig. 1: limits that depend on step size and momentum, as data.

(a) example 2: mirror descent with primal momentum, entropy potential, (x, y) = ((1, 2), 1);
(b) example 3: natural gradient descent under the same entropy, the same data;
(c) example 4: steepest descent in l_{4/3}, x_1 = (1, 1, 1), y_1 = 1, x_2 = (1, 2, 0), y_2 = 10.

Entropy is given as its metric diag(1/w), from which the toolkit derives the potential.  The paper does not print its
step sizes and momentum parameters; those here show the same dependence.  Its loss is the sum of (u - y)^2 (eq. 1), ours
the average, so that its step eta is the step N eta here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from flint import arb
from sympy import Expr, Rational

from derive.model import Model, parse_model
from derive.pipeline import derive
from verify.data import DataSet
from verify.optimise.catalogue import method_named
from verify.optimise.method import Settings, State
from verify.optimise.numbers import FLOAT64, Array
from verify.optimise.run import first_state, posed
from verify.optimise.theory import theory

LOSS = "(f - y)**2"
ONE_EQUATION = DataSet(name="example 2", X=((Rational(1), Rational(2)),), y=(Rational(1),))
TWO_EQUATIONS = DataSet(
    name="example 4",
    X=(tuple(map(Rational, (1, 1, 1))), tuple(map(Rational, (1, 2, 0)))),
    y=(Rational(1), Rational(10)),
)
MOMENTA, LOOKAHEADS = (Rational(0), Rational(1, 4), Rational(1, 2)), (Rational(0), Rational(1, 2))
STEP_A = Rational(1, 20)
STEPS_B = (Rational(1, 1000), Rational(1, 100), Rational(1, 20))
STEPS_C = (Rational(1, 500), Rational(1, 50), Rational(1, 20))
SETTLED, MOST_STEPS = 1e-24, 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One run: its settings by name, its points (k x d, thinned out), and where it ends."""

    settings: Mapping[str, Expr]
    points: Array
    end: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Curves, and `expected`: the point that the potential or the norm singles out among the global minima."""

    name: str
    data: DataSet
    curves: tuple[Curve, ...]
    expected: Array
    expected_is: str


def figure_1a(
    momenta: Sequence[Rational] = MOMENTA, lookaheads: Sequence[Rational] = LOOKAHEADS, step: Rational = STEP_A
) -> Panel:
    """Primal momentum beta_t = beta, gamma_t = gamma for all pairs; `step` is the paper's eta."""
    settings = [Settings(step=step, momentum=b, lookahead=g) for b, g in product(momenta, lookaheads)]
    return _panel("1a", "mirror-primal-momentum", _entropy(), ONE_EQUATION, settings)


def figure_1b(steps: Sequence[Rational] = STEPS_B) -> Panel:
    """Natural gradient descent with several eta."""
    return _panel("1b", "natural", _entropy(), ONE_EQUATION, [Settings(step=s) for s in steps])


def figure_1c(steps: Sequence[Rational] = STEPS_C) -> Panel:
    """Steepest descent in l_{4/3} with several eta, the first of them close to the limit of infinitesimal steps."""
    linear = parse_model(["w1", "w2", "w3"], start={"w1": "0", "w2": "0", "w3": "0"}, name="linear")
    settings = [
        Settings(step=2 * s, norm=Rational(4, 3)) for s in steps
    ]  # two equations: their average is half their sum
    return _panel("1c", "steepest", linear, TWO_EQUATIONS, settings)


def _entropy() -> Model:
    """Entropy on two coordinates: rho = diag(1/w), from w = (1, 1), where it is smallest."""
    rows = [["1/w1", "0"], ["0", "1/w2"]]
    return parse_model([], parameter_metric=rows, is_metric=True, start={"w1": "1", "w2": "1"}, name="entropy")


def _panel(name: str, method: str, model: Model, data: DataSet, settings: Sequence[Settings]) -> Panel:
    derivation = derive(model)
    curves = tuple(_curve(method, model, data, s) for s in settings)
    known = theory(method_named(method), derivation, {}, data, settings[0], loss=LOSS, uses_margins=False, digits=20)
    expected = np.array([float(b.mid()) if isinstance(b, arb) else float(b) for b in known.predictor or ()])
    return Panel(name=name, data=data, curves=curves, expected=expected, expected_is=known.statement)


def _curve(name: str, model: Model, data: DataSet, settings: Settings) -> Curve:
    """Steps until the loss has settled; points at steps 0, 1, 2, 4, 8, ... (16 an octave)."""
    method, derivation = method_named(name), derive(model)
    problem = posed(method, model, derivation, {}, data, settings, loss=LOSS, numbers=FLOAT64)
    state = first_state(method, problem, model)
    points, due = [state.w], 1
    while state.count < MOST_STEPS and problem.objective.value(state.w) > SETTLED:
        state: State = method.step(problem, state)
        if state.count >= due:
            points.append(state.w)
            due = max(state.count + 1, int(due * 2 ** (1 / 16)))
    names = ("step", "momentum", "lookahead", "norm")
    given = {n: getattr(settings, n) for n in names if getattr(settings, n) is not None}
    return Curve(settings=given, points=np.array([*points, state.w]), end=state.w)
