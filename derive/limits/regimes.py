"""Stage 8, regimes: what the potential becomes near the start, for large starts and for small ones.

Three theorems, each applied only where its hypotheses were checked exactly (proofs: the derivation
"regimes" of the documentation):

* *near the start*: Q ~ g_0/2 (beta - beta_0)^T M_0^-1 (beta - beta_0) as beta -> beta_0, Taylor's theorem.
  M_0 = J G^-1 J^T at the start is the tangent kernel, and this is its (Mahalanobis) norm.
* *large start*: for a homogeneous model, Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D)
  (`derive.limits.scaling`), so that the same formula holds as the constants go to oo with beta - beta_0 fixed:
  the kernel regime (Chizat, Oyallon, Bach 2019; Woodworth et al. 2020).
* *small start*: by the same identity the limit constants -> 0 is the growth of Q_c at infinity.  For
  separable models it is read off the dual (`derive.potentials.growth`): a pole of beta(s) or an exponential give
  l1, a power gives a power norm.  Otherwise Q is continued to the constant 0 where it is continuous.

An entry that is not established is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Add, Dummy, Expr, Integer, Rational, Symbol, log, oo, sqrt

from derive.blocks import Block, Template, blocks, template
from derive.connected import Connected
from derive.exact.identity import is_identity, is_nonzero
from derive.exact.signs import is_defined
from derive.limits.continuity import value_at_zero
from derive.limits.kernel import Quadratic, quadratic_at_start
from derive.limits.scaling import Scaling, scaled_constants, scaling
from derive.limits.small import small_start
from derive.model import Model

_X = Dummy("x", positive=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """`limit` in words (`alpha -> 0`), the leading term of Q there (in beta and the constants), and its norm.

    `equivalent` is E with Q/E -> 1, at every fixed beta (at fixed beta - beta(0) for large starts) where E
    is not zero.  `norm`: l1, l2, weighted l1 or l2, mahalanobis, entropy, `lp, p = 3/2`, ... or None.
    `next_term`: Q - E ~ next_term where it is known; `remainder`: the order of what is left; `reason`: the theorem.
    """

    limit: str
    equivalent: Expr
    norm: str | None
    next_term: Expr | None = None
    remainder: str | None = None
    reason: str = ""


def regimes(model: Model, whole: Connected) -> tuple[Regime, ...]:
    """The limits of Q that are established; empty without a start or where no potential is proved."""
    if model.start is None or not whole.potential.verdict.is_proved or whole.warp.factor is None:
        return ()
    parts = blocks(model)
    quadratic = quadratic_at_start(model, parts, whole)
    found: list[Regime] = []
    if quadratic is not None:
        remainder = ("0", "relative order |beta - beta(0)|", "relative order |beta - beta(0)|**2")[quadratic.order]
        found.append(
            Regime(
                limit="beta -> beta(0)",
                equivalent=quadratic.value,
                norm=quadratic.norm,
                remainder=remainder,
                reason=_TAYLOR,
            )
        )
    entropy = _entropy(model, whole)
    found += [entropy] if entropy is not None else []
    for constants, h in scaled_constants(model):
        scales = _scales(parts, whole.warp.factor, constants, h)
        if scales is None:
            continue
        if quadratic is not None:
            found.append(_large(quadratic, constants, scales))
        found += _small_separable(whole, constants, scales)
        if quadratic is not None and len(constants) > 1:
            found += [r for c in constants for r in _one_large(model, parts, whole, quadratic, c, constants, scales)]
    done = {r.limit for r in found}
    for constant in _start_constants(model):
        if _towards([constant], "0") not in done:
            found += _small_continuous(whole, constant)
    return tuple(found)


_TAYLOR = "Taylor's theorem at the start: Q and grad Q vanish there, Hess Q = g M^-1 with M_0 the tangent kernel"


def _start_constants(model: Model) -> tuple[Symbol, ...]:
    free: set[Symbol] = set().union(*(e.free_symbols for e in model.start or ()))
    return tuple(sorted(free, key=str))


def _towards(constants: Sequence[Symbol], end: str) -> str:
    together = " (ratios fixed)" if len(constants) > 1 else ""
    return f"{', '.join(map(str, constants))} -> {end}{together}"


# -- scaling limits -----------------------------------------------------------------------------------


def _scales(
    parts: Sequence[Block], factor: Expr, constants: tuple[Symbol, ...], h: Rational
) -> dict[int, Scaling] | None:
    """The scaling law of each coordinate's block; None where one block has none."""
    laws: dict[Template, Scaling | None] = {}
    result: dict[int, Scaling] = {}
    for block in parts:
        key = template(block)
        if key not in laws:
            laws[key] = scaling(block.model, factor, constants, h)
        law = laws[key]
        if law is None:
            return None
        result |= dict.fromkeys(block.places, law)
    return result


def _large(quadratic: Quadratic, constants: tuple[Symbol, ...], scales: Mapping[int, Scaling]) -> Regime:
    slowest = min(law.predictor for law in scales.values()) * max(1, quadratic.order)
    power = constants[0] ** -slowest
    return Regime(
        limit=_towards(constants, "oo"),
        equivalent=quadratic.value,
        norm=quadratic.norm,
        remainder="0" if quadratic.order == 0 else f"relative order {power} at fixed beta - beta(0)",
        reason="kernel regime: Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D), expanded at the start",
    )


def _one_large(
    model: Model,
    parts: Sequence[Block],
    whole: Connected,
    quadratic: Quadratic,
    large: Symbol,
    constants: tuple[Symbol, ...],
    scales: Mapping[int, Scaling],
) -> list[Regime]:
    """One constant -> oo while the others stay: the ratios go to 0, where the start has to be regular."""
    others = {c: Integer(0) for c in constants if c != large}
    assert model.start is not None and whole.warp.factor is not None
    if not all(v.is_polynomial(*constants) for v in model.start):
        return []  # the start has to be smooth where the ratios are 0
    there = replace(model, start=tuple(v.xreplace(others) for v in model.start))
    g0 = whole.warp.factor.xreplace(there.start_map())
    if not is_defined(g0) or not is_nonzero(g0) or quadratic_at_start(there, parts, whole) is None:
        return []
    kept = ", ".join(str(c) for c in constants if c != large)
    slowest = min(law.predictor for law in scales.values())
    return [
        Regime(
            limit=f"{large} -> oo ({kept} fixed)",
            equivalent=quadratic.value,
            norm=quadratic.norm,
            remainder=f"relative order {large**-slowest} at fixed beta - beta(0)",
            reason="kernel regime: the ratios of the constants go to 0, where the start is regular",
        )
    ]


def _small_separable(whole: Connected, constants: tuple[Symbol, ...], scales: Mapping[int, Scaling]) -> list[Regime]:
    found = None if whole.warp.factor != 1 else small_start(whole.potential, scales)
    if found is None:
        return []
    return [
        Regime(
            limit=_towards(constants, "0"),
            equivalent=found.equivalent,
            norm=found.norm,
            next_term=found.next_term,
            remainder=None if found.next_term is None else "o(next term)",
            reason="growth of Q at infinity, from the dual, by Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D)",
        )
    ]


# -- other limits -------------------------------------------------------------------------------------


def _small_continuous(whole: Connected, constant: Symbol) -> list[Regime]:
    """constant -> 0 where the closed form of Q is continuous there and does not vanish."""
    q = whole.potential
    if q.value is None:
        return []
    limit = value_at_zero(q.value, [constant], q.variables)
    if limit is None or not is_nonzero(limit):
        return []
    radial = _radial(limit, q.variables)
    return [
        Regime(
            limit=_towards([constant], "0"),
            equivalent=limit if radial is None else radial,
            norm=None if radial is None else "l2",
            remainder="o(1)",
            reason="Q is continuous in the constant up to 0, at every beta without a zero "
            "coordinate; convexity carries the limit to the others",
        )
    ]


def _radial(value: Expr, betas: Sequence[Symbol]) -> Expr | None:
    """The value as a function of r = |beta|, where rotations leave it unchanged."""
    pairs = list(pairwise(betas))
    if not pairs or not all(is_identity(a * value.diff(b) - b * value.diff(a)) for a, b in pairs):
        return None
    axis = value.subs({b: Integer(0) for b in betas[1:]}).subs(betas[0], _X)
    written = axis.expand().subs(_X, sqrt(Add(*(b**2 for b in betas))))
    return written if is_identity(written - value) else value


def _entropy(model: Model, whole: Connected) -> Regime | None:
    """M_ii = kappa beta_i with the same kappa: Q is a Kullback-Leibler divergence from the start, exactly."""
    metric, betas = whole.elimination.inverse_metric, model.coordinates
    if metric is None or whole.warp.factor != 1:
        return None
    kappas = {metric[i][i] / b for i, b in enumerate(betas)}
    kappa = next(iter(kappas))
    diagonal = all(metric[i][j].is_zero for i in range(len(betas)) for j in range(i))
    if len(kappas) != 1 or kappa.free_symbols or not diagonal or kappa in (oo, -oo) or not kappa.is_positive:
        return None
    start = [f.xreplace(model.start_map()).expand() for f in model.predictor]
    value = Add(*((b * log(b / b0) - b + b0) / kappa for b, b0 in zip(betas, start, strict=True)))
    if any(not b0.is_positive for b0 in start):
        return None
    return Regime(
        limit="start -> any (exact)",
        equivalent=value,
        norm="entropy",
        next_term=Integer(0),
        remainder="0",
        reason="M is kappa diag(beta): Q'' = 1/(kappa beta), integrated from the start",
    )
