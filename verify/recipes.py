"""Data sets that are made, not read: `sparse-regression:samples=50,seed=3` in place of a file.

Random numbers are drawn in float64 by NumPy's PCG64 from the seed and rounded to six decimals, which are then exact:
the same recipe gives the same rational numbers to a flow at 500 digits and to a float64 minimiser.

* `sparse-regression`: x_n ~ N(0, I), y_n ~ N(x_n . beta*, variance), beta* with `nonzeros` entries 1/sqrt(nonzeros)
  (Woodworth et al. 2020, section 6; Azulay et al. 2021, section 9).
* `separable`: x_n ~ N(0, I) with the labels of a random direction; `samples` <= `dimension` or not, always separable.
* `diabetes`, `digits` (scikit-learn, extra `data`): real data with more coordinates than rows.  diabetes: ten
  measurements and their products, centred target in units of its standard deviation.  digits: pixels of two digits.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from sympy import Rational

from derive.errors import InputError
from derive.extras import optional

DECIMALS = 6
Rows = tuple[tuple[Rational, ...], ...]
Fields = Mapping[str, Fraction]
_FIELD = re.compile(r"\s*([a-z]+)\s*=\s*(\d{1,9}(?:/[1-9]\d{0,8}|\.\d{1,9})?)\s*", re.ASCII)
MAX_ENTRIES = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`fields` with their defaults, and `draw`: fields -> (X, y) in float64."""

    fields: Fields
    draw: Callable[[Fields], tuple[np.ndarray, np.ndarray]]


def drawn(text: str) -> tuple[Rows, tuple[Rational, ...]] | None:
    """(X, y), exactly, for the name of a recipe with some of its fields; None where no recipe has that name.

    Raises `InputError` for unknown or impossible fields, `ComputationError` where a package is missing.
    """
    found = arrays(text)
    if found is None:
        return None
    x, y = found
    return tuple(tuple(map(_exact, row)) for row in x.tolist()), tuple(map(_exact, y.tolist()))


def arrays(text: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The same in float64, for problems too large for exact numbers: X (N x d) and y (N)."""
    name, _, given = text.partition(":")
    recipe = RECIPES.get(name)
    if recipe is None:
        return None
    x, y = recipe.draw(_fields(name, recipe, given))
    return x.round(DECIMALS), y.round(DECIMALS)


def sparse_predictor(fields: Fields) -> np.ndarray:
    """beta* of `sparse-regression`: the first `nonzeros` entries are 1/sqrt(nonzeros); shape (d,)."""
    k = int(fields["nonzeros"])
    return np.r_[np.full(k, k**-0.5), np.zeros(int(fields["dimension"]) - k)]


def _fields(name: str, recipe: Recipe, given: str) -> dict[str, Fraction]:
    values = dict(recipe.fields)
    for part in given.split(",") if given.strip() else ():
        match = _FIELD.fullmatch(part)
        if match is None or match[1] not in values:
            expected = ", ".join(f"{k}={v}" for k, v in recipe.fields.items())
            raise InputError(f"a field of the data {name} is not understood", expected=expected, received=part.strip())
        value = Fraction(match[2])
        if match[1] != "variance" and value.denominator != 1:
            raise InputError(f"{match[1]} of the data {name} is not a whole number", received=match[2])
        values[match[1]] = value
    nonzeros = values.get("nonzeros", Fraction(1))
    if values["samples"] < 1 or not 1 <= nonzeros <= values.get("dimension", nonzeros):
        raise InputError(f"the data {name} would be empty", expected="samples >= 1, dimension >= nonzeros >= 1")
    if values["samples"] * values.get("dimension", 1) > MAX_ENTRIES:
        raise InputError(f"the data {name} would be too large", expected=f"at most {MAX_ENTRIES} entries")
    return values


def _exact(value: float) -> Rational:
    return Rational(round(value * 10**DECIMALS), 10**DECIMALS)


def _sparse_regression(f: Fields) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(int(f["seed"]))
    x = random.standard_normal((int(f["samples"]), int(f["dimension"])))
    noise = random.standard_normal(len(x)) * float(f["variance"]) ** 0.5
    return x, x @ sparse_predictor(f) + noise


def _separable(f: Fields) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(int(f["seed"]))
    x = random.standard_normal((int(f["samples"]), int(f["dimension"]))).round(DECIMALS)
    teacher = random.standard_normal(x.shape[1])
    return x, np.where(x @ teacher > 0, 1.0, -1.0)


def _diabetes(f: Fields) -> tuple[np.ndarray, np.ndarray]:
    return optional("verify.real_data", "data").diabetes(int(f["samples"]), int(f["seed"]))


def _digits(f: Fields) -> tuple[np.ndarray, np.ndarray]:
    return optional("verify.real_data", "data").digits(
        int(f["samples"]), int(f["seed"]), int(f["first"]), int(f["second"])
    )


def _with(**fields: int) -> dict[str, Fraction]:
    return {name: Fraction(value) for name, value in fields.items()}


RECIPES: dict[str, Recipe] = {
    "sparse-regression": Recipe(
        fields=_with(dimension=1000, samples=100, nonzeros=5, seed=0) | {"variance": Fraction(1, 100)},
        draw=_sparse_regression,
    ),
    "separable": Recipe(fields=_with(dimension=10, samples=30, seed=0), draw=_separable),
    "diabetes": Recipe(fields=_with(samples=40, seed=0), draw=_diabetes),
    "digits": Recipe(fields=_with(samples=40, seed=0, first=3, second=8), draw=_digits),
}
