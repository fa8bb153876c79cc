"""Defects of reading a model that were found by fuzzing, one claim a test: names, metrics, restrictions, exponents."""

import json
from pathlib import Path

import pytest
from console import read, run, show
from regression_flows import close, follow, reals
from sympy import Matrix, Rational, Symbol

from derive.errors import InputError
from derive.model import Model

# -- what is refused, and what is not -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["lambda", "is", "beta3"])
def test_a_name_that_is_reserved_or_a_keyword_is_refused_in_one_line(name: str) -> None:
    for arguments in ([f"{name}*w1, {name}*w2"], ["a*w", "--start", f"a={name}, w=1"]):
        done = run("show", *arguments)
        assert done.status == 2 and done.err.count("\n") == 1 and name in done.err, arguments
        assert "internal" not in done.err


@pytest.mark.parametrize("name", ["S", "Q", "N", "gamma", "beta", "len"])
def test_a_name_that_sympy_knows_otherwise_is_a_symbol_here(name: str) -> None:
    plain, other = show("a*w1, a*w2"), show(f"{name}*w1, {name}*w2")
    assert other["model"]["parameters"] == [name, "w1", "w2"]
    assert {k: other[k]["status"] for k in ("closure", "hessian", "warp")} == {
        k: plain[k]["status"] for k in ("closure", "hessian", "warp")
    }
    assert other["warp"]["factor_parameters"].replace(name, "a") == plain["warp"]["factor_parameters"]


def test_the_coordinates_of_a_metric_are_called_in_their_order() -> None:
    assert run("show", "--metric", "1+beta1**2, beta2; beta2, 3+beta2**2").status == 0
    assert show("--metric", "1+beta2**2, 0; 0, 3+beta1**2")["model"]["parameters"] == ["beta1", "beta2"]
    done = run("show", "--metric", "1+beta2**2, 0; 0, 3+beta1**2", "--parameters", "beta2,beta1")
    assert done.status == 2 and "beta2" in done.err


def test_an_equation_is_a_restriction() -> None:
    arguments = ("a*w1, a*w2", "--restrict")
    plain = show(*arguments, "a**2 - w1**2 - w2**2")
    for text in ("a**2 - w1**2 - w2**2 = 0", "a**2 = w1**2 + w2**2"):
        assert show(*arguments, text)["warp"] == plain["warp"]
    for text in ("a = w1 = w2", "= 0", "a**2 ="):
        assert run("show", *arguments, text).status == 2


@pytest.mark.parametrize(
    "text",
    ['{"predictor": ["u*v"], "predictor": ["u"]}', '{"predictor": ["u*v"], "start": {"u": "1", "u": "2", "v": "1"}}',
     '{"predictor": ["u*v"], "name": ["a", "b"]}', '{"predictor": ["u*v"], "source": ["x"]}'],
)  # fmt: skip
def test_a_model_file_says_each_thing_once_and_in_text(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text)
    done = run("show", str(path))
    assert done.status == 2 and done.err.count("\n") == 1
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps({"predictor": ["u*v"], "name": "plain"}))
    assert run("show", str(plain)).status == 0


def test_a_family_may_use_the_names_that_numbering_would_give() -> None:
    assert show("w_0*w, w_0*v")["scope"] == "every dimension"


# -- witnesses can be plugged in ----------------------------------------------------------------------


def test_coordinates_of_a_metric_are_ordered_by_their_numbers() -> None:
    """Read in the order of appearance, diag(x2, x1) would be diag(y1, y2), a Hessian map."""
    crossed = show("--metric", "1+x2**2, 0; 0, 1+x1**2")
    assert crossed["model"]["parameters"] == ["x1", "x2"] and crossed["hessian"]["status"] == "refuted"
    named = show("--metric", "1+x2**2, 0; 0, 1+x1**2", "--parameters", "x2,x1")
    assert named["hessian"]["status"] == "proved"


@pytest.mark.parametrize("predictor", ["2**w", "w**v", "w**w", "3**(w*v)/2", "exp(w)**v"])
def test_a_parameter_in_an_exponent_is_differentiated(predictor: str) -> None:
    """It was taken for a constant: w counted as conserved by 2**w, and M was zero."""
    found = show(predictor)
    names = reals(found["model"]["parameters"])
    plain = Matrix([read(predictor).xreplace({Symbol(str(p)): p for p in names})])
    slopes = plain.jacobian(names)
    place = {p: Rational(3 + k, 4) for k, p in enumerate(names)}
    (((entry,),),) = (found["dynamics"]["inverse_metric_parameters"],)
    assert close(read(entry).xreplace(place), (slopes * slopes.T)[0, 0].xreplace(place))
    assert found["conservation_laws"]["upper_bound"] == len(names) - 1


def test_an_exponent_in_a_metric_or_a_python_model_is_no_constant() -> None:
    assert show("--metric", "2**y, 0; 0, 1", "--parameters", "x,y")["hessian"]["status"] == "refuted"
    w = Symbol("w", real=True)
    with pytest.raises(InputError, match="exponent"):
        Model(name="power", parameters=(w,), predictor=(Rational(2) ** w,))


@pytest.mark.parametrize(
    ("predictor", "start"), [("a*sign(w) + b", "a=1, w=0, b=1"), ("a + Abs(w)", "a=1, w=0"), ("a*Abs(w-1)", "a=1, w=1")]
)
def test_a_start_on_the_edge_of_an_absolute_value_is_refused(predictor: str, start: str) -> None:
    """There M was taken from nearby, 2 for a + |w|, while w = 0 does not move and M is 1."""
    done = run("show", predictor, "--start", start)
    assert done.status == 2 and "two formulas" in done.err and len(done.err.splitlines()) == 1


def test_a_submanifold_without_a_known_point_is_named() -> None:
    """It was the model that was called undefined."""
    for start in ([], ["--start", "a=1, w=1"]):
        found = show("a*w", "--restrict", "exp(a)-exp(w)", *start)["closure"]
        assert found["status"] == "unknown" and "exp(a) - exp(w) = 0" in found["reason"]


# -- restrictions that are products, or that nothing is known about -----------------------------------


def test_a_square_restricts_as_its_root_does() -> None:
    plain = show("a*w1, a*w2", "--restrict", "a**2 - w1**2 - w2**2")
    squared = show("a*w1, a*w2", "--restrict", "(a**2 - w1**2 - w2**2)**2")
    assert squared["warp"]["status"] == "proved" and squared["potential"]["form"] == plain["potential"]["form"]
    assert squared["model"]["restrict"] != plain["model"]["restrict"]  # shown as it was written


def test_of_a_product_the_factor_of_the_start_is_studied() -> None:
    product = "(a**2 - w1**2 - w2**2)*(a**2 - w1**2 - w2**2 - 1)"
    found = show("a*w1, a*w2", "--restrict", product, "--start", "a=5, w1=3, w2=4")
    assert found["warp"]["status"] == "proved" and found["potential"]["form"] == "closed"
    w, z = follow(found, [Rational(1, 9), Rational(1, 5)], Rational(1, 4))
    betas = {Symbol(f"beta{i + 1}", real=True): read(f).xreplace(w) for i, f in enumerate(found["model"]["predictor"])}
    assert all(close(read(y).xreplace(betas), s) for y, s in zip(found["potential"]["gradient"], z, strict=True))


@pytest.mark.parametrize(
    "restriction", ["a**3 - w1**3 - w2**3", "a**5 - w1**5 = 3", "a**2 + w1**2 = -1", "a - sqrt(w1**2 + w2**2)"]
)
def test_nothing_is_said_on_a_set_that_was_not_understood(restriction: str) -> None:
    """No exact point of the first two is found: whether the flow stays there is open, and they passed for invariant."""
    found = show("a*w1, a*w2", "--restrict", restriction)
    blocks = ("conservation_laws", "closure", "commuting", "hessian", "warp", "potential")
    assert all(found[b]["status"] == "unknown" and "= 0" in found[b]["reason"] for b in blocks)


# -- absolute values near a start ---------------------------------------------------------------------


def test_a_coordinate_that_is_off_at_the_start_is_refused() -> None:
    done = run("show", "(u+Abs(u))*v, v", "--start", "u=-1, v=1")
    assert done.status == 2 and "coordinate 1" in done.err


# -- metrics that do not name all coordinates ---------------------------------------------------------


def test_a_metric_that_names_some_coordinates_has_the_others_too() -> None:
    constant = show("--metric", "3, 1; 1, 2")
    assert constant["model"]["parameters"] == ["w1", "w2"] and constant["hessian"]["status"] == "proved"
    plane = show("--metric", "1/x2**2, 0; 0, 1/x2**2")
    assert plane["model"]["parameters"] == ["x1", "x2"]
    assert (plane["hessian"]["status"], plane["warp"]["status"]) == ("refuted", "proved")
    done = run("show", "--metric", "1/y**2, 0; 0, 1/y**2")
    assert done.status == 2 and "--parameters" in done.err


# -- warps and gradients of isotropic models ----------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "start"),
    [("exp(1/2)*u", "u=1"), ("exp(1)*u*v", "u=1, v=2"), ("exp(u*log(3/10))", "u=1"), ("sign(v/u**2) + v", "u=2, v=-1")],
)
def test_constants_of_analysis_are_numbers_like_others(predictor: str, start: str) -> None:
    """exp(1/2)^2 is E, and log(3/10) becomes two logarithms: both were internal errors."""
    found = show(predictor, "--start", start)
    assert found["hessian"]["status"] in ("proved", "unknown") and "internal" not in found["potential"]["reason"]
