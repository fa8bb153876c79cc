"""Moroshko et al. 2020, figures 3 to 5 and the phase diagram: directions of beta = w+^D - w-^D on the exponential loss.

The paper follows normalised gradient descent in float64; here each start is one run in arbitrary precision, to losses
that have no float.  Directions are compared with the Q_mu max-margin path, mu = alpha^D / log(1/eps) (theorem 6), from
the derived potential, and measured by the excess of |beta|_1 at margin one over the least possible.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from derive.errors import InputError
from verify.experiments.diagonal_runs import ends, excess, gamma_of_excess, nearest_minimum, number, path, root, way
from verify.experiments.experiment import Experiment
from verify.experiments.three_points import panel

PATH = "path"
POINTS = 90
FIRST, LEAST_MU = 1e-4, 1e-3
PATH_MUS = tuple(f"{10.0**k:.4g}" for k in np.linspace(2, -4, 31))
MUS = ("0.5", "0.2", "0.05", "0.01", "0.001")
CONSTRUCTED = "the paper does not print these data: constructed so that what it states of the panel holds"
LEGEND = "; the values of alpha and mu are those of its text, others were chosen"


def trajectory(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Unit vectors along a run from `alpha`, to gamma~ = max(alpha^D, 1)/0.001; those of Q_mu for `alpha` = path.

    `marked` are those at gamma~ = alpha^D/mu for the values of mu in `MUS` that the run reaches; `quasi` is the local
    minimum of the l_(2/D) max-margin problem that is nearest to the end, for D > 2.
    """
    data, depth = panel(inputs["panel"]), whole(inputs, "depth", 2, 20)
    if inputs["alpha"] == PATH:
        limits = ends(data)
        return {
            "direction": _units(path(depth, data, PATH_MUS)),
            "marked": dict(zip(MUS, _units(path(depth, data, MUS)), strict=True)),
            "l1": _units(limits.l1),
            "l2": _units(limits.l2[None])[0],
            "points": np.array(data.signed, dtype=float).tolist(),
        }
    alpha = number(inputs["alpha"], "alpha")
    size = float(alpha) ** depth
    last = max(size, 1.0) / LEAST_MU
    marks = {mu: size / float(mu) for mu in MUS}
    found = way(depth, alpha, data, np.unique([*np.geomspace(FIRST, last, POINTS), *marks.values()]).tolist())
    directions = _units(found.beta)
    quasi = nearest_minimum(depth, data, found.beta[-1]) if depth > 2 else None
    at = {mu: int(np.abs(found.gammas / gamma - 1).argmin()) for mu, gamma in marks.items()}
    return {
        "gamma": found.gammas.tolist(),
        "direction": directions,
        "marked": {mu: directions[k] for mu, k in at.items() if abs(found.gammas[k] / marks[mu] - 1) < 1e-6},
        "quasi": None if quasi is None else _units(np.array([quasi]))[0],
        "digits": found.digits,
        "reason": found.reason,
    }


def excess_on_the_way(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """The excess l1 norm over gamma~, from alpha^D = `size`, or from `alpha`, to gamma~ = `until`."""
    data, depth = panel(inputs["panel"]), whole(inputs, "depth", 2, 20)
    alpha = number(inputs["alpha"], "alpha") if "alpha" in inputs else root(number(inputs["size"], "size"), depth)
    last = float(number(inputs["until"], "until"))
    found = way(depth, alpha, data, np.geomspace(FIRST, last, whole(inputs, "points", 2, 10_000)).tolist())
    return {
        "gamma": found.gammas.tolist(),
        "excess": excess(found.beta, data).tolist(),
        "excess_l2": float(excess(ends(data).l2[None], data)[0]),
        "digits": found.digits,
        "reason": found.reason,
    }


def time_to_excess(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """gamma~ from which on the excess l1 norm is below `target`, from alpha^D = `size`."""
    depth, size = whole(inputs, "depth", 2, 20), number(inputs["size"], "size")
    target = float(number(inputs["target"], "target"))
    furthest = max(float(size), 1.0) * 1e5
    return {"gamma": gamma_of_excess(depth, root(size, depth), panel(inputs["panel"]), target, furthest=furthest)}


def whole(inputs: Mapping[str, str], name: str, least: int, most: int) -> int:
    """An integer setting.  Raises `InputError`."""
    text = inputs[name]
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise InputError(f"{name} is out of range", expected=f"{least} to {most}", received=text)
    return int(text)


def _units(beta: np.ndarray) -> list[list[float]]:
    return (beta / np.linalg.norm(beta, axis=-1, keepdims=True)).tolist()


def _phases(depth: int, until: str, decades: int, alphas: tuple[str, ...]) -> Experiment:
    return Experiment(
        name=f"phases-{depth}",
        summary=f"excess l1 norm over alpha and the loss, down to 10^-{decades}, at depth {depth}",
        source="moroshko2020, figure 1",
        measure=excess_on_the_way,
        axes={"alpha": alphas},
        fixed={"panel": "b", "depth": str(depth), "until": until, "points": "120"},
        picture="phases",
        caveat="the paper draws this diagram by hand, in alpha and the loss without numbers; " + CONSTRUCTED,
    )


EXPERIMENTS = (
    Experiment(
        name="moroshko2020-3",
        summary="directions from small and large starts on three data sets, depth 2, and the Q_mu path",
        source="moroshko2020, figure 3",
        measure=trajectory,
        axes={"panel": ("b", "c", "d"), "alpha": (PATH, "0.1", "1", "10", "100", "10000")},
        fixed={"depth": "2"},
        picture="trajectories",
        caveat=CONSTRUCTED + LEGEND,
    ),
    Experiment(
        name="moroshko2020-4",
        summary="directions where condition 5 does not hold, depth 3, and the Q_mu path",
        source="moroshko2020, figure 4",
        measure=trajectory,
        axes={"panel": ("three-points-a", "three-points-b"), "alpha": (PATH, "0.2", "0.5", "1", "2", "4", "100")},
        fixed={"depth": "3"},
        picture="trajectories",
        caveat="the paper prints the data; which of these alpha belong to which panel is not legible in its text",
    ),
    Experiment(
        name="moroshko2020-5a",
        summary="excess l1 norm over log(1/eps) for alpha^D = 0.1 and 1 at depths 2, 3 and 10",
        source="moroshko2020, figure 5(a)",
        measure=excess_on_the_way,
        axes={"depth": ("2", "3", "10"), "size": ("0.1", "1")},
        fixed={"panel": "b", "until": "1e8", "points": "100"},
        picture="excess",
        caveat=CONSTRUCTED,
    ),
    Experiment(
        name="moroshko2020-5b",
        summary="log(1/eps) at which the excess l1 norm is 5%, over alpha^D, at depths 2, 3 and 10",
        source="moroshko2020, figure 5(b)",
        measure=time_to_excess,
        axes={"depth": ("2", "3", "10"), "size": ("0.1", "0.3", "1", "3", "10", "30", "100", "300", "1000", "10000")},
        fixed={"panel": "b", "target": "0.05"},
        picture="accuracy",
        caveat=CONSTRUCTED,
    ),
    _phases(2, "3914.4", 1700, tuple(f"{10**k:.4g}" for k in np.linspace(-2, 2.5, 37))),
    _phases(3, "9901.2", 4300, tuple(f"{10**k:.4g}" for k in np.linspace(-1, 1.75, 34))),
)
