"""Runs of optimisers in the plane of the first two coordinates, and their ends (Gunasekar et al. 2018, figure 1)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome

GREEK = {"momentum": r"\beta", "lookahead": r"\gamma", "step": r"\eta"}


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """Left: whole runs; right: their ends.  The blue line is the set of global minima."""
    figure = Figure(figsize=(9.0, 3.9), layout="constrained")
    whole, close = figure.subplots(1, 2)
    listed = list(results(outcomes))
    ends = np.array([found["end"][:2] for _, found in listed] + [found["expected"][:2] for _, found in listed])
    for k, (inputs, found) in enumerate(listed):
        x, y = np.array(found["points"])[:, :2].T
        label = ", ".join(rf"${GREEK[name]} = {inputs[name]}$" for name in experiment.axes)
        for axes in (whole, close):
            axes.plot(x, y, "-", color=f"C{k + 1}", lw=1.1, label=label)
            axes.plot(x[-1], y[-1], "o", color=f"C{k + 1}", ms=5, zorder=4)
    for axes in (whole, close):
        if listed:
            _minima(axes, listed[0][1]["X"], listed[0][1]["y"], ends)
            axes.plot(*listed[0][1]["expected"][:2], "k*", ms=11, zorder=5, label="expected")
            axes.plot(*listed[0][1]["points"][0][:2], "ks", ms=5, zorder=5, label="start")
        axes.set(xlabel="$w_1$", ylabel="$w_2$")
        axes.grid(alpha=0.2)
    low, high = ends.min(axis=0), ends.max(axis=0)
    room = 0.15 * max(*(high - low), 1e-3)
    close.set(xlim=(low[0] - room, high[0] + room), ylim=(low[1] - room, high[1] + room), title="the ends")
    whole.legend(framealpha=0.8, edgecolor="none", fontsize=7)
    return figure


def _minima(axes: Axes, x: list[list[float]], y: list[float], ends: np.ndarray) -> None:
    """The global minima X w = y, a line, seen in the plane of the first two coordinates."""
    matrix = np.array(x)
    origin = np.linalg.lstsq(matrix, np.array(y), rcond=None)[0]
    way = np.linalg.svd(matrix)[2][-1]
    reach = 3 * np.abs(ends - origin[:2]).max() / np.linalg.norm(way[:2])
    line = origin + np.linspace(-reach, reach, 2)[:, None] * way
    axes.plot(line[:, 0], line[:, 1], color="tab:blue", lw=2, alpha=0.5, zorder=1, label="global minima")
