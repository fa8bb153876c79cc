"""Minimisers of norms as JSON and as text."""

from typing import Any

from flint import ctx

from verify.decimal import shown
from verify.minimise.lines import closing_lines, multiplier_lines, unique_line
from verify.norms.api import NormMinimiser


def norm_document(m: NormMinimiser) -> dict[str, Any]:
    """The JSON document minimiser/1, with what is known beyond it: exact numbers, uniqueness, faces, local minima."""
    with ctx.workprec(m.precision):
        return {
            "schema": "minimiser/1",
            "norm": m.norm.name,
            "weights": None if m.norm.weights is None else [str(w) for w in m.norm.weights],
            "predictor": [shown(b, m.digits) for b in m.beta],
            "exact": None if m.exact is None else [str(b) for b in m.exact],
            "multipliers": None if m.multipliers is None else [shown(v, m.digits) for v in m.multipliers],
            "kkt_residual": m.residual.str(3, radius=False),
            "digits": m.digits,
            "active": list(m.active),
            "undecided": list(m.undecided),
            "unique": None if m.dimension is None else m.dimension == 0,
            "face_dimension": m.dimension,
            "vertices": None if m.vertices is None else [[str(e) for e in v] for v in m.vertices],
            "local_minima": m.count,
            "local_minimisers": None if m.local_minima is None else [[str(e) for e in v] for v in m.local_minima],
            "how_digits_were_established": m.how,
            "seconds": round(m.seconds, 4),
        }


def norm_text(m: NormMinimiser) -> str:
    """The same for people."""
    d = norm_document(m)
    exact = d["exact"] or [""] * len(m.beta)
    lines = [f"minimiser of {m.norm.name}"]
    for i, (b, e) in enumerate(zip(d["predictor"], exact, strict=True)):
        lines.append(f"  beta{i + 1:<4} {b}" + (f" = {e}" if "/" in e and len(e) < 40 else ""))
    vertices = (f"  vertex      ({', '.join(v)})" for v in d["vertices"] or [])
    return "\n".join([*lines, *multiplier_lines(d), "", unique_line(d), *vertices, *closing_lines(d)])
