"""From kernel to rich over the scale of the start and the loss (Moroshko et al. 2020, figure 1, with numbers)."""

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome

MUS = (10.0, 1.0, 0.1, 0.01)
# grey above: the direction of the start, on its way to the l2 one
FULL = 1.05


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """Excess l1 norm in units of that of the l2 predictor, over alpha (right) and log10(1/eps) (up), and lines of
    equal mu = alpha^D/log(1/eps)."""
    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    axes = figure.add_subplot()
    rows = sorted(((float(i["alpha"]), r) for i, r in results(outcomes)), key=lambda row: row[0])
    depth = int(experiment.fixed["depth"])
    decades = np.geomspace(0.2, max(r["gamma"][-1] for _, r in rows) / np.log(10), 160)
    table = [
        np.interp(
            np.log(decades * np.log(10)), np.log(r["gamma"]), np.array(r["excess"]) / r["excess_l2"], right=np.nan
        )
        for _, r in rows
    ]
    alpha = np.array([a for a, _ in rows])
    colors = colormaps["RdYlBu"].with_extremes(over="0.8")
    image = axes.pcolormesh(alpha, decades, np.array(table).T, cmap=colors, vmin=0, vmax=FULL, shading="nearest")
    for mu in MUS:
        level = alpha**depth / mu / np.log(10)
        inside = (level > decades[0]) & (level < decades[-1])
        axes.plot(alpha[inside], level[inside], "k--", lw=0.8)
        if inside.any():
            k = np.flatnonzero(inside)[inside.sum() // 2]
            axes.annotate(
                rf"$\mu = {mu:g}$", (alpha[k], level[k]), fontsize=8, xytext=(3, -3), textcoords="offset points"
            )
    axes.set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"$\log_{10}(1/\epsilon)$")
    where = rf"$D = {depth}$, data {experiment.fixed['panel']}"
    axes.set_title(rf"{where}; $\mu = \alpha^D/\log(1/\epsilon)$; grey: not yet at $\ell_2$", fontsize=10)
    figure.colorbar(
        image, ax=axes, label=r"excess $\ell_1$ norm: 1 at $\ell_2$, 0 at $\ell_1$ max margin", extend="max"
    )
    return figure
