"""Metrics on m x n matrices by singular value decompositions in NumPy, and the two conditions by central differences.

Nothing here is shared with the tool: a kernel is applied in a singular frame, derivatives are differences, and the
warp equations for theta are solved by least squares.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Metric = Callable[[Array], Array]
STEP, SMALL = 1e-4, 1e-5


def kernel_metric(b: Array, a, plus, minus, mixed=None, rest=None) -> Array:  # type: ignore[no-untyped-def]
    """rho in the entries of B, row by row: a on E_kk, the 2 x 2 block of each pair, r on what is left."""
    m, n = b.shape
    left, values, right = np.linalg.svd(b)
    frame = np.kron(left.T, right)  # the entries of left^T E right^T, row by row
    inner, size = np.zeros((m * n, m * n)), min(m, n)
    for i in range(m):
        for j in range(n):
            k, t = i * n + j, j * n + i
            if i == j:
                inner[k, k] = a(values[i])
            elif i < size and j < size:
                x, y = values[min(i, j)], values[max(i, j)]
                p, q = plus(x, y), minus(x, y)
                c = 0.0 if mixed is None else mixed(x, y) * (1 if i < j else -1)
                inner[k, k], inner[k, t] = (p + q) / 2 + c, (p - q) / 2
            else:
                inner[k, k] = rest(values[min(i, j)])  # type: ignore[misc]
    return frame.T @ inner @ frame


def conditions(metric: Metric, b: Array) -> tuple[bool, bool]:
    """(is a Hessian map at b, the warp equations have a solution at b)."""
    d = b.size
    rho, slopes = metric(b), np.zeros((d, d, d))
    for k in range(d):
        e = np.zeros(d)
        e[k] = STEP
        e = e.reshape(b.shape)
        slopes[k] = (8 * (metric(b + e) - metric(b - e)) - (metric(b + 2 * e) - metric(b - 2 * e))) / (12 * STEP)
    gaps = slopes - slopes.transpose(1, 0, 2)  # d_k rho_ij - d_i rho_kj
    scale = np.abs(slopes).max() + np.abs(rho).max()
    hessian = np.abs(gaps).max() < SMALL * scale
    rows, right = [], []
    for k in range(d):
        for i in range(k):
            for j in range(d):
                row = np.zeros(d)
                row[k], row[i] = rho[i, j], -rho[k, j]
                rows.append(row)
                right.append(-gaps[k, i, j])
    theta = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    left = np.abs(np.array(rows) @ theta - np.array(right)).max()
    return bool(hessian), bool(left < SMALL * scale)


def drawn(seed: int, m: int, n: int) -> Array:
    """A matrix whose singular values are apart from each other and from zero."""
    random = np.random.default_rng(seed)
    left, right = np.linalg.qr(random.normal(size=(m, m)))[0], np.linalg.qr(random.normal(size=(n, n)))[0]
    middle = np.zeros((m, n))
    for i in range(min(m, n)):
        middle[i, i] = 0.7 * (i + 1) + 0.3 * random.random()
    return left @ middle @ right


def balanced_layers(b: Array, depth: int, widths: tuple[int, ...], seed: int) -> list[Array]:
    """W_1, ..., W_D with B = W_D ... W_1, from the decomposition of B and random frames of the hidden layers."""
    random = np.random.default_rng(seed)
    left, values, right = np.linalg.svd(b)
    sizes, size = (b.shape[1], *widths, b.shape[0]), len(values)
    frames = [right.T, *(np.linalg.qr(random.normal(size=(w, w)))[0] for w in widths), left]
    middle = np.diag(values ** (1 / depth))
    found = []
    for j in range(depth):
        inner = np.zeros((sizes[j + 1], sizes[j]))
        inner[:size, :size] = middle
        found.append(frames[j + 1] @ inner @ frames[j].T)
    return found


def inverse_metric(layers: list[Array]) -> Array:
    """J J^T of the product, the Jacobian by the product rule."""
    blocks = []
    for j in range(len(layers)):
        before, after = np.eye(layers[0].shape[1]), np.eye(layers[-1].shape[0])
        for w in layers[:j]:
            before = w @ before
        for w in layers[:j:-1]:
            after = after @ w
        blocks.append(np.kron(after, before.T))
    jacobian = np.hstack(blocks)
    return jacobian @ jacobian.T
