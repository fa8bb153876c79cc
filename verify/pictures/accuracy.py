"""How long to optimise, over the scale of the start (Moroshko et al. 2020, figure 5(b))."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """Points for the runs, a line of slope 1 through the largest scale, and the slope between the two largest."""
    figure = Figure(figsize=(6.2, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for k, depth in enumerate(experiment.axes.get("depth", (experiment.fixed.get("depth", ""),))):
        points = sorted((float(i["size"]), float(r["gamma"])) for i, r in results(outcomes, depth=depth))
        if len(points) < 2:
            continue
        size, gamma = np.array(points).T
        slope = np.log(gamma[-1] / gamma[-2]) / np.log(size[-1] / size[-2])
        axes.plot(size, gamma, "o", color=f"C{k}", ms=4, label=rf"$D = {depth}$, slope {slope:.3f} at the end")
        axes.plot(size, gamma[-1] / size[-1] * size, color=f"C{k}", lw=0.8, alpha=0.7)
    target = float(experiment.fixed.get("target", "nan"))
    axes.set(xscale="log", yscale="log", xlabel=r"$\alpha^D$", ylabel=r"$\tilde\gamma = \log(1/\epsilon)$")
    axes.set_title(rf"{target:.0%} excess $\ell_1$ norm is reached; lines have slope 1")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    return figure
