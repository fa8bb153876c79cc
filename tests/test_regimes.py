"""Regimes: every limit of Q, its norm, next term and size, against numbers and against the papers."""

import copy
import json
import random

import pytest
from mpmath import mp, mpf
from regime_models import document, random_model
from regime_oracle import complaints
from sympy import Expr, Integer, Rational, S, Symbol, asinh, exp, log, simplify, sqrt, sympify

from derive.catalogue import architectures
from derive.derivation import Derivation
from derive.limits.expansion import leading_terms
from derive.limits.regimes import Regime
from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document as document_of

ALPHA, SHAPE = Symbol("alpha", positive=True), Symbol("s", positive=True)
B1, B2 = Symbol("beta1", real=True), Symbol("beta2", real=True)
T = Symbol("t", positive=True)
ONE = {"p": "alpha", "m": "alpha"}
U, V = "sqrt(alpha*(1-s)/(1+s))", "sqrt(alpha*(1+s)/(1-s))"


def read(found: Derivation) -> dict:
    """The JSON document, as a reader gets it."""
    return json.loads(json.dumps(document_of(found)))


def entry(found: Derivation, limit: str) -> Regime:
    return next(r for r in found.regimes if r.limit == limit)


def same(left: Expr, right: Expr) -> bool:
    """At three exact points; SymPy's simplify is not asked for a proof."""
    points = [(Rational(1, 3), Rational(2, 7)), (Rational(5, 4), Rational(1, 9)), (Rational(7, 2), Rational(3, 5))]
    values = [(left - right).subs({ALPHA: a, SHAPE: s, B1: Rational(3, 2) - a, B2: a / 3}).evalf(40) for a, s in points]
    return all(abs(v) < 10**-30 for v in values)


# -- against numbers, from the document alone -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", architectures())
def test_every_regime_of_an_architecture_holds_in_numbers(name: str) -> None:
    one = architectures()[name]
    assert complaints(read(derive(one.model(**one.examples[0])))) == []


STARTS = (
    ("a*w1, a*w2", "a=sqrt(alpha*rho), w1=3/5*sqrt(alpha/rho), w2=4/5*sqrt(alpha/rho)"),
    ("a*w1, a*w2", "a=a0, w1=u1, w2=u2"),
    ("p*q - u*v", "p=alpha, u=kappa, q=alpha, v=kappa"),
    ("p**3 - m**3", "p=alpha, m=kappa"),
    ("u*v", "u=alpha, v=1/alpha**2"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("predictor", "start"), STARTS)
def test_regimes_of_several_constants_hold_in_numbers(predictor: str, start: str) -> None:
    given = dict(part.split("=") for part in start.replace(" ", "").split(","))
    found = read(derive(parse_model(predictor.split(","), start=given)))
    assert len(found["regimes"]) > 1 and complaints(found) == []


@pytest.mark.slow
def test_regimes_of_random_models_hold_in_numbers() -> None:
    rng, entries = random.Random(3), 0
    for _ in range(5):
        found = document(random_model(rng))
        assert isinstance(found, dict), found
        entries += len(found["regimes"])
        assert complaints(found) == [], found["model"]
    assert entries > 5


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("equivalent", "log(1/alpha)*Abs(beta1)/3"),  # a wrong constant
        ("next_term", "Abs(beta1)*(log(Abs(beta1)) - 2)/4"),
        ("relative_order", "alpha"),  # it is 1/log(1/alpha)
    ],
)
def test_the_oracle_sees_a_wrong_entry(key: str, value: str) -> None:
    found = read(derive(parse_model(["p**2 - m**2"], start=ONE)))
    assert complaints(found) == []
    wrong = copy.deepcopy(found)
    next(r for r in wrong["regimes"] if r["limit"] == "alpha -> 0")[key] = value
    assert any(c.startswith("alpha -> 0") for c in complaints(wrong))


# -- Azulay et al. 2021, section 7: scale, shape, orientation -------------------------------------------


@pytest.fixture(scope="module")
def diagonal() -> Derivation:
    return derive(parse_model(["up*vp - um*vm"], start={"up": U, "um": U, "vp": V, "vm": V}))


@pytest.fixture(scope="module")
def neuron() -> Derivation:
    return derive(parse_model(["a*w1", "a*w2"], start={"a": V, "w1": f"3/5*{U}", "w2": f"4/5*{U}"}))


def test_a_bounded_constant_is_named_as_the_user_named_it(diagonal: Derivation) -> None:
    assert [str(v) for v in diagonal.model.constants] == ["alpha", "s"]
    text = str([(r.limit, r.equivalent, r.remainder, r.relative) for r in diagonal.regimes])
    assert "_free" not in text and "_gap" not in text
    limits = {r.limit for r in diagonal.regimes}
    assert {"alpha -> oo", "alpha -> 0", "s -> 1 (alpha fixed)", "s -> 0 (alpha fixed)"} <= limits


def test_the_factor_that_controls_the_transition_is_root_k(diagonal: Derivation) -> None:
    """Section 7.1: sqrt(k) = 4 alpha (1 + s^2)/(1 - s^2); k -> oo is x^2/(2 sqrt k), k -> 0 is l1."""
    root = 4 * ALPHA * (1 + SHAPE**2) / (1 - SHAPE**2)
    large, small = entry(diagonal, "alpha -> oo"), entry(diagonal, "alpha -> 0")
    assert same(large.equivalent, B1**2 / (2 * root)) and large.norm == "l2"
    assert small.norm == "l1" and same(small.equivalent, log(1 / ALPHA) * abs(B1) / 2)
    assert small.next_term is not None
    # Q ~ |x|/2 log(1/sqrt k) + |x|/2 (log(4 |x|) - 1)
    exact = abs(B1) / 2 * (log(4 * abs(B1) / root) - 1)
    assert same(small.equivalent + small.next_term, exact)


def test_the_unbalanced_shape_is_a_kernel_regime_at_any_scale(diagonal: Derivation, neuron: Derivation) -> None:
    """Section 7.1, |s| -> 1, and section 7.2, s -> 1 at fixed alpha: the l2 distance from the start."""
    one = entry(diagonal, "s -> 1 (alpha fixed)")
    assert one.norm == "l2" and same(one.equivalent, B1**2 * (1 - SHAPE) / (8 * ALPHA))
    two = entry(neuron, "s -> 1 (alpha fixed)")
    distance = (B1 - Rational(3, 5) * ALPHA) ** 2 + (B2 - Rational(4, 5) * ALPHA) ** 2
    assert two.norm == "l2" and same(two.equivalent, distance * sqrt(1 - SHAPE) / (2 * sqrt(2 * ALPHA)))


def test_the_orientation_is_in_the_matrix_b_for_large_scales(neuron: Derivation) -> None:
    """Section 7.2: B = I - (1 - s)^2/(2 (1 + s^2)) u u^T; the factor is 1/(2 |a(0)|)."""
    e1, e2 = B1 - Rational(3, 5) * ALPHA, B2 - Rational(4, 5) * ALPHA
    along = Rational(3, 5) * e1 + Rational(4, 5) * e2
    form = e1**2 + e2**2 - (1 - SHAPE) ** 2 / (2 * (1 + SHAPE**2)) * along**2
    large = entry(neuron, "alpha -> oo")
    assert large.norm == "mahalanobis"
    assert same(large.equivalent, form / (2 * sqrt(ALPHA * (1 + SHAPE) / (1 - SHAPE))))


def test_small_scales_forget_the_orientation_but_in_the_next_term(neuron: Derivation) -> None:
    small = entry(neuron, "alpha -> 0")
    assert small.norm == "l2" and small.orientation is None
    assert same(small.equivalent, Rational(2, 3) * (B1**2 + B2**2) ** Rational(3, 4))
    w0 = sqrt(ALPHA * (1 - SHAPE) / (1 + SHAPE))
    assert small.next_term is not None
    assert same(small.next_term, -w0 * (Rational(3, 5) * B1 + Rational(4, 5) * B2))


def test_the_balanced_shape_is_tilted_along_the_orientation(neuron: Derivation) -> None:
    """Proposition 6.2 for one neuron: |w|^(3/2) - (3/2) |w(0)|^(-1/2) w(0) . w, times 2/3."""
    balanced = entry(neuron, "s -> 0 (alpha fixed)")
    assert balanced.norm == "tilted l2" and balanced.orientation is not None
    assert all(same(z, -c * sqrt(ALPHA)) for z, c in zip(balanced.orientation, (S(3) / 5, S(4) / 5), strict=True))


def test_a_small_output_layer_leaves_the_norm_less_its_tangent() -> None:
    """delta -> -oo, outside Azulay et al.: n (|beta| - u . beta), n = |w(0)|."""
    start = {"a": "sqrt(alpha/n)", "w1": "3/5*sqrt(alpha*n)", "w2": "4/5*sqrt(alpha*n)"}
    found = entry(derive(parse_model(["a*w1", "a*w2"], start=start)), "n -> oo (alpha fixed)")
    n = Symbol("n", positive=True)
    expected = sqrt(ALPHA * n) * (sqrt(B1**2 + B2**2) - Rational(3, 5) * B1 - Rational(4, 5) * B2)
    assert found.norm == "tilted l2" and same((found.equivalent / expected).subs(n, 7), Integer(1))


# -- depth, width, layers -------------------------------------------------------------------------------


def test_depth_as_a_symbol_gives_the_constants_of_every_depth() -> None:
    """Woodworth et al. 2020, theorem 3: l1 for D > 2 too; the constants against the derivations at D = 3, 4."""
    depth = Symbol("D", positive=True)
    general = derive(parse_model(["p**D - m**D"], parameters=["p", "m"], start=ONE))
    for number in (3, 4):
        special = derive(parse_model([f"p**{number} - m**{number}"], start=ONE))
        for limit, other in (("alpha -> oo", "alpha -> oo"), ("alpha -> 0 (D > 2)", "alpha -> 0")):
            one, two = entry(general, limit), entry(special, other)
            assert one.norm == two.norm and same(one.equivalent.subs(depth, number), two.equivalent)
            assert one.relative is not None and two.relative is not None
            assert same(one.relative.subs(depth, number), two.relative)


def test_width_acts_as_the_scale() -> None:
    """Slides: Q_k(beta) = k Q_1(beta/k), so that the kernel form is 1/k of one unit's; different units are none."""
    start = {f"{w}{j}": "alpha" if w == "u" else "0" for j in "123" for w in "uv"}
    three = derive(parse_model(["u1*v1 + u2*v2 + u3*v3"], start=start))
    wide = next(r for r in three.regimes if r.limit.startswith("k -> oo"))
    assert wide.norm == "l2" and same(wide.equivalent, B1**2 / (2 * ALPHA**2) / 3)
    assert wide.remainder == "relative order k**(-2) at fixed beta - beta(0)"
    unequal = derive(parse_model(["u1*v1 + u2*v2"], start={"u1": "alpha", "v1": "0", "u2": "2*alpha", "v2": "0"}))
    assert not any(r.limit.startswith("k ->") for r in unequal.regimes)


@pytest.mark.parametrize(("depth", "heads", "factor"), [(3, 1, 2), (4, 1, 1), (5, 1, 1), (3, 2, 1)])
def test_small_products_of_layers_against_the_integral(depth: int, heads: int, factor: int) -> None:
    """s(p) by quadrature along the leaf w_j^2 = a^2 + p^2, and Q = s beta - int beta ds."""
    rows = [[f"w{h}_{n}" for n in range(depth)] for h in range(heads)]
    predictor = " + ".join(f"{factor}*" + "*".join(row) for row in rows)
    start = {w: "0" if i == 0 else "alpha" for row in rows for i, w in enumerate(row)}
    found = entry(derive(parse_model([predictor], start=start)), "alpha -> 0")
    assert found.norm == "l1" and found.next_term is not None
    with mp.workdps(40):
        rest = []
        for k in (4, 8):
            a, p = mpf(10) ** -k, mpf(3) / 2
            beta = heads * factor * p * (a * a + p * p) ** (mpf(depth - 1) / 2)
            speed = lambda x, a=a: factor * (a * a + x * x) ** (mpf(depth - 1) / 2)
            ends = [0, *(a * mpf(4) ** j for j in range(-3, 16 * k // 8 + 12) if a * mpf(4) ** j < p), p]
            q = mp.quad(lambda x, beta=beta, speed=speed: (beta - heads * x * speed(x)) / speed(x), ends)
            at = {ALPHA: Rational(1, 10**k), B1: Rational(mp.nstr(beta, 40))}
            e, following = (mpf(str(f.subs(at).evalf(40))) for f in (found.equivalent, found.next_term))
            rest.append(abs((q - e) / following - 1))
        assert rest[1] < rest[0] / 100 and rest[1] < mpf(10) ** -6


# -- exact expansions -----------------------------------------------------------------------------------


def test_expansions_agree_with_numbers() -> None:
    x = Symbol("x", positive=True)
    inputs = (
        x * asinh(x / T**2) - sqrt(x**2 + T**4),
        log(1 + T * x) / T + exp(T) * sqrt(x + T),
        sqrt(x**2 + 1 / T**2) - 1 / T,
        (x + T) ** (1 / T.subs(T, 3)) - x ** Rational(1, 3),
        1 / (exp(T) - 1 - T),
    )
    for e in inputs:
        found = leading_terms(e, T)
        assert found is not None and len(found) == 2
        rest = []
        for n in (4, 8):
            at = {T: Rational(1, 10**n), x: Rational(7, 5)}
            value, first, second = (f.subs(at).evalf(60) for f in (e, *(term.at(T) for term in found)))
            rest.append(abs((value - first) / second - 1))
        assert rest[1] < rest[0] / 2 + 10**-30 and rest[1] < Rational(1, 10), e


def test_what_is_not_certain_is_refused() -> None:
    y = Symbol("y", real=True)
    assert leading_terms(sqrt(y + T), T) is None  # the sign of y
    assert leading_terms(exp(1 / T), T) is None  # no power of t
    assert leading_terms(sympify("sin(1/t)", locals={"t": T}), T) is None
    assert leading_terms(log(T) / log(log(1 / T)), T) is None


def test_cancelling_terms_are_looked_for_further() -> None:
    x = Symbol("x", positive=True)
    found = leading_terms(sqrt(1 + x * T) - 1 - x * T / 2 + x**2 * T**2 / 8 - x**3 * T**3 / 16, T, 1)
    assert found is not None and found[0].power == 4
    assert simplify(found[0].coefficient + 5 * x**4 / 128) == 0
