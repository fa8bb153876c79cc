"""The objective: an average loss of a predictor on data, with its gradient in the parameters.

    L(w) = (1/N) sum_n l(x_n . F(w), y_n),      grad L = J(w)^T X^T l'(X F(w), y) / N

Gunasekar et al. 2018, eq. (1), has the sum in place of the average: a step there is N times a step here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Matrix

from derive.errors import ComputationError, InputError
from derive.model import Model
from verify.data import DataSet, check_dimension, check_labels
from verify.flow.program import Program
from verify.flow.tape import compile_tape
from verify.optimise.numbers import Array, Numbers
from verify.optimise.point_loss import PointLoss


@dataclass(frozen=True, slots=True, kw_only=True)
class Parametrisation:
    """F as a program, the nonzero entries of its Jacobian as another, and where they stand."""

    predictor: Program
    slopes: Program
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Data (`X` is N x d, `y` has length N), loss, and F; `parametrisation` is None where beta = w."""

    numbers: Numbers
    X: Array
    y: Array
    loss: PointLoss
    parametrisation: Parametrisation | None

    def predictor(self, w: Array) -> Array:
        """beta = F(w), of length d."""
        if self.parametrisation is None:
            return w
        return self.numbers.array(self.parametrisation.predictor(list(w)))

    def value(self, w: Array) -> Any:
        """The average loss."""
        return self.loss.value(self.X @ self.predictor(w), self.y).sum() / len(self.y)

    def gradient(self, w: Array, rows: Sequence[int] | None = None) -> Array:
        """The gradient in w; over the given rows alone (their average) where there are any."""
        beta = self.predictor(w)
        x, y = (self.X, self.y) if rows is None else (self.X[list(rows)], self.y[list(rows)])
        return self._pulled(w, (self.loss.slope(x @ beta, y) @ x) / len(y))

    def relative_gradient(self, w: Array) -> Array:
        """grad L / L, which for the exponential loss is a softmax and never underflows.

        Raises `ComputationError` where the loss is zero.
        """
        u = self.X @ self.predictor(w)
        pair = None if self.loss.relative is None else self.loss.relative(u, self.y)
        values, slopes = (self.loss.value(u, self.y), self.loss.slope(u, self.y)) if pair is None else pair
        total = values.sum()
        if not total > 0:
            raise ComputationError("the loss has fallen to zero, so that it normalises nothing", hint="--digits 30")
        return self._pulled(w, (slopes @ self.X) / total)

    def _pulled(self, w: Array, gradient: Array) -> Array:
        """J(w)^T times a gradient in beta."""
        form = self.parametrisation
        if form is None:
            return gradient
        pulled = [0 * w[0]] * len(w)
        for (i, k), slope in zip(form.places, form.slopes(list(w)), strict=True):
            pulled[k] = pulled[k] + slope * gradient[i]
        return self.numbers.array(pulled)


def objective(model: Model | None, data: DataSet, loss: PointLoss, numbers: Numbers) -> Objective:
    """The objective of a model without constants; of a linear predictor, beta = w, without a model.

    Raises `InputError` for data that do not fit, or a model whose parameter space has a metric of its own.
    """
    if loss.uses_margins:
        check_labels(data)
    parametrisation = None
    if model is not None:
        check_dimension(data, len(model.predictor))
        if model.parameter_metric is not None:
            raise InputError(
                "this method takes parameters with the identity metric", received=model.name, hint="mirror or natural"
            )
        if model.predictor != model.parameters:
            parametrisation = _parametrisation(model.predictor, model, numbers)
    return Objective(
        numbers=numbers,
        X=numbers.table(data.X, data.dimension),
        y=numbers.exact(data.y),
        loss=loss,
        parametrisation=parametrisation,
    )


def _parametrisation(predictor: Sequence[Expr], model: Model, numbers: Numbers) -> Parametrisation:
    jacobian = Matrix(predictor).jacobian(Matrix(model.parameters))
    places = [(i, k) for i in range(jacobian.rows) for k in range(jacobian.cols) if not jacobian[i, k].is_zero]
    return Parametrisation(
        predictor=compile_tape(predictor, model.parameters).bind(numbers.tape),
        slopes=compile_tape([jacobian[p] for p in places], model.parameters).bind(numbers.tape),
        places=tuple(places),
    )
