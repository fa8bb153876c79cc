r"""Losses, as averages over the data.

    exponential   (1/N) sum exp(-m_n)          m_n = y_n x_n . beta   (margins)
    logistic      (1/N) sum log(1 + exp(-m_n))
    squared       (1/2N) sum (y_n - x_n . beta)^2

A loss of margins is data: an exponent A and two expressions in m and u = exp(-A(m)),

    l = u value(m, u),      -l' = u slope(m, u),

neither of which cancels or underflows (`verify.germ`): log l = -A + log value, -l'/l = slope/value.  A user gives l
in m, or in u = exp(-m): `log(1 + u)`.  What is required is checked exactly (`given_loss`): l decreases strictly, and
its tail is exponential, -l'/l -> rate > 0.

A loss with an exponential tail never attains its infimum: the flow diverges, in a direction.
"""

import math
from dataclasses import dataclass, replace

from sympy import (
    Expr,
    Integer,
    Poly,
    PolynomialError,
    Pow,
    Rational,
    S,
    Symbol,
    cancel,
    cosh,
    exp,
    factor,
    gcd,
    log,
    sinh,
    tanh,
)

from derive.errors import InputError
from derive.exact.signs import sign_of
from derive.expression import parse_expression
from verify.germ import germ, log1p_ratio
from verify.monotone import is_defined, is_positive

M = Symbol("m", real=True)
U = Symbol("u", positive=True)
TAILS = ("exponential",)
PROVED, STATED = "proved", "stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """`name`, and whether the loss is a function of margins with labels +-1 (classification).

    For margins: `exponent` A, `value` and `slope` (see above); `behind` are log l and -l'/l for m < -36, to rounding in
    float64, where u would leave its range; `rate` is the limit of -l'/l (None where the user states the tail).
    """

    name: str
    uses_margins: bool
    exponent: Expr = M
    value: Expr = S.One
    slope: Expr = S.One
    behind: tuple[Expr, Expr] | None = None
    rate: Expr | None = S.One
    tail: str = PROVED

    @property
    def is_exponential(self) -> bool:
        """Is it exp(-m) itself?"""
        return self.uses_margins and (self.exponent, self.value, self.slope) == (M, 1, 1)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(name="exponential", uses_margins=True, behind=(-M, Integer(1))),
        Loss(
            name="logistic", uses_margins=True, value=log1p_ratio(U), slope=1 / (1 + U), behind=(log(-M), -1 / M)
        ),
        Loss(name="squared", uses_margins=False, rate=None),
    )
}  # fmt: skip


def loss_named(name: "str | Loss", *, tail: str | None = None) -> Loss:
    """The loss of that name, or the loss that a text describes (see `given_loss`).  Raises `InputError`."""
    if isinstance(name, Loss):
        return name
    return LOSSES[name] if name in LOSSES else given_loss(name, tail=tail)


def given_loss(text: str, *, tail: str | None = None) -> Loss:
    """A loss of the margin m, or of u = exp(-m), from text.

    It has to be analytic in u at 0 (with coefficients that may depend on m), proved to decrease strictly, and -l'/l
    must have a positive limit: proved where it is rational in m, otherwise stated by the user (`tail="exponential"`).
    Raises `InputError`.
    """
    if not any(c in text for c in "(+-*/") and text.strip() not in ("m", "u"):
        raise InputError(
            "there is no loss of that name", expected=", ".join(LOSSES) + ' or a formula such as "log(1 + u)"',
            received=text, hint="a formula in the margin m or in u = exp(-m)",
        )  # fmt: skip
    loss = _taken_apart(text)
    if not all(is_defined(e, M, U) for e in (loss.exponent, loss.value, loss.slope)):
        raise InputError("the loss is not proved to be defined for every margin", received=text)
    if not is_positive(loss.slope, M, U):
        raise InputError("the loss is not proved to decrease strictly in m", expected="-l'(m) > 0", received=text)
    rate = _limit_of_ratio(loss)
    if rate is None and tail not in TAILS:
        raise InputError(
            "the tail of the loss is not proved to be exponential", expected="-l'(m)/l(m) -> a positive number",
            received=text, hint="--tail exponential, if you know that it is",
        )  # fmt: skip
    if rate is not None and sign_of(rate) != 1:
        raise InputError(
            "the tail of the loss is not exponential", expected="-l'(m)/l(m) -> a positive number",
            received=f"{text}, whose limit is {rate}",
        )  # fmt: skip
    known = next((k for k in LOSSES.values() if k.uses_margins and _same(k, loss)), None)
    return known or replace(loss, rate=rate, tail=STATED if rate is None else PROVED)


def _taken_apart(text: str) -> Loss:
    """Exponent, value and slope of the text."""
    e = parse_expression(text, _symbol, where="the loss").rewrite((sinh, cosh, tanh), exp)
    exponent, e = _in_u(e, text)
    c, value = germ(e, U)
    if c != 0:
        raise InputError("the loss does not tend to 0 as the margin grows", received=f"{text}, which tends to {c}")
    if germ(value.subs(U, 0), U)[0] == 0:
        raise InputError("the loss has no leading term in u = exp(-m)", received=text, hint="a nonzero derivative at 0")
    slope = exponent.diff(M) * e.diff(U)
    if e.has(M):
        slope -= germ(e.diff(M), U)[1]
    return Loss(
        name=text.strip(), uses_margins=True, exponent=exponent, value=_tidied(value), slope=_tidied(slope)
    )  # fmt: skip


def _tidied(e: Expr) -> Expr:
    return factor(cancel(e)) if e.is_rational_function(M, U) else e


def _symbol(name: str) -> Expr:
    if name == "m":
        return M
    if name == "u":
        return exp(-M)
    raise InputError(
        f"the loss contains {name!r}", expected="the margin m, or u = exp(-m)", received=name,
        hint="--loss squared for residuals",
    )  # fmt: skip


def _in_u(e: Expr, text: str) -> tuple[Expr, Expr]:
    """(A, the expression in m and u = exp(-A)): every exponential of m is a whole power of u."""
    arguments = [a.args[0] for a in e.atoms(exp) if a.args[0].has(M) and not a.args[0].has(exp)]
    if not arguments:
        raise InputError(
            "the loss has no exponential tail", expected="a function of exp(-m)", received=text, hint="log(1 + exp(-m))"
        )
    ratios = [cancel(a / arguments[0]) for a in arguments]
    if not all(r.is_Rational for r in ratios):
        raise InputError("the exponentials of the loss have no common exponent", received=text)
    step = arguments[0] * gcd(ratios)
    exponent = step if sign_of(step.subs(M, 10**6)) == 1 else -step
    powers = {exp(a): U ** int(cancel(-a / exponent)) for a in arguments}
    found = e.xreplace(powers)
    found = cancel(found) if found.is_rational_function(U, M) else found
    powers = {p: int(p.exp) for p in found.atoms(Pow) if p.base == U and p.exp.is_Integer}
    common = math.gcd(*powers.values())
    if common > 1 and not found.xreplace(dict.fromkeys(powers, Integer(1))).has(U):  # u**2/(1 + u**2): call u**2 u
        found = found.xreplace({p: U ** (n // common) for p, n in powers.items()})
        exponent = common * exponent
    return exponent, found


def _limit_of_ratio(loss: Loss) -> Expr | None:
    """lim -l'/l as m -> oo, where it is a constant or rational in m; None where that is open."""
    ratio = cancel((loss.slope / loss.value).subs(U, 0))
    if not ratio.has(M):
        return ratio
    try:
        above, below = (Poly(p, M) for p in ratio.as_numer_denom())
    except PolynomialError:
        return None
    if above.degree() == below.degree():
        return above.LC() / below.LC()
    return Rational(0) if above.degree() < below.degree() else None


def _same(a: Loss, b: Loss) -> bool:
    return (a.exponent, a.value, a.slope) == (b.exponent, b.value, b.slope)
