"""Stage 8, regimes: what the potential becomes near the start, and as the start's constants go to their ends.

Each is applied only where its hypotheses were checked exactly (proofs: the derivation "regimes" of the documentation):

* *near the start*: Q ~ g_0/2 (beta - beta_0)^T M_0^-1 (beta - beta_0) as beta -> beta_0, Taylor's theorem.
  M_0 = J G^-1 J^T at the start is the tangent kernel, and this is its (Mahalanobis) norm.
* *kernel regime* (`derive.limits.lazy`): the same form along every path on which the start grows towards a direction
  where M is regular: large scales, and one layer large against the others.
* *leading terms of a closed form* (`derive.limits.leading`): exact expansion along any path.
* *growth of a dual* (`derive.limits.small`) and *products of layers* (`derive.limits.products`) for small starts where
  Q has no closed form; *width* (`derive.limits.width`) where units are equal.

An entry that is not established is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Add, Expr, Integer, log, oo

from derive.blocks import Block, Template, blocks, template
from derive.bounded import Bounded
from derive.connected import Connected
from derive.exact.identity import is_identity
from derive.limits.depth import Deep, deep
from derive.limits.kernel import Quadratic, quadratic_at_start
from derive.limits.lazy import Lazy, lazy
from derive.limits.leading import Leading, leading
from derive.limits.paths import Path, formula_paths, paths
from derive.limits.products import small_layers
from derive.limits.scaling import Scaling, scaling
from derive.limits.small import Small, small_above
from derive.limits.width import units
from derive.model import Model

LONG = 60  # operations of a next term that is still shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """`limit` in words (`alpha -> 0`), the leading term of Q there (in beta and the constants), and its norm.

    `equivalent` is E with Q/E -> 1, at every fixed beta (at fixed beta - beta(0) for large starts) where E
    is not zero.  `norm`: l1, l2, weighted l1 or l2, mahalanobis, entropy, `lp, p = 3/2`, ... or None.
    `next_term`: Q - E ~ next_term where it is known; `remainder`: the order of what is left, in words; `relative`:
    Q/E - 1 is at most a multiple of it; `orientation`: z where E = f(|beta|) + z . beta; `reason`: the theorem.
    """

    limit: str
    equivalent: Expr
    norm: str | None
    next_term: Expr | None = None
    remainder: str | None = None
    reason: str = ""
    relative: Expr | None = None
    orientation: tuple[Expr, ...] | None = None


def regimes(model: Model, whole: Connected, ends: Sequence[Bounded] = ()) -> tuple[Regime, ...]:
    """The limits of Q that are established; empty without a start or where no potential is proved.

    `ends`: constants that end at a bound, in the model under their free names.
    """
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
    found += _width(parts, quadratic)
    if whole.potential.normalised:
        found += [r for path in paths(model, ends) if (r := _along(model, parts, whole, quadratic, path)) is not None]
        along = [(p, leading(model, parts, whole, p)) for p in formula_paths(model, ends)]
        found += [_closed(path.words, closed, _TERMS) for path, closed in along if closed is not None]
        found += [_depth(entry) for entry in deep(model, parts, whole, quadratic, ends)]
    return tuple(found)


_TAYLOR = "Taylor's theorem at the start: Q and grad Q vanish there, Hess Q = g M^-1 with M_0 the tangent kernel"


_TERMS = "leading terms of the closed form, at every beta without a zero coordinate; convexity carries the limit on"


def _along(
    model: Model, parts: Sequence[Block], whole: Connected, quadratic: Quadratic | None, path: Path
) -> Regime | None:
    """The limit along one path: the kernel regime, else leading terms of a closed form, else the growth of a dual."""
    kernel = None if quadratic is None else lazy(model, parts, whole, path, quadratic)
    closed = leading(model, parts, whole, path)
    if kernel is not None:
        return _kernel(model, path, kernel, closed)
    if closed is not None:
        return _closed(path.words, closed, _TERMS)
    dual = _growth(parts, whole, path)
    if dual is None:
        return _layers(model, parts, whole, path)
    return Regime(
        limit=path.words + ("" if dual.case is None else f" ({dual.case})"),
        equivalent=dual.equivalent,
        norm=dual.norm,
        next_term=dual.next_term,
        remainder=None if dual.next_term is None else "o(next term)",
        relative=dual.relative,
        reason="growth of Q at infinity, from the dual, by Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D)",
    )


def _closed(words: str, closed: Leading, reason: str) -> Regime:
    following = closed.next_term
    short = following is not None and following.count_ops() <= LONG
    remainder = "o(next term)" if short else f"relative order {closed.relative}" if closed.relative else "o(1)"
    return Regime(
        limit=words,
        equivalent=closed.equivalent,
        norm=closed.norm,
        next_term=following if short else None,
        remainder=remainder,
        relative=closed.relative,
        reason=reason,
        orientation=closed.orientation,
    )


def _depth(entry: Deep) -> Regime:
    closed = _closed(entry.words, entry.found, entry.reason)
    if not entry.about:
        return closed
    relative = entry.found.relative
    return replace(closed, remainder="0" if relative == 0 else f"relative order {relative} at fixed beta - beta(0)")


def _kernel(model: Model, path: Path, kernel: Lazy, closed: Leading | None) -> Regime | None:
    """The next term, and with it the next order, are those of the closed form where beta(0) does not move."""
    start, moving = model.start_map(), {c for c, _ in path.along}
    relative, following = kernel.relative, None
    if closed is not None and not any(f.xreplace(start).free_symbols & moving for f in model.predictor):
        apart = (closed.equivalent - kernel.equivalent).expand()
        short = len(Add.make_args(apart)) <= LONG
        if short and not is_identity(apart):
            return None
        if short:
            relative, following = closed.relative or relative, closed.next_term
    return Regime(
        limit=path.words,
        equivalent=kernel.equivalent,
        norm=kernel.norm,
        next_term=following if following is not None and following.count_ops() <= LONG else None,
        relative=relative,
        remainder="0" if relative.is_zero else f"relative order {relative} at fixed beta - beta(0)",
        reason="kernel regime: Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D), expanded at the start"
        + ("" if kernel.exact else ", which grows in a direction where M is regular"),
    )


def _layers(model: Model, parts: Sequence[Block], whole: Connected, path: Path) -> Regime | None:
    found = small_layers(model, parts, path) if whole.warp.factor == 1 else None
    if not found:
        return None
    rates, slowest = {x.rate for x in found}, min(found, key=lambda x: x.depth)
    if len({(x.height, x.depth) for x in found}) > 1:
        return None  # terms of several orders
    return Regime(
        limit=path.words,
        equivalent=Add(*(x.rate * Abs(b) for x, b in zip(found, model.coordinates, strict=True))),
        norm="l1" if len(rates) == 1 else "weighted l1",
        next_term=Add(*(x.following for x in found)),
        remainder="o(next term)",
        relative=slowest.height ** (slowest.depth - 2),
        reason="a product of layers: the dual variable ends at a Beta integral",
    )


def _width(parts: Sequence[Block], quadratic: Quadratic | None) -> list[Regime]:
    """k -> oo where every block is a sum of the same number k of equal units."""
    known = {template(block): block.model for block in parts}
    found = [units(part) for part in known.values()]
    counts = {None if u is None else u.count for u in found}
    if quadratic is None or len(counts) != 1 or None in counts:
        return []
    return [
        Regime(
            limit=f"k -> oo (k equal units a coordinate, here k = {counts.pop()})",
            equivalent=quadratic.value,
            norm=quadratic.norm,
            remainder="0"
            if quadratic.order == 0
            else f"relative order k**(-{quadratic.order}) at fixed beta - beta(0)",
            reason="equal units: Q_k(beta) = k Q_1(beta/k), so that the form is 1/k times that of one unit",
        )
    ]


def _growth(parts: Sequence[Block], whole: Connected, path: Path) -> Small | None:
    """Constants -> 0 together, from the dual of each coordinate."""
    if path.degree is None or not path.vanishing or whole.warp.factor is None or whole.warp.factor != 1:
        return None
    constants = tuple(c for c, _ in path.along)
    laws: dict[Template, Scaling | None] = {}
    scales: dict[int, Scaling] = {}
    for block in parts:
        key = template(block)
        if key not in laws:
            laws[key] = scaling(block.model, whole.warp.factor, constants, path.degree)
        law = laws[key]
        if law is None:
            return None
        scales |= dict.fromkeys(block.places, law)
    return small_above(whole.potential, scales)


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
