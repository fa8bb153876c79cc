"""Decimals beyond the range of floats: `1e-4342945` is an exact mantissa and an integer exponent."""

import re
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

from derive.errors import InputError

# Python's own limit on the digits of an integer that is read
LONGEST = 4000
_FORM = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,12}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Decimal:
    """mantissa * 10^exponent, exactly; positive."""

    mantissa: Fraction
    exponent: int

    def log(self) -> arb:
        """The natural logarithm at the current precision."""
        return arb(fmpq(self.mantissa.numerator, self.mantissa.denominator)).log() + self.exponent * arb(10).log()

    def value(self) -> arb:
        """The number itself at the current precision."""
        return arb(fmpq(self.mantissa.numerator, self.mantissa.denominator)) * arb(10) ** self.exponent

    def __str__(self) -> str:
        # a finite decimal: its denominator divides a power of ten
        places = len(str(self.mantissa.denominator))
        while self.mantissa * 10**places % 1:
            places += 1
        whole = int(self.mantissa * 10**places)
        digits = str(whole).rstrip("0")
        power = self.exponent - places + len(str(whole)) - 1
        return f"{digits[0]}{'.' if digits[1:] else ''}{digits[1:]}e{power}"


def parse_decimal(text: str, *, where: str) -> Decimal:
    """A positive decimal such as `1e-1700`.  Raises `InputError`."""
    if len(text) > LONGEST:
        raise InputError(f"{where} has too many digits", expected=f"at most {LONGEST}", received=str(len(text)))
    match = _FORM.fullmatch(text.strip())
    if match is None or Fraction(match.group(1)) == 0:
        raise InputError(f"{where} is not a positive decimal", expected="for example 1e-1700", received=text)
    return Decimal(Fraction(match.group(1)), int(match.group(2) or 0))


def shown(value: arb, digits: int) -> str:
    """The midpoint with this many significant digits."""
    return value.mid().str(max(1, digits), radius=False) if value != 0 else "0"


def agreeing_digits(first: arb, second: arb, scale: arb | None = None) -> int:
    """Leading decimal digits that two numbers share, relative to `scale` (to the larger one by default)."""
    difference = abs(first - second)
    size = max(abs(first), abs(second), key=lambda v: v.mid()) if scale is None else abs(scale)
    if difference.mid() == 0:
        return 10**6
    if size == 0:
        return 0
    ratio = difference.mid() / size.mid()
    return max(0, int((-(ratio.log() / arb(10).log())).mid().floor().unique_fmpz() or 0))
