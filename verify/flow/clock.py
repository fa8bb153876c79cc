"""An enclosure of true time: dt = e^gamma d tau along the exact flow.

On a panel the approximate curve has d tau = r d gamma with the polynomial r > 0, and the exact curve has, at the same
tau, a -log L within `drift` of the panel's gamma.  With theta = t e^-gamma at the panel's ends therefore

    theta_right in theta_left e^-2h + e^[-drift, drift] J,        J = integral_-1^1 e^(-h (1 - x)) r(x) h dx,

and J = P(1) - P(-1) e^-2h for the polynomial P with P'/h + P = r, a triangular recurrence in Chebyshev coefficients
(see `verify.flow.timing`).  It loses digits on narrow panels, where it costs next to nothing to carry more of them.
"""

from collections.abc import Sequence

from flint import arb, ctx

from derive.errors import ComputationError
from verify.flow.collocation import Panel


class Clock:
    """theta at the right end of the panels so far."""

    def __init__(self) -> None:
        self.theta = arb(0)
        self.right: arb | None = None

    def pass_panel(self, panel: Panel, rates: Sequence[arb], drift: arb) -> None:
        """Go on to the right end of a panel; `rates` are the Chebyshev coefficients of r."""
        # the panels' ends meet up to rounding
        here = self.theta if self.right is None else self.theta * (self.right - panel.left).exp()
        self.theta = here * (-2 * panel.half).exp() + _weighted(panel.half, rates) * arb(0, drift).exp()
        self.right = panel.left + 2 * panel.half

    def log_time(self, target: arb, missing: arb, slowest: arb) -> arb:
        """ln t where -log L = target; the last step passes at most `missing`, where d gamma/d tau >= slowest."""
        assert self.right is not None
        last = arb(0, (missing.exp() * missing / slowest).upper())
        return (self.theta * (self.right - target).exp() + last).log() + target


def _weighted(half: arb, r: Sequence[arb]) -> arb:
    """J, to nearly the current precision.  Raises `ComputationError` where even many more bits do not give it."""
    wanted, n = ctx.prec, len(r) - 1
    try:
        for _ in range(9):
            p, d = [arb(0)] * (n + 1), [arb(0)] * (n + 3)
            for k in range(n, -1, -1):
                d[k] = d[k + 2] + (2 * (k + 1) * p[k + 1] if k < n else 0)
                p[k] = r[k] - d[k] / half / (1 if k else 2)
            left = sum((e if k % 2 == 0 else -e for k, e in enumerate(p)), arb(0))
            found = sum(p, arb(0)) - left * (-2 * half).exp()
            if found.is_finite() and found.rel_accuracy_bits() > wanted - 30:
                return found
            ctx.prec *= 2
    finally:
        ctx.prec = wanted
    raise ComputationError("true time was not enclosed", hint="the same without --certify")
