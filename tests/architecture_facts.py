"""What is known of the built-in architectures, from the literature or by hand; nothing here comes from `derive`.

A fact is True or False, or None where nothing is claimed.  `laws` is the number of conserved quantities on a generic
leaf.  `metric` is M in beta on the leaf of the start, `gradient` is grad Q there (of g M^-1, up to one factor, where
the warp is not constant), `dual` is beta of one coordinate as a function of its dual variable; a is alpha.
`open` names the stages where `unknown` is allowed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from architecture_formulas import (
    Vector,
    balanced_product,
    circulant,
    deep,
    deep_gradient,
    geometric_mean_gradient,
    isotropic,
    norm,
    power_gradient,
    simplex,
    sphere_gradient,
    symmetric,
    tied_dual,
    triple_dual,
    two_classes,
    two_frequencies,
)
from sympy import Expr, Matrix, Rational, asinh, atan, diag, log, sqrt

ON_VARIETY = frozenset({"hessian", "warp", "potential"})  # beta stays on a submanifold of R^d: M is singular


@dataclass(frozen=True, kw_only=True)
class Facts:
    name: str
    options: Mapping[str, int | str] = field(default_factory=dict)
    restrict: tuple[str, ...] = ()
    laws: int
    commuting: bool | None
    closure: bool | None = True
    hessian: bool | None
    warp: bool | None
    open: frozenset[str] = frozenset()
    metric: Callable[[Vector, Expr], Matrix] | None = None
    gradient: Callable[[Vector, Expr], Vector] | None = None
    dual: Callable[[Expr, Expr], Expr] | None = None

    @property
    def title(self) -> str:
        return "-".join([self.name, *map(str, self.options.values()), *(["restricted"] if self.restrict else [])])


def separable(name: str, laws: int, *, options: Mapping[str, int | str], **more: Callable) -> Facts:
    """beta_i from parameters of its own: commuting, a mirror flow on every leaf (Li et al. 2022; Amid and Warmuth)."""
    several: dict[str, Callable] = {}
    if "m" in more:
        several["metric"] = lambda b, a: diag(*[more["m"](x, a) for x in b])
    if "q" in more:
        several["gradient"] = lambda b, a: [more["q"](x, a) for x in b]
    if "dual" in more:
        several["dual"] = more["dual"]
    return Facts(name=name, options=options, laws=laws, commuting=True, hessian=True, warp=True, **several)


def _separable() -> list[Facts]:
    one, two = {"dimension": 1}, {"dimension": 2}
    found = []
    for d, o in ((1, one), (2, two)):
        found += [
            separable("linear", 0, options=o, m=lambda x, a: 1, q=lambda x, a: x),
            # Amid and Warmuth 2020: Burg entropy, entropy, tempered entropies
            separable("exponential", 0, options=o, m=lambda x, a: x**2, q=lambda x, a: 1 - 1 / x),
            separable("squared", 0, options=o, m=lambda x, a: 4 * x, q=lambda x, a: log(x / a**2) / 4),
            separable("sinh", 0, options=o, m=lambda x, a: 1 + x**2, q=lambda x, a: atan(x)),
            # slides: width k acts as the scale sqrt(k) alpha
            separable(
                "wide",
                3 * d,
                options=o | {"width": 2},
                m=lambda x, a: sqrt(4 * a**4 + 4 * x**2),
                q=lambda x, a: asinh(x / a**2) / 2,
            ),
            separable(
                "hadamard", d, options=o, m=lambda x, a: sqrt(a**4 + 4 * x**2), q=lambda x, a: asinh(2 * x / a**2) / 2
            ),
            # Azulay et al. 2021, theorem 4.1, unbiased start
            separable(
                "untied",
                3 * d,
                options=o,
                m=lambda x, a: 2 * sqrt(x**2 + 4 * a**4),
                q=lambda x, a: asinh(x / (2 * a**2)) / 2,
            ),
            separable("layers", 2 * d, options={"depth": 3} | o, dual=triple_dual(1)),
        ]
    return [
        *found,
        separable(  # Woodworth et al. 2020, theorem 1
            "diagonal",
            2,
            options={"depth": 2, "dimension": 2},
            m=lambda x, a: 4 * sqrt(x**2 + 4 * a**4),
            q=lambda x, a: asinh(x / (2 * a**2)) / 4,
        ),
        separable("diagonal", 1, options={"depth": 3, "dimension": 1}, dual=tied_dual(3)),
        separable("diagonal", 1, options={"depth": 4, "dimension": 1}, dual=tied_dual(4)),
        *(
            separable(
                "power",
                0,
                options={"power": k, "dimension": d},
                m=lambda x, a, k=k: k**2 * x ** (2 - Rational(2, k)),
                q=power_gradient(k),
            )
            for k, d in ((3, 1), (4, 2))
        ),
        # an option that is a constant; equal layers, or units, are one weight
        separable("diagonal", 2, options={"depth": "D", "dimension": 2}),
        separable("power", 0, options={"power": "k", "dimension": 1}),
        separable("layers", 1, options={"depth": "D", "dimension": 1}),
        separable("wide", 1, options={"width": "k", "dimension": 1}),
        # one coordinate, every metric is a Hessian map; the law of each head twice, and one between the heads
        separable("attention", 2, options={"heads": 1}, dual=triple_dual(1)),
        separable("attention", 5, options={"heads": 2}, dual=triple_dual(2)),
        separable(
            "groups", 2, options={"groups": 2, "size": 1}, m=lambda x, a: 2 * x, q=lambda x, a: log(x / a**2) / 2
        ),
    ]


def _warped() -> list[Facts]:
    """No Hessian map, and a warp: Azulay et al. 2021, section 5 and theorem 6.1."""
    deep_ones = [
        ("neuron", {"dimension": 2}, 2),
        ("neuron", {"dimension": 3}, 2),
        ("leaky-neuron", {"dimension": 2}, 2),
        ("leaky-neuron", {"dimension": 3, "leak": 3}, 2),
        ("groups", {"groups": 1, "size": 2}, 2),
        ("chain", {"depth": 3, "dimension": 2}, 3),
        ("chain", {"depth": 3, "dimension": 3}, 3),
        ("chain", {"depth": 4, "dimension": 2}, 4),
    ]
    # Arora, Cohen, Hazan 2018, theorem 1: the same M at every width; k (k + 1) / 2 laws between two layers of width k
    balanced = [({"depth": 3, "width": 2, "dimension": 2}, 3, 6), ({"depth": 2, "width": 2, "dimension": 3}, 2, 3)]
    common = {"commuting": False, "hessian": False, "warp": True}
    return [
        Facts(name="chain", options={"depth": "D", "dimension": 2}, laws=1, **common),
        *(
            Facts(name=n, options=o, laws=k - 1, metric=deep(k), gradient=deep_gradient(k), **common)
            for n, o, k in deep_ones
        ),
        *(
            Facts(name="fully-connected", options=o, laws=n, metric=deep(k), gradient=deep_gradient(k), **common)
            for o, k, n in balanced
        ),
        *(
            Facts(
                name="weight-normalization",
                options={"dimension": d},
                laws=1,  # |v|
                metric=lambda b, a: isotropic(Rational(1), norm(b) ** 2, b),
                gradient=sphere_gradient,
                **common,
            )
            for d in (2, 3)
        ),
        Facts(  # proposition 6.2: strictly balanced neurons move as one; the law left over is a1/a2
            name="neurons",
            options={"width": 2, "dimension": 2},
            restrict=(
                "a1**2 - w1_1**2 - w1_2**2",
                "a1*a2 - w1_1*w2_1 - w1_2*w2_2",
                "a2**2 - w2_1**2 - w2_2**2",
            ),
            laws=1,
            metric=deep(2),
            **common,
        ),
        # by hand: v f(w_i) has J [V_i, V_j] = v (f_i |grad f_j|^2 e_j - f_j |grad f_i|^2 e_i), and a_i = f_i / v
        *(Facts(name="diagonal-attention", options={"dimension": d}, laws=d + 1, **common) for d in (2, 3)),
    ]


def _refused() -> list[Facts]:
    """No warp at all."""
    common = {"commuting": False, "hessian": False, "warp": False}
    blocks = lambda b, a: diag(deep(2)(b[:2], a), deep(2)(b[2:], a))
    balance = [f"u1_{i}*u1_{j} + u2_{i}*u2_{j} - v1_{i}*v1_{j} - v2_{i}*v2_{j}" for i, j in ((1, 1), (1, 2), (2, 2))]
    return [
        # section 6 of Azulay et al. 2021: a g for each neuron; k (k + 1) / 2 laws (Marcotte et al. 2023)
        *(Facts(name="neurons", options={"width": 2, "dimension": d}, laws=3, closure=False, **common) for d in (2, 3)),
        Facts(name="factorization", options={"rows": 2, "columns": 2, "rank": 2}, laws=3, closure=False, **common),
        Facts(
            name="factorization",
            options={"rows": 2, "columns": 2, "rank": 2},
            restrict=tuple(balance),
            laws=0,
            metric=balanced_product,
            **common,
        ),
        # u v^T: the fibre of beta is one scale, fixed by the one law
        Facts(name="factorization", options={"rows": 2, "columns": 2, "rank": 1}, laws=1, open=ON_VARIETY, **common),
        Facts(name="low-rank", options={"rows": 2, "columns": 2, "rank": 1}, laws=1, open=ON_VARIETY, **common),
        # a constant changes nothing: the product at full rank
        Facts(name="low-rank", options={"rows": 2, "columns": 2, "rank": 2}, laws=3, closure=False, **common),
        # the fields generate gl(2), of dimension 4, on the 2 r entries of U
        Facts(name="psd", options={"size": 2, "rank": 2}, laws=0, metric=symmetric, **common),
        Facts(name="psd", options={"size": 2, "rank": 3}, laws=2, metric=symmetric, **common),
        Facts(name="psd", options={"size": 2, "rank": 1}, laws=0, open=ON_VARIETY, **common),
        # f(W) is a Hessian map for affine f alone (Cauchy-Schwarz); F is locally invertible, so there are no laws
        *(
            Facts(name="matrix-power", options={"size": n, "power": k}, laws=0, **common)
            for n, k in ((2, 2), (2, 3), (3, 2))
        ),
        # Li et al. 2023: the trajectory of no mirror descent
        Facts(name="groups", options={"groups": 2, "size": 2}, laws=2, metric=blocks, **common),
        Facts(name="convolution", options={"dimension": 3}, laws=2, metric=circulant, **common),
    ]


def _others() -> list[Facts]:
    return [
        Facts(
            name="convolution",
            options={"dimension": 2},
            laws=2,
            commuting=True,
            hessian=True,
            warp=True,
            metric=circulant,
            gradient=two_frequencies,
        ),
        Facts(  # Gunasekar et al. 2017: commuting measurements; M = 4 beta on the spectrum
            name="spectral",
            options={"size": 2},
            laws=2,
            commuting=True,
            hessian=True,
            warp=True,
            metric=lambda b, a: diag(*[4 * x for x in b]),
            gradient=lambda b, a: [log(x / a**2) / 4 for x in b],
        ),
        Facts(
            name="softmax",
            options={"dimension": 1},
            laws=1,  # the sum of w
            commuting=True,
            hessian=True,
            warp=True,
            metric=simplex,
            gradient=two_classes,
        ),
        Facts(
            name="softmax",
            options={"dimension": 2},
            laws=1,
            commuting=False,
            hessian=False,
            warp=True,
            metric=simplex,
            gradient=geometric_mean_gradient,
        ),
    ]


FACTS = (*_separable(), *_warped(), *_refused(), *_others())
