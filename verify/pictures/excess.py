"""Excess l1 norm over gamma~ = log(1/eps) (Moroshko et al. 2020, figure 5(a))."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """A colour for each depth, a dash for each alpha^D."""
    figure = Figure(figsize=(6.6, 4.0), layout="constrained")
    axes = figure.add_subplot()
    sizes = list(experiment.axes.get("size", (experiment.fixed.get("size", ""),)))
    depths = list(experiment.axes.get("depth", (experiment.fixed.get("depth", ""),)))
    for inputs, found in results(outcomes):
        color, dash = f"C{depths.index(inputs['depth'])}", ("-", "--", ":", "-.")[sizes.index(inputs["size"]) % 4]
        label = rf"$D = {inputs['depth']},\ \alpha^D = {inputs['size']}$"
        axes.plot(found["gamma"], found["excess"], dash, color=color, label=label)
    axes.set(xscale="log", yscale="log", xlabel=r"$\tilde\gamma = \log(1/\epsilon)$", ylabel=r"excess $\ell_1$ norm")
    axes.set(xlim=(1e-1, None), title=rf"data {experiment.fixed.get('panel', '')}")
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, fontsize=8)
    return figure
