"""What a result about R(beta) = min |w - w0|^2 over F(w) = beta claims at one beta, and what SciPy finds there.

Nothing is taken from `derive` but the JSON document: its formulas are read by SymPy and evaluated in floats; roots of
its equations are found by sign changes on a fine grid.  The minimiser is SLSQP from many starts.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy
from scipy.optimize import brentq, minimize

from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document

GRID = np.concatenate([-np.logspace(2, -3, 2500), np.logspace(-3, 2, 2500)])


def result(predictor: Sequence[str], start: dict[str, str] | None) -> dict[str, Any]:
    """The document of a model."""
    return document(derive(parse_model(predictor, start=start)))


def read(text: str, d: dict[str, Any]) -> sympy.Expr:
    """An expression of the document, every name a real symbol."""
    return sympy.sympify(text.split(">=")[0], locals=names(d))


def names(d: dict[str, Any]) -> dict[str, sympy.Symbol]:
    count = len(d["model"]["predictor"])
    listed = [*d["model"]["parameters"], "R", "mu", "alpha"]
    listed += [f"{stem}{i + 1}" for stem in ("beta", "mu", "R") for i in range(count)]
    return {n: sympy.Symbol(n, real=True) for n in listed}


def image(d: dict[str, Any], w: Sequence[float]) -> list[float]:
    """F(w)."""
    parameters = [names(d)[p] for p in d["model"]["parameters"]]
    return [float(read(f, d).subs(dict(zip(parameters, w, strict=True)))) for f in d["model"]["predictor"]]


def least(d: dict[str, Any], target: Sequence[float], w0: Sequence[float] | None = None, seed: int = 0) -> float:
    """The least |w - w0|^2 over F(w) = target that SLSQP finds; w0 is the start of the model."""
    parameters = [names(d)[p] for p in d["model"]["parameters"]]
    formulas = [read(f, d) for f in d["model"]["predictor"]]
    value = sympy.lambdify(parameters, formulas, "numpy")
    slope = sympy.lambdify(parameters, [[f.diff(p) for p in parameters] for f in formulas], "numpy")
    if w0 is None:
        w0 = [float(read(v, d)) for v in d["model"]["start"].values()]
    chance, start, level = random.Random(seed), np.array(w0, float), np.array(target, float)
    size, best = 1 + abs(level).max() ** 0.5, np.inf
    for k in range(15):
        guess = start + size * np.array([chance.gauss(0, (0.3, 1, 2)[k % 3]) for _ in start])
        with np.errstate(all="ignore"):
            run = minimize(
                lambda w: ((w - start) ** 2).sum(),
                guess,
                jac=lambda w: 2 * (w - start),
                constraints=[
                    {
                        "type": "eq",
                        "fun": lambda w: np.array(value(*w), float) - level,
                        "jac": lambda w: np.array(slope(*w), float),
                    }
                ],
                method="SLSQP",
                options={"ftol": 1e-15, "maxiter": 400},
            )
            met = abs(np.array(value(*run.x), float) - level).max() < 1e-7 * size
        best = min(best, run.fun) if met else best
    return float(best)


def by_branches(d: dict[str, Any], target: Sequence[float]) -> list[float]:
    """R at `target` by every branch of one block that speaks about it; no root where one is claimed is an error."""
    at = {names(d)[f"beta{i + 1}"]: v for i, v in enumerate(target)}
    found = []
    for branch in d["explicit"]["branches"]:
        where = branch["where"]
        if any(float(read(c, d).subs(at)) < 0 for c in where or ()):
            continue
        if not branch["unknowns"]:
            found.append(float(read(branch["value"], d).subs(at)))
            continue
        a = names(d)[branch["unknowns"][0]]
        hits = [
            float(read(branch["value"], d).subs(at).subs(a, root))
            for root in _roots(read(branch["equations"][0], d).subs(at), a)
            if all(_holds(read(c, d).subs(at).subs(a, root)) for c in branch["conditions"])
        ]
        assert hits or where is None, f"no solution at {target}, where {where}"
        found += hits
    return found


def _holds(number: sympy.Expr) -> bool:
    value = complex(number)
    return abs(value.imag) < 1e-9 and value.real > -1e-9


def _roots(equation: sympy.Expr, a: sympy.Symbol) -> list[float]:
    value = sympy.lambdify(a, equation, "numpy")
    with np.errstate(all="ignore"):
        seen = [complex(value(x)) for x in GRID + 0j]
    signs = np.sign([z.real if abs(z.imag) < 1e-12 else np.nan for z in seen])
    return [
        brentq(lambda x: complex(value(x + 0j)).real, GRID[i], GRID[i + 1], xtol=1e-15)  # pyright: ignore
        for i in range(len(GRID) - 1)
        if signs[i] * signs[i + 1] < 0 and GRID[i] * GRID[i + 1] > 0
    ]


def along_curves(d: dict[str, Any], steps: int = 4) -> list[tuple[float, float]]:
    """Pairs (beta, R) on all curves of a model with one coordinate, inside their ranges."""
    mu, pairs = names(d)["mu"], []
    for curve in d["explicit"]["curves"]:
        low, high = (None if e is None else float(read(e, d)) for e in curve["range"])
        for k in range(1, steps + 1):
            t = k / (steps + 1)
            if low is not None and high is not None:
                x = low + (high - low) * t
            elif low is not None:
                x = low + t / (1 - t)
            elif high is not None:
                x = high - t / (1 - t)
            else:
                x = np.tan(np.pi * (t - 0.5))
            pairs.append(tuple(float(read(curve[key], d).subs(mu, x)) for key in ("beta", "value")))
    return pairs
