"""Margin problems: active rows, then enclosures, then certain signs.

At the end both kinds of inequality are decided by balls, so that `active` is certain.  A row of which balls can tell
neither multiplier nor slack from zero is `undecided`, and the minimiser is enclosed all the same
(`verify.minimise.weak`).
"""

from collections.abc import Sequence

from flint import arb, ctx, fmpq
from sympy import Integer, Rational

from derive.errors import ComputationError
from verify.minimise.active import active_rows, redistributed
from verify.minimise.enclose import Found, digits_of, enclose
from verify.minimise.krawczyk import Enclosure, krawczyk, refine
from verify.minimise.rows import Rows, dependence, exact, independent
from verify.minimise.solvers import PATH_PRECISION, Solver
from verify.minimise.weak import WeakSystem


def under_margins(solver: Solver, rows: Rows, digits: int) -> Found:
    """The minimiser under rows . beta >= 1, enclosed.  Raises `ComputationError` where that fails."""

    def solve(active: Sequence[int]) -> tuple[list[arb], list[arb]]:
        chosen = [rows[n] for n in active]
        z = solver.reach(chosen, [Integer(1)] * len(active))
        ctx.prec = max(ctx.prec, PATH_PRECISION)
        system = solver.system(chosen, [Integer(1)] * len(active), ctx.prec)
        nu, beta = system.unpack(refine(system, z))
        return [b.mid() for b in beta], list(nu)

    ctx.prec = PATH_PRECISION
    active = active_rows(rows, solve, solver.guess(rows))
    found, open_rows = _decided(solver, rows, active, digits)
    for _ in rows:
        other = redistributed(rows, found.active, found.enclosure.nu, open_rows) if open_rows else None
        if other is None:
            break
        found, open_rows = _decided(solver, rows, other, digits)
    return _weakly(solver, rows, found, open_rows, digits) if open_rows else found


def _decided(solver: Solver, rows: Rows, active: Sequence[int], digits: int) -> tuple[Found, list[int]]:
    """The equality problem of these rows, and the rows whose signs are open even with many more digits."""
    chosen, right = [rows[n] for n in active], [Integer(1)] * len(active)
    found = enclose(solver, chosen, right, digits, active)
    ctx.prec = found.precision
    if _open(rows, found):
        found = enclose(solver, chosen, right, 4 * digits + 60, active)
        ctx.prec = found.precision
    return found, _open(rows, found)


def _open(rows: Rows, found: Found) -> list[int]:
    """Rows whose sign is not certain: multipliers of active rows, slacks of the others (unless exactly known).

    Raises `ComputationError` for a sign that is certainly wrong: the active set was not the right one.
    """
    result = []
    for n, nu in zip(found.active, found.enclosure.nu, strict=True):
        if nu < 0:
            raise ComputationError(f"the multiplier of row {n + 1} is negative", received=nu.str(3))
        if not nu > 0:
            result.append(n)
    # only certainly binding rows have margin 1 exactly
    kept = [exact(rows[k]) for k in found.active if k not in result]
    for n, row in enumerate(rows):
        if n in found.active:
            continue
        c = dependence(kept, exact(row))
        if c is not None and sum(c, fmpq(0)) >= 1:
            continue
        margin = sum((arb(e) * b for e, b in zip(exact(row), found.enclosure.beta, strict=True)), arb(0))
        if margin < 1:
            raise ComputationError(f"the margin of row {n + 1} is below 1", received=margin.str(8))
        if not margin > 1:
            result.append(n)
    return result


def _weakly(solver: Solver, rows: Rows, found: Found, open_rows: Sequence[int], digits: int) -> Found:
    """The enclosure with the open rows as inequalities, of which a maximal independent set is enough.

    Raises `ComputationError` where a row that depends on others is not implied by them, or the test fails.
    """
    strong = [n for n in found.active if n not in open_rows]
    order = [*strong, *sorted(open_rows)]
    kept = [order[k] for k in independent([exact(rows[n]) for n in order])]
    weak = kept[len(strong) :]
    for n in set(open_rows) - set(weak):
        c = dependence([exact(rows[k]) for k in kept], exact(rows[n])) or []
        # its margin is sum c + sum over weak rows of c_k (margin_k - 1)
        if sum(c, fmpq(0)) < 1 or any(e < 0 for e in c[len(strong) :]):
            raise ComputationError(f"row {n + 1} cannot be told from a support vector", hint="data in general position")
    multipliers = dict(zip(found.active, found.z[len(found.z) - len(found.active) :], strict=True))
    inner = found.z[: len(found.z) - len(found.active)]
    precision = found.precision
    ctx.prec = precision
    z = [*inner, *(multipliers[n] for n in strong), *(arb(0) for _ in weak)]
    system = solver.system([rows[n] for n in kept], [Integer(1)] * len(kept), precision)
    try:
        enclosure = krawczyk(WeakSystem(system, z, len(weak)), z)
    except ZeroDivisionError:
        enclosure = None
    if enclosure is None or digits_of(enclosure.beta) < digits:
        shown = ", ".join(str(n + 1) for n in weak)
        raise ComputationError(
            "multipliers and slacks cannot be told from zero", received=f"rows {shown}", hint="data in general position"
        )
    whole = Found(enclosure, tuple(strong), tuple(weak), precision, z)
    beyond = [rows[n] for n in range(len(rows)) if n not in kept and n not in open_rows]
    if not all(e > 0 for e in enclosure.nu[: len(strong)]) or not all(
        _holds(row, [rows[n] for n in strong], enclosure) for row in beyond
    ):
        raise ComputationError("signs at the degenerate point cannot be told", hint="data in general position")
    return whole


def _holds(row: Sequence[Rational], strong: Rows, found: Enclosure) -> bool:
    """Is the margin of a row certainly at least 1?  Exactly, where it depends on rows whose margin is 1."""
    c = dependence([exact(r) for r in strong], exact(row))
    if c is not None:
        return sum(c, fmpq(0)) >= 1
    return sum((arb(e) * b for e, b in zip(exact(row), found.beta, strict=True)), arb(0)) > 1
