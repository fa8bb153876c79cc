"""The picture of the README: from the l2 to the l1 max-margin direction, down to a loss of 10^-1700.

Run from the root of the repository: `python docs/pictures/direction.py`; writes docs/pictures/direction.png.
Model: diagonal, depth 2, from alpha * 1; data: three-points-b (Moroshko et al. 2020, Fig. 4), exponential loss.
For each start the direction is recorded by its excess l1 norm: |beta|_1 at unit margin over the least
possible, minus 1.  It is 0 on the l1 max-margin direction.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from flint import arb
from scipy.optimize import linprog
from sympy import Rational

from derive.catalogue import architecture
from verify.data import load_data
from verify.decimal import parse_decimal
from verify.flow.engine import Trajectory, flow
from verify.start import scaled

HERE = Path(__file__).parent
SCALES = (("0.1", Rational(1, 10)), ("1", Rational(1)), ("5", Rational(5)), ("20", Rational(20)))
UNTIL = "1e-1700"


def excess(run: Trajectory, rows: np.ndarray, least: float, decades: np.ndarray) -> np.ndarray:
    """|beta|_1 / (min margin) / least - 1 where L = 10^-decades."""
    values = []
    for decade in decades:
        w = np.array([float(v) for v in run.at(arb(float(decade)) * arb(10).log())])
        beta = w[0::2] ** 2 - w[1::2] ** 2
        values.append(np.abs(beta).sum() / (rows @ beta).min() / least - 1)
    return np.array(values)


def main() -> None:
    """Draw it."""
    data = load_data("three-points-b")
    rows = np.array([[float(e) for e in row] for row in data.signed])
    d = data.dimension
    least = linprog(np.ones(2 * d), A_ub=-np.hstack([rows, -rows]), b_ub=-np.ones(len(rows))).fun
    decades = np.geomspace(0.7, 1699.9, 160)
    figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
    for label, scale in SCALES:
        model = scaled(architecture("diagonal").model(depth=2, dimension=d), scale)
        run = flow(model, data, loss="exponential", until=parse_decimal(UNTIL, where="until"), digits=30)
        axes.plot(decades, excess(run, rows, least, decades), label=rf"$\alpha = {label}$")
    axes.set(xscale="log", yscale="log", xlabel=r"$\log_{10}(1/L)$",
             ylabel=r"excess of $\|\beta\|_1$ over the least",
             title=r"$\beta = w_+^2 - w_-^2$, exponential loss: the start is forgotten, slowly")  # fmt: skip
    axes.axvline(308, color="0.6", lw=0.8, ls=":")
    axes.annotate("float64 ends here", (308, axes.get_ylim()[1]), xytext=(-4, -12), textcoords="offset points",
                  ha="right", fontsize=8, color="0.4")  # fmt: skip
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, ncols=2)
    figure.savefig(HERE / "direction.png", dpi=160)


if __name__ == "__main__":
    main()
