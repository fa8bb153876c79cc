"""Width and initialization scale (lecture slides): beta = diag(U V^T) from random U and V of width k.

U, V ~ N(0, sigma^2) with sigma^2 = alpha^2/sqrt(k), the reading under which the slide's statements agree with each
other: beta(0) has standard deviation alpha^2 while |U_i|^2 + |V_i|^2 ~ 2 sqrt(k) alpha^2, and the transition is at
alpha ~ k^(-1/4), that is sigma ~ k^(-1/2).  With mu = alpha k^(1/4) = sigma sqrt(k):

* `width` = oo: the limit, the minimiser of the derived potential of `wide` (k = 2) from u = mu, v = 0, which has the
  same |U_i|^2 + |V_i|^2 = 2 mu^2; it depends on mu alone;
* `width` = k: the gradient flow on the squared loss from one draw.  All coordinates follow dU/dR_n = x_n V,
  dV/dR_n = x_n U in the accumulated residuals dR/dt = (y - X beta)/N, so that with s = X^T R
  beta_i = (|U_i + V_i|^2 e^(2 s_i) - |U_i - V_i|^2 e^(-2 s_i))/4: a stiff system of N unknowns, integrated by BDF.

The problem is sparse regression; both ends are measured by |beta|_1 over the least of all solutions, minus 1.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import linprog
from sympy import Float, Symbol

from derive.catalogue import architecture
from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.pipeline import derive
from verify.experiments.experiment import Experiment
from verify.minimise.arrays import minimise_arrays
from verify.recipes import arrays

LIMIT = "oo"
MOST_WEIGHTS = 50_000_000
LONGEST, SETTLED = 1e12, 1e-8
FIELDS = ("dimension", "samples", "nonzeros", "seed", "variance")


def width_excess(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """|beta|_1 of the end over the least |beta|_1 of all solutions, minus 1; `mu` = alpha k^(1/4)."""
    fields = ",".join(f"{name}={inputs[name]}" for name in FIELDS)
    found = arrays(f"sparse-regression:{fields}")
    assert found is not None
    mu = positive(inputs["mu"], "mu")
    if inputs["width"] == LIMIT:
        values = {Symbol("alpha", positive=True): Float(mu)}
        beta = minimise_arrays(_wide(), *found, subject_to="interpolation", constants=values).beta
    else:
        if not (inputs["width"].isdigit() and 1 <= int(inputs["width"]) * found[0].shape[1] <= MOST_WEIGHTS):
            raise InputError("the width is out of range", expected="a whole number, or oo", received=inputs["width"])
        beta = finite_width(*found, width=int(inputs["width"]), mu=mu, seed=int(inputs["draw"]))
    return {"excess": float(np.abs(beta).sum() / least_l1(fields) - 1), "residual": _residual(*found, beta)}


def finite_width(x: np.ndarray, y: np.ndarray, *, width: int, mu: float, seed: int) -> np.ndarray:
    """Where gradient flow from U, V ~ N(0, mu^2/width) ends (d).  Raises `ComputationError` if it does not settle."""
    u, v = np.random.default_rng(seed).standard_normal((2, x.shape[1], width)) * mu / math.sqrt(width)
    plus, minus = ((u + v) ** 2).sum(axis=1) / 4, ((u - v) ** 2).sum(axis=1) / 4
    count = len(y)

    def beta(r: np.ndarray) -> np.ndarray:
        s = 2 * (x.T @ r)
        return plus * np.exp(s) - minus * np.exp(-s)

    def speed(_: float, r: np.ndarray) -> np.ndarray:
        return (y - x @ beta(r)) / count

    def jacobian(_: float, r: np.ndarray) -> np.ndarray:
        s = 2 * (x.T @ r)
        return -2 * (x * (plus * np.exp(s) + minus * np.exp(-s))) @ x.T / count

    def settled(_: float, r: np.ndarray) -> float:
        return float(np.abs(y - x @ beta(r)).max() - SETTLED)

    settled.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(
        speed, (0, LONGEST), np.zeros(count), method="BDF", jac=jacobian, events=settled, rtol=1e-8, atol=1e-11
    )
    if run.status != 1:
        raise ComputationError("the flow did not settle", received=f"time {run.t[-1]:.3g}: {run.message}")
    return beta(run.y[:, -1])


def positive(text: str, what: str) -> float:
    """A positive float.  Raises `InputError`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(f"{what} is not a positive number", received=text)
    return value


@lru_cache(maxsize=16)
def least_l1(fields: str) -> float:
    """The least |beta|_1 of all solutions of the problem, by linear programming."""
    found = arrays(f"sparse-regression:{fields}")
    assert found is not None
    x, y = found
    result = linprog(np.ones(2 * x.shape[1]), A_eq=np.c_[x, -x], b_eq=y, bounds=(0, None), method="highs")
    if not result.success:
        raise ComputationError("the linear program for |beta|_1 failed", received=result.message)
    return float(result.fun)


@lru_cache(maxsize=1)
def _wide() -> Derivation:
    return derive(architecture("wide").model(dimension=1, width=2))


def _residual(x: np.ndarray, y: np.ndarray, beta: np.ndarray) -> float:
    return float(np.abs(x @ beta - y).max())


EXPERIMENTS = (
    Experiment(
        name="slides-width",
        summary="excess l1 norm of diag(U V^T) over width k and scale of a random start, and its limit Q_mu",
        source="slides, width and initialization scale",
        measure=width_excess,
        axes={
            "width": (LIMIT, "1", "10", "100", "1000", "10000"),
            "mu": tuple(f"{10.0**k:.4g}" for k in np.linspace(-3, 1, 17)),
        },
        fixed={"dimension": "100", "samples": "30", "nonzeros": "3", "variance": "1/100", "seed": "0", "draw": "1"},
        picture="widths",
        caveat="the slides print no problem: sparse regression with d = 100, N = 30 was chosen; "
        "sigma^2 = alpha^2/sqrt(k) is the reading under which the slide's own limits agree",
    ),
)
