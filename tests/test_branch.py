"""M in beta: rational, by radicals and functions, or with a root; right along leaves; reasons where it is unknown."""

from pathlib import Path
from random import Random

import pytest
from branch_oracle import failures
from console import read, run, show
from flint import fmpq
from sympy import Dummy, Matrix, Poly, Symbol, cancel, exp, log, simplify
from test_unseen_models import drawn

from derive.branch.forms import tidy
from derive.branch.relations import POINTS, TARGET, holds, named, relations
from derive.exact.residues import PRIME, algebraic, rational, residue_points
from derive.fields.dynamics import induced_dynamics
from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document

CLOSED = (
    ("w1*w2, w1*w2**2", "w1=1, w2=2"),
    ("w1*w2, w1*w2**2", "w1=-1, w2=-3"),
    ("u**2*v**3, u**3*v**2", "u=-1, v=2"),
    ("exp(a) + exp(b)", "a=0, b=1"),
    ("w, v*exp(w)", "w=1, v=-2"),
    ("a*b**2 + a, exp(b)", "a=1, b=0"),
    ("b*log(1 + a**2), a", "a=-1, b=2"),
    ("u*v + u, v**2 + v", "u=1, v=-2"),
    ("a*x + b*y, a*y + b*x", "a=1, b=2, x=0, y=1"),
)
ROOTED = (
    ("u*v*w", "u=1, v=2, w=3", "the only root that is not negative"),
    ("u*v*w", "u=3, v=-2, w=-1", "the only root that is not negative"),
    ("u**2*v", "u=-1, v=-4/3", "the only root that is not negative"),
    ("a**3 + b, a - b", "a=1, b=0", "the only real root"),
    ("v*w**2, u*v", "u=-3/2, v=-1/2, w=-5/3", "continuous"),
    ("a**4 - b**4", "a=alpha, b=alpha", "the only positive root, as long as beta1"),
    ("u**3 + v, u*w, v*w", "u=-4/3, v=-1/3, w=-2", "continuous"),
    ("a*b, a + b**2 - b", "a=2, b=1", "continuous"),
    ("u*v*w", None, "continuous"),
)


@pytest.mark.parametrize(("predictor", "start"), CLOSED)
def test_a_formula_is_m_along_the_leaf(predictor: str, start: str) -> None:
    found = show(predictor, "--start", start)
    assert found["dynamics"]["inverse_metric"] is not None and found["dynamics"]["root"] is None
    used, wrong = failures(found)
    assert used >= 2 and wrong == []


@pytest.mark.parametrize(("predictor", "start", "which"), ROOTED)
def test_a_root_is_the_one_that_is_named(predictor: str, start: str | None, which: str) -> None:
    found = show(predictor, *(["--start", start] if start else []))
    assert found["dynamics"]["inverse_metric"] is None
    (root,) = found["dynamics"]["root"]["unknowns"]
    assert which in root["which"] and root["name"] == "zeta1"
    used, wrong = failures(found)
    assert used >= 2 and wrong == []


@pytest.mark.parametrize("seed", [22, 24, 25, 45, 46, 80, 101, 109, 115, 116])
def test_m_of_a_drawn_model_is_right_along_its_leaves(seed: int) -> None:
    model = drawn(seed)
    assert model is not None
    found = document(derive(model, time_limit=None))
    assert (found["dynamics"]["inverse_metric"] is None) == (found["dynamics"]["root"] is not None)
    used, wrong = failures(found, model.parameter_metric and Matrix(model.parameter_metric), seed=seed)
    assert used >= 2 and wrong == []


def test_the_oracle_sees_a_wrong_sign_a_wrong_root_and_a_wrong_entry() -> None:
    found = show("u*v + u, v**2 + v", "--start", "u=1, v=-2")
    turned = [[e.replace("sqrt", "-sqrt") for e in row] for row in found["dynamics"]["inverse_metric"]]
    assert turned != found["dynamics"]["inverse_metric"]
    found["dynamics"]["inverse_metric"] = turned
    assert failures(found)[1]
    found = show("u*v*w", "--start", "u=1, v=2, w=3")
    found["dynamics"]["root"]["unknowns"][0] |= {"which": "the only negative root", "at_start": "-1"}
    with pytest.raises(AssertionError, match="only negative"):
        failures(found)
    found = show("a**3 + b, a - b", "--start", "a=1, b=0")
    found["dynamics"]["root"]["inverse_metric"][0][1] += " + beta1"
    assert failures(found)[1]


def test_the_example_of_two_monomials_is_rational() -> None:
    m = [
        [read(e) for e in row] for row in show("w1*w2, w1*w2**2", "--start", "w1=1, w2=2")["dynamics"]["inverse_metric"]
    ]
    w1, w2 = Symbol("w1", real=True), Symbol("w2", real=True)
    there = {Symbol("beta1", real=True): w1 * w2, Symbol("beta2", real=True): w1 * w2**2}
    expected = [[w1**2 + w2**2, 2 * w1**2 * w2 + w2**3], [2 * w1**2 * w2 + w2**3, 4 * w1**2 * w2**2 + w2**4]]
    assert all(cancel(m[i][j].subs(there) - expected[i][j]) == 0 for i in range(2) for j in range(2))


def test_equal_blocks_have_roots_of_their_own() -> None:
    found = show("u1*v1**2, u2*v2**2", "--start", "u1=1, v1=2, u2=1, v2=2")
    roots = found["dynamics"]["root"]["unknowns"]
    assert [z["name"] for z in roots] == ["zeta1", "zeta2"]
    assert "beta2" in roots[1]["equation"] and "beta1" not in roots[1]["equation"]
    assert failures(found)[1] == []


@pytest.mark.parametrize(
    ("predictor", "start", "words"),
    [
        ("b*sin(a)", "a=1, b=1", ("not algebraic", "sin(a)", "log(cos(a))")),
        ("tanh(w1) + w2", "w1=1, w2=0", ("not algebraic", "tanh(w1)")),
        ("u**2 + 2*u*sin(v)", "u=-2, v=-5/3", ("1 more conserved quantity exists",)),
        ("u**2*v*w + u*v + w**2, u*v**2 + w + u**2, u + v*w + w**2", "u=1, v=2, w=1", ("is algebraic",)),
    ],
)
def test_a_reason_says_what_stands_in_the_way(predictor: str, start: str, words: tuple[str, ...]) -> None:
    dynamics = show(predictor, "--start", start)["dynamics"]
    assert dynamics["inverse_metric"] is None and dynamics["root"] is None
    assert all(word in dynamics["reason"] for word in words), dynamics["reason"]


def test_the_document_shows_the_equation_and_the_branch(tmp_path: Path) -> None:
    shown = run("show", "u*v*w", "--start", "u=1, v=2, w=3").out
    assert "zeta1 = u**2, which is 1 at the start, is the only root that is not negative of" in shown
    page = tmp_path / "page.html"
    assert run("html", "u*v*w", "--start", "u=1, v=2, w=3", "-o", str(page)).status == 0
    assert "the only root that is not negative of" in page.read_text()


def test_known_parameters_close_a_potential() -> None:
    """exp(a) + exp(b): the gradient is c exp(-...) of what inversion found; the flow checks it in other tests."""
    q = show("exp(a) + exp(b)", "--start", "a=0, b=1")["potential"]
    assert q["status"] == "proved" and q["form"] == "closed" and len(q["gradient"][0]) < 120


# -- relations ----------------------------------------------------------------------------------------


def test_a_relation_is_found_and_vanishes_on_the_model() -> None:
    model = parse_model(["x**2 + y", "x*y"])
    field = induced_dynamics(model).field
    x, y = (field.convert(p) for p in model.parameters)
    points = residue_points(field, POINTS)
    b1, b2 = model.coordinates
    known = [named(x.power(2) + y, points, b1), named(x * y, points, b2)]
    found = next(relations(named(x, points), known)).as_expr()
    assert simplify(found - (TARGET**3 - b1 * TARGET + b2)) in (0, simplify(2 * found))
    assert Poly(found, TARGET).degree() == 3


def test_a_guess_that_is_no_identity_is_refused() -> None:
    model = parse_model(["x + y", "x*y"])
    field = induced_dynamics(model).field
    x, y = (field.convert(p) for p in model.parameters)
    true = {(2, 0, 0): fmpq(1), (1, 1, 0): fmpq(-1), (0, 0, 1): fmpq(1)}
    assert holds(true, [x, x + y, x * y])
    assert not holds(true | {(0, 0, 0): fmpq(1, 10**9)}, [x, x + y, x * y])


def test_what_is_not_algebraic_is_told() -> None:
    model = parse_model(["x + exp(x)", "y*exp(x)"])
    field = induced_dynamics(model).field
    x, y, e = (field.convert(u) for u in (*model.parameters, exp(model.parameters[0])))
    point = residue_points(field, 1)[0]
    assert algebraic([x, y, y * e], [x + e, y * e], point) == [False, False, True]
    assert algebraic([x, y], [e, x, y * e], point) == [True, True]


def test_rational_numbers_come_back_from_residues() -> None:
    random = Random(1)
    for _ in range(50):
        number = fmpq(random.randint(-(10**6), 10**6), random.randint(1, 10**6))
        assert rational(int(number.p) * pow(int(number.q), -1, PRIME) % PRIME) == number


def test_forms_are_equal() -> None:
    x, y, s = Symbol("x", real=True), Symbol("y", real=True), Dummy("s", real=True)
    root = (1 + x**2) ** (s / s / 2)
    for e in ((x + root) / (y - root), (x**2 - y**2) / (x - y), x * log(y) / (log(y) ** 2 + x * log(y))):
        short = tidy(e)
        assert short.count_ops() <= e.count_ops()
        assert abs((short - e).subs({x: 0.7, y: 2.3}).evalf()) < 1e-12
