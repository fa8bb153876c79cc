"""Where a run stops: at a loss, or earlier at a time, a smallest margin, a change of support vector.

With m_n the margins, the event is the first zero, in gamma~, of

    time      log t - log T                                                     (t rises: one zero)
    margin    min_n m_n - M
    support   max_{n in S} m_n - min_{n not in S} m_n,    S = argmin_n m_n just after the start

on the Chebyshev series of a run (`verify.flow.dense`).  A support vector is a row with the smallest margin, which is
the one with the largest weight in the loss (Moroshko et al. 2020, footnote 4); rows whose margins agree to the digits
of the run all along the first panel are one support vector, because margins are analytic in gamma~: what is equal
on an interval is equal.  The first panel of a run is short: it begins at the start, where often all margins are 0.

A change of sign is looked for between neighbours of 2n + 1 Chebyshev points a panel, n being enough to resolve the
state to all digits; an excursion that fits between two of them is not seen.  The zero is then located by Ridders'
method (1979), a bracketing method of second order, on either run separately: the two zeros and the two states there
are what the digits of the event are established from.

"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, ctx

from derive.errors import InputError
from verify.decimal import Decimal
from verify.flow.chebyshev import ball_nodes, transfer
from verify.flow.dense import Dense

FINER = 2
# margins closer than this, relative to the precision, are equal as far as a run sees
EQUAL = 40
ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """What ends a run before its last loss: a time, a smallest margin, a change of support vector."""

    time: Decimal | None = None
    margin: Decimal | None = None
    support: bool = False

    @property
    def any(self) -> bool:
        return self.support or self.time is not None or self.margin is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened (`rule`: loss, time, margin, support) and where each run has it; `before`, `after`: the
    support vectors on either side (zero-based rows)."""

    rule: str
    gammas: tuple[arb, arb]
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bracket:
    """A zero of `function` lies between x = low and x = high on panel k."""

    rule: str
    k: int
    low: arb
    high: arb
    function: Callable[[Dense, int, arb], arb]
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


def first_event(runs: tuple[Dense, Dense], stops: Stops) -> Event | None:
    """The first event on the way; None where the runs end before any.

    Raises `InputError` for a margin that the start has already.
    """
    first, second = runs
    ctx.prec = second.run.precision
    found = [b for b in (_time(second, stops.time), *_margins(second, stops)) if b is not None]
    events = [(b, (_located(first, b), _located(second, b))) for b in found]
    if not events:
        return None
    b, gammas = min(events, key=lambda pair: pair[1][1])
    return Event(rule=b.rule, gammas=gammas, before=b.before, after=b.after)


def _time(run: Dense, time: Decimal | None) -> _Bracket | None:
    if time is None:
        return None
    goal = time.log().mid()
    for k in range(len(run.pieces)):
        if run.log_time(k, arb(1)) >= goal:
            return _Bracket("time", k, arb(-1), arb(1), lambda run, k, x: run.log_time(k, x) - goal)
    return None


def _margins(run: Dense, stops: Stops) -> list[_Bracket | None]:
    if stops.margin is None and not stops.support:
        return []
    reached, changed, support = None, None, None
    goal = None if stops.margin is None else stops.margin.value()
    first = run.run.panels[0].values.tolist()[0][: run.field.size]
    least = min(m.mid() for m in run.ball.products(run.ball.beta(first)))
    if goal is not None and least >= goal:
        raise InputError(
            "the start has this margin already",
            expected=f"more than {least.str(6, radius=False)}",
            received=str(stops.margin),
            hint="a larger --until-margin",
        )
    for k in range(len(run.run.panels)):
        xs, sampled = _samples(run, k)
        if support is None:
            support = _support(sampled, run.run.precision)
        if goal is not None and reached is None:
            reached = _reached(k, xs, sampled, goal)
        if stops.support and changed is None:
            changed = _changed(k, xs, sampled, support, run.run.precision)
        if (goal is None or reached is not None) and (not stops.support or changed is not None):
            break
    return [reached, changed]


def _samples(run: Dense, k: int) -> tuple[list[arb], list[list[arb]]]:
    """Points of a panel and the margins there."""
    panel, n, precision = run.run.panels[k], run.run.nodes, run.run.precision
    values = (transfer(n, FINER * n, precision) * panel.values).mid().tolist()
    betas = [run.ball.beta(row[: run.field.size]) for row in values]
    products = (run.ball.matrix * arb_mat([list(column) for column in zip(*betas, strict=True)])).mid()
    return list(ball_nodes(FINER * n, precision)), [list(column) for column in zip(*products.tolist(), strict=True)]


def _reached(k: int, xs: Sequence[arb], sampled: Sequence[Sequence[arb]], goal: arb) -> _Bracket | None:
    at = next((j for j, m in enumerate(sampled) if j and min(m) >= goal), None)
    if at is None:
        return None
    return _Bracket("margin", k, xs[at - 1], xs[at], lambda run, k, x: min(run.margins(k, x)) - goal)


def _support(sampled: Sequence[Sequence[arb]], precision: int) -> tuple[int, ...]:
    """The rows with the smallest margin just after the start."""
    early = sampled[1 : 2 + len(sampled) // 8]
    noise = [max(map(abs, m)) * arb(2) ** (EQUAL - precision) for m in early]
    least = min(range(len(early[0])), key=lambda n: early[0][n])
    same = [
        n for n in range(len(early[0])) if all(abs(m[n] - m[least]) <= e for m, e in zip(early, noise, strict=True))
    ]
    return tuple(same)


def _changed(
    k: int, xs: Sequence[arb], sampled: Sequence[Sequence[arb]], support: tuple[int, ...], precision: int
) -> _Bracket | None:
    others = [n for n in range(len(sampled[0])) if n not in support]
    if not others:
        return None

    def excess(m: Sequence[arb]) -> arb:
        return max(m[n] for n in support) - min(m[n] for n in others)

    # the first point of the first panel is the start, where all may be equal
    for j in range(2 if k == 0 else 1, len(xs)):
        noise = max(map(abs, sampled[j])) * arb(2) ** (EQUAL - precision)
        if excess(sampled[j]) > noise:
            least = min(others, key=lambda n: sampled[j][n])
            after = tuple(n for n in others if abs(sampled[j][n] - sampled[j][least]) <= noise)
            return _Bracket("support", k, xs[j - 1], xs[j], lambda run, k, x: excess(run.margins(k, x)), support, after)
    return None


def _located(run: Dense, b: _Bracket) -> arb:
    """gamma~ of the zero in a bracket, by Ridders' method."""
    return run.gamma(b.k, ridders(lambda x: b.function(run, b.k, x), b.low, b.high, run.run.precision))


def ridders(function: Callable[[arb], arb], low: arb, high: arb, precision: int) -> arb:
    """A zero between low, where the function is negative or not finite, and high, where it is not negative.

    Two evaluations a round, which at least halve the bracket and near a simple zero double the digits.
    """
    f_low, f_high = function(low).mid(), function(high).mid()
    for _ in range(ROUNDS + precision):
        width = high - low
        # a run that has the zero just outside of the other one's bracket has it at `high` to all digits that count
        if not f_high > 0 or width <= arb(2) ** (8 - precision):
            return high
        middle = ((low + high) / 2).mid()
        f = function(middle).mid()
        points = [(low, f_low), (middle, f), (high, f_high)]
        if f.is_finite() and f_low.is_finite():
            root = (f * f - f_low * f_high).mid()
            if root > 0:
                x = (middle - (middle - low) * f / root.sqrt()).mid()
                if low < x < high:
                    points.insert(1 if x < middle else 2, (x, function(x).mid()))
        at = next(i for i, (_, value) in enumerate(points) if value >= 0)
        if at == 0:
            return low
        (low, f_low), (high, f_high) = points[at - 1], points[at]
    return high
