"""One run: panels from the first loss to the last, each solved in arbitrary precision.

The width of a panel follows from the one before it.  On [c - h, c + h] the Chebyshev coefficients fall like
rho^-k, where the nearest singularity lies on the ellipse with semi-axis (rho + 1/rho)/2 = d/h.  The observed
rate gives d; the wanted rate (all digits within the panel's nodes) gives the h that the next panel may have.
As d grows with gamma~, so do the panels: geometrically, which makes the cost nearly independent of the loss.

A second run takes the panels of the first with more nodes and more precision.  It starts from the first run's
values, which it has to confirm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from flint import arb, ctx

from derive.errors import ComputationError
from verify.flow.ball_field import BallField
from verify.flow.collocation import Grid, Panel, Prepared, prepare, prepare_from, solve_panel
from verify.flow.field import FlowField
from verify.flow.scout import Scout
from verify.flow.timing import time_over

Progress = Callable[[float, float], None]
GROWTH, SHRINK, SAFETY = 40.0, 0.25, 0.92
NARROWEST, STRETCH = 1e-9, 2.4
# unknowns of a panel: its dense Newton matrix then has 1.6 GB
LARGEST = 14_000
# bits to which a panel is solved beyond the wanted digits
MARGIN = 8
# so many panels in a row that are this narrow for the way that they have come lead nowhere in any useful time
NARROW, CRAWL = 1e-3, 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The end of one pass: state, predictor, and the panels on the way, each solved to 2^-settled."""

    end: tuple[arb, ...]
    beta: tuple[arb, ...]
    panels: tuple[Panel, ...]
    nodes: int
    precision: int
    settled: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Digits wanted at the end, and what follows: nodes a panel, bits, the bits Newton goes to, and the bits lost."""

    wanted: int
    nodes: int
    precision: int
    goal: int
    slack: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a run stands after a panel: with the state at the panel's end, all that it needs to go on."""

    right: arb
    half: float
    rejected: int
    narrow: int


class Journal(Protocol):
    """Where a run is written down as it goes (`verify.flow.checkpoint`); `order` is 1 or 2."""

    def written(self, p: Plan, order: int) -> list[tuple[Panel, Mark]]:
        """The panels that are written down already."""
        ...

    def write(self, p: Plan, order: int, panel: Panel, mark: Mark) -> None:
        """Write one more."""
        ...


def plan(digits: int, guard: int, last: float, finest: float = 1.0, lost: int = 0) -> Plan:
    """For so many digits and guard digits, to gamma~ = last, where the first step is `finest`.

    The predictor loses `lost` digits to cancellation, which are carried on top.
    """
    wanted = digits + lost + guard
    clock = int(np.log2(max(2.0, last))) + max(0, int(-np.log2(finest)) - 24)
    nodes = int(1.15 * wanted) + 10
    slack = clock + int(3.33 * lost)
    return Plan(wanted, nodes + nodes % 2, int(3.33 * wanted) + 40 + clock, int(3.33 * wanted) + MARGIN, slack)


def first_run(
    field: FlowField, look: Scout, p: Plan, ends: tuple[arb, arb], state: Sequence[arb], progress: Progress | None,
    journal: Journal | None = None,
) -> Run:  # fmt: skip
    """From the start.  Raises `ComputationError` where no panel resolves the flow."""
    if p.nodes * len(state) > LARGEST:
        raise ComputationError(
            "the model is too large for this engine",
            expected=f"at most {LARGEST // p.nodes} states at these digits",
            received=str(len(state)),
            hint="fewer --digits",
        )
    ctx.prec = p.precision
    ball = BallField(field, p.precision)
    left, last = ends
    panels: list[Panel] = []
    w, half, rejected, narrow, origin = list(state), min(float(last - left), 1.0, 1e4 * look.finest) / 2, 0, 0, left
    for panel, mark in [] if journal is None else journal.written(p, 1):
        panels.append(panel)
        w, left, half = panel.values.tolist()[-1], mark.right, mark.half
        rejected, narrow = mark.rejected, mark.narrow
    while left < last:
        ready, grid, right = _prepared(look, p, origin, left, last, half, w)
        panel = solve_panel(ball, grid, ready, w)
        half = float(grid.half)
        if (panel is None or panel.tail > 2 - p.wanted) and half > _narrowest(look, grid):
            # a support vector that enters is a bend which float64 may have stepped over: then Newton fails
            narrower = SHRINK if panel is None else _factor(-panel.tail / p.nodes, p, SHRINK, 0.8)
            rejected, half = rejected + 1, half * narrower
            continue
        if panel is None:
            raise unresolved(left)
        panels.append(panel)
        w = panel.values.tolist()[-1]
        left = right
        narrow = narrow + 1 if half < NARROW * grid.offset else 0
        if narrow > CRAWL:
            raise unresolved(left)
        half *= _factor(max(ready.decay, -panel.tail / p.nodes), p, SHRINK, GROWTH)
        if journal is not None:
            journal.write(p, 1, panel, Mark(right, half, rejected, narrow))
        if progress is not None:
            progress(float(left), look.last)
    return _finished(field, ball, p, panels, w, rejected)


def unresolved(left: arb) -> ComputationError:
    """The one line for a flow whose panels would have to be too narrow."""
    return ComputationError(
        "the flow could not be resolved",
        received=f"near gamma~ = {float(left):.6g}",
        hint="another start or scale (this one may come close to a saddle)",
    )


def _narrowest(look: Scout, grid: Grid) -> float:
    return NARROWEST * max(grid.offset, min(look.finest, 1.0))


def _prepared(
    look: Scout, p: Plan, origin: arb, left: arb, last: arb, half: float, w: list[arb]
) -> tuple[Prepared, Grid, arb]:
    """The widest panel at `left`, not wider than 2 half, that float64 says is resolved."""
    stretch = STRETCH
    while True:
        # a remainder shorter than a fifth of a panel is not worth one of its own
        right = last if left + arb(stretch * half) >= last else (left + arb(2 * half)).mid()
        grid = Grid(left, ((right - left) / 2).mid(), p.nodes, p.precision, float(left - origin), p.goal, p.slack)
        ready = prepare(look.array, look, grid, w)
        if ready is not None and ready.decay * p.nodes >= 1.03 * p.wanted:
            return ready, grid, right
        width = float(grid.half)
        if width < _narrowest(look, grid):
            raise unresolved(left)
        stretch = 2.0  # or the panel that was just refused would come back
        half = width * (0.4 if ready is None else _factor(ready.decay, p, SHRINK, 0.85))


def _factor(decay: float, p: Plan, low: float, high: float) -> float:
    """How much wider the next panel may be, from the digits that a coefficient gained."""
    needed = (p.wanted + 2) / p.nodes
    ratio = SAFETY * np.cosh(min(decay, 8.0) * np.log(10)) / np.cosh(needed * np.log(10))
    return float(min(max(ratio, low), high))


def second_run(
    field: FlowField, look: Scout, p: Plan, known: Run, state: Sequence[arb], progress: Progress | None = None,
    journal: Journal | None = None,
) -> Run:  # fmt: skip
    """The panels of a first run with more nodes and bits.  Raises `ComputationError` where one is not solved."""
    ctx.prec = p.precision
    ball = BallField(field, p.precision)
    panels = [] if journal is None else [panel for panel, _ in journal.written(p, 2)]
    w = panels[-1].values.tolist()[-1] if panels else list(state)
    for old in known.panels[len(panels) :]:
        offset = float(old.left - known.panels[0].left)
        grid = Grid(old.left, old.half, p.nodes, p.precision, offset, p.goal, p.slack)
        ready = prepare_from(look.array, grid, old, known.settled)
        if ready is None:
            raise ComputationError("the second run left the range of float64", hint="a smaller --scale")
        panel = solve_panel(ball, grid, ready, w)
        if panel is None:
            raise unresolved(old.left)
        panels.append(panel)
        w = panels[-1].values.tolist()[-1]
        right = (old.left + 2 * old.half).mid()
        if journal is not None:
            journal.write(p, 2, panels[-1], Mark(right, float(old.half), 0, 0))
        if progress is not None:
            progress(float(right), look.last)
    return _finished(field, ball, p, panels, w, 0)


def _finished(field: FlowField, ball: BallField, p: Plan, panels: list[Panel], w: list[arb], rejected: int) -> Run:
    end = tuple(w[: field.size])
    return Run(
        end=end, beta=tuple(b.mid() for b in ball.beta(end)), panels=tuple(panels), nodes=p.nodes,
        precision=p.precision, settled=p.goal, rejected=rejected,
    )  # fmt: skip


def log_time(field: FlowField, run: Run, last: arb) -> arb:
    """ln t at the end of a run."""
    ctx.prec = run.precision
    return (time_over(run.panels, field.decay, run.nodes, run.precision).log() + field.decay * last).mid()
