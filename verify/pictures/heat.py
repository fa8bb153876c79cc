"""A map of one number over two axes, both of them settings of the start (Azulay et al. 2021, figure 7.1)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """`error` over alpha (right) and shape (up), the mean over all other axes."""
    columns, rows = (list(experiment.axes.get(n, (experiment.fixed.get(n, ""),))) for n in ("alpha", "shape"))
    values: list[list[list[float]]] = [[[] for _ in columns] for _ in rows]
    for inputs, found in results(outcomes):
        values[rows.index(inputs["shape"])][columns.index(inputs["alpha"])].append(float(found["error"]))
    table = np.array([[np.mean(cell) if cell else np.nan for cell in row] for row in values])
    figure = Figure(figsize=(7.4, 4.2), layout="constrained")
    axes = figure.add_subplot()
    image = axes.pcolormesh(table, norm=LogNorm(), cmap="viridis")
    axes.set_xticks(np.arange(len(columns)) + 0.5, [f"{float(c):.0e}" for c in columns], rotation=60, fontsize=8)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=8)
    axes.set(xlabel=r"scale $\alpha$", ylabel=r"shape $s$", title=experiment.summary)
    axes.title.set_fontsize(9)
    figure.colorbar(image, ax=axes, label=r"$\|\beta - \beta^*\|^2$")
    return figure
