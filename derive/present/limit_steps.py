"""The steps about limits: regimes of Q, and the explicit counterpart."""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Integer, Symbol

from derive.derivation import Derivation
from derive.limits.regimes import Regime
from derive.present.counterpart import formula_lines
from derive.present.step import SHOWN, Formula, Step, elided, many

NORMS = {"mahalanobis": "a Mahalanobis norm"}


def regimes(d: Derivation) -> Step | None:
    """The limits of Q in the constants of the start."""
    if not d.regimes:
        return None
    if many(d):
        return Step(title="Regimes", text=f"Leading terms of Q: {'. '.join(map(_label, _grouped(d.regimes)))}.")
    return Step(title="Regimes", text="Leading terms of Q.", formulas=_limits(d, d.regimes, Symbol("Q")))


def explicit(d: Derivation) -> Step | None:
    """What minimises the distance from the start, to compare with Q."""
    e = d.explicit
    if not e.verdict.is_proved and not e.limits:
        return None
    shown = e if not many(d) else replace(e, value=None)
    formulas = [Formula(left=a, right=b, label=label) for a, b, label in formula_lines(shown, SHOWN)]
    text = (
        f"{e.name}(beta) = min |w - w(0)|^2 over F(w) = beta, what the distance from the start would prefer{elided(d)}."
    )
    if e.same is not None:
        text += f" Is {e.name} a multiple of Q? {str(e.same.status).capitalize()}: {e.same.reason}."
    limits = _limits(d, e.limits, e.name)
    return Step(title="Explicit counterpart", text=text, formulas=(*formulas, *limits), verdict=e.verdict)


def _limits(d: Derivation, found: Sequence[Regime], left: Symbol) -> tuple[Formula, ...]:
    """One formula a limit, with its norm and the next order."""
    return tuple(
        Formula(left=left, right=same[-1].equivalent + (same[-1].next_term or Integer(0)), label=_label(same), sign="~")
        for same in (() if many(d) else _grouped(found))
    )


def _grouped(found: Sequence[Regime]) -> list[list[Regime]]:
    """Limits with equal leading terms together, where what follows is the same too (near the start less is known)."""
    groups: list[list[Regime]] = []
    for r in found:
        own = next((g for g in groups if _follows(g[-1], r)), None)
        groups += [[r]] if own is None else []
        if own is not None:
            own.append(r)
    return groups


def _follows(last: Regime, r: Regime) -> bool:
    if last.equivalent != r.equivalent:
        return False
    return last.limit.startswith("beta ->") or (last.next_term, last.remainder) == (r.next_term, r.remainder)


def _label(same: Sequence[Regime]) -> str:
    last = same[-1]
    norm = "no named norm" if last.norm is None else NORMS.get(last.norm, last.norm)
    remainder = f"; remainder: {last.remainder}" if last.remainder not in (None, "0") else ""
    return f"{', and for '.join(r.limit for r in same)}: {norm}{remainder}"
