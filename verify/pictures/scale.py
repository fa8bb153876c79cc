"""How small alpha must be, over the number of samples (the lecture slides; Woodworth et al. 2020, figure 2)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """log10 alpha over m for each number of nonzeros: points for seeds, a line through the means of those m where all
    seeds have one."""
    figure = Figure(figsize=(6.6, 3.8), layout="constrained")
    axes = figure.add_subplot()
    seeds = len(experiment.axes.get("seed", ("",)))
    listed = experiment.axes.get("nonzeros", (experiment.fixed.get("nonzeros", ""),))
    for color, k in enumerate(listed):
        points = [
            (int(inputs["samples"]), float(found["log10_alpha"]))
            for inputs, found in results(outcomes, nonzeros=k)
            if found["log10_alpha"] is not None
        ]
        if not points:
            continue
        m, a = np.array(points).T
        full = [value for value in np.unique(m) if (m == value).sum() == seeds]
        axes.plot(m, a, ".", color=f"C{color}", alpha=0.4)
        axes.plot(full, [a[m == value].mean() for value in full], color=f"C{color}", label=f"{k} nonzero entries")
    target = experiment.fixed.get("target", "")
    axes.set(
        xlabel="samples $m$", ylabel=r"$\log_{10}\alpha$", title=rf"the largest $\alpha$ with error below {target}"
    )
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure
