"""Constant linear mixtures of models fall apart again, and what is said about them holds for the flow itself."""

from random import Random
from typing import Any

import numpy as np
import pytest
from console import model, read, reads, show
from document_oracle import failures
from mpmath import mp, mpf
from sympy import Matrix, Rational, Symbol, cos, lambdify, pi, sqrt

from derive.architecture import Architecture
from derive.catalogue import architectures
from derive.fields.dynamics import induced_dynamics
from derive.metric.mixture import Mixture, mixture
from derive.model import Model, parse_model
from derive.pipeline import derive
from verify.data import DataSet
from verify.limit import limit
from verify.minimise.api import minimise

# (rows, parameters, start, is it a Hessian map by itself?)
PIECES = (
    (("{0}*{1}",), ("1", "1/2"), True),
    (("{0}*{1}",), ("alpha", "0"), True),
    (("{0}**3",), ("1/2",), True),
    (("exp({0})",), ("1/3",), True),
    (("{0}**2-{1}**2",), ("alpha", "alpha"), True),
    (("{0}**3-{1}**3",), ("1", "1"), True),
    (("{0}",), ("0",), True),
    (("1/{0}",), ("2",), True),
    (("{0}**2+{1}**2", "{0}*{1}"), ("1", "1/4"), True),
    (("{0}*{1}", "{0}*{2}"), ("2", "1", "1/3"), False),
)
TURNS = (("w1", "w2"), ("w1+w2", "w1-w2"), ("(3*w1+4*w2)/5", "(4*w1-3*w2)/5"))


def mixed(seed: int) -> tuple[list[str], dict[str, str], bool]:
    """Two pieces under an invertible matrix, the first two parameters turned; is every piece a Hessian map?

    The turn by (w1 + w2, w1 - w2) stretches both parameters alike: pieces that contain one of them alone change by a
    constant factor of the metric of one parameter, so they have to be monomials.
    """
    random = Random(f"mixture {seed}")
    chosen = [random.choice(PIECES[:8] if k else PIECES) for k in range(2)]
    rows, start = [], []
    for formulas, values, _ in chosen:
        names = [f"w{len(start) + n + 1}" for n in range(len(values))]
        rows += [f.format(*names) for f in formulas]
        start += values
    d = len(rows)
    entries = [0, 1, -1, 2, -2, Rational(1, 3)] + ([sqrt(2), 1 - sqrt(2)] if seed % 3 == 0 else [])
    a = Matrix(d, d, lambda *_: random.choice(entries))
    while a.det() == 0:
        a = Matrix(d, d, lambda *_: random.choice(entries))
    first, second = random.choice(TURNS) if len(chosen[0][0]) == 1 else TURNS[0]
    turned = {"w1": f"({first})", "w2": f"({second})"}
    old = [read(s) for s in start[:2]]
    c = Matrix([read(first), read(second)]).jacobian([Symbol("w1", real=True), Symbol("w2", real=True)])
    new = c.inv() * Matrix(old)
    written = ["".join(turned.get(part, part) for part in _split(row)) for row in rows]
    formulas = [" + ".join(f"({a[i, j]})*({written[j]})" for j in range(d) if a[i, j] != 0) for i in range(d)]
    values = [*map(str, new), *start[2:]]
    return formulas, {f"w{n + 1}": v for n, v in enumerate(values)}, all(holds for *_, holds in chosen)


def _split(row: str) -> list[str]:
    parts, name = [], ""
    for letter in row + " ":
        if letter.isalnum():
            name += letter
        else:
            parts += [name, letter]
            name = ""
    return [p for p in parts if p and p != " "]


def shown(formulas: list[str], start: dict[str, str]) -> dict[str, Any]:
    values = ", ".join(f"{w}={v}" for w, v in start.items())
    return show(", ".join(formulas), "--parameters", ",".join(start), "--start", values)


@pytest.mark.parametrize("seed", range(10))
def test_a_mixture_has_the_verdict_of_its_pieces_and_its_document_is_that_of_the_flow(seed: int) -> None:
    formulas, start, holds = mixed(seed)
    found = shown(formulas, start)
    assert found["hessian"]["status"] == found["potential"]["status"] == ("proved" if holds else "refuted"), formulas
    assert failures(found) == []


def test_a_block_between_forms_stays_zero_at_points_that_the_search_did_not_see() -> None:
    met = 0
    for seed in range(16):
        formulas, start, _ = mixed(seed)
        own = parse_model(formulas, parameters=list(start), start=start)
        m = mixture(induced_dynamics(own))
        if m is None:  # the matrix that was drawn mixes nothing
            continue
        met, forms = met + 1, _dense(m)
        jacobian = Matrix(list(own.predictor)).jacobian(list(own.parameters))
        at = {w: Rational(k + 3, 7 + k) for k, w in enumerate(own.parameters)}
        metric = forms * (jacobian * jacobian.T).xreplace(at) * forms.T
        places = {i: n for n, block in enumerate(_blocks(m.model)) for i in block}
        crossed = [metric[i, j] for i in places for j in places if places[i] != places[j]]
        assert crossed and all(abs(e.evalf(60)) < Rational(1, 10**50) for e in crossed)
    assert met > 10


def _dense(m: Mixture) -> Matrix:
    d = len(m.forms)
    return Matrix(d, d, lambda i, j: dict(m.forms[i]).get(j, 0))


def _blocks(model: Model) -> list[tuple[int, ...]]:
    """Coordinates that share parameters, by hand."""
    groups: list[tuple[set[Symbol], tuple[int, ...]]] = []
    for i, f in enumerate(model.predictor):
        own = f.free_symbols & set(model.parameters)
        met = [g for g in groups if g[0] & own]
        groups = [g for g in groups if g not in met]
        groups.append((own.union(*(g[0] for g in met)), (*(k for g in met for k in g[1]), i)))
    return [places for _, places in groups]


@pytest.mark.parametrize(
    "name",
    ["neuron", "neurons", "chain", "psd", "factorization", "fully-connected", "softmax", "attention", "low-rank"],
)
def test_what_does_not_fall_apart_is_left_as_it_is(name: str) -> None:
    architecture: Architecture = architectures()[name]
    options = {o.name: o.default for o in architecture.options} | dict(architecture.examples[0])
    assert mixture(induced_dynamics(architecture.build(**options))) is None


def test_an_isotropic_block_is_not_torn() -> None:
    """Equal eigenvalues: M is m(w) times the unit matrix on two coordinates, and every frame would do."""
    product = ["u1*v1-u2*v2", "u1*v2+u2*v1"]
    assert mixture(induced_dynamics(parse_model(product))) is None
    formulas = [f"{product[0]} + x**2", f"{product[1]} - x**2", f"{product[0]} + {product[1]} - 3*x**2"]
    found = show(", ".join(formulas))
    assert sorted(map(len, found["mixture"]["blocks"])) == [1, 2]
    assert found["hessian"]["status"] == found["warp"]["status"] == "refuted"


# -- the circular convolution -------------------------------------------------------------------------


def test_the_convolution_of_two_is_two_hypentropies_of_its_frequencies() -> None:
    """hat u hat v at each frequency, |hat u|^2 - |hat v|^2 = alpha^2: q'(x) = asinh(2 x / alpha^2) / 4."""
    found = show("convolution", "--dimension", "2")
    assert found["potential"]["form"] == "closed" and found["scope"] == "this dimension"
    names = [Symbol(n, real=True) for n in ("beta1", "beta2", "alpha")]
    gradient = lambdify(names, reads(found["potential"]["gradient"]), modules="mpmath")
    for b1, b2, alpha in ((0.3, 1.7, 0.5), (-2.0, 0.1, 1.5), (0.0, 0.2, 0.01)):
        up, low = (mp.asinh(2 * mpf(x) / mpf(alpha) ** 2) / 4 for x in (b1 + b2, b1 - b2))
        assert max(abs(a - b) for a, b in zip(gradient(b1, b2, alpha), (up + low, up - low), strict=True)) < 1e-12
    assert failures(found) == []


def test_its_small_start_prefers_few_frequencies() -> None:
    found = show("convolution", "--dimension", "2")
    small = next(r for r in found["regimes"] if r["limit"] == "alpha -> 0")
    large = next(r for r in found["regimes"] if r["limit"] == "beta -> beta(0)")
    assert small["norm"] == "l1 of (beta1 + beta2, beta1 - beta2)" and large["norm"] == "l2"
    names = [Symbol(n, real=True) for n in ("beta1", "beta2", "alpha")]
    q, e = (lambdify(names, read(t), modules="mpmath") for t in (found["potential"]["value"], small["equivalent"]))
    with mp.workdps(400):
        at = mpf(3) / 10, mpf(-2) / 5, mpf(10) ** -150
        assert abs(q(*at) / e(*at) - 1) < mpf(1) / 200


@pytest.mark.parametrize("dimension", [3, pytest.param(4, marks=pytest.mark.slow)])
def test_longer_convolutions_have_complex_pairs_and_no_regularizer(dimension: int) -> None:
    found = show("convolution", "--dimension", str(dimension))
    assert found["hessian"]["status"] == found["warp"]["status"] == "refuted"
    assert sorted(map(len, found["mixture"]["blocks"])) == {3: [1, 2], 4: [1, 1, 2]}[dimension]
    parameters, predictor, _ = model(found)
    values = {Symbol(f"{s}{i + 1}", real=True): Rational(i * i + 2 + 3 * (s == "v"), 3) for s in "uv" for i in range(9)}
    gamma = [read(t) for t in found["mixture"]["coordinates"]]
    betas = {Symbol(f"beta{i + 1}", real=True): f for i, f in enumerate(predictor)}
    mean = next(g for g in gamma if len(g.free_symbols) == dimension and len({*g.as_coefficients_dict().values()}) == 1)
    scale = next(iter(mean.as_coefficients_dict().values()))
    product = sum(p for p in parameters if str(p)[0] == "u") * sum(p for p in parameters if str(p)[0] == "v")
    assert (mean.xreplace(betas) - scale * product).xreplace(values) == 0


# -- other kinds of numbers, metrics, hulls -----------------------------------------------------------


def test_eigenvalues_may_be_conjugate_roots() -> None:
    """(u^2 + v^2, u^2 + 2 u v): the golden ratio and its conjugate."""
    found = show("u**2+v**2, u**2+2*u*v", "--start", "u=1, v=1/3")
    assert found["hessian"]["status"] == "proved" and found["mixture"]["blocks"] == [[0], [1]]
    slopes = {read(g).coeff(Symbol("beta2", real=True)) / read(g).coeff(Symbol("beta1", real=True)) for g in
              found["mixture"]["coordinates"]}  # fmt: skip
    golden = 2 * cos(pi / 5)
    assert {round(float(s), 12) for s in slopes} == {round(float(golden), 12), round(float(1 - golden), 12)}
    assert failures(found) == []


def test_parameters_alone_may_be_mixed() -> None:
    found = show("(u+v)**2, (u-v)**3", "--start", "u=2, v=1/2")
    assert found["potential"]["form"] == "closed" and found["mixture"]["coordinates"] == ["beta1", "beta2"]
    assert failures(found) == []


def test_a_metric_may_be_a_mixture() -> None:
    """rho = Hess of exp(x) + cosh(y) with x = w1 + 2 w2, y = w1 - w2."""
    rho = "exp(w1+2*w2)+cosh(w1-w2), 2*exp(w1+2*w2)-cosh(w1-w2); 2*exp(w1+2*w2)-cosh(w1-w2), 4*exp(w1+2*w2)+cosh(w1-w2)"
    found = show("--metric", rho)
    assert found["potential"]["form"] == "closed" and found["conservation_laws"] is None
    assert failures(found, _metric(rho)) == []


def test_a_mixture_in_a_subspace_is_that_of_the_independent_coordinates() -> None:
    found = show("2*u*v, u*v+a*b, 5*u*v, u*v-a*b", "--start", "u=1, v=0, a=1/2, b=0")
    assert found["confined"]["status"] == found["hessian"]["status"] == "proved" and found["mixture"] is None
    assert found["potential"]["form"] == "closed" and len(found["confined"]["coordinates"]) == 2


@pytest.mark.parametrize("given", ["2, 0, 0; 0, 3, 0; 0, 0, 1", "1+w1**2, 0, 0; 0, exp(w2), 0; 0, 0, 1"])
def test_a_metric_on_the_parameters_is_carried_along(given: str) -> None:
    predictor = ("exp(w1)+exp(2*w2)-w3", "exp(w1)-exp(2*w2)", "exp(w1)+exp(2*w2)+2*w3")
    found = show(", ".join(predictor), "--start", "w1=0, w2=1/2, w3=0", "--parameter-metric", given)
    assert found["hessian"]["status"] == "proved" and found["mixture"]["blocks"] == [[0], [1], [2]]
    assert failures(found, _metric(given)) == []


def test_a_dual_that_is_bounded_in_a_mixture_says_so() -> None:
    """x = w1^3 - w2^3 from 1 has dw1 = 3 w1^2 ds, so w1 = 1/(1 - 3 s) and |s| < 1/3; for x + y, x - y, s = s1 + s2."""
    found = show("w1**3-w2**3 + u*v, w1**3-w2**3 - u*v", "--start", "w1=1, w2=1, u=1, v=0")["potential"]
    assert found["dual_domain"] is None and found["dual_gradient"] is not None
    text = found["reason"].split("beta(s) is for ")[1]
    low, form, high = map(read, text.split(" < "))
    s1, s2 = (Symbol(n, real=True) for n in ("s1", "s2"))
    assert (form / high - 3 * (s1 + s2)).expand() == 0 == high + low


def _metric(text: str) -> Matrix:
    return Matrix([[read(e) for e in row.split(",")] for row in text.split(";")])


def test_equations_of_a_hull_are_given_in_the_parameters_of_the_user() -> None:
    found = show("(a+b)*(a-b)*w + c**2, (a+b)*(a-b)*w - 2*c**2", "--start", "a=2, b=0, w=1, c=1")
    images = {Symbol(w, real=True): read(e) for w, e in found["subspace"].items()}
    assert found["hessian"]["status"] == "proved" and images
    parameters, _, jacobian = model(found)
    start = {Symbol(w, real=True): read(e) for w, e in found["model"]["start"].items()}
    for w, image in images.items():
        assert (w - image).xreplace(start) == 0
        slope = jacobian * Matrix([w - image]).jacobian(parameters).T
        assert all(e.xreplace(images).expand() == 0 for e in slope)
    assert failures(found) == []


# -- the numeric side ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "start"),
    [
        (["u*v + a*b", "u*v - 2*a*b"], {"u": "1", "v": "0", "a": "1/2", "b": "1/4"}),
        (["u*v + sqrt(2)*a*b", "u*v - a*b"], {"u": "1", "v": "0", "a": "1/2", "b": "0"}),
    ],
)
def test_the_flow_ends_where_the_potential_is_smallest(predictor: list[str], start: dict[str, str]) -> None:
    own = parse_model(predictor, start=start)
    data = DataSet(name="one row", X=((Rational(1), Rational(1, 4)),), y=(Rational(7, 10),))
    found = limit(own, derive(own), {}, data, digits=15)
    assert found.verdict.is_proved and found.agreement == 15


def test_margins_of_a_mixture_are_those_of_its_coordinates() -> None:
    """The minimiser of Q under margins satisfies the conditions of Karush, Kuhn and Tucker for grad Q by hand."""
    own = parse_model(["u*v + a*b", "u*v - a*b"], start={"u": "1", "v": "0", "a": "1", "b": "0"})
    rows = ((Rational(1), Rational(1, 4)), (Rational(1, 3), Rational(1)))
    data = DataSet(name="two rows", X=rows, y=(Rational(1), Rational(1)))
    found = minimise(derive(own), data, subject_to="margin", digits=15)
    beta = [float(b.mid()) for b in found.beta]
    up, low = (np.arcsinh(2 * x / 2) / 2 for x in (beta[0] + beta[1], beta[0] - beta[1]))  # gamma / 2 = u v, a b
    gradient = np.array([up + low, up - low]) / 2
    nu = np.array([float(v.mid()) for v in found.multipliers])
    assert np.allclose(gradient, np.array(rows, float).T @ nu, atol=1e-12)
    assert all(np.array(rows, float) @ beta > 1 - 1e-12) and all(nu >= -1e-15)
