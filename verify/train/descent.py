"""Plain gradient descent on the squared loss: of a PyTorch module by PyTorch, of a model by `verify.optimise`.

The module is trained by its own code in float64, with the gradients that PyTorch computes, and its predictor is read
off its outputs on unit vectors: nothing here uses the trace from which the potential was derived.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Expr

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.extras import optional
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.optimise.catalogue import method_named
from verify.optimise.method import Settings
from verify.optimise.numbers import Array
from verify.optimise.run import optimise

CHECK = 64
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One training run: its step, how many steps it took, its last loss and predictor; `converged` says whether the
    loss fell to the target.  `predictor` is None where the run diverged."""

    step: Expr
    iterations: int
    loss: float
    predictor: Array | None
    converged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The data, the loss at which a run has converged, and the number of steps at which it is given up."""

    data: DataSet
    until: Decimal
    iterations: int

    @property
    def target(self) -> float:
        return float(self.until.mantissa) * 10.0**self.until.exponent


def train_module(module: Any, step: Expr, plan: Plan, progress: Progress | None = None) -> Row:
    """Train a copy of the module.  Raises `InputError` where it does not give one number for each row of the data."""
    torch: Any = optional("torch", "torch")
    copy = deepcopy(module).double()
    x, y = (torch.tensor(v, dtype=torch.float64) for v in _floats(plan.data))
    trained = [p for p in copy.parameters() if p.requires_grad]
    rate, count, loss = float(step), 0, float("inf")
    if copy(x).numel() != len(y):
        raise InputError(
            "the module does not give one number for each row of the data",
            expected=f"{len(y)} outputs",
            received=f"shape {tuple(copy(x).shape)}",
        )
    while count < plan.iterations:
        value = ((copy(x).reshape(-1) - y) ** 2).mean() / 2
        gradients = torch.autograd.grad(value, trained, allow_unused=True)
        if count % CHECK == 0:
            loss = float(value.detach())
            if not loss < 1e100:
                return Row(step=step, iterations=count, loss=loss, predictor=None, converged=False)
            if progress is not None:
                progress(count, loss)
            if loss <= plan.target:
                break
        with torch.no_grad():
            for p, g in zip(trained, gradients, strict=True):
                if g is not None:
                    p.sub_(rate * g)
        count += 1
    with torch.no_grad():
        loss = float(((copy(x).reshape(-1) - y) ** 2).mean() / 2)
        beta = copy(torch.eye(x.shape[1], dtype=torch.float64)).reshape(-1).numpy()
    return Row(step=step, iterations=count, loss=loss, predictor=beta.copy(), converged=loss <= plan.target)


def train_model(model: Model, derivation: Derivation, step: Expr, plan: Plan, progress: Progress | None = None) -> Row:
    """The same for a model without PyTorch: gradient descent in NumPy, with derivatives taken symbolically."""
    try:
        found = optimise(
            method_named("gradient-descent"), model, derivation, {}, plan.data, Settings(step=step), loss="squared",
            iterations=plan.iterations, until=plan.until, progress=progress,
        )  # fmt: skip
    except ComputationError:
        return Row(step=step, iterations=0, loss=float("inf"), predictor=None, converged=False)
    return Row(
        step=step,
        iterations=found.state.count,
        loss=float(found.loss),
        predictor=found.beta,
        converged=bool(found.reached),
    )


def _floats(data: DataSet) -> tuple[Array, list[float]]:
    return np.array([[float(e) for e in row] for row in data.X]), [float(v) for v in data.y]
