"""Depth as a constant: the limit D -> oo against numbers, options that take a name, constants with a lower bound."""

import json
import random

import pytest
from console import run
from depth_oracle import Unit, arguments, complaints, document, potential, random_units, start_of
from mpmath import mp, mpf
from sympy import Expr, Matrix, Rational, Symbol, exp, log, sqrt

from derive.catalogue import architectures
from derive.derivation import Derivation
from derive.limits.dual_limit import Z, dual_limit
from derive.limits.paths import T
from derive.limits.regimes import Regime
from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document as document_of
from derive.present.text import text

D, MU, ALPHA = (Symbol(n, positive=True) for n in ("D", "mu", "alpha"))
B1 = Symbol("beta1", real=True)
FIXED_MU = "mu**(1/D)"


def tied(start: str, c: int = 1) -> list[list[Unit]]:
    return [[Unit(c=1, a=1, b=0, start=start), Unit(c=-c, a=1, b=0, start=start)]]


def derived(units: list[list[Unit]]) -> Derivation:
    predictor, _, names, _, start = arguments(units)
    given = dict(part.split("=") for part in start.replace(" ", "").split(","))
    return derive(parse_model(predictor.split(","), parameters=names.split(","), start=given))


def read(found: Derivation) -> dict:
    """The JSON document, as a reader gets it."""
    return json.loads(json.dumps(document_of(found)))


def entry(found: Derivation, limit: str) -> Regime:
    return next(r for r in found.regimes if r.limit == limit)


def same(left: Expr, right: Expr) -> bool:
    """At three exact points."""
    points = [(Rational(1, 3), 5, Rational(3, 2)), (Rational(5, 4), 7, Rational(1, 9)), (Rational(7, 2), 9, 4)]
    values = [(left - right).subs({MU: a, ALPHA: a, D: n, B1: b}).evalf(40) for a, n, b in points]
    return all(abs(v) < 10**-30 for v in values)


# -- D -> oo ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fixed_mu() -> Derivation:
    return derived(tied(FIXED_MU))


@pytest.fixture(scope="module")
def fixed_scale() -> Derivation:
    return derived(tied("alpha"))


def test_the_inverse_of_the_limit_is_2z_over_1_minus_z_squared(fixed_mu: Derivation) -> None:
    """Woodworth et al. 2020, theorem 3: q_D' = h_D^-1, h_D(z) = (1-z)^(-D/(D-2)) - (1+z)^(-D/(D-2)) -> 2z/(1-z^2)."""
    e = entry(fixed_mu, "D -> oo (mu fixed)").equivalent
    z = (MU * D**2 * e).diff(B1)
    assert same(2 * z / (1 - z**2), B1 / MU)
    assert same(e, (sqrt(1 + (B1 / MU) ** 2) - 1 - log((1 + sqrt(1 + (B1 / MU) ** 2)) / 2)) / D**2)


def test_at_a_fixed_scale_there_are_three_cases(fixed_scale: Derivation) -> None:
    small, middle, large = (entry(fixed_scale, f"D -> oo (alpha {case})") for case in ("< 1", "= 1", "> 1"))
    assert small.norm == "l1" and same(small.equivalent, ALPHA ** (2 - D) * abs(B1) / (D * (D - 2)))
    assert small.next_term is not None and same(small.next_term, -(1 - ALPHA**2) / (2 * (D - 2)))
    assert large.norm == "l2" and same(large.equivalent, B1**2 / (4 * D**2 * ALPHA ** (2 * D - 2)))
    assert middle.relative == 1 / D and large.relative is not None and same(large.relative, ALPHA ** (-2 * D))


def test_limits_with_other_next_terms_are_shown_apart(fixed_scale: Derivation) -> None:
    """alpha -> 0 and D -> oo at alpha < 1 have one leading term, and different next terms."""
    lines = [line.strip() for line in text(fixed_scale).splitlines()]
    assert "alpha -> 0 (D > 2): l1; remainder: o(next term)" in lines
    assert "D -> oo (alpha < 1): l1; remainder: o(next term)" in lines


def test_the_limits_of_the_tied_network_hold_in_numbers(fixed_mu: Derivation, fixed_scale: Derivation) -> None:
    """At D = 10^2, 10^4, 10^6, and D = 20, 60, 180 where alpha^D is seen."""
    assert complaints(tied(FIXED_MU), read(fixed_mu)) == []
    assert complaints(tied("alpha"), read(fixed_scale)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("equivalent", "(sqrt(1 + beta1**2/mu**2) - 1 - log((1 + sqrt(1 + beta1**2/mu**2))/3))/D**2"),
        ("relative_order", "1/D**2"),
    ],
)
def test_the_oracle_sees_a_wrong_limit(fixed_mu: Derivation, key: str, value: str) -> None:
    wrong = read(fixed_mu)
    next(r for r in wrong["regimes"] if r["limit"] == "D -> oo (mu fixed)")[key] = value
    assert any(c.startswith("D -> oo") for c in complaints(tied(FIXED_MU), wrong))


def test_one_power_becomes_the_burg_entropy() -> None:
    """beta = w^D: M = D^2 beta^(2 - 2/D) (Amid and Warmuth 2020), so that M -> D^2 beta^2 and Q'' -> 1/(D beta)^2."""
    units = [[Unit(c=1, a=1, b=0, start=FIXED_MU)]]
    found = derived(units)
    limit = entry(found, "D -> oo (mu fixed)")
    assert limit.norm == "burg entropy" and same(limit.equivalent, (B1 / MU - 1 - log(B1 / MU)) / D**2)
    assert limit.next_term is not None and complaints(units, read(found)) == []


UNEQUAL = (
    tied("alpha", c=2),
    [[Unit(c=1, a=1, b=0, start="1"), Unit(c=-3, a=2, b=0, start="1")]],
    [[Unit(c=1, a=1, b=1, start="alpha")]],
)


@pytest.mark.slow
@pytest.mark.parametrize("units", UNEQUAL, ids=["2m", "m**(2D)", "D + 1"])
def test_unequal_terms_hold_in_numbers(units: list[list[Unit]]) -> None:
    found = read(derived(units))
    assert any(r["limit"].startswith("D -> oo") for r in found["regimes"]) and complaints(units, found) == []


def test_both_signs_are_in_the_domain_where_poles_differ() -> None:
    """p^D - 2 m^D from alpha: the domain of s ends at 1/(D(D-2)alpha^(D-2)) and at minus half of that."""
    small = entry(derived(tied("alpha", c=2)), "alpha -> 0 (D > 2)")
    rate = ALPHA ** (2 - D) / (D * (D - 2))
    assert small.norm == "weighted l1"
    assert same(small.equivalent.subs(B1, 1), rate) and same(small.equivalent.subs(B1, -1), rate / 2)


@pytest.mark.parametrize("start", ["2", "1/2", "alpha**2 + alpha"])
def test_what_does_not_converge_has_no_entry(start: str) -> None:
    assert not any(r.limit.startswith("D ->") for r in derived(tied(start)).regimes)


def test_powers_of_different_growth_have_no_entry() -> None:
    units = [[Unit(c=1, a=1, b=0, start="1"), Unit(c=-1, a=1, b=0, start="2")]]
    assert not any(r.limit.startswith("D ->") for r in derived(units).regimes)


@pytest.mark.slow
def test_random_models_with_a_depth_hold_in_numbers() -> None:
    rng, entries = random.Random(1), 0
    for _ in range(6):
        units = random_units(rng)
        found = document(arguments(units))
        entries += sum(r["limit"].startswith("D ->") for r in found["regimes"])
        assert complaints(units, found) == [], arguments(units)
    assert entries > 2


def test_the_oracle_knows_a_potential_in_closed_form() -> None:
    """beta = w from 0 has Q = beta^2/2; beta = w^3 from 1 has Q' = (1 - 1/w)/3."""
    with mp.workdps(50):
        line = potential([Unit(c=1, a=0, b=1, start="1")], {"D": mpf(7)}, mpf(3))
        cube = potential([Unit(c=1, a=0, b=3, start="1")], {"D": mpf(7)}, mpf(8))
        assert line is not None and abs(line - 2) < mpf(10) ** -30
        assert cube is not None and abs(cube - mp.quad(lambda x: (1 - x ** (-mpf(1) / 3)) / 3, [1, 8])) < mpf(10) ** -25
        assert start_of([Unit(c=2, a=1, b=0, start="3")], {"D": mpf(2)}) == 18


def test_a_dual_without_a_limit_is_refused() -> None:
    s = Symbol("s", real=True)
    path = exp(s / T) - 1  # the scale is T, and h(z) = exp(z) - 1 is no quotient
    assert dual_limit(path, T * exp(s / T) - s, s, (Rational(-1), Rational(1)), B1) is None
    assert not path.has(Z)


# -- options that take a name -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "symbolic", "number"),
    [
        ("diagonal", {"depth": "D", "dimension": 2}, {"depth": 3, "dimension": 2}),
        ("power", {"power": "D", "dimension": 1}, {"power": 4, "dimension": 1}),
        ("wide", {"width": "D", "dimension": 2}, {"width": 3, "dimension": 2}),
        ("layers", {"depth": "D", "dimension": 1}, {"depth": 4, "dimension": 1}),
        ("chain", {"depth": "D", "dimension": 2}, {"depth": 3, "dimension": 2}),
    ],
)
def test_a_named_option_at_a_number_is_the_member(name: str, symbolic: dict, number: dict) -> None:
    """M, from the predictors alone, at parameters that are equal within a layer or a unit."""
    one, two = (architectures()[name].model(**options) for options in (symbolic, number))
    value = next(v for k, v in number.items() if k != "dimension")
    known = {str(p): Rational(3 + i, 7) for i, p in enumerate(one.parameters)}

    def of_member(p: Symbol) -> Rational:
        text = str(p)
        if name == "wide":  # u1_2: coordinate, then unit
            return known[text.split("_")[0]]
        if name == "layers":  # w3_1: layer, then coordinate
            layer, place = text[1:].split("_")
            return known[f"v{place}" if int(layer) == value else f"u{place}"]
        return known["a" if name == "chain" and text.startswith("a") else text]

    inverse = Matrix(one.parameter_metric).inv() if one.parameter_metric is not None else None
    jacobian = Matrix(one.predictor).jacobian(Matrix(one.parameters))
    first = jacobian * jacobian.T if inverse is None else jacobian * inverse * jacobian.T
    other = Matrix(two.predictor).jacobian(Matrix(two.parameters))
    at = {p: known[str(p)] for p in one.parameters} | {D: value}
    there = {p: of_member(p) for p in two.parameters}
    assert (first.subs(at) - (other * other.T).subs(there)).is_zero_matrix
    assert [f.subs(at) for f in one.predictor] == [
        f.subs({p: of_member(p) for p in two.parameters}) for f in two.predictor
    ]


def test_the_chain_of_any_depth_has_the_warp_and_potential_of_the_chain() -> None:
    """grad Q = w - w(0) with g = a^(D-1): Azulay et al. 2021, theorem 6.1, for every depth."""
    found = derive(architectures()["chain"].model(depth="D", dimension=2))
    assert found.warp.verdict.is_proved and found.hessian.is_refuted and found.potential.parametric is not None
    a, w1, w2 = found.model.parameters
    assert found.warp.factor is not None and same(found.warp.factor.subs(a, 3), 3 ** (D - 1))
    assert found.potential.parametric.gradient == (w1 - ALPHA, w2)


def test_width_goes_to_both_ends() -> None:
    """Q_k = (beta asinh(2 beta/(k alpha^2)) - ...)/2: l2 for many units, l1 for few."""
    found = derive(architectures()["wide"].model(width="k", dimension=1))
    k = Symbol("k", positive=True)
    many, few = entry(found, "k -> oo (alpha fixed)"), entry(found, "k -> 0 (alpha fixed)")
    assert many.norm == "l2" and same((many.equivalent / (B1**2 / (2 * k * ALPHA**2))).subs(k, 3), Rational(1) + 0 * B1)
    assert few.norm == "l1" and same((few.equivalent / (abs(B1) * log(1 / k) / 2)).subs(k, 3), Rational(1) + 0 * B1)


@pytest.mark.parametrize(
    ("words", "offender"),
    [
        (("hadamard", "--dimension", "d"), "--dimension of hadamard is a whole number"),
        (("fully-connected", "--depth", "D"), "chain --depth"),
        (("diagonal", "--depth", "two"), "no name of one letter"),
        (("diagonal", "--depth", "1.5"), "no whole number"),
        (("diagonal", "--depth", "E"), "number for SymPy"),
        (("chain", "--depth", "a"), "a name that the model does not have"),
        (("hadamard", "--depth", "D"), "no option --depth"),
    ],
)
def test_a_name_that_is_no_option_is_refused(words: tuple[str, ...], offender: str) -> None:
    done = run("show", *words)
    assert done.status == 2 and offender in done.err and len(done.err.splitlines()) == 1


# -- constants with a lower bound ---------------------------------------------------------------------------


def test_a_constant_may_have_a_lower_bound() -> None:
    """p^2 - m^2 from sqrt(s - 1): depth two at the scale alpha^2 = s - 1 (Woodworth et al. 2020, theorem 1)."""
    found = derive(parse_model(["p**2 - m**2"], start={"p": "sqrt(s-1)", "m": "sqrt(s-1)"}))
    s = Symbol("s", positive=True)
    large, small = entry(found, "s -> oo"), entry(found, "s -> 1")
    assert large.norm == "l2" and same((large.equivalent - B1**2 / (16 * (s - 1))).subs(s, 3), 0 * B1)
    assert small.norm == "l1" and same((small.equivalent - log(1 / (s - 1)) * abs(B1) / 4).subs(s, 3), 0 * B1)
    assert [str(c) for c in found.model.constants] == ["s"]


def test_a_bound_that_is_a_constant_does_not_move() -> None:
    """From a = 1/(s - t), s < t: as t -> 0 at fixed s nothing becomes large."""
    found = derive(parse_model(["a*w"], start={"a": "1/(s-t)", "w": "1"}))
    assert not any(r.limit.startswith("t ->") for r in found.regimes)
