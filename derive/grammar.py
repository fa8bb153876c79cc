"""The grammar of a user's expression, read by recursive descent and never evaluated as code.

    sum     := product (('+' | '-') product)*
    product := signed (('*' | '/') signed)*
    signed  := ('+' | '-') signed | power
    power   := atom ('**' signed)?
    atom    := number | name | name '(' sum ')' | '(' sum ')'

Every decimal is an exact rational (`0.6` is 3/5).  Depth and exponents are bounded before anything is computed, so that
`9**9**9**9` is refused and not attempted.
"""

import re
from collections.abc import Callable, Mapping
from fractions import Fraction

from sympy import (
    Abs,
    Expr,
    Integer,
    Symbol,
    asinh,
    atan,
    cos,
    cosh,
    exp,
    log,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from derive.errors import InputError

FUNCTIONS: Mapping[str, Callable[[Expr], Expr]] = {
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "asinh": asinh,
    "atan": atan,
    "Abs": Abs,
    "sign": sign,
}
# of a line, of parentheses, of a power; and digits, since Python refuses to print an integer of more than 4300
MAX_LENGTH, MAX_DEPTH, MAX_EXPONENT, MAX_DIGITS = 20_000, 100, 1_000, 4_000
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<operator>\*\*|[-+*/()]))",
    re.ASCII,
)


class Parser:
    """Recursive descent over one line of text, a method for each rule of the grammar; holds the token and its place.

    `sum(0)` reads as far as it can; `kind` is "end" where that was everything.  Every method raises `InputError`.
    """

    def __init__(self, text: str, symbol: Callable[[str], Symbol], where: str) -> None:
        self.text, self.symbol, self.where = text, symbol, where
        self.position = 0
        self.kind, self.token = "", ""
        self.advance()

    def error(self, what: str) -> InputError:
        """The error that says where, what is wrong, and what the grammar is."""
        return InputError(
            f"{self.where}: {what}",
            received=self.text,
            hint="+ - * / **, parentheses, numbers, names and " + " ".join(FUNCTIONS),
        )

    def advance(self) -> None:
        """Read the next token."""
        if not self.text[self.position :].strip():
            self.kind, self.token = "end", "end of text"
            return
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            offender = self.text[self.position :].strip()[0]
            note = " (write ** for powers)" if offender == "^" else ""
            raise self.error(f"character {offender!r} is not allowed{note}")
        self.position = match.end()
        self.kind = match.lastgroup or ""
        self.token = match.group(self.kind)

    def take(self, *tokens: str) -> str | None:
        """The current token, consumed, if it is one of these operators."""
        if self.kind == "operator" and self.token in tokens:
            token = self.token
            self.advance()
            return token
        return None

    def sum(self, depth: int) -> Expr:
        """product (('+' | '-') product)*"""
        if depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep")
        value = self.product(depth)
        while operator := self.take("+", "-"):
            term = self.product(depth)
            value = value + term if operator == "+" else value - term
        return value

    def product(self, depth: int) -> Expr:
        """signed (('*' | '/') signed)*"""
        value = self.signed(depth)
        while operator := self.take("*", "/"):
            factor = self.signed(depth)
            if operator == "/" and factor.is_zero:
                raise self.error("division by zero")
            value = value * factor if operator == "*" else value / factor
        return value

    def signed(self, depth: int) -> Expr:
        """('+' | '-') signed | power"""
        if depth > MAX_DEPTH:
            raise self.error(f"nested more than {MAX_DEPTH} deep")
        if operator := self.take("+", "-"):
            value = self.signed(depth + 1)
            return value if operator == "+" else -value
        base = self.atom(depth)
        if self.take("**"):
            return self.power(base, self.signed(depth + 1))
        return base

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """base ** exponent, within the bounds."""
        if exponent.is_number:
            small = exponent.is_Rational and abs(exponent.p) <= MAX_EXPONENT and exponent.q <= MAX_EXPONENT
            if not small:
                raise self.error(f"exponent {exponent} is not a rational within {MAX_EXPONENT}")
            if base.is_Rational and _digits(base) * abs(exponent.p) > MAX_DIGITS:
                raise self.error("a power of numbers is too large")
            if base.is_zero and exponent.is_negative:
                raise self.error("division by zero")
        return base**exponent

    def atom(self, depth: int) -> Expr:
        """number | name | name '(' sum ')' | '(' sum ')'"""
        kind, token = self.kind, self.token
        if kind == "number":
            self.advance()
            return _exact(token, self)
        if kind == "name":
            self.advance()
            if not (self.kind == "operator" and self.token == "("):
                if token in FUNCTIONS:
                    raise self.error(f"function {token} needs an argument in parentheses")
                return self.symbol(token)
            if token not in FUNCTIONS:
                raise self.error(f"call of {token!r} is not allowed")
            return FUNCTIONS[token](self.parenthesis(depth))
        if kind == "operator" and token == "(":
            return self.parenthesis(depth)
        raise self.error(f"unexpected {token!r}" if kind != "end" else "ends too early")

    def parenthesis(self, depth: int) -> Expr:
        """'(' sum ')'"""
        self.take("(")
        value = self.sum(depth + 1)
        if self.take(")") is None:
            raise self.error("a parenthesis is not closed")
        return value


def _exact(token: str, parser: Parser) -> Expr:
    mantissa, _, exponent = token.lower().partition("e")
    if len(exponent) > 8 or (exponent and abs(int(exponent)) > MAX_EXPONENT) or len(mantissa) > MAX_DIGITS:
        raise parser.error(f"number {token[:20]} is out of range")
    value = Fraction(mantissa if not mantissa.endswith(".") else mantissa + "0")
    value *= Fraction(10) ** int(exponent or 0)
    return Integer(value.numerator) / Integer(value.denominator)


def _digits(number: Expr) -> int:
    return max(len(str(abs(number.p))), len(str(number.q)))
