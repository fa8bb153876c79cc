"""Minimisers of functions of matrices as JSON and as text."""

from typing import Any

from flint import ctx

from verify.decimal import shown
from verify.matrices.api import MatrixMinimiser
from verify.matrices.symmetric import places
from verify.minimise.lines import closing_lines, multiplier_lines, unique_line

GUESSED = 8


def matrix_document(m: MatrixMinimiser) -> dict[str, Any]:
    """The JSON document minimiser/1, with the size and rank of the matrix and what is known of other minimisers."""
    with ctx.workprec(m.precision):
        digits = m.digits or GUESSED
        return {
            "schema": "minimiser/1",
            "norm": m.function.name,
            "size": m.size,
            "predictor": [shown(b, digits) for b in m.beta],
            "exact": None if m.exact is None else [str(b) for b in m.exact],
            "rank": m.rank,
            "multipliers": [shown(v, digits) for v in m.multipliers],
            "kkt_residual": m.residual.str(3, radius=False),
            "digits": m.digits,
            "active": list(m.active),
            "undecided": list(m.undecided),
            "unique": None if m.dimension is None else m.dimension == 0,
            "face_dimension": m.dimension,
            "how_digits_were_established": m.how,
            "seconds": round(m.seconds, 4),
        }


def matrix_text(m: MatrixMinimiser) -> str:
    """The same for people."""
    d = matrix_document(m)
    exact = d["exact"] or [""] * len(m.beta)
    lines = [f"minimiser of {m.function.name} over positive semidefinite matrices of size {m.size}"]
    for (i, j), b, e in zip(places(m.size), d["predictor"], exact, strict=True):
        lines.append(f"  {f'B{i + 1},{j + 1}':<8} {b}" + (f" = {e}" if "/" in e and len(e) < 40 else ""))
    rank = f"rank          {'not decided' if m.rank is None else m.rank}"
    return "\n".join([*lines, *multiplier_lines(d), "", rank, unique_line(d), *closing_lines(d)])
