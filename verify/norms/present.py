"""Minimisers of norms as JSON and as text."""

from typing import Any

from flint import ctx

from verify.decimal import shown
from verify.norms.api import NormMinimiser


def norm_document(m: NormMinimiser) -> dict[str, Any]:
    """The JSON document minimiser/1, with what is known beyond it: exact numbers, uniqueness, faces, local minima."""
    before = ctx.prec
    ctx.prec = m.precision
    try:
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
    finally:
        ctx.prec = before


def norm_text(m: NormMinimiser) -> str:
    """The same for people."""
    d = norm_document(m)
    exact = d["exact"] or [""] * len(m.beta)
    lines = [f"minimiser of {m.norm.name}"]
    for i, (b, e) in enumerate(zip(d["predictor"], exact, strict=True)):
        lines.append(f"  beta{i + 1:<4} {b}" + (f" = {e}" if "/" in e and len(e) < 40 else ""))
    if d["multipliers"] is not None:
        lines += ["multipliers", *(f"  nu{n + 1:<6} {v}" for n, v in enumerate(d["multipliers"]))]
    unique = {True: "yes", False: f"no: a face of dimension {m.dimension}", None: "not decided"}[d["unique"]]
    lines += ["", f"unique        {unique}"]
    lines += [f"  vertex      ({', '.join(v)})" for v in d["vertices"] or []]
    lines += [
        f"KKT residual  {d['kkt_residual']}",
        f"digits        {m.digits}: {m.how}",
        f"active rows   {', '.join(str(n + 1) for n in m.active) or 'none'}",
        f"seconds       {d['seconds']}",
    ]
    return "\n".join(lines)
