"""Counts of laws on submanifolds, against ranks of brackets in coordinates of the submanifold.

The oracle knows nothing of ideals: N is parametrised, F is pulled back to it, and so is the metric; gradient fields of
a submanifold that the flow never leaves are the gradients on N.
"""

from random import Random

import pytest
from leaf_oracle import Oracle
from mpmath import mpf
from sympy import Add, Expr, Matrix, Rational, Symbol, eye, symbols

from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.model import Model, parse_model

u, v, w, x, y, r, t = symbols("u v w x y r t", real=True)
FUNCTIONS = ("exp({})", "sinh({})", "{}**2", "{}", "log({})", "sqrt({})", "1/{}")

# the set as it is given, coordinates of it, and how the parameters are written in them
DIAGONAL = ("u - v", (u, w, x), {v: u})
OPPOSITE = ("u**2 - v**2", (u, w, x), {v: -u})
CONE = ("u**2 - v**2 - y**2", (r, t, x), {u: r * (1 + t**2), v: r * (1 - t**2), y: 2 * r * t})


def symmetric(seed: int) -> tuple[Model, tuple[str, tuple[Symbol, ...], dict[Symbol, Expr]]]:
    """A predictor that does not change if u and v are exchanged, with a start on u = v or u = -v."""
    random = Random(f"symmetric {seed}")
    f, g = (random.choice(FUNCTIONS) for _ in "12")
    even = random.choice(("u*v", "(u+v)**2", "(u**2+v**2)", "u**2*v**2"))
    shape = random.choice(
        (
            [f"{even}*{f.format('w')}+{g.format('x')}"],
            [f"{even}+{f.format('w')}*{g.format('x')}"],
            [f"{even}*{f.format('w')}", f"{even}*{g.format('x')}"],
            [f"{even}*w", "w*x"],
        )
    )
    start = {"u": "1", "v": "1", "w": "2", "x": "3"}
    where = DIAGONAL
    if even in ("u*v", "u**2*v**2", "(u**2+v**2)") and random.random() < 0.5:
        start["v"], where = "-1", OPPOSITE
    return parse_model(shape, parameters=("u", "v", "w", "x"), start=start, restrict=[where[0]]), where


def on_cone(seed: int) -> tuple[Model, tuple[str, tuple[Symbol, ...], dict[Symbol, Expr]]]:
    """Functions of u v and u y: u^2 - v^2 - y^2 is conserved, and is zero at the start."""
    random = Random(f"cone {seed}")
    f = random.choice(FUNCTIONS)
    shape = random.choice(
        ([f"u*v+{f.format('x')}*u*y"], ["u*v", "u*y"], [f"u*v*{f.format('x')}", f"u*y*{f.format('x')}"])
    )
    names = ("u", "v", "y", "x") if any("x" in e for e in shape) else ("u", "v", "y")
    start = {"u": "5", "v": "3", "y": "4", "x": "2"}
    start = {n: start[n] for n in names}
    return parse_model(shape, parameters=names, start=start, restrict=[CONE[0]]), CONE


def count_on(model: Model, where: tuple[str, tuple[Symbol, ...], dict[Symbol, Expr]]) -> int:
    """The dimension of N less the rank of the brackets on N."""
    _, coordinates, images = where
    kept = [c for c in coordinates if c in model.parameters or c in (r, t)]
    point = Matrix([images.get(p, p) for p in model.parameters])
    tangent = point.jacobian(kept)
    predictor = [f.subs(images, simultaneous=True) for f in model.predictor]
    metric = (tangent.T * eye(len(point)) * tangent).applyfunc(lambda e: e.expand())
    place = [mpf(n + 4) / (n + 3) for n in range(len(kept))]
    return Oracle(predictor, kept, metric).judge([place], mpf(10) ** -25).laws


@pytest.mark.parametrize("seed", range(8))
def test_counts_on_a_hyperplane_are_those_of_its_own_coordinates(seed: int) -> None:
    check(*symmetric(seed))


@pytest.mark.parametrize("seed", range(3))
def test_counts_on_a_cone_are_those_of_its_own_coordinates(seed: int) -> None:
    check(*on_cone(seed))


def check(model: Model, where: tuple[str, tuple[Symbol, ...], dict[Symbol, Expr]]) -> None:
    """The count is proved and the oracle's; what is listed is conserved on N."""
    found = conservation_laws(setting(induced_dynamics(model)))
    assert found.verdict.is_proved
    assert found.count == count_on(model, where)
    at = {c: Rational(n + 4, n + 3) for n, c in enumerate(where[1])}
    there = {p: where[2].get(p, p).subs(at) for p in model.parameters}
    for law in found.laws:
        for f in model.predictor:
            flux: Expr = Add(*(law.diff(p) * f.diff(p) for p in model.parameters)).subs(there)
            assert abs(flux.evalf(40)) < Rational(1, 10**30)
