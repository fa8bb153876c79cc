"""Data sets of three points in three dimensions for the trajectories of Moroshko et al. 2020, all labels 1.

The paper prints those of figure 4 (`three-points-a`, `three-points-b`).  It describes those of figure 3 by what holds
on them; the three here were constructed so that it does (tests/test_figures.py checks each statement by linear
programming, enumeration of vertices and SLSQP):

    b   the l1 max-margin predictor is unique, has the same support vectors as the l2 one and as every Q_mu one, and
        minimises the l_(2/3) and l_(2/10) quasi-norms too (section 5, on figures 3(b) and 5)
    c   the l2 and Q_mu max-margin predictors have one support vector, the first point; the l1 ones fill a segment,
        within which it is the only one too
    d   the third point is no support vector of the l2 predictor and of the Q_mu ones with mu > mu_0,
        0.03 < mu_0 < 0.05, and it is one of those below mu_0 and of the l1 predictor
"""

from collections.abc import Mapping
from types import MappingProxyType

from sympy import Integer

from verify.data import DataSet, exact, load_data

CONSTRUCTED = {
    "b": ("0 1 -0.2", "0.3 0 0.2", "1 0.7 0.8"),
    "c": ("1 1 0.5", "0.4 2 0.4", "1.4 1.6 1.2"),
    "d": ("0.7 0.2 0.2", "0.4 0.3 1", "0.5 0.7 0.6"),
}


def _made(name: str, rows: tuple[str, ...]) -> DataSet:
    table = tuple(tuple(exact(cell, f"panel {name}") for cell in row.split()) for row in rows)
    return DataSet(name=f"panel {name}", X=table, y=(Integer(1),) * len(rows))


PANELS: Mapping[str, DataSet] = MappingProxyType({name: _made(name, rows) for name, rows in CONSTRUCTED.items()})


def panel(name: str) -> DataSet:
    """The constructed data set of that name, or one that `verify` knows.  Raises `InputError`."""
    return PANELS[name] if name in PANELS else load_data(name)
