"""One way to write a function: equal radicands become equal, and what a field can cancel is cancelled.

exp(a/2 + c/2) (cosh((a - c)/2) + sinh((a - c)/2)) does not show that it is exp(a), and a radicand that is expanded in
one place and not in another is two roots.  Neither is ever wrong; it hides that a formula depends on one eigenvalue.
"""

from collections.abc import Sequence

from sympy import Expr, Pow, Symbol

from derive.errors import InputError
from derive.exact.field import Field


def expanded_roots(e: Expr) -> Expr:
    """The expression with every radicand expanded."""
    return e.replace(
        lambda u: isinstance(u, Pow) and u.exp.is_Rational and not u.exp.is_Integer,
        lambda u: u.base.expand() ** u.exp,
    )


def written(e: Expr, symbols: Sequence[Symbol]) -> Expr:
    """The expression as a quotient of polynomials in the generators of its field, without a common factor."""
    if e.is_rational_function(*symbols):
        return e.cancel()
    try:
        field = Field([e], [*symbols, *sorted(e.free_symbols - set(symbols), key=str)])
        return field.convert(e).expression()
    except (InputError, KeyError, ZeroDivisionError):
        return e
