"""l_p norms: the direction of steepest descent, and the largest margin of a unit vector.

Steepest descent (Gunasekar et al. 2018, eq. 11) takes v = argmin <g, v> + |v|^2 / 2.  With q the dual exponent,
1/p + 1/q = 1, the solution for l_p is

    v_i = -|g|_q^(2-q) |g_i|^(q-1) sign(g_i)                   1 < p < oo
    v   = -g_j e_j,  |g_j| = max_i |g_i|                       p = 1   (the first such j)
    v   = -|g|_1 sign(g)                                       p = oo

and in every case <v, -g> = |v|^2 = |g|_q^2 (eq. 12).
"""

from typing import Any

from sympy import Expr, Integer, oo

from verify.optimise.numbers import Array, Numbers


def dual_exponent(p: Expr) -> Expr:
    """q with 1/p + 1/q = 1."""
    return oo if p == 1 else Integer(1) if p == oo else p / (p - 1)


def norm(numbers: Numbers, v: Array, p: Expr) -> Any:
    """|v|_p."""
    if p == oo:
        return max(abs(v))
    if p == 1:
        return abs(v).sum()
    top = max(abs(v))
    return top * numbers.power(numbers.power(abs(v) / top, p).sum(), 1 / p) if top > 0 else top


def steepest_direction(numbers: Numbers, gradient: Array, p: Expr | None) -> Array:
    """The v of eq. (11) for |.|_p; zero where the gradient is.  Raises `ValueError` without p (our bug)."""
    if p is None:
        raise ValueError("steepest descent was built without a norm")
    sizes = abs(gradient)
    if not max(sizes) > 0:
        return 0 * gradient
    if p == 2:
        return -gradient
    if p == 1:
        j = max(range(len(sizes)), key=lambda i: (sizes[i], -i))
        direction = 0 * gradient
        direction[j] = -gradient[j]
        return direction
    signs = numbers.apply("sign", gradient)
    if p == oo:
        return -sizes.sum() * signs
    q = dual_exponent(p)
    size = norm(numbers, gradient, q)
    return -size * numbers.power(sizes / size, q - 1) * signs
