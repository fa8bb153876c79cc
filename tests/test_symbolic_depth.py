"""The depth of a net as a symbol: what is derived once holds for every number put in its place."""

import pytest
from sympy import Expr, Rational, Symbol, sqrt

from derive.derivation import Derivation
from derive.model import parse_model
from derive.pipeline import derive
from derive.potentials.symbolic_powers import powers_solve

# -- depth as a symbol --------------------------------------------------------------------------------


def balanced_depth() -> Derivation:
    s = "(x**2+y**2)**(1/D-2)"
    rows = [[f"{s}*(y**2+x**2/D)", f"{s}*(1/D-1)*x*y"], [f"{s}*(1/D-1)*x*y", f"{s}*(x**2+y**2/D)"]]
    return derive(parse_model([], parameter_metric=rows, parameters=["x", "y"], is_metric=True))


def test_balanced_linear_nets_are_decided_with_the_depth_as_a_symbol() -> None:
    """Q = D/(D + 1) r^(1 + 1/D) and g = r^(1 - 1/D) from M = r^(2 - 2/D) (1 + (D - 1) P), at depths of our choice."""
    found = balanced_depth()
    assert found.hessian.is_refuted and found.warp.verdict.is_proved and found.scope == "every dimension"
    assert found.potential.form == "closed" and found.warp_in_beta is not None and found.potential.value is not None
    (depth,) = found.model.constants
    b1, b2 = found.model.coordinates
    r = sqrt(b1**2 + b2**2)
    for number in (Rational(2), Rational(3), Rational(9, 2)):
        value = found.potential.value.subs(depth, number)
        ratio = value / (r ** (1 + 1 / number) * number / (number + 1))
        g = found.warp_in_beta.subs(depth, number) / r ** (1 - 1 / number)
        for at in ({b1: Rational(3, 7), b2: Rational(-2, 5)}, {b1: Rational(-4), b2: Rational(1, 9)}):
            assert abs((ratio - 1).subs(at).evalf(40)) < Rational(1, 10**30)
            assert abs((g - 1).subs(at).evalf(40)) < Rational(1, 10**30)


@pytest.mark.parametrize("number", [Rational(3), Rational(4), Rational(5, 2), Rational(3, 2), Rational(7)])
def test_the_dual_of_a_diagonal_net_is_known_with_the_depth_as_a_symbol(number: Rational) -> None:
    """beta(s) against a Runge-Kutta run of dw/ds = +-D w^(D-1), and Q* against a difference quotient of it."""
    start = {"wp": "alpha", "wm": "alpha"}
    q = derive(parse_model(["wp**D-wm**D"], parameters=["wp", "wm"], start=start)).potential
    assert q.form == "dual" and q.reason is not None and "D - 2 not 0" in q.reason
    assert q.dual_gradient is not None and q.dual_domain is not None and q.dual_value is not None
    names = {str(x): x for x in q.dual_gradient[0].free_symbols}
    alpha, s = Rational(4, 5), q.dual_variables[0]
    numbers = {names["D"]: number, names["alpha"]: alpha}
    end = (q.dual_domain[0][1].subs(numbers) * Rational(2, 5)).evalf(40)
    weights = []
    for sign in (1, -1):
        w, h = alpha.evalf(40), end / 200

        def slope(x: Expr, sign: int = sign) -> Expr:
            return sign * number * x ** (number - 1)

        for _ in range(200):
            k1 = slope(w)
            k2 = slope(w + h / 2 * k1)
            k3 = slope(w + h / 2 * k2)
            w = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(w + h * k3))
        weights.append(w)
    beta = q.dual_gradient[0].subs(numbers)
    assert abs(beta.subs(s, end) - (weights[0] ** number - weights[1] ** number)) < Rational(1, 10**7)
    step = Rational(1, 10**8)
    value = q.dual_value.subs(numbers)
    quotient = (value.subs(s, end + step) - value.subs(s, end - step)).evalf(60) / (2 * step)
    assert abs(quotient - beta.subs(s, end)) < Rational(1, 10**9)
    assert abs(value.subs(s, 0).evalf(40)) < Rational(1, 10**30)


def test_a_wrong_path_of_symbolic_powers_is_not_a_solution() -> None:
    s, w, d = Symbol("s", real=True), Symbol("w", real=True), Symbol("D", positive=True)
    alpha = Symbol("alpha", positive=True)
    velocity = d * w ** (d - 1)
    base = 1 - d * (d - 2) * alpha ** (d - 2) * s
    assert powers_solve({w: alpha * base ** (-1 / (d - 2))}, [velocity], {w: alpha}, s)
    for wrong in (
        alpha * base ** (-1 / (d - 1)),
        2 * alpha * base ** (-1 / (d - 2)),
        alpha * (1 - d * (d - 1) * alpha ** (d - 2) * s) ** (-1 / (d - 2)),
        alpha * (1 + d * (d - 2) * alpha ** (d - 2) * s) ** (-1 / (d - 2)),
    ):
        assert not powers_solve({w: wrong}, [velocity], {w: alpha}, s)
