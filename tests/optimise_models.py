"""Models, data and runs that the tests of `verify optimise` share."""

import numpy as np
from sympy import Rational

from derive.model import Model, parse_model
from derive.pipeline import derive
from verify.data import DataSet, load_data
from verify.optimise.catalogue import methods
from verify.optimise.method import Settings
from verify.optimise.run import Descent, optimise

SPARSE = load_data("sparse-small")
ONE = DataSet(name="example 2", X=((Rational(1), Rational(2)),), y=(Rational(1),))
EXTRA = {
    "heavy-ball": {"momentum": Rational(1, 2)},
    "nesterov": {"momentum": Rational(1, 2)},
    "momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "steepest": {"norm": Rational(4, 3)},
    "sgd": {"batch": 2, "seed": 5},
    "mirror-dual-momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "mirror-primal-momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "mirror-constrained": {"constraints": (((Rational(1),) * 6, Rational(1, 2)),)},
}


def linear(d: int, start: str = "0") -> Model:
    names = [f"w{i + 1}" for i in range(d)]
    return parse_model(names, parameters=names, start=dict.fromkeys(names, start), name="linear")


def diagonal(d: int, alpha: str = "1/2") -> Model:
    terms = [f"p{i}**2 - m{i}**2" for i in range(d)]
    return parse_model(terms, start={f"{s}{i}": alpha for i in range(d) for s in "pm"}, name="diagonal")


def entropy(d: int, start: str = "1") -> Model:
    rows = [[f"1/w{i + 1}" if i == k else "0" for k in range(d)] for i in range(d)]
    return parse_model([], parameter_metric=rows, is_metric=True, start={f"w{i + 1}": start for i in range(d)})


def run(name: str, model: Model, data: DataSet, step: Rational, steps: int = 4000, **more) -> Descent:
    keys = ("loss", "until", "digits")
    given = {k: more.pop(k) for k in keys if k in more}
    settings = Settings(step=step, **(EXTRA.get(name, {}) | more))
    given.setdefault("loss", "squared")
    return optimise(methods()[name], model, derive(model), {}, data, settings, iterations=steps, **given)


def matrix(data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[float(e) for e in row] for row in data.X]), np.array([float(v) for v in data.y])
