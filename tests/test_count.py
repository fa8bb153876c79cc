"""Counts of conserved quantities, against ranks over Q that SymPy finds at rational points, and laws differentiated."""

from itertools import pairwise, product

import pytest
from sympy import Expr, Matrix, Rational, Symbol, expand, symbols

from derive.errors import ComputationError
from derive.laws.count import LawCount, count_laws
from derive.model import Model, parse_model


def chain(*sizes: int) -> Model:
    """The entries of a product of matrices."""
    factors = [Matrix(a, b, symbols(f"w{k}_:{a}:{b}", real=True)) for k, (a, b) in enumerate(pairwise(sizes))]
    whole = factors[0]
    for factor in factors[1:]:
        whole = whole * factor
    return Model(name="chain", parameters=tuple(s for f in factors for s in f), predictor=tuple(map(expand, whole)))


def paths(a: int, b: int, c: int) -> Model:
    """A ReLU network with one hidden layer and biases: every product along a path is a coordinate."""
    u, v, x = (symbols(f"{n}:{k}", real=True) for n, k in (("u", a * b), ("v", b * c), ("x", b)))
    weights = [u[i * b + j] * v[j * c + k] for i, j, k in product(range(a), range(b), range(c))]
    offsets = [u[i * b + j] * x[j] for i, j in product(range(a), range(b))]
    return Model(name="paths", parameters=(*u, *v, *x), predictor=(*weights, *offsets))


def models() -> dict[str, Model]:
    texts = {
        "neuron": ["a*w1", "a*w2"],
        "a square": ["u**2 - v**2"],
        "coefficients": ["u*v/3 + x*y/2", "u*x"],
        "no law": ["u**2 + u*v", "v**3"],
        "cubes": ["u**3 - v**3"],
    }
    return {
        "2-2-2": chain(2, 2, 2), "2-3-2": chain(2, 3, 2), "1-2-2-1": chain(1, 2, 2, 1), "2-2-2-2": chain(2, 2, 2, 2),
        "relu 2-2-2": paths(2, 2, 2), "relu 1-3-2": paths(1, 3, 2),
        **{name: parse_model(text) for name, text in texts.items()},
    }  # fmt: skip


MODELS = models()


def brackets(model: Model) -> list[Matrix]:
    """V_i, [V_i, V_j] and [V_k, [V_i, V_j]] by differentiation."""
    w = list(model.parameters)
    fields = [Matrix([f.diff(p) for p in w]) for f in model.predictor]
    found = fields
    for _ in range(2):
        found = [u.jacobian(w) * v - v.jacobian(w) * u for v in fields[:4] for u in found[:12]]
        fields = [*fields, *found]
    return fields


def exact_bound(model: Model) -> int:
    """p less the rank over Q at a rational point."""
    at = {p: Rational((7 * n * n + 3 * n) % 23 - 11, 2 + n % 3) for n, p in enumerate(model.parameters)}
    return len(model.parameters) - Matrix.hstack(*[v.subs(at) for v in brackets(model)]).rank()


def law(model: Model, index: int, found: LawCount) -> Expr:
    return sum((c * model.parameters[a] * model.parameters[b] for (a, b), c in found.laws[index]), Rational(0))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "2-2-2-2"])  # whose ranks take SymPy 15 s
def test_laws_are_conserved_and_no_more_are_claimed_than_ranks_allow(name: str) -> None:
    model = MODELS[name]
    found = count_laws(model)
    for n in range(len(found.laws)):
        h = law(model, n, found)
        slopes = [sum(h.diff(p) * f.diff(p) for p in model.parameters) for f in model.predictor]
        assert all(expand(s) == 0 for s in slopes)
        spoiled = h + model.parameters[0] ** 2
        assert any(expand(sum(spoiled.diff(p) * f.diff(p) for p in model.parameters)) != 0 for f in model.predictor)
    differentials = Matrix([[law(model, n, found).diff(p) for p in model.parameters] for n in range(len(found.laws))])
    at = {p: Rational(3 * n + 2, 1 + n % 4) for n, p in enumerate(model.parameters)}
    assert found.lower == (differentials.subs(at).rank() if found.laws else 0)
    assert found.lower <= exact_bound(model) and found.lower <= found.upper
    assert found.verdict.is_proved is (found.lower == found.upper)


@pytest.mark.parametrize(
    ("name", "number"),
    # hidden units of ReLU networks; sum of n (n + 1) / 2 over hidden layers no wider than their neighbours (Marcotte et
    # al. 2023); a^2 - w^2; u v; for cubes only 1/u + 1/v, which is not quadratic
    [("relu 2-2-2", 2), ("relu 1-3-2", 3), ("2-2-2", 3), ("2-2-2-2", 6), ("neuron", 1), ("a square", 1), ("no law", 0)],
)
def test_counts_of_the_literature_are_proved(name: str, number: int) -> None:
    found = count_laws(MODELS[name])
    assert found.verdict.is_proved and found.lower == found.upper == number


def test_a_law_that_is_not_quadratic_leaves_the_count_open() -> None:
    found = count_laws(MODELS["cubes"])
    assert (str(found.verdict.status), found.lower, found.upper) == ("unknown", 0, 1)


def test_other_models_are_refused_in_one_line() -> None:
    for model in (
        parse_model(["exp(u)*v"]),
        parse_model(["u*v"], parameter_metric=[["1", "0"], ["0", "2"]]),
        parse_model(["u*v"], restrict=["u**2 - v**2"]),
    ):
        with pytest.raises(ComputationError) as caught:
            count_laws(model)
        assert "\n" not in str(caught.value)


def test_constants_of_a_predictor_are_no_parameters() -> None:
    model = Model(name="c", parameters=(Symbol("u", real=True),), predictor=(Symbol("u", real=True) ** 2 + 1,))
    assert count_laws(model).upper == 0
