"""Claim: every method goes where the theorems of Gunasekar et al. 2018 say, in both arithmetics.

Limits are checked against the entropy's closed form, the pseudo-inverse and SciPy; arbitrary precision against float64
and against itself.
"""

from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from optimise_models import ONE, SPARSE, diagonal, entropy, linear, matrix, run
from scipy.optimize import minimize
from sympy import Integer, Matrix, Rational

from derive.errors import ComputationError, InputError
from derive.model import parse_model
from derive.pipeline import derive
from verify.data import DataSet
from verify.decimal import parse_decimal
from verify.optimise.catalogue import methods
from verify.optimise.extremal import least_norm
from verify.optimise.method import Settings
from verify.optimise.numbers import precise
from verify.optimise.run import optimise
from verify.optimise.theory import theory

NAMES = tuple(methods())


# -- limits: losses with a finite root -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["gradient-descent", "sgd", "heavy-ball", "nesterov", "momentum"])
@pytest.mark.parametrize("step", [Rational(1, 20), Rational(1, 4)])
def test_span_methods_reach_the_closest_interpolator(name: str, step: Rational) -> None:
    """Section 2.1, for every step size, momentum and batch; from a start that is not zero."""
    x, y = matrix(SPARSE)
    start = np.full(6, 0.25)
    found = run(name, linear(6, "1/4"), SPARSE, step, 6000)
    assert np.allclose(found.beta, start + np.linalg.pinv(x) @ (y - x @ start), atol=1e-9)


@pytest.mark.parametrize("loss", ["(f - y)**4", "log(cosh(f - y))"])
def test_a_loss_that_the_user_gives_has_the_same_limit(loss: str) -> None:
    x, y = matrix(SPARSE)
    step = Rational(1, 500) if "**4" in loss else Rational(1, 10)
    found = run("gradient-descent", linear(6), SPARSE, step, 20000, loss=loss)
    limit = np.linalg.pinv(x) @ y
    slack = 0.1 if "**4" in loss else 1e-9  # the quartic loss leaves residuals of 1/sqrt(t)
    assert np.allclose(found.beta, limit, atol=slack)
    assert np.allclose(found.beta, x.T @ np.linalg.lstsq(x.T, found.beta, rcond=None)[0], atol=1e-12)


@pytest.mark.parametrize(
    ("given", "named"), [("log(1 + u)", "logistic"), ("exp(-m)", "exponential"), ("(f - y)**2 / 2", "squared")]
)
def test_a_named_loss_may_be_written_out(given: str, named: str) -> None:
    data = replace(SPARSE, y=(Rational(1), Rational(-1), Rational(1)))
    ends = [run("gradient-descent", linear(6), data, Rational(1, 4), 100, loss=loss) for loss in (given, named)]
    assert np.allclose(ends[0].beta, ends[1].beta, rtol=1e-12) and np.isclose(ends[0].loss, ends[1].loss, rtol=1e-12)
    flags = [end.problem.objective.loss.uses_margins for end in ends]
    assert flags[0] == flags[1]


@pytest.mark.parametrize("step", [Rational(1, 100), Rational(1, 8)])
@pytest.mark.parametrize("name", ["mirror", "mirror-dual-momentum"])
def test_mirror_descent_reaches_the_entropy_minimiser_for_every_step(name: str, step: Rational) -> None:
    """Theorems 1 and 1b: log w is proportional to (1, 2), so w = (1/2, 1/4): 2 t^2 + t = 1."""
    assert np.allclose(run(name, entropy(2), ONE, step, 8000).beta, [0.5, 0.25], atol=1e-10)


def test_primal_momentum_loses_the_minimiser_and_depends_on_its_parameters() -> None:
    """Proposition 2a, Fig. 1a: interpolators, but others."""
    ends = [
        run("mirror-primal-momentum", entropy(2), ONE, Rational(1, 20), 8000, momentum=b).beta
        for b in (Rational(0), Rational(1, 4), Rational(1, 2))
    ]
    assert all(abs(end @ [1, 2] - 1) < 1e-9 for end in ends)
    assert np.allclose(ends[0], [0.5, 0.25], atol=1e-9)
    assert abs(ends[1][0] - 0.5) > 1e-3 and abs(ends[2][0] - ends[1][0]) > 1e-3


def test_natural_gradient_depends_on_its_step_and_tends_to_the_minimiser() -> None:
    """Proposition 3a, Fig. 1b; the distance falls in proportion to the step (eq. 10)."""
    gaps = [abs(run("natural", entropy(2), ONE, Rational(1, n), 400 * n).beta[0] - 0.5) for n in (20, 40, 80)]
    assert gaps[2] > 1e-4 and all(1.7 < a / b < 2.3 for a, b in pairwise(gaps))


def test_constrained_mirror_descent_is_the_bregman_projection_onto_both_sets() -> None:
    """Theorem 1a, against SciPy's minimiser of the entropy under X w = y and sum w = 1."""
    data = DataSet(name="one", X=((Rational(1), Rational(2), Rational(5)),), y=(Rational(3),))
    simplex = (((Rational(1),) * 3, Rational(1)),)
    found = run("mirror-constrained", entropy(3, "1/3"), data, Rational(1, 10), 4000, constraints=simplex)
    equal = {"type": "eq", "fun": lambda w: [w @ [1, 2, 5] - 3, w.sum() - 1]}
    best = minimize(
        lambda w: (w * np.log(w)).sum(), np.full(3, 1 / 3), constraints=equal, bounds=[(1e-9, 1)] * 3, tol=1e-14
    )
    assert np.allclose(found.beta, best.x, atol=1e-6) and abs(found.beta.sum() - 1) < 1e-12


def test_steepest_descent_in_four_thirds_is_not_the_least_norm_solution() -> None:
    """Example 4, Fig. 1c: even for small steps; the least norm by SciPy on the one free coordinate."""
    data = DataSet(
        name="example 4",
        X=(tuple(map(Rational, (1, 1, 1))), tuple(map(Rational, (1, 2, 0)))),
        y=(Rational(1), Rational(10)),
    )
    x, y = matrix(data)

    def family(t: float) -> np.ndarray:
        return np.array([t, (10 - t) / 2, -4 - t / 2])

    least = minimize(lambda t: (abs(family(t[0])) ** (4 / 3)).sum(), [0.1], tol=1e-14).x[0]
    assert np.allclose(least_norm(x, y, Rational(4, 3), np.zeros(3)), family(least), atol=1e-5)
    ends = [
        run("steepest", linear(3), data, s, 40000, norm=Rational(4, 3), until=parse_decimal("1e-20", where="")).beta
        for s in (Rational(1, 10), Rational(1, 200))
    ]
    assert all(np.allclose(x @ end, y, atol=1e-8) for end in ends)
    assert abs(ends[0][0] - ends[1][0]) > 1e-2 and abs(ends[1][0] - least) > 0.1


def test_descent_on_a_factorisation_tends_to_the_derived_minimiser() -> None:
    """Depth 2: grad Q = asinh(beta / (2 alpha^2)) / 4 leaves the row span by O(eta)."""
    x, _ = matrix(SPARSE)
    gaps = []
    for n in (20, 40, 80):
        beta = run("gradient-descent", diagonal(6), SPARSE, Rational(1, n), 200 * n).beta
        q = np.arcsinh(beta / 0.5) / 4
        gaps.append(np.linalg.norm(q - x.T @ np.linalg.lstsq(x.T, q, rcond=None)[0]))
    assert gaps[-1] > 1e-6 and all(1.6 < a / b < 2.5 for a, b in pairwise(gaps))


def test_a_coupled_potential_has_its_mirror_descent() -> None:
    """One neuron, a warped potential: the limit is the minimiser, which the step does not move."""
    model = parse_model(["a*w1", "a*w2", "a*w3"], start={"a": "1", "w1": "1", "w2": "0", "w3": "0"})
    data = DataSet(name="one", X=((Rational(1), Rational(2), Rational(1, 2)),), y=(Rational(2),))
    ends = [run("mirror", model, data, Rational(1, n), 4000).beta for n in (20, 50)]
    known = theory(
        methods()["mirror"], derive(model), {}, data, Settings(step=1), loss="squared", uses_margins=False, digits=15
    )
    limit = [float(b.mid()) for b in known.predictor or ()]
    assert np.allclose(ends[0], limit, atol=1e-9) and np.allclose(ends[1], limit, atol=1e-9)


# -- arithmetics ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("loss", ["squared", "logistic", "exponential"])
def test_every_method_takes_the_same_steps_in_both_arithmetics(name: str, loss: str) -> None:
    """10 steps on every loss; labels are 1."""
    data = replace(SPARSE, y=(Rational(1),) * 3)
    model = entropy(6, "1/4") if methods()[name].space == "predictor" else diagonal(6)
    coarse = run(name, model, data, Rational(1, 64), 10, loss=loss)
    fine = run(name, model, data, Rational(1, 64), 10, loss=loss, digits=25)
    assert fine.digits == 25
    assert np.allclose(coarse.beta, fine.beta.astype(float), rtol=1e-11)
    assert np.isclose(coarse.loss, float(fine.loss), rtol=1e-11)


def test_precision_reaches_a_loss_and_digits_beyond_float64() -> None:
    """The closest interpolator to 40 digits, solved exactly over the rationals."""
    found = run(
        "gradient-descent", linear(6), SPARSE, Rational(1, 4), 5000, digits=40, until=parse_decimal("1e-90", where="")
    )
    from_rationals = _closest(SPARSE)
    assert found.digits == 40 and found.reached
    for b, exact in zip(found.beta, from_rationals, strict=True):
        assert abs(b - found.numbers.number(exact)) < found.numbers.number(Rational(1, 10**40))


def _closest(data: DataSet):
    x, y = Matrix(data.X), Matrix(data.y)
    return list(x.T * (x * x.T).LUsolve(y))


def test_private_precision_leaves_the_global_one_alone() -> None:
    before = mpmath.mp.prec
    numbers = precise(60)
    assert numbers.tape.function["exp"](numbers.number(Integer(1))) != numbers.number(Rational(271828, 100000))
    assert mpmath.mp.prec == before


# -- what is refused -----------------------------------------------------------------------------------


def test_what_cannot_be_run_is_refused() -> None:
    model = linear(6)
    with pytest.raises(InputError, match="needs --momentum"):
        optimise(
            methods()["nesterov"], model, derive(model), {}, SPARSE, Settings(step=1), loss="squared", iterations=1
        )
    with pytest.raises(InputError, match="is no setting"):
        run("gradient-descent", model, SPARSE, Rational(1, 4), norm=Integer(2))
    with pytest.raises(InputError, match="identity metric"):
        run("gradient-descent", entropy(2), ONE, Rational(1, 10))
    with pytest.raises(ComputationError, match="diverges"):
        run("gradient-descent", model, SPARSE, Rational(100))
    with pytest.raises(ComputationError, match="domain"):
        run("mirror-primal-momentum", entropy(2), ONE, Rational(2), momentum=Rational(3))
    generic = parse_model(["u1*v1 + u2*v2", "u1*w1 + u2*w2"])
    start = replace(generic, start=tuple(Rational(k, 3) for k in range(1, 7)))
    data = DataSet(name="one", X=((Rational(1), Rational(2)),), y=(Rational(1),))
    with pytest.raises(ComputationError, match="potential"):
        run("mirror", start, data, Rational(1, 100))
