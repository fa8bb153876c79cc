"""Identities and inequalities between expressions: exact algebra for yes, a rigorous ball for no.

`Identity` replaces names on the left by what they *are*, computed from first principles (`means`), and
decides whether the two sides agree on their whole domain.  `UpTo` does the same where the source states
a quantity that only matters up to an additive constant and a positive factor (a regularizer).
`Inequality` holds on a box if ball arithmetic proves it on every cell of a subdivision.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice, product

from flint import arb, ctx
from sympy import Expr, Integer, Poly, Rational, Symbol, lambdify

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.identity import is_identity
from derive.exact.points import PRECISION, sample_points
from derive.verdict import Verdict, Witness, proved, refuted, unknown
from verify.claims.reading import Names, read, read_list
from verify.claims.record import Formula

Meaning = Mapping[str, Callable[[], Expr]]
PLAIN = Names()
TRIES = 12
SHRINK = (1, 10, 100, 1000)
CELLS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """left = right as functions, entry by entry for lists.

    `means` maps names of the left side to functions that compute them.  `points` restricts where a
    counterexample is looked for: name -> condition on a rational (for formulas with a limited domain).
    """

    names: Names = PLAIN
    means: Meaning = field(default_factory=dict)
    domain: Callable[[Mapping[str, Rational]], bool] | None = None

    def __call__(self, formula: Formula) -> Verdict:
        left, right = read_list(formula.left, self.names), read_list(formula.right, self.names)
        known = {self.names(name): compute() for name, compute in self.means.items()}
        if len(left) == 1 < len(right):
            return unknown("the two sides differ in length")
        for a, b in zip(left, right, strict=True):
            verdict = same(a.xreplace(known), b.xreplace(known), self.domain)
            if not verdict.is_proved:
                return verdict
        return proved("the difference of the two sides vanishes identically (exact normal form)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SameRegularizer:
    """right is the regularizer whose gradient in `variables` is `gradient()`, up to an additive constant.

    With `factor` the gradient is that multiple; without, any positive constant multiple is the same statement:
    of two functions with grad Q = c grad P, c > 0 constant, the constrained minimisers are the same.
    """

    names: Names
    variables: tuple[str, ...]
    gradient: Callable[[], tuple[Expr, ...]]
    factor: Expr | None = None

    def __call__(self, formula: Formula) -> Verdict:
        right = read(formula.right, self.names)
        printed = [right.diff(self.names(v)) for v in self.variables]
        true = self.gradient()
        if self.factor is not None:
            verdicts = [same(p, self.factor * t, None) for p, t in zip(printed, true, strict=True)]
            confirmed = proved(f"its gradient is {self.factor} times that of the derived potential, identically")
            return next((v for v in verdicts if not v.is_proved), confirmed)
        at = next(sample_points(sorted(set().union(*(e.free_symbols for e in (*true, *printed))), key=str), ()))
        pair = next(((p, t) for p, t in zip(printed, true, strict=True) if ball(t.xreplace(at), PRECISION) != 0), None)
        if pair is None:
            return unknown("the gradient vanishes at the point of comparison")
        factor = ball((pair[0] / pair[1]).xreplace(at), PRECISION)
        if not factor > 0:
            return refuted(f"the ratio of the gradients is {factor.str(8, radius=False)} at {_shown(at)}")
        p, t = pair
        variables = [self.names(v) for v in self.variables]
        conditions = [p * t.diff(v) - t * p.diff(v) for v in variables]
        conditions += [p * other - t * mine for mine, other in zip(printed, true, strict=True)]
        for condition in conditions:
            verdict = same(condition, Integer(0), None)
            if not verdict.is_proved:
                return verdict
        return proved(f"its gradient is a positive multiple of that of the derived potential, identically; "
                      f"the factor is {factor.str(8, radius=False)} at {_shown(at)}")  # fmt: skip


def same(left: Expr, right: Expr, domain: Callable[[Mapping[str, Rational]], bool] | None) -> Verdict:
    """Are two expressions equal wherever both are defined?"""
    difference = left - right
    if is_identity(difference):
        return proved("the difference vanishes identically")
    witness = nonzero_at(difference, domain)
    if witness is None:
        return unknown("neither a normal form nor a ball decided it")
    return refuted(
        f"left - right = {witness.value} at {', '.join(f'{s} = {v}' for s, v in witness.point) or 'every point'}",
        witness,
    )


def nonzero_at(e: Expr, domain: Callable[[Mapping[str, Rational]], bool] | None = None) -> Witness | None:
    """A rational point where a ball shows e not to vanish."""
    symbols = sorted(e.free_symbols, key=str)
    for raw, shrink in product(islice(sample_points(symbols, ()), TRIES), SHRINK):
        point = {s: _admissible(s, v / shrink) for s, v in raw.items()}
        if domain is not None and not domain({str(s): v for s, v in point.items()}):
            continue
        try:
            number = ball(e.xreplace(point), PRECISION)
        except ComputationError:
            continue
        if number.is_finite() and not number.contains(0):
            return Witness(point=tuple(point.items()), value=number.str(15, radius=False), meaning="left - right")
    return None


def _admissible(symbol: Symbol, value: Rational) -> Rational:
    """The value, made a positive integer or positive where the symbol is."""
    if symbol.is_integer:
        return Rational(max(1, abs(value.p)))
    return abs(value) if symbol.is_positive else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Inequality:
    """left relation right on a box of rational intervals, name -> (low, high)."""

    names: Names = PLAIN
    box: Mapping[str, tuple[Rational, Rational]] = field(default_factory=dict)
    means: Meaning = field(default_factory=dict)

    def __call__(self, formula: Formula) -> Verdict:
        known = {self.names(name): compute() for name, compute in self.means.items()}
        sides = [read(side, self.names).xreplace(known) for side in (formula.left, formula.right)]
        gap = sides[1] - sides[0] if formula.relation in ("<", "<=") else sides[0] - sides[1]
        strict = formula.relation in ("<", ">")
        symbols = [self.names(name) for name in self.box]
        missing = gap.free_symbols - set(symbols)
        if missing:
            return unknown(f"no range for {missing}")
        if all(low >= 0 for low, _ in self.box.values()) and _obviously_positive(gap, symbols, strict):
            return proved("the difference is a polynomial with coefficients >= 0 in variables >= 0")
        return _positive(gap, symbols, list(self.box.values()), strict)


def _positive(gap: Expr, symbols: list[Symbol], box: list[tuple[Rational, Rational]], strict: bool) -> Verdict:
    """gap > 0 (or >= 0) on the box, by bisection; a midpoint with the other sign refutes."""
    function = lambdify(symbols, gap, modules=[_ARB, "math"])
    with ctx.workprec(128):
        pending = [box]
        for count in range(CELLS):
            if not pending:
                return proved(f"ball arithmetic on {count} cells that cover the box")
            cell = pending.pop()
            middle = [(a + b) / 2 for a, b in cell]
            at = arb(function(*(arb(int(m.p)) / int(m.q) for m in middle)))
            if at < 0 or (strict and at <= 0):
                point = tuple(zip(symbols, middle, strict=True))
                value = at.str(12, radius=False)
                where = ", ".join(f"{s} = {v}" for s, v in point)
                return refuted(f"the difference is {value} at {where}",
                               Witness(point=point, value=value, meaning="the gap, in the claimed order"))  # fmt: skip
            enclosure = arb(function(*(_interval(a, b) for a, b in cell)))
            if enclosure > 0 or (not strict and enclosure >= 0):
                continue
            widest = max(range(len(cell)), key=lambda i: cell[i][1] - cell[i][0])
            halves = [(cell[widest][0], middle[widest]), (middle[widest], cell[widest][1])]
            pending += [[*cell[:widest], half, *cell[widest + 1 :]] for half in halves]
    return unknown(f"undecided after {CELLS} cells: the two sides touch, or nearly so")


def _obviously_positive(gap: Expr, symbols: list[Symbol], strict: bool) -> bool:
    if not symbols or not gap.is_polynomial(*symbols):
        return False
    polynomial = Poly(gap, *symbols)
    constant = polynomial.coeff_monomial(Integer(1))
    return all(c.is_nonnegative for c in polynomial.coeffs()) and (not strict or bool(constant.is_positive))


def _interval(a: Rational, b: Rational) -> arb:
    low, high = arb(int(a.p)) / int(a.q), arb(int(b.p)) / int(b.q)
    return low.union(high)


def _shown(point: Mapping[Symbol, Expr]) -> str:
    return ", ".join(f"{s} = {v}" for s, v in point.items())


_ARB = {name: (lambda x, name=name: getattr(arb(x), name)()) for name in
        ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")} | {
    "Abs": lambda x: abs(arb(x))}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A statement that is on record and that no method here decides; the reason says why."""

    reason: str

    def __call__(self, formula: Formula) -> Verdict:
        return unknown(self.reason)
