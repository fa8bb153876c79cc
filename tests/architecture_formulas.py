"""Metrics, gradients and dual maps of the built-in architectures, from the literature or by hand.

Each takes beta (a list) and alpha: M in beta on the leaf of the start, grad Q there, or beta of one coordinate as a
function of its dual variable.  Nothing here comes from `derive`.
"""

from collections.abc import Callable
from math import prod

from sympy import Expr, Matrix, Rational, asinh, cos, diag, exp, eye, kronecker_product, log, pi, sqrt, tan

Vector = list[Expr]


def isotropic(radial: Expr, tangential: Expr, b: Vector) -> Matrix:
    """radial P + tangential (1 - P), P the projector on b."""
    along = Matrix(b) * Matrix(b).T / sum(x**2 for x in b)
    return radial * along + tangential * (eye(len(b)) - along)


def norm(b: Vector) -> Expr:
    return sqrt(sum(x**2 for x in b))


def deep(depth: int) -> Callable[[Vector, Expr], Matrix]:
    """Balanced, scalar output: M = |beta|^(2 - 2/D) (1 + (D - 1) P)  (Arora, Cohen, Hazan 2018, end-to-end update)."""
    return lambda b, a: norm(b) ** (2 - Rational(2, depth)) * isotropic(Rational(depth), Rational(1), b)


def deep_gradient(depth: int) -> Callable[[Vector, Expr], Vector]:
    """w - w(0), from dw/dt = -a1 ... a(D-1) grad L; for D = 2 it is Azulay et al. 2021, theorem 6.1, delta = 0."""

    def gradient(b: Vector, a: Expr) -> Vector:
        return [x / norm(b) ** (1 - Rational(1, depth)) - (a if i == 0 else 0) for i, x in enumerate(b)]

    return gradient


def symmetric(b: Vector, a: Expr) -> Matrix:
    """S -> S beta + beta S in the coordinates (11, 12, 22)  (Gunasekar et al. 2017)."""
    beta = Matrix([[b[0], b[1]], [b[1], b[2]]])
    pairs = [(0, 0), (0, 1), (1, 1)]

    def entry(i: int, j: int, k: int, n: int) -> Expr:
        terms = (((i, k), (j, n)), ((i, n), (j, k)), ((j, k), (i, n)), ((j, n), (i, k)))
        return sum(beta[other] for (p, q), other in terms if p == q)

    return Matrix([[entry(*p, *q) for q in pairs] for p in pairs])


def balanced_product(b: Vector, a: Expr) -> Matrix:
    """U^T U = V^T V, 2 x 2, det beta > 0: S -> (beta beta^T)^(1/2) S + S (beta^T beta)^(1/2)  (the slides)."""
    beta = Matrix(2, 2, b)

    def root(m: Matrix) -> Matrix:
        return (m + beta.det() * eye(2)) / sqrt(m.trace() + 2 * beta.det())

    left, right = root(beta * beta.T), root(beta.T * beta)
    return kronecker_product(left, eye(2)) + kronecker_product(eye(2), right)


def circulant(b: Vector, a: Expr) -> Matrix:
    """|u_f|^2 + |v_f|^2 = sqrt(a^4 + 4 |beta_f|^2) at each frequency f (Gunasekar et al. 2018, convolutional)."""
    d = len(b)

    def frequency(f: int) -> Expr:
        size = sum(b[k] * b[n] * cos(2 * pi * f * (k - n) / d) for k in range(d) for n in range(d))
        return sqrt(a**4 + 4 * size)

    return Matrix(d, d, lambda k, n: sum(frequency(f) * cos(2 * pi * f * (k - n) / d) for f in range(d)) / d)


def two_frequencies(b: Vector, a: Expr) -> Vector:
    """Two real frequencies, each a pair u*v (Woodworth et al. 2020), turned back to beta."""
    plus, minus = asinh(2 * (b[0] + b[1]) / a**2), asinh(2 * (b[0] - b[1]) / a**2)
    return [(plus + minus) / 4, (plus - minus) / 4]


def sphere_gradient(b: Vector, a: Expr) -> Vector:
    """Q' = exp(r^2 / 2) along beta, from Q''/Q' = r for |v| = 1; zero at alpha e1."""
    return [exp(norm(b) ** 2 / 2) * x / norm(b) - (exp(a**2 / 2) if i == 0 else 0) for i, x in enumerate(b)]


def simplex(b: Vector, a: Expr) -> Matrix:
    """The square of diag(p) - p p^T on the first d of the d + 1 probabilities (Mei et al. 2020, for the Jacobian)."""
    p = Matrix([*b, 1 - sum(b)])
    j = diag(*p) - p * p.T
    return (j * j)[: len(b), : len(b)]


def geometric_mean_gradient(b: Vector, a: Expr) -> Vector:
    """Of -(d + 1) (p_1 ... p_(d+1))^(1/(d+1)): where sum w = 0, dw_i / p_i = -Z d(exp(-w_i)), 1/Z the mean."""
    p = [*b, 1 - sum(b)]
    mean = prod(p) ** Rational(1, len(p))
    return [mean * (1 / p[-1] - 1 / x) for x in b]


def two_classes(b: Vector, a: Expr) -> Vector:
    """The integral of 1 / (2 x^2 (1 - x)^2) from x = 1/2."""
    x = b[0]
    return [((2 * x - 1) / (x * (1 - x)) + 2 * log(x / (1 - x))) / 2]


def power_gradient(k: int) -> Callable[[Expr, Expr], Expr]:
    return lambda x, a: (x ** (Rational(2, k) - 1) - a ** (2 - k)) / (k * (2 - k))


def tied_dual(depth: int) -> Callable[[Expr, Expr], Expr]:
    """dw/ds = D w^(D-1) for w+, the opposite for w-  (Woodworth et al. 2020, theorem 3)."""

    def side(s: Expr, a: Expr) -> Expr:
        return (a ** (2 - depth) - depth * (depth - 2) * s) ** Rational(-depth, depth - 2)

    return lambda s, a: side(s, a) - side(-s, a)


def triple_dual(heads: int) -> Callable[[Expr, Expr], Expr]:
    """d(last)/ds = (other)^2 = a^2 + (last)^2, so that last = a tan(a s); equal heads add up."""
    return lambda s, a: heads * a**3 * tan(a * s) / cos(a * s) ** 2
