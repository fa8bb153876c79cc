"""Products of powers and exponentials: F = C w_1^k_1 ... w_n^k_n e^(l.a), read off an expression."""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Mul, Poly, Rational, Symbol, exp

from derive.exact.signs import sign_of
from derive.limits.gauge import affine


@dataclass(frozen=True, slots=True, kw_only=True)
class Monomial:
    """C prod w_i^k_i, C != 0; `exponents` in the order of the parameters."""

    coefficient: Expr
    exponents: tuple[int, ...]

    @property
    def odd(self) -> list[int]:
        return [i for i, k in enumerate(self.exponents) if k % 2]


def monomial_of(f: Expr, parameters: Sequence[Symbol]) -> Monomial | None:
    """F as a monomial in all of the parameters; None for anything else."""
    if not parameters or not f.is_polynomial(*parameters):
        return None
    terms = Poly(f, *parameters).terms()
    if len(terms) != 1 or 0 in terms[0][0] or not sign_of(terms[0][1]):
        return None
    return Monomial(coefficient=terms[0][1], exponents=tuple(map(int, terms[0][0])))


@dataclass(frozen=True, slots=True)
class Split:
    """F = powers(w) e^(constant + sum rate a): `parameters` w, and the rates of the others."""

    powers: Expr
    parameters: tuple[Symbol, ...]
    constant: Expr
    rates: tuple[tuple[Symbol, Rational], ...]


def split_of(f: Expr, parameters: Sequence[Symbol]) -> Split | None:
    """The exponentials of F apart from its powers; None where they share parameters or have other arguments."""
    factors = Mul.make_args(f)
    inside = Add(*(e.args[0] for e in factors if isinstance(e, exp)))
    powers = Mul(*(e for e in factors if not isinstance(e, exp)))
    given = [p for p in parameters if p in inside.free_symbols]
    form = affine(inside, given)
    if form is None or powers.free_symbols & set(given):
        return None
    others = tuple(p for p in parameters if p not in given)
    return Split(powers, others, form[1], tuple(zip(given, form[0], strict=True)))
