"""Claim: gradient flow ends where the derived potential is smallest, and its gradient of Q stays in the row span of X.

Theorem (Gunasekar et al. 2018, thm 1): with Hess Q = g rho and grad Q(beta(0)) = 0, d(grad Q)/dt = -g grad L = X^T(...)
so grad Q(beta(T)) = X^T lambda at every T and for every loss.  It is checked here at points that the engine reaches,
with gradients typed in, on two data rows in three dimensions (one condition that a wrong Q has to fail).
"""

from dataclasses import replace
from pathlib import Path

import pytest
from flow_references import (
    SPARSE_RIGHT,
    SPARSE_SMALL,
    beta_of_dual,
    context,
    digits_shared,
    kkt,
    mpf,
    numbers,
    row_residual,
)
from sympy import Rational
from verify_console import assert_one_line, csv, document, run

from derive.catalogue import architectures
from derive.model import parse_model
from derive.pipeline import derive
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow.engine import flow
from verify.limit import limit
from verify.start import scaled

MODELS = {
    "depth 2": ("diagonal", "--depth", "2"),
    "depth 3": ("diagonal", "--depth", "3"),
    "untied": ("untied",),
}
ROWS = (("3/5", "7/10", "1/10"), ("2/5", "3/5", "3/5"))  # the first two rows of three-points-b
TWO_ROWS = DataSet(name="two rows", X=tuple(tuple(map(Rational, r)) for r in ROWS), y=(Rational(1), Rational(1)))


# -- the limit against the minimiser, and both against a third party -----------------------------------


@pytest.mark.parametrize("name", MODELS)
def test_the_flow_ends_at_the_minimiser(name: str) -> None:
    """30 digits on sparse-small; both sides agree with the KKT system that mpmath solves."""
    mp = context(60)
    found = document("limit", *MODELS[name], "--data", "sparse-small", "--digits", "30")
    expected, _ = kkt(mp, beta_of_dual(mp, name, mp.mpf(1)), numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0])
    assert (found["schema"], found["verdict"]) == ("limit/1", "proved")
    assert found["agreement_digits"] == 30
    for side in ("flow", "minimiser"):
        assert all(digits_shared(mp, mp.mpf(a), b) >= 29 for a, b in zip(found[side], expected, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_the_flow_ends_at_the_minimiser_from_a_small_start(name: str) -> None:
    mp = context(60)
    found = document("limit", *MODELS[name], "--data", "sparse-small", "--scale", "1/2", "--digits", "25")
    image = beta_of_dual(mp, name, mp.mpf(1) / 2)
    expected, _ = kkt(mp, image, numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0])
    assert found["verdict"] == "proved"
    assert all(digits_shared(mp, mp.mpf(a), b) >= 24 for a, b in zip(found["flow"], expected, strict=True))


def test_the_document_has_the_keys_of_the_interface() -> None:
    found = document("limit", "untied", "--data", "sparse-small", "--digits", "10")
    assert set(found) >= {"schema", "flow", "minimiser", "agreement_digits", "verdict"}
    assert isinstance(found["agreement_digits"], int) and found["verdict"] in ("proved", "refuted", "unknown")
    assert all(isinstance(v, str) for v in found["flow"] + found["minimiser"]) and len(found["flow"]) == 6


def test_a_derivation_of_another_start_is_refuted() -> None:
    """The flow starts at 1, the potential belongs to alpha = 11/10: the verdict must not be `proved`."""
    model = architectures()["diagonal"].model(depth=2, dimension=6)
    derivation = derive(model)
    wrong = {c: Rational(11, 10) for c in model.constants}
    right = {c: Rational(1) for c in model.constants}
    data, start = load_data("sparse-small"), scaled(model, None)
    assert str(limit(start, derivation, right, data, digits=12).verdict.status) == "proved"
    found = limit(start, derivation, wrong, data, digits=12)
    assert str(found.verdict.status) == "refuted" and found.agreement < 3


def test_a_derivation_of_another_model_is_refuted() -> None:
    """The flow of depth 3 against the potential of depth 2: the exponent of the network is wrong by one."""
    family = architectures()["diagonal"]
    two, three = (family.model(depth=depth, dimension=6) for depth in (2, 3))
    at = {c: Rational(1) for c in two.constants}
    found = limit(scaled(three, None), derive(two), at, load_data("sparse-small"), digits=12)
    assert str(found.verdict.status) == "refuted" and found.agreement < 3


def test_data_that_cannot_be_fitted_are_refused_in_one_line(tmp_path: Path) -> None:
    path = csv(tmp_path, "a,b,y\n1,2,3\n2,4,7\n")
    assert_one_line(run("limit", "diagonal", "--data", path, "--digits", "10", "--json"), 1, 2)


# -- the gradient of Q along the flow ------------------------------------------------------------------


def reached(model, until: str, loss: str = "exponential", digits: int = 40):
    """(mp, X, beta, parameters) at the end of a run on the two rows, in mpmath."""
    found = flow(model, TWO_ROWS, loss=loss, until=parse_decimal(until, where="until"), digits=digits)
    assert found.digits == digits
    mp = context(70)
    rows = [[mp.mpf(int(e.p)) / int(e.q) for e in row] for row in TWO_ROWS.X]
    return mp, rows, [mpf(mp, b) for b in found.predictor], [mpf(mp, w) for w in found.parameters]


def diagonal(depth: int):
    return scaled(architectures()["diagonal"].model(depth=depth, dimension=3), Rational(1, 2))


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("until", ["1e-2", "1e-300"])
def test_depth_two_keeps_the_gradient_of_q_in_the_row_span(until: str, loss: str) -> None:
    """beta = 2 alpha^2 sinh(4s) with s in the row span: grad Q = asinh(beta / (2 alpha^2)) / 4, alpha = 1/2.

    Wrong by a factor inside (alpha^2 for 2 alpha^2) or in the exponent (depth 3's inverse), the same check fails.
    A factor in front of Q changes no row span, and no minimiser.
    """
    mp, rows, beta, _ = reached(diagonal(2), until, loss)
    assert row_residual(mp, rows, [mp.asinh(2 * b) / 4 for b in beta]) < mp.mpf(10) ** -37
    assert row_residual(mp, rows, [mp.asinh(4 * b) / 4 for b in beta]) > mp.mpf(10) ** -6
    assert row_residual(mp, rows, [mp.asinh(b) / 4 for b in beta]) > mp.mpf(10) ** -6
    power = [mp.sign(b) * abs(mp.asinh(2 * b)) ** mp.mpf("1.01") for b in beta]
    assert row_residual(mp, rows, power) > mp.mpf(10) ** -6


def test_depth_three_keeps_the_gradient_of_q_in_the_row_span() -> None:
    """1/p = 1/alpha - 3s with s in the row span: grad Q = (1/alpha - 1/p)/3; the other exponents fail."""
    mp, rows, beta, w = reached(diagonal(3), "1e-300")
    plus = w[0::2]
    assert max(abs(p**3 - m**3 - b) / abs(b) for p, m, b in zip(plus, w[1::2], beta, strict=True)) < mp.mpf(10) ** -39
    assert row_residual(mp, rows, [(2 - 1 / p) / 3 for p in plus]) < mp.mpf(10) ** -37
    for exponent in (2, mp.mpf(1) / 2, mp.mpf("1.001")):
        assert row_residual(mp, rows, [2**exponent - p**-exponent for p in plus]) > mp.mpf(10) ** -6
    assert row_residual(mp, rows, [mp.asinh(2 * b) / 4 for b in beta]) > mp.mpf(10) ** -6


def test_the_toolkits_own_gradients_pass_the_same_check() -> None:
    """`derive` at depth 2, at the alpha of the start; at another alpha (a wrong constant inside asinh) it fails."""
    model = architectures()["diagonal"].model(depth=2, dimension=3)
    q = derive(model).potential
    mp, rows, beta, _ = reached(diagonal(2), "1e-300")
    numbers_at = dict(zip(q.variables, (Rational(mp.nstr(b, 55)) for b in beta), strict=True))

    def residual(alpha: Rational):
        values = numbers_at | dict.fromkeys(model.constants, alpha)
        return row_residual(mp, rows, [mp.mpf(str(g.subs(values).evalf(60))) for g in q.gradient])

    assert residual(Rational(1, 2)) < mp.mpf(10) ** -37
    assert residual(Rational(1, 3)) > mp.mpf(10) ** -6


START = {"a": "2", "w1": "3/5", "w2": "-1/5", "w3": "1/2"}


@pytest.mark.parametrize("until", ["1e-2", "1e-300"])
def test_the_neuron_keeps_the_warped_gradient_in_the_row_span(until: str) -> None:
    """beta = a w: M = a^2 I + w w^T and dw/dt = -a grad L, so grad Q = w - w(0) has Hess Q = a rho, warp g = a.

    (d beta = M v implies dw = a v, hence D(grad Q) = a M^-1.)  In beta: a^2 - |w|^2 = c, |beta| = a sqrt(a^2 - c).
    Without the warp (w/a, or beta itself) or with another power of a the check fails.
    """
    model = parse_model(["a*w1", "a*w2", "a*w3"], parameters=list(START), start=START)
    mp, rows, beta, _ = reached(model, until)
    first = [mp.mpf(3) / 5, mp.mpf(-1) / 5, mp.mpf(1) / 2]
    constant = 4 - sum(e * e for e in first)
    square = sum(b * b for b in beta)
    a = mp.sqrt((constant + mp.sqrt(constant**2 + 4 * square)) / 2)

    def residual(power):
        """w a^power - w(0) a(0)^power with w = beta / a; power 0 is the derived gradient."""
        moved = [b / a * a**power - e * mp.mpf(2) ** power for b, e in zip(beta, first, strict=True)]
        return row_residual(mp, rows, moved)

    assert residual(0) < mp.mpf(10) ** -36
    assert all(residual(p) > mp.mpf(10) ** -6 for p in (1, -1, mp.mpf("0.01")))


def test_the_neurons_derived_gradient_passes_the_same_check() -> None:
    """grad Q of `derive`, in beta or in the parameters, at the point that the flow reaches."""
    model = parse_model(["a*w1", "a*w2", "a*w3"], parameters=list(START), start=START)
    derivation = derive(model)
    q = derivation.potential
    mp, rows, beta, w = reached(model, "1e-300")
    exact = [Rational(mp.nstr(v, 60)) for v in (beta if q.gradient is not None else w)]
    names = q.variables if q.gradient is not None else model.parameters
    gradient = q.gradient if q.gradient is not None else q.parametric.gradient
    values = [mp.mpf(str(g.subs(dict(zip(names, exact, strict=True))).evalf(60))) for g in gradient]
    assert row_residual(mp, rows, values) < mp.mpf(10) ** -36
    shifted = [values[0] * mp.mpf("1.0001"), *values[1:]]
    assert row_residual(mp, rows, shifted) > mp.mpf(10) ** -6


# -- models that are no sum over coordinates, and a potential that is wrong ----------------------------

COUPLED = {
    "neuron": ("a*w1, a*w2", "--start", "a=1, w1=1/2, w2=-1/3"),
    "chain": ("a*b*w1, a*b*w2", "--start", "a=1, b=1/2, w1=1, w2=1/3"),
    "untied with shape": ("u1*v1, u2*v2", "--start", "u1=1, v1=1/2, u2=2, v2=1/3"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COUPLED)
def test_the_flow_of_other_models_ends_at_the_minimiser(tmp_path: Path, name: str) -> None:
    found = document("limit", *COUPLED[name], "--data", csv(tmp_path, "a,b,y\n1,2,3\n"), "--digits", "12")
    assert (found["verdict"], found["agreement_digits"]) == ("proved", 12)


def test_a_wrong_potential_is_refuted() -> None:
    """grad Q with asinh(beta / 3) in place of asinh(beta / 2), in a record that claims to be proved."""
    model = architectures()["diagonal"].model(depth=2, dimension=6)
    right = derive(model)
    q = right.potential
    broken = tuple(g.subs(s, 3 * s / 2) for g, s in zip(q.dual_gradient, q.dual_variables, strict=True))
    wrong = replace(right, potential=replace(q, dual_gradient=(broken[0], *q.dual_gradient[1:])))
    at, data, start = dict.fromkeys(model.constants, Rational(1)), load_data("sparse-small"), scaled(model, None)
    found = limit(start, wrong, at, data, digits=12)
    assert str(found.verdict.status) == "refuted" and found.agreement < 5
    assert str(limit(start, right, at, data, digits=12).verdict.status) == "proved"
