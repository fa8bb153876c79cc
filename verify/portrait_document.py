"""The comparison of a run's end with max-margin predictors, as JSON and as text.

`verify.portrait` measures; here the distances, each row's share of the loss and condition 5 become the key `comparison`
of flow/1, and the lines that people read are made of that key alone, so that both say the same.
"""

from collections.abc import Sequence
from typing import Any

from flint import arb, ctx

from verify.data import DataSet
from verify.decimal import shown
from verify.flow.engine import Trajectory
from verify.flow.observe import Observed
from verify.portrait import DIGITS, Comparison, comparisons, least_ratio, weights
from verify.potential import degree

# significant digits of distances, ratios and shares
SHOWN, SHARE = 6, 3
# rows and coordinates in the text; of the rows those with the smallest margins
ROWS, COORDINATES = 10, 6


def portrait_document(found: Observed, data: DataSet) -> dict[str, Any]:
    """The key `comparison` of flow/1."""
    t = found.trajectory
    compared = comparisons(t, data)
    with ctx.workprec(t.precision):
        least = min(t.margins)
        what = next((c.found for c in compared if c.name == "q_mu" and c.found is not None), None)
        off = [n for n in range(len(t.margins)) if what is not None and n not in what.active]
        mu = None if what is None else _mu(t)
        return {
            "support_vectors": [n for n, m in enumerate(t.margins) if m == least],
            "margin_ratios": [shown(m / least, SHOWN) for m in t.margins],
            "weights": [shown(p, SHARE) for p in weights(t)],
            "log_inverse_loss": shown(t.gamma, SHOWN),
            "mu": mu,
            "predictors": {c.name: _shown(c) for c in compared},
            "condition_5": _condition(found, off, what is not None),
        }


def _mu(t: Trajectory) -> str | None:
    """alpha^D / log(1/eps) where the start is alpha everywhere."""
    start = set(t.model.start or ())
    if len(start) != 1 or not (alpha := start.pop()).is_Rational or not alpha.is_positive:
        return None
    return shown((arb(int(alpha.p)) / int(alpha.q)) ** degree(t.model) / t.gamma, SHOWN)


def _condition(found: Observed, off: Sequence[int], known: bool) -> dict[str, Any]:
    least = least_ratio(found, off)
    if least is None:
        why = "no q_mu predictor" if not known else "all rows are active" if not off else "no loss of --at was reached"
        return {"rows": list(off), "least_ratio": None, "reason": why}
    return {
        "rows": list(off),
        "least_ratio": shown(least[0], SHOWN),
        "at_loss_log10": shown(-least[1] / arb(10).log(), SHOWN),
        "reason": "the smallest m_k/gamma of rows that are not active at q_mu, from the largest loss of --at on",
    }


def _shown(c: Comparison) -> dict[str, Any]:
    if c.found is None or c.direction is None or c.scaled is None:
        return {"predictor": None, "reason": c.reason}
    return {
        "predictor": [shown(e, DIGITS) for e in c.found.w],
        "direction_distance": shown(c.direction, SHOWN),
        "scaled_distance": shown(c.scaled, SHOWN),
        "kind": c.found.kind,
        "active": list(c.found.active),
        "unique": c.found.unique,
        "other": None if c.found.other is None else [shown(e, DIGITS) for e in c.found.other],
        "how": c.found.how,
    }


def portrait_text(d: dict[str, Any]) -> list[str]:
    """The same for people."""
    mu = "" if d["mu"] is None else f", mu = alpha^D/log(1/eps) = {d['mu']}"
    lines = ["", f"max-margin predictors at log(1/eps) = {d['log_inverse_loss']}{mu}"]
    lines.append("                  direction      beta/gamma     predictor")
    for name, p in d["predictors"].items():
        if p["predictor"] is None:
            lines.append(f"  {name:<8} {p['reason']}")
            continue
        where = ", ".join(f"{float(e):.6g}" for e in p["predictor"][:COORDINATES])
        where += ", ..." if len(p["predictor"]) > COORDINATES else ""
        note = ", an end of a segment of them" if p["unique"] is False else ""
        note += "" if p["kind"] == "minimum" else f", a {p['kind']}"
        lines.append(f"  {name:<13} {p['direction_distance']:>13}  {p['scaled_distance']:>14}     ({where}){note}")
    order = sorted(range(len(d["weights"])), key=lambda n: float(d["margin_ratios"][n]))
    lines += [
        f"  row {n + 1:<9} margin/gamma {d['margin_ratios'][n]}, share of the loss {d['weights'][n]}"
        for n in order[:ROWS]
    ]
    if order[ROWS:]:
        lines.append(f"  {len(order) - ROWS} more rows, margin/gamma at least {d['margin_ratios'][order[ROWS]]}")
    c = d["condition_5"]
    if c["least_ratio"] is not None:
        names = f"{len(c['rows'])} rows" if len(c["rows"]) > ROWS else ", ".join(f"m{n + 1}" for n in c["rows"])
        lines.append(
            f"  condition 5: {names} over gamma >= {c['least_ratio']}, least at a loss of 10^{c['at_loss_log10']}"
        )
    return lines
