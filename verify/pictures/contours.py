"""Level sets of a potential in the plane (Azulay et al. 2021, figure 7.2)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome

COLUMNS, LEVELS = 3, 14
BETA0 = (0.6, 0.8)


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """A panel for each start; the red dot is beta(0), where Q is least."""
    starts = list(experiment.axes["start"])
    rows = -(-len(starts) // COLUMNS)
    figure = Figure(figsize=(9.0, 3.1 * rows), layout="constrained")
    for k, start in enumerate(starts):
        axes = figure.add_subplot(rows, COLUMNS, k + 1)
        for _, found in results(outcomes, start=start):
            axis, q = np.array(found["axis"]), np.array(found["q"])
            # equal steps of sqrt(Q - min) are equal steps of distance near beta(0)
            height = np.sqrt(np.maximum(q - q.min(), 0))
            axes.contourf(axis, axis, height, LEVELS, cmap="viridis")
            axes.contour(axis, axis, height, LEVELS, colors="w", linewidths=0.5)
            axes.plot(*(found["alpha"] * np.array(BETA0)), "o", color="red", ms=5)
            axes.set_title(rf"$\alpha = {found['alpha']:g},\ s = {found['shape']:g}$", fontsize=10)
            axes.set_aspect("equal")
            axes.tick_params(labelsize=7)
    return figure
