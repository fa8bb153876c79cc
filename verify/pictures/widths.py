"""Width against scale (lecture slides): one curve for every width in the variable alpha, one for all in mu."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome

LIMIT = "oo"


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """Excess l1 norm over alpha (left) and over mu = alpha k^(1/4) (right)."""
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for k, width in enumerate(w for w in experiment.axes["width"] if w != LIMIT):
        points = sorted((float(i["mu"]), float(r["excess"])) for i, r in results(outcomes, width=width))
        mu, excess = np.array(points).T
        for axes, scale in ((left, mu / int(width) ** 0.25), (right, mu)):
            axes.plot(scale, excess, "o-", ms=3, lw=1, color=f"C{k}", label=rf"$k = {width}$")
    limit = sorted((float(i["mu"]), float(r["excess"])) for i, r in results(outcomes, width=LIMIT))
    if limit:
        right.plot(*np.array(limit).T, "k--", lw=1.4, label=r"$k \to \infty$, derived", zorder=4)
    left.set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"excess $\ell_1$ norm")
    right.set(xscale="log", yscale="log", xlabel=r"$\mu = \alpha\, k^{1/4} = \sigma\sqrt{k}$")
    for axes in (left, right):
        axes.grid(alpha=0.25)
    right.legend(frameon=False, fontsize=8)
    return figure
