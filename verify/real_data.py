"""Real data from scikit-learn, cut so that there are more coordinates than rows: the over-parameterised case."""

import numpy as np
from sklearn.datasets import load_diabetes, load_digits  # pyright: ignore[reportMissingImports]

from derive.errors import InputError


def diabetes(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """X (samples x 65): ten measurements and their 55 products, columns standardised; y: progression, standardised.

    Efron et al. 2004.  Raises `InputError` for more samples than there are patients.
    """
    table = load_diabetes()
    x, y = table.data, table.target
    i, j = np.triu_indices(x.shape[1])
    full = np.c_[x, x[:, i] * x[:, j]]
    full, y = (full - full.mean(axis=0)) / full.std(axis=0), (y - y.mean()) / y.std()
    rows = _chosen(len(y), samples, seed)
    return full[rows], y[rows]


def digits(samples: int, seed: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """X (samples x 64): pixels in [0, 1]; y: 1 for the digit `first`, -1 for `second`.

    Raises `InputError` for digits that are equal or no digits, or too many samples.
    """
    if first == second or not (first < 10 and second < 10):
        raise InputError("the data digits need two different digits", received=f"{first} and {second}")
    table = load_digits()
    kept = np.isin(table.target, [first, second])
    x, y = table.data[kept] / 16, np.where(table.target[kept] == first, 1.0, -1.0)
    rows = _chosen(len(y), samples, seed)
    return x[rows], y[rows]


def _chosen(count: int, samples: int, seed: int) -> np.ndarray:
    if samples > count:
        raise InputError("there are not so many rows", expected=f"at most {count}", received=str(samples))
    return np.random.default_rng(seed).permutation(count)[:samples]
