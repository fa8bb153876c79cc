"""Metrics and models that the tests of theorems for every dimension share."""

from sympy import ImmutableDenseMatrix, Matrix, Symbol

from derive.model import Model, parse_model

X = tuple(Symbol(f"x{i + 1}", real=True) for i in range(4))


def given(rho: Matrix) -> Model:
    rows = ImmutableDenseMatrix(rho)
    symbols = X[: rows.rows]
    return Model(name="given", parameters=symbols, predictor=symbols, parameter_metric=rows, is_metric=True)


def inline(text: str, **more: object) -> Model:
    return parse_model(text.split(","), **more)  # type: ignore[arg-type]
