"""Directions on the sphere, as azimuth and pitch (Moroshko et al. 2020, figures 3 and 4)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from verify.experiments.experiment import Experiment
from verify.pictures.results import results
from verify.sweep.store import Outcome

PATH = "path"
COLUMNS = 2
# labels are this far apart, in units of the panel
ROOM = 0.06
QUASI = r"local minima of $\ell_{2/D}$"


def draw(experiment: Experiment, outcomes: Sequence[Outcome]) -> Figure:
    """The sphere with the runs of the first panel, then one plane for each panel."""
    names = list(experiment.axes.get("panel", (experiment.fixed.get("panel", ""),)))
    places = len(names) + 1
    rows = -(-places // COLUMNS)
    figure = Figure(figsize=(9.4, 3.9 * rows), layout="constrained")
    _sphere(figure, rows, names[0], outcomes)
    for k, name in enumerate(names):
        axes = figure.add_subplot(rows, COLUMNS, k + 2)
        _plane(axes, name, outcomes)
        axes.set_title(f"({chr(ord('b') + k)})  data {name}", fontsize=10, loc="left")
    return figure


def angles(directions: Any) -> tuple[np.ndarray, np.ndarray]:
    """Azimuth and pitch of unit vectors (K x 3), in radians."""
    w = np.asarray(directions, dtype=float)
    return np.arctan2(w[:, 1], w[:, 0]), np.arcsin(np.clip(w[:, 2], -1, 1))


def _plane(axes: Axes, name: str, outcomes: Sequence[Outcome]) -> None:
    marked: dict[str, list[list[float]]] = {}
    for k, (inputs, found) in enumerate(_runs(outcomes, name)):
        axes.plot(*angles(found["direction"]), color=f"C{k}", lw=1.6, label=rf"$\alpha = {inputs['alpha']}$")
        for mu, direction in found["marked"].items():
            marked.setdefault(mu, []).append(direction)
    for _, found in results(outcomes, panel=name, alpha=PATH):
        axes.plot(*angles(found["direction"]), "k--", lw=1.2, label=r"$Q_\mu$ path")
        _marks(axes, found["marked"], marked)
        _ends(axes, found)
    quasi = [found["quasi"] for _, found in _runs(outcomes, name) if found.get("quasi")]
    if quasi:
        axes.plot(*angles(quasi), "X", color="tab:cyan", ms=9, mec="k", mew=0.5, zorder=5, ls="", label=QUASI)
    axes.set(xlabel="azimuth", ylabel="pitch")
    axes.grid(alpha=0.2)
    axes.legend(framealpha=0.8, edgecolor="none", fontsize=7)


def _marks(axes: Axes, path: Mapping[str, list[float]], runs: Mapping[str, list[list[float]]]) -> None:
    """Points of equal mu: on the path, with their values where there is room, and a dotted line through the runs."""
    width, height = (np.ptp(v) or 1.0 for v in (axes.dataLim.intervalx, axes.dataLim.intervaly))
    last: tuple[float, float] | None = None
    for mu, direction in path.items():
        x, y = (float(v[0]) for v in angles([direction]))
        axes.plot(x, y, "s", color="hotpink", mec="k", mew=0.5, ms=6, zorder=4)
        if last is None or np.hypot((x - last[0]) / width, (y - last[1]) / height) > ROOM:
            axes.annotate(rf"$\mu = {mu}$", (x, y), xytext=(6, 4), textcoords="offset points", fontsize=7)
            last = x, y
        if mu in runs:
            axes.plot(*angles([*runs[mu], direction]), ":", color="0.45", lw=1, zorder=1)


def _ends(axes: Axes, found: Mapping[str, Any]) -> None:
    x, y = angles([found["l2"]])
    axes.plot(x, y, "o", color="tab:green", ms=9, mec="k", mew=0.5, zorder=5, ls="", label=r"$\ell_2$ max margin")
    corners = np.array(found["l1"])
    if len(corners) > 1:
        between = np.linspace(corners[0], corners[-1], 50)
        axes.plot(
            *angles(between / np.linalg.norm(between, axis=1)[:, None]), color="orange", lw=5, alpha=0.5, zorder=1
        )
    axes.plot(*angles(corners), "*", color="orange", ms=14, mec="k", mew=0.5, zorder=5, label=r"$\ell_1$ max margin")
    mean = np.mean(found["points"], axis=0)
    axes.plot(*angles([mean / np.linalg.norm(mean)]), "k^", ms=7, zorder=5, ls="", label="start")


def _runs(outcomes: Sequence[Outcome], name: str) -> list[tuple[dict[str, str], Mapping[str, Any]]]:
    return [(i, r) for i, r in results(outcomes, panel=name) if i["alpha"] != PATH]


def _sphere(figure: Figure, rows: int, name: str, outcomes: Sequence[Outcome]) -> None:
    """Separating directions in grey, with the runs of panel (b) on them."""
    axes: Any = figure.add_subplot(rows, COLUMNS, 1, projection="3d", computed_zorder=False)
    azimuth, pitch = np.meshgrid(np.linspace(-np.pi, np.pi, 181), np.linspace(-np.pi / 2, np.pi / 2, 91))
    ball = np.stack([np.cos(pitch) * np.cos(azimuth), np.cos(pitch) * np.sin(azimuth), np.sin(pitch)])
    known = next(iter(results(outcomes, panel=name, alpha=PATH)), None)
    colors = np.full((*azimuth.shape, 4), (0.93, 0.95, 1.0, 0.25))
    if known is not None:
        margins = np.einsum("nk,kij->nij", np.array(known[1]["points"]), ball).min(axis=0)
        colors[margins > 0] = (0.5, 0.5, 0.5, 0.6)
        middle = np.array(known[1]["l2"])
        axes.view_init(elev=np.degrees(np.arcsin(middle[2])), azim=np.degrees(np.arctan2(middle[1], middle[0])) + 15)
    axes.plot_surface(*ball, facecolors=colors, rstride=2, cstride=2, linewidth=0, shade=False)
    for k, (_, found) in enumerate(_runs(outcomes, name)):
        # a little above the surface
        axes.plot(*(1.02 * np.array(found["direction"]).T), color=f"C{k}", lw=1.6)
    axes.set_box_aspect((1, 1, 1))
    axes.set_axis_off()
    axes.set_title(f"(a)  separating directions of {name}, grey", fontsize=10, loc="left")
