"""Laws that are no polynomials: their number is the oracle's, and each is differentiated here."""

import pytest
from console import model, read, show
from leaf_oracle import Oracle
from mpmath import mpf
from sympy import Matrix, Rational

CASES = {
    "ratios of minors": (("psd", "--size", "2", "--rank", "3"), 2),
    "more ratios of minors": (("u1*u4+u2*u5+u3*u6, u1**2+u2**2+u3**2, u4**2+u5**2+u6**2",), 2),
    "weight normalisation": (("weight-normalization",), 1),
    "a logarithm": (("u*v+x**3",), 2),
    "a reciprocal": (("u**3-v**3",), 1),
    "a root": (("u**(5/2)-v**(5/2)",), 1),
    "a product of functions": (("cos(v)*tanh(w)*sinh(u)",), 2),
    "a function of one parameter times others": (("v*log(u), w*log(u)",), 1),
    "a linear flow": (("2*u*v+v**2",), 1),
    "a linear flow, rational": (("u**2+2*u*v+2*u*w",), 2),
    "forms": (("w+exp(2*u-3*v+w)",), 2),
    "a radius": (("(u**2+v**2+w**2)*cos(x)",), 3),
    "forms that separate": (("u+exp(2*v-u)",), 1),
    "a plane with a scaling": (("u**2*v*w+u*v**2*w",), 2),
    "a plane with a scaling, irrational": (("u**2*v+u*v*w",), 2),
    "a linear equation": (("u**2*w-u*w",), 1),
    "a sum of products": (("w/(u**2+1)+w*exp(v)",), 2),
    "an integral by substitution": (("asinh(u)*sqrt(1+v**2)",), 1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_list_of_laws_is_complete_and_each_is_conserved(name: str) -> None:
    arguments, number = CASES[name]
    found = show(*arguments)
    laws = found["conservation_laws"]
    parameters, predictor, jacobian = model(found)
    place = [mpf(n + 3) / (2 * n + 1) for n in range(len(parameters))]
    assert Oracle(list(predictor), parameters).judge([place], mpf(10) ** -25).laws == number
    assert (laws["status"], laws["count"], len(laws["laws"]), laws["upper_bound"]) == ("proved", number, number, number)
    at = {p: Rational(n + 2, 3 * n + 1) for n, p in enumerate(parameters)}
    gradients = [Matrix([read(h).diff(p) for p in parameters]).subs(at) for h in laws["laws"]]
    rows, bent = jacobian.subs(at), Matrix([1] + [0] * (len(parameters) - 1))
    for g in gradients:
        assert all(abs(e.evalf(50)) < Rational(1, 10**40) for e in rows * g)
        assert any(abs(e.evalf(50)) > Rational(1, 10**6) for e in rows * (g + bent))
    assert Matrix.hstack(*gradients).evalf(30).rank(iszerofunc=lambda e: abs(e) < Rational(1, 10**20)) == number


PARTS = {
    # F is (w, v) where u < 0, and u is conserved there; where u > 0 the bracket of the two fields moves u
    ("w, v+(u+Abs(u))*w", "u=-1, v=1, w=1"): ("proved", 1),
    ("w, v+(u+Abs(u))*w", "u=1, v=1, w=1"): ("proved", 0),
    ("w, v+(u+Abs(u))*w", None): ("unknown", None),
    # the same, with a root whose square is a square, and with a sum that is pi/2 where u > 0 only
    ("w, v+(u-1+sqrt(u**2-2*u+1))*w", "u=2, v=1, w=1"): ("proved", 0),
    ("w, v+(u-1+sqrt(u**2-2*u+1))*w", "u=-1, v=1, w=1"): ("unknown", None),
    ("w, v+(atan(u)+atan(1/u)+2*atan(1))*w*u", "u=1, v=1, w=1"): ("proved", 0),
    ("w, v+(atan(u)+atan(1/u)+2*atan(1))*w*u", "u=-1, v=1, w=1"): ("unknown", None),
}


@pytest.mark.parametrize(("predictor", "start"), PARTS)
def test_the_number_of_laws_is_that_of_the_part_of_the_domain_where_the_start_lies(
    predictor: str, start: str | None
) -> None:
    found = show(predictor, "--parameters", "u,v,w", *(() if start is None else ("--start", start)))
    laws = found["conservation_laws"]
    assert (laws["status"], laws["count"]) == PARTS[predictor, start]
    if start is not None:
        parameters, predictor_, _ = model(found)
        near = [
            mpf(int(read(v).p)) / int(read(v).q) + mpf(n + 1) / 50
            for n, v in enumerate(found["model"]["start"].values())
        ]
        assert laws["upper_bound"] == Oracle(list(predictor_), parameters).judge([near], mpf(10) ** -25).laws
