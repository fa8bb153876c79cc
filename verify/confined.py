"""Problems that are smaller in other coordinates: a predictor in an affine subspace, and a mixture of models.

With beta = A gamma + b (`derive.metric.affine_span`; `derive.metric.mixture`, b = 0) the equations X beta = y are
(X A) gamma = y - X b, exactly, and Q is a function of gamma.  Margins y_n x_n . beta >= 1 are margins of gamma where
X b = 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flint import arb
from sympy import Expr, Integer, Rational, Symbol

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from verify.data import DataSet

Rows = tuple[tuple[Rational, ...], ...]


def simpler(derivation: Derivation) -> Derivation | None:
    """The derivation in the coordinates gamma; None where there are none, or a change of coordinates is irrational."""
    if derivation.within is not None or derivation.mixture is None:
        return derivation.within
    return derivation.unmixed if all(e.is_Rational for row in derivation.mixture.inverse for _, e in row) else None


def independent_data(derivation: Derivation, data: DataSet, constants: Mapping[Symbol, Expr]) -> DataSet:
    """(X A, y - X b): the data of the coordinates gamma; the data themselves where there are none.

    Raises `ComputationError` where A and b are not rational at these constants.
    """
    if simpler(derivation) is None:
        return data
    slopes, offsets = _map(derivation, constants)
    columns = list(zip(*slopes, strict=True))
    rows = tuple(tuple(_dot(x, c) for c in columns) for x in data.X)
    return replace(data, X=rows, y=tuple(y - _dot(x, offsets) for x, y in zip(data.X, data.y, strict=True)))


def check_margins(derivation: Derivation, data: DataSet, constants: Mapping[Symbol, Expr]) -> None:
    """Raise `InputError` where margins in beta are no margins in the coordinates gamma."""
    if simpler(derivation) is not None and independent_data(derivation, data, constants).y != data.y:
        raise InputError(
            "margins are not homogeneous on the affine subspace to which beta is confined",
            expected="rows orthogonal to its offset",
            received=data.name,
            hint="--subject-to interpolation",
        )


def whole(derivation: Derivation, gamma: Sequence[arb], constants: Mapping[Symbol, Expr]) -> tuple[arb, ...]:
    """beta = A gamma + b, at the current precision."""
    slopes, offsets = _map(derivation, constants)
    return tuple(
        sum((_ball(a) * g for a, g in zip(row, gamma, strict=True)), _ball(b))
        for row, b in zip(slopes, offsets, strict=True)
    )


def _map(derivation: Derivation, constants: Mapping[Symbol, Expr]) -> tuple[Rows, tuple[Rational, ...]]:
    table = _table(derivation)
    found = [[None if e is None else e.xreplace(dict(constants)) for e in row] for row in table]
    numbers = [tuple(e for e in row if isinstance(e, Rational)) for row in found]
    if not numbers or any(len(n) != len(row) for n, row in zip(numbers, found, strict=True)):
        raise ComputationError(
            f"the affine subspace of {derivation.model.name} has no rational equations",
            hint="the model in independent coordinates alone",
        )
    return tuple(n[:-1] for n in numbers), tuple(n[-1] for n in numbers)


def _table(derivation: Derivation) -> list[tuple[Expr | None, ...]]:
    span = None if derivation.confined is None else derivation.confined.span
    if span is not None:
        return [(*row, b) for row, b in zip(span.slopes, span.offsets, strict=True)]
    if derivation.mixture is None:
        return []
    places = range(len(derivation.model.predictor))
    sparse = map(dict, derivation.mixture.inverse)
    return [(*(row.get(k, Integer(0)) for k in places), Integer(0)) for row in sparse]


def _dot(left: Sequence[Rational], right: Sequence[Rational]) -> Rational:
    return sum((a * b for a, b in zip(left, right, strict=True)), Rational(0))


def _ball(number: Rational) -> arb:
    return arb(int(number.p)) / int(number.q)
