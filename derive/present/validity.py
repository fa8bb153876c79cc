"""Where a potential holds, in words: domain, leaf, branch, and what ends the statement."""

from collections.abc import Sequence

from sympy import oo, sstr

from derive.derivation import Derivation
from derive.potentials.conditions import Condition
from derive.potentials.validity import Validity

SHOWN = 6
UNTIL = ", as long as no event in the parameters has happened"


def relation(condition: Condition) -> str:
    """A condition as text that SymPy reads, but for `!=`."""
    return f"{sstr(condition.expression)} {'>' if condition.strict else '!='} 0"


def leaf_words(d: Derivation) -> str:
    """The leaf on which the potential holds."""
    where = " on the submanifold " + ", ".join(f"{r} = 0" for r in d.model.restrict) if d.model.restrict else ""
    where += f" on the subspace {_listed([f'{p} = {image}' for p, image in d.subspace])}" if d.subspace else ""
    if d.laws is None:
        return "coordinate space: a metric was given"
    values = dict(d.constant_values)
    named = [f"{c} = {law}" + (f" = {values[c]}" if c in values else "") for c, law in d.elimination.constants]
    named = named or [f"{law}" + " is constant" for law in d.laws.laws]
    of = "the leaf of the start" if d.model.start is not None else "each leaf"
    if not named:
        return f"{of}{where}; there is no conserved quantity that tells leaves apart"
    return f"{of}{where}: {_listed(named)}"


def branch_words(d: Derivation) -> str:
    """How signs and roots were chosen."""
    point = ", ".join(f"{s} = {v}" for s, v in d.elimination.branch[:SHOWN])
    more = ", ..." if len(d.elimination.branch) > SHOWN else ""
    if d.model.start is None:
        return f"the one through {point}{more}" if point else "any; no root was chosen"
    return "the one through the start" + (f"; roots were chosen at {point}{more}" if point else "")


def endings(d: Derivation) -> list[str]:
    """The events and the edges of the domain that end the statement."""
    v = d.potential.validity
    if v is None:
        return []
    return [f"{e.expression} = 0: {e.kind}" for e in v.events] + _edges(d, v)


def _edges(d: Derivation, v: Validity) -> list[str]:
    found: list[str] = []
    for beta, interval in zip(d.potential.variables, v.intervals, strict=True):
        ends = () if interval is None else interval
        found += [f"{beta} -> {end}: the edge of the domain" for end in ends if end not in (oo, -oo)]
    if not found:
        found = [f"{sstr(c.expression)} -> 0: the edge of the domain" for c in v.conditions or ()]
    return found


def domain_words(d: Derivation) -> str:
    """The domain, one sentence."""
    v = d.potential.validity
    if v is None or v.conditions is None:
        return "The domain is not known in beta: the image of the leaf around beta(0)"
    until = UNTIL if v.events else ""
    if not v.conditions:
        return f"The domain is all of {'R^d' if d.within is None else 'the subspace'}{until}"
    where = _listed([relation(c) for c in v.conditions])
    return f"The domain is the connected set around beta(0) where {where}{until}"


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:SHOWN]) + (f", ... ({len(items)} in all)" if len(items) > SHOWN else "")
