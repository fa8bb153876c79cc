"""Conserved quantities of models that nobody chose: numbers of laws against the rank of brackets, laws against fluxes.

Two kinds are drawn: functions of the grammar in sums, products and forms, and models whose parts of the domain have
different laws (|u|, roots of squares, atan u + atan 1/u).  The oracle differentiates with SymPy and
evaluates with mpmath.
"""

from functools import cache
from random import Random

import pytest
from leaf_oracle import Oracle
from leaf_oracle import rank as rank_of
from mpmath import matrix, mp, mpf
from sympy import DiracDelta, Expr, Integer, Rational, Symbol, lambdify

from derive.errors import InputError
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.model import Model, parse_model

FUNCTIONS = (
    "exp({})",
    "sin({})",
    "tanh({})",
    "sqrt(1+{}**2)",
    "asinh({})",
    "{}",
    "{}**2",
    "1/{}",
    "log({})",
    "{}**(3/2)",
)
PIECES = (
    "(u+Abs(u))",
    "(1+sign(u))",
    "(u-1+sqrt(u**2-2*u+1))",
    "(atan(u)+atan(1/u)+2*atan(1))",
    "(Abs(u*v)-u*v)",
    "(sqrt((u-v)**2)+u-v)",
    "sqrt(u)",
    "Abs(u)*u",
)
NAMES = ("u", "v", "w", "x")


def of_functions(seed: int) -> Model:
    random = Random(f"functions {seed}")
    names = NAMES[: random.randint(2, 4)]
    parts = [random.choice(FUNCTIONS).replace("{}", n) for n in names]
    shape = random.choice(("sum", "product", "shared", "form", "radius", "quadratic"))
    if shape == "sum":
        return parse_model(["+".join(parts)])
    if shape == "product":
        return parse_model(["*".join(parts)])
    if shape == "shared":
        return parse_model([f"{parts[0]}*{n}" for n in names[1:]])
    if shape == "form":
        return parse_model([f"{parts[0]} + exp({'+'.join(f'{random.choice((1, 2, -1))}*{n}' for n in names)})"])
    if shape == "radius":
        return parse_model([f"({'+'.join(f'{n}**2' for n in names[1:])})*{parts[0]}"])
    return parse_model(["+".join(f"{random.choice((1, 2, -1))}*u*{n}" for n in names)])


def of_pieces(seed: int) -> Model | None:
    """None where the start is on an edge or cannot move."""
    random = Random(f"pieces {seed}")
    g, h = random.choice(PIECES), random.choice((*PIECES, "1", "1"))
    predictor = random.choice(
        (["w", f"v+{g}*w"], [f"w*{h}", f"v+{g}*w"], [f"u*w+{g}*v", "v"], [f"{g}*w+{h}*v"], [f"{g}*w", "w+v"])
    )
    start = {n: random.choice(("1/3", "3", "-2", "1/2", "-3/2")) for n in NAMES[:3]}
    try:
        model = parse_model(predictor, parameters=NAMES[:3], start=start)
        induced_dynamics(model)
    except InputError:
        return None
    return model


def judged(model: Model, seed: int) -> ConservationLaws:
    """The laws, after every one of them and their number have been held against the oracle near the start."""
    found, random = conservation_laws(setting(induced_dynamics(model))), Random(seed)
    centre = [Rational(random.randint(20, 60), 29) for _ in model.parameters] if model.start is None else model.start
    place = [mpf(int(c.p)) / int(c.q) + mpf(random.randint(1, 9)) / 701 for c in centre]
    bound = Oracle(list(model.predictor), list(model.parameters)).judge([place], mpf(10) ** -25).laws
    assert found.upper_bound >= bound
    assert not found.verdict.is_proved or found.count == bound
    with mp.workdps(60):
        fields, slopes = (gradients(e, model.parameters, place) for e in (model.predictor, found.laws))
        flux = fields * slopes.T
        assert all(abs(flux[i, j]) < mpf(10) ** -35 for i in range(flux.rows) for j in range(flux.cols))
        assert rank_of(slopes, mpf(10) ** -20) == len(found.laws)
    return found


def gradients(functions: tuple[Expr, ...], w: tuple[Symbol, ...], place: list[mpf]) -> matrix:
    slopes = [f.diff(p).replace(DiracDelta, lambda *_: Integer(0)) for f in functions for p in w]
    numbers, found = lambdify([w], slopes, modules="mpmath")(place), matrix(len(functions), len(w))
    for n, number in enumerate(numbers):
        found[n // len(w), n % len(w)] = mp.re(number)
        assert abs(mp.im(number)) < mpf(10) ** -40
    return found


@cache
def drawn(seed: int) -> ConservationLaws:
    return judged(of_functions(seed), seed)


@pytest.mark.parametrize("seed", range(40))
def test_laws_of_functions_are_conserved_and_as_many_as_the_oracle_finds(seed: int) -> None:
    assert drawn(seed).verdict.is_proved


def test_most_lists_are_complete() -> None:
    """Some have no law in functions of the grammar; the numbers above are proved nevertheless."""
    assert sum(len(drawn(seed).laws) == drawn(seed).count for seed in range(40)) > 32


@pytest.mark.parametrize("seed", range(40))
def test_laws_are_counted_in_the_part_of_the_domain_that_holds_the_start(seed: int) -> None:
    model = of_pieces(seed)
    if model is None:
        pytest.skip("beta cannot move at the start")
    judged(model, seed)
