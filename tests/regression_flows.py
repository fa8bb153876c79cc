"""Flows under constant forces and expressions compared, for the regression tests."""

from collections.abc import Sequence
from typing import Any

from console import read
from sympy import Expr, Matrix, Rational, Symbol

STEPS = 400


def reals(names: Sequence[str]) -> list[Symbol]:
    return [Symbol(name, real=True) for name in names]


def follow(found: dict[str, Any], force: Sequence[Rational], time: Rational) -> tuple[dict[Symbol, Expr], list[Expr]]:
    """w and the dual time z after a flow under a constant force, dw = -J^T force dt, dz = -g force dt (Runge-Kutta)."""
    parameters = reals(found["model"]["parameters"])
    jacobian = Matrix([read(f) for f in found["model"]["predictor"]]).jacobian(parameters)
    g = read(found["warp"]["factor_parameters"])
    field = -jacobian.T * Matrix(force)
    w = Matrix([read(found["model"]["start"][str(p)]).evalf(30) for p in parameters])
    z, h = Matrix([0] * len(force)), time.evalf(30) / STEPS

    def slope(at: Matrix) -> tuple[Matrix, Matrix]:
        here = dict(zip(parameters, at, strict=True))
        return field.xreplace(here), -g.xreplace(here) * Matrix(force)

    for _ in range(STEPS):
        k1, m1 = slope(w)
        k2, m2 = slope(w + h / 2 * k1)
        k3, m3 = slope(w + h / 2 * k2)
        k4, m4 = slope(w + h * k3)
        w, z = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), z + h / 6 * (m1 + 2 * m2 + 2 * m3 + m4)
    return dict(zip(parameters, w, strict=True)), list(z)


def close(left: Expr, right: Expr) -> bool:
    return bool(abs((left - right).evalf(25)) < Rational(1, 10**7))
